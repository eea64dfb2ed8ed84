"""What a frame may be at most, and how much of it is looked at before it is read."""

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 1_000
"""Types are guessed from so many rows; what comes later and does not fit is told, never dropped in silence."""
SEPARATOR_LINES = 10
HEADER_ROWS = 200
PREVIEW_ROWS = 10
PREVIEW_CELL_LENGTH_MAX = 256

BLOCK_BYTES = 4 << 20
"""Read and typed at once."""
RECORD_BYTES_MAX = 16 << 20
CELL_LENGTH_MAX = 131_072
"""Characters."""
NAME_LENGTH_MAX = 512
COLUMNS_MAX = 10_000
ROWS_MAX = 100_000_000
LEVELS_MAX = 10_000
"""A categorical column with more levels is text."""
UNPACKED_BYTES_MAX = 16 << 30
BATCH_BYTES_MAX = 1 << 30
"""What a packed batch of an Arrow file, or a batch of the texts of a Parquet file, becomes in memory."""
PACKING_RATIO_MAX = 250
PACKING_RATIO_FROM_BYTES = 64 << 20
"""Below this, a high ratio does no harm: a column of ones packs very well."""

SEGMENT_ROWS = 262_144
SEGMENT_BYTES = 64 << 20
"""In memory; a segment ends with the block that reaches it."""
PLACES_SHOWN = 10
"""First rows and lines that a warning names."""
PERCENTILE_ROWS_MAX = 50_000_000
PAGE_CELLS_MAX = 1_000_000
