import numpy as np
import orjson
import pyarrow as pa
import pytest
from sklearn.datasets import load_wine

from arangovis.domain.errors import IntegrityError
from arangovis.series.ipc import json_columns, stream_of, table_from

WINE = load_wine()


def test_a_stream_keeps_kinds_and_facts() -> None:
    table = pa.table({"ash": WINE.data[:, 2].astype(np.float32), "at": pa.array(range(178), pa.timestamp("us", "UTC"))})
    read, facts = table_from(stream_of(table, {"cursor": "c", "of": "178"}))
    assert facts == {"cursor": "c", "of": "178"}
    assert read.replace_schema_metadata(None).equals(table)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(IntegrityError):
        table_from(b"nothing")


def test_json_has_no_nan_and_times_as_numbers() -> None:
    table = pa.table(
        {
            "v": [1.5, float("nan"), float("inf")],
            "at": pa.array([1, 2, 3], pa.timestamp("us", "UTC")),
            "word": ["a", "b", "c"],
            "good": [True, False, True],
        }
    )
    sent = orjson.loads(orjson.dumps(json_columns(table), option=orjson.OPT_SERIALIZE_NUMPY))
    assert sent == {"v": [1.5, None, None], "at": [1, 2, 3], "word": ["a", "b", "c"], "good": [True, False, True]}
