"""A frame as CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from arangovis.tabular.frames.reading import FrameReader

if TYPE_CHECKING:
    import pyarrow as pa

_FORMULA = r"^[=+\-@\t\r]"
"""How a cell begins that a spreadsheet may take for a formula."""


def csv_pieces(reader: FrameReader, names: Sequence[str] | None = None, *, neutralise: bool = True) -> Iterator[bytes]:
    """Yield a frame as CSV in UTF-8 with a header line, a few thousand rows at a time; missing cells are empty.

    Unless told otherwise, texts and names that a spreadsheet may take for formulas have a `'` put before them.
    """
    chosen = list(reader.frame.names if names is None else names)
    yield _header(chosen, neutralise=neutralise)
    for batch in reader.batches(chosen):
        yield _rows(batch, neutralise=neutralise)


def _header(names: Sequence[str], *, neutralise: bool) -> bytes:
    line = io.StringIO()
    shown = [f"'{name}" if neutralise and name[:1] in ("=", "+", "-", "@", "\t", "\r") else name for name in names]
    csv.writer(line, lineterminator="\n").writerow(shown)
    return line.getvalue().encode()


def _rows(batch: "pa.RecordBatch", *, neutralise: bool) -> bytes:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    alone = batch.num_columns == 1
    columns = [_written(column, neutralise=neutralise, alone=alone) for column in batch.columns]
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(
        pa.table(columns, names=[str(number) for number in range(len(columns))]),
        sink,
        arrow_csv.WriteOptions(include_header=False),
    )
    return bytes(sink.getvalue().to_pybytes())


def _written(column: "pa.Array", *, neutralise: bool, alone: bool) -> "pa.Array":
    """Return a column as it is to be written. Of a lone column a missing cell is `""`, not a blank line."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    elif pa.types.is_string(column.type) and neutralise:
        column = _neutral(column)
    if alone and column.null_count:
        column = column.cast(pa.string()).fill_null("")
    return column


def _neutral(texts: "pa.Array") -> "pa.Array":
    import pyarrow.compute as pc

    risky = pc.match_substring_regex(texts, _FORMULA)
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts) if pc.any(risky).as_py() else texts
