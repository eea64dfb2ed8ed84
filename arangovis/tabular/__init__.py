"""Rows in and out: CSV, Parquet, Arrow and JSON bodies become `Rows` of one canonical form.

pyarrow is used in this room only, and imported when the first rows are read, not before.
"""

from arangovis.tabular.limits import COLUMNS_MAX, EMBEDDING_DIMENSION_MAX, ROWS_MAX
from arangovis.tabular.reading import MEDIA_TYPES, read_rows
from arangovis.tabular.rows import EMBEDDING, ROW_ERROR, ROW_ID, Rows, concatenate
from arangovis.tabular.sampling import SegmentReader, error_free, gather, row_errors, row_ids, sample_positions

__all__ = [
    "COLUMNS_MAX",
    "EMBEDDING",
    "EMBEDDING_DIMENSION_MAX",
    "MEDIA_TYPES",
    "ROWS_MAX",
    "ROW_ERROR",
    "ROW_ID",
    "Rows",
    "SegmentReader",
    "concatenate",
    "error_free",
    "gather",
    "read_rows",
    "row_errors",
    "row_ids",
    "sample_positions",
]
