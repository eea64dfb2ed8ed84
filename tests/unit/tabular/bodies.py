"""Real rows, and the four ways to send rows."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits

from arangovis.tabular import Rows, read_rows

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"

Columns = Mapping[str, Sequence[object]]


def to_json(columns: Columns) -> bytes:
    rows = zip(*columns.values(), strict=True)
    return json.dumps([dict(zip(columns, row, strict=True)) for row in rows]).encode()


def to_csv(columns: Columns) -> bytes:
    """An empty text is quoted, a null is nothing."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_MINIMAL).writerow(columns)
    for row in zip(*columns.values(), strict=True):
        out.write(",".join(_cell(value) for value in row) + "\r\n")
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | list):
        text = value if isinstance(value, str) else json.dumps(value)
        return '"' + text.replace('"', '""') + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


def to_parquet(columns: Columns) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), sink)
    return sink.getvalue()


def to_arrow_body(columns: Columns) -> bytes:
    table = pa.table(dict(columns))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


WRITERS = {CSV: to_csv, PARQUET: to_parquet, ARROW: to_arrow_body, JSON: to_json}


@cache
def digits(count: int) -> dict[str, list[object]]:
    """Production rows of handwritten digits: the pixels as embedding, class, confidence, a flag."""
    data = load_digits()
    confidence = (data.data.max(axis=1) / 17).tolist()[:count]
    return {
        "_id": [f"{n:024x}" for n in range(count)],
        "class": data.target[:count].tolist(),
        "confidence": confidence,
        "word": [f"digit {target}" if target else None for target in data.target[:count]],
        "even": [bool(target % 2 == 0) for target in data.target[:count]],
        "_hs_error": [None] * count,
        "embedding": data.data[:count].tolist(),
    }


def read_json(*rows: object) -> Rows:
    return read_rows(json.dumps(rows).encode(), JSON)


def read_table(columns: Columns | pa.Table) -> Rows:
    """Read columns sent as Parquet."""
    sink = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(dict(columns)), sink)
    return read_rows(sink.getvalue(), PARQUET)
