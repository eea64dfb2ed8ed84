"""Tables that people have at hand, as bytes that the service reads back; values are scikit-learn's wine."""

import sys

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_wine

from arangovis.client.tables import Table, table_bytes
from arangovis.domain.errors import InvalidInput
from arangovis.tabular import Rows, read_rows

WINE = load_wine()
EMBEDDING = WINE.data[:20].astype(np.float32)
KIND = WINE.target[:20]
NAMES = [f"wine-{number}" for number in range(20)]


def read(table: Table) -> Rows:
    body, media_type = table_bytes(table)
    return read_rows(body, media_type)


def check(rows: Rows) -> None:
    assert rows.count == 20
    assert rows.ids == tuple(NAMES) or list(rows.ids) == NAMES
    assert rows.embedding is not None
    np.testing.assert_array_equal(rows.embedding, EMBEDDING)
    assert list(rows.values("kind")) == KIND.tolist()


@pytest.mark.parametrize(
    "table",
    [
        {"_id": NAMES, "embedding": EMBEDDING, "kind": KIND},
        {"_id": np.array(NAMES), "embedding": np.asfortranarray(EMBEDDING), "kind": KIND[::1]},
        {"_id": tuple(NAMES), "embedding": EMBEDDING.tolist(), "kind": KIND.tolist()},
        [{"_id": n, "embedding": e, "kind": k} for n, e, k in zip(NAMES, EMBEDDING, KIND, strict=True)],
        [{"_id": n, "embedding": list(e), "kind": int(k)} for n, e, k in zip(NAMES, EMBEDDING, KIND, strict=True)],
        [{"_id": n, "embedding": EMBEDDING.T[:, i], "kind": KIND[i]} for i, n in enumerate(NAMES)],
        pa.table({"_id": NAMES, "embedding": EMBEDDING.tolist(), "kind": KIND}),
        pa.record_batch({"_id": NAMES, "embedding": EMBEDDING.tolist(), "kind": KIND}),
    ],
    ids=["arrays", "views", "lists", "rows", "plain rows", "columns of rows", "table", "batch"],
)
def test_a_table_of_any_form_arrives_whole(table: Table) -> None:
    check(read(table))


def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"_id": NAMES, "embedding": list(EMBEDDING), "kind": KIND})
    check(read(frame))
    shuffled = frame.sample(frac=1, random_state=0).sort_values("_id", key=lambda ids: ids.str[5:].astype(int))
    check(read(shuffled))
    assert "__index_level_0__" not in read(shuffled).columns()


def test_polars() -> None:
    polars = pytest.importorskip("polars")
    check(read(polars.DataFrame({"_id": NAMES, "embedding": EMBEDDING, "kind": KIND})))


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InvalidInput, match="differ in length"):
        table_bytes({"embedding": EMBEDDING, "kind": KIND[:3]})


@pytest.mark.parametrize(
    "table",
    [
        {"embedding": EMBEDDING.reshape(4, 5, 13)},
        {"model": [object()]},
        [{"model": object()}],
        [{"large": 2**80}],
        [{1: "a number is no name"}],
    ],
)
def test_values_that_cannot_be_sent_are_refused(table: Table) -> None:
    with pytest.raises(InvalidInput):
        read(table)


@pytest.mark.parametrize("table", ["text", b"bytes", 3, None, {1, 2}, [1], sys])
def test_what_is_no_table_is_named(table: Table) -> None:
    with pytest.raises(InvalidInput, match=f"^rows: {type(table).__name__} is not a mapping of columns"):
        table_bytes(table)
