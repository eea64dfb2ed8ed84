"""CSV bodies: a header line, commas, quotes as in RFC 4180, UTF-8. An empty cell is null, a quoted empty one is text.

A column is boolean (`true`, `false`), whole or decimal numbers if all of its cells are; numbers with leading zeros are
codes, so their column stays text, as times do.
"""

import csv
import io
from typing import TYPE_CHECKING

import orjson

from arangovis.tabular.canonical import METRIC_CHECKS
from arangovis.tabular.embedding import check_header
from arangovis.tabular.limits import ROWS_MAX, refused, shown, too_large
from arangovis.tabular.rows import EMBEDDING, ROW_ERROR, ROW_ID
from arangovis.tabular.values import column_of

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 16 << 20
"""A line is at most as long as this."""


def read_csv(data: bytes) -> "pa.Table":
    """Read a CSV body.

    Raises:
        InvalidInput: it is not CSV, not UTF-8, or a column has numbers that 64 bits cannot hold.
        TooLarge: there are too many rows or columns.

    """
    import pyarrow as pa

    names = _header(data)
    columns = _cells(data, names).columns
    for position, name in enumerate(names):
        columns[position] = _typed(name, columns[position])  # frees the texts of a column that is done
    return pa.table(columns, names=names)


def _header(data: bytes) -> list[str]:
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    try:
        names = next(csv.reader(lines), [])
    except UnicodeDecodeError as error:
        raise refused("body", "is not UTF-8") from error
    except csv.Error as error:
        raise refused("body", "has no readable header line") from error
    if not names:
        raise refused("body", "is empty: a header line with the column names is needed")
    check_header(names)
    return names


def _cells(data: bytes, names: list[str]) -> "pa.Table":
    """Return all cells as texts."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    wrong_rows: list[arrow_csv.InvalidRow] = []

    def refuse(row: "arrow_csv.InvalidRow") -> str:
        wrong_rows.append(row)
        return "error"

    try:
        reader = arrow_csv.open_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        table = _all_batches(reader)
    except (pa.ArrowException, UnicodeError) as error:
        raise _unreadable(wrong_rows, str(error)) from error
    if table.column_names != names:
        raise refused("body", "has a header line that cannot be read")
    return table


def _all_batches(reader: "pa.RecordBatchReader") -> "pa.Table":
    import pyarrow as pa

    batches, count = [], 0
    for batch in reader:
        count += batch.num_rows
        if count > ROWS_MAX:
            raise too_large("rows or more", count, ROWS_MAX)
        batches.append(batch)
    return pa.Table.from_batches(batches, reader.schema)


def _unreadable(wrong_rows: "list[pa.csv.InvalidRow]", message: str) -> Exception:
    if wrong_rows:
        row = wrong_rows[0]
        problem = f"has {row.actual_columns} cells instead of {row.expected_columns} in the line {shown(row.text)}"
        return refused("body", problem)
    return refused("body", "is not UTF-8" if "utf8" in message.lower() else "is not CSV that can be read")


def _typed(name: str, cells: "pa.ChunkedArray") -> "pa.ChunkedArray | pa.Array":
    import pyarrow as pa

    if name == EMBEDDING:
        return column_of(name, [_json_list(text, row) for row, text in enumerate(cells.to_pylist(), start=1)])
    if name in (ROW_ID, ROW_ERROR, METRIC_CHECKS):
        return cells
    if cells.null_count == len(cells):
        return pa.nulls(len(cells))
    for read in (_as_numbers, _as_booleans):
        if (column := read(name, cells)) is not None:
            return column
    return cells


def _as_numbers(name: str, cells: "pa.ChunkedArray") -> "pa.ChunkedArray | None":
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(cells)
    if pc.any(pc.match_substring_regex(trimmed, "^[+-]?0[0-9]")).as_py():
        return None
    for arrow_type in (pa.int64(), pa.uint64()):
        try:
            return trimmed.cast(arrow_type)
        except pa.ArrowInvalid:
            continue
    whole = pc.match_substring_regex(trimmed, "^[+-]?[0-9]+$")
    try:
        numbers = trimmed.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    if pc.all(whole).as_py():
        row = pc.index(pc.greater_equal(pc.abs(numbers), float(2**63)), True).as_py()
        raise refused(name, f"row {row + 1} has {shown(cells[row].as_py())}, which 64 bits cannot hold")
    return numbers


def _as_booleans(_name: str, cells: "pa.ChunkedArray") -> "pa.ChunkedArray | None":
    import pyarrow as pa
    import pyarrow.compute as pc

    lower = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    truths = pc.is_in(lower, pa.array(["true", "false"]))
    if not pc.all(pc.or_(truths, pc.is_null(cells))).as_py():
        return None
    return lower.cast(pa.bool_())


def _json_list(text: str | None, row: int) -> list[object] | None:
    if text is None:
        return None
    try:
        value = orjson.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list):
        raise refused(EMBEDDING, f"row {row} has {shown(text)}, which is not a JSON list of numbers")
    return value
