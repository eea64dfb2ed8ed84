"""The figures of a frame whose segments changed."""

from collections.abc import Iterable
from dataclasses import replace

from arangovis.tabular.frames.statistics import Tally
from arangovis.tabular.frames.types import FrameColumn, ParsedFrame


def recounted(frame: ParsedFrame, segments: Iterable[bytes]) -> ParsedFrame:
    """Return a frame with the rows and figures of some segments, in order; rows that its warnings name may be others.

    Raises:
        IntegrityError: a segment cannot be read.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    tallies = [Tally() for _ in frame.columns]
    counts: list[int] = []
    for data in segments:
        table = pq.read_table(pa.BufferReader(data))
        counts.append(table.num_rows)
        for column, tally in zip(frame.columns, tallies, strict=True):
            values = table.column(column.name).combine_chunks()
            plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
            tally.add(plain, column.kind)
    columns = tuple(
        FrameColumn(column.name, column.kind, tally.statistics(column.kind))
        for column, tally in zip(frame.columns, tallies, strict=True)
    )
    warnings = tuple(replace(warning, rows=(), lines=()) for warning in frame.warnings)
    return ParsedFrame(columns, sum(counts), tuple(counts), warnings)
