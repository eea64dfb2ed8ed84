"""From a table as it was sent to rows in canonical form."""

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arangovis.domain.ids import time_ordered_id
from arangovis.tabular.columns import SERVICE_PREFIX, canonical_column
from arangovis.tabular.embedding import check_header, fold
from arangovis.tabular.limits import ROW_ID_LENGTH_MAX, check_counts, check_names, refused, shown
from arangovis.tabular.rows import EMBEDDING, ROW_ERROR, ROW_ID, Rows
from arangovis.tabular.values import column_of

if TYPE_CHECKING:
    import pyarrow as pa

METRIC_CHECKS = f"{SERVICE_PREFIX}metric_checks"


def canonical_rows(table: "pa.Table", *, source_digest: str, now_us: int | None) -> Rows:
    """Return a table as rows: ids first, other columns in their canonical types, the embedding last.

    Args:
        table: as the body had it, its embedding in any of the accepted forms.
        source_digest: of the body.
        now_us: the time that made ids carry; None makes them from the body's digest and the row's number, so that
            the same body gives the same rows.

    Raises:
        InvalidInput: something is wrong with a name, a type or a value.
        TooLarge: a limit is exceeded.

    """
    import pyarrow as pa

    names = list(table.column_names)
    parts = check_header(names, table.num_rows)
    if table.num_rows == 0:
        raise refused("body", "has no rows")
    apart = {ROW_ID, *parts}
    others = [name for name in names if name not in apart]
    given = dict(zip(names, table.columns, strict=True))  # looking up by name in the table is slow if it is wide
    columns = {ROW_ID: _ids(given.get(ROW_ID, pa.chunked_array([pa.nulls(table.num_rows)])), source_digest, now_us)}
    columns |= {name: canonical_column(name, given[name]) for name in others}
    columns |= _metric_columns(columns)
    if ROW_ERROR in columns:
        columns[ROW_ERROR] = _texts(ROW_ERROR, columns[ROW_ERROR])
    if parts:
        columns[EMBEDDING] = fold({name: given[name] for name in parts})
    check_counts(table.num_rows, len(columns))
    return Rows(pa.table(columns), source_digest)


def _ids(column: "pa.ChunkedArray", source_digest: str, now_us: int | None) -> "pa.Array":
    """Return the ids that the rows brought, made ones where they brought none."""
    import pyarrow as pa

    given = _id_texts(canonical_column(ROW_ID, column)).to_pylist()
    _check_ids(given)
    made = (_made_id(number, source_digest, now_us) if text is None else text for number, text in enumerate(given, 1))
    return pa.array(made, pa.string(), size=len(given))


def _id_texts(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    whole = pa.types.is_integer(column.type)
    return column.cast(pa.string()) if whole else _texts(ROW_ID, column)


def _made_id(number: int, source_digest: str, now_us: int | None) -> str:
    if now_us is not None:
        return time_ordered_id("row", now_us).key
    return hashlib.sha256(f"{source_digest} {number}".encode()).hexdigest()[:32]


def _check_ids(ids: Sequence[str | None]) -> None:
    rows: dict[str, int] = {}
    for row, text in enumerate(ids, start=1):
        if text is None:
            continue
        if not 0 < len(text) <= ROW_ID_LENGTH_MAX:
            raise refused(ROW_ID, f"row {row} has {shown(text)}, which has not 1 to {ROW_ID_LENGTH_MAX} characters")
        if text in rows:
            raise refused(ROW_ID, f"row {row} has {shown(text)}, as row {rows[text]} has")
        rows[text] = row


def _texts(name: str, column: "pa.Array") -> "pa.Array":
    """Return a column of text or of nulls as text."""
    import pyarrow as pa

    if pa.types.is_null(column.type) or pa.types.is_string(column.type):
        return column.cast(pa.string())
    present = column.drop_null()
    raise refused(name, f"has {shown(present[0].as_py()) if len(present) else column.type}, which is not text")


def _metric_columns(columns: "dict[str, pa.Array]") -> "dict[str, pa.Array]":
    """Return a column of values for each metric in the checks that has no column yet."""
    if METRIC_CHECKS not in columns:
        return {}
    texts = _texts(METRIC_CHECKS, columns[METRIC_CHECKS]).to_pylist()
    checks = [_checks(text, row) for row, text in enumerate(texts, start=1)]
    metrics = [name for name in dict.fromkeys(name for check in checks for name in check) if name not in columns]
    check_names(metrics)
    check_counts(len(texts), len(columns) + len(metrics))
    return {name: column_of(name, [_value(check.get(name)) for check in checks]) for name in metrics}


def _checks(text: str | None, row: int) -> dict[str, object]:
    try:
        checks = {} if text is None else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused(METRIC_CHECKS, f"row {row} has {shown(text)}, which is not JSON") from error
    if not isinstance(checks, dict):
        raise refused(METRIC_CHECKS, f"row {row} has {shown(text)}, which is not an object")
    return checks


def _value(check: object) -> object:
    return check.get("value") if isinstance(check, dict) else None
