"""Data that are awkward to project: a plot that says what was adjusted, or a refusal that says why, never nonsense."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from arangovis.domain.errors import TooLarge
from arangovis.projections.registry import names
from tests.api.visualization import ARROW, EMBEDDING, World, embeddings, numbers

METHODS = names()
UMAP = {"metric": "euclidean", "min_dist": 0.1, "n_components": 2, "n_neighbours": 15}


def model(world: World, rows: npt.NDArray[Any], name: str = "awkward") -> int:
    signature = {"inputs": [], "outputs": [EMBEDDING | {"shape": [1, -1]}]}
    columns = {"_id": [f"row {place}" for place in range(len(rows))], "embedding": list(rows.astype(np.float32))}
    return world.model(name, signature=signature, production=columns)


def ended(world: World, number: int, method: str) -> tuple[str, str]:
    """Return the state in which a plot ends, and the reason."""
    task = world.start(number, method)
    world.work()
    answer = world.poll(task).json
    return answer["state"], answer.get("message", "")


@pytest.mark.parametrize("method", METHODS)
def test_fewer_rows_than_neighbours_are_laid_out_by_those_that_there_are(world: World, method: str) -> None:
    result = world.plot(model(world, embeddings(0, 9)), method)
    assert result["data_shape"] == [9, 2]
    assert np.isfinite(result["data"]).all()
    assert [len(row) for row in result["top_100"]] == [8] * 9


@pytest.mark.parametrize("method", METHODS)
def test_one_row_is_refused_with_the_number_that_is_needed(world: World, method: str) -> None:
    state, message = ended(world, model(world, embeddings(0, 1)), method)
    assert state == "NOT_SUPPORTED"
    assert f"{method} needs at least" in message
    assert "there are 1" in message or "there is 1" in message


@pytest.mark.parametrize("method", METHODS)
def test_duplicates_zeros_and_constant_columns_do_no_harm(world: World, method: str) -> None:
    rows = embeddings(0, 60).copy()
    rows[20:40] = rows[0]
    rows[40:50] = 0.0
    result = world.plot(model(world, rows), method)
    points = numbers(result["data"])
    assert np.isfinite(points).all()
    assert all(place not in row and len(set(row)) == 59 for place, row in enumerate(result["top_100"]))


def test_zero_vectors_under_the_cosine_are_named(world: World) -> None:
    rows = embeddings(0, 60).copy()
    rows[[7, 11]] = 0.0
    number = model(world, rows)
    world.set_params(number, {**UMAP, "metric": "cosine"}, "umap")
    result = world.plot(number, "umap")
    assert result["disconnected"] == ["row 7", "row 11"]
    assert np.isfinite(result["data"]).all()


@pytest.mark.parametrize("value", [None, np.nan, np.inf, -np.inf])
def test_embeddings_that_are_not_finite_are_refused_when_they_are_sent(world: World, value: float | None) -> None:
    number = world.model("numbers")
    rows: list[list[float | None]] = embeddings(0, 10).tolist()
    rows[3][5] = value
    table = pa.table({"embedding": pa.array(rows, pa.list_(pa.float64()), from_pandas=False)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    path = f"/api/v1/model-versions/{number}/production-data"
    answer = world.client.simulate_post(path, body=sink.getvalue().to_pybytes(), headers={"Content-Type": ARROW})
    assert answer.status_code == 400
    assert "row 4" in answer.text
    assert "dimension 5" in answer.text


def test_two_columns_are_shown_as_they_are(world: World) -> None:
    rows = embeddings(0, 50)[:, [10, 20]]
    result = world.plot(model(world, rows), "umap")
    np.testing.assert_array_equal(np.float32(result["data"]), rows)


@pytest.mark.parametrize("columns", [8192, 8193, 50_000])
def test_very_many_columns(world: World, columns: int) -> None:
    """8,192 are projected; more are refused when they are sent, before anything is stored."""
    rows = np.tile(embeddings(0, 30), (1, columns // 64 + 1))[:, :columns]
    if columns <= 8192:
        result = world.plot(model(world, rows), "umap")
        assert np.isfinite(result["data"]).all()
        return
    with pytest.raises(TooLarge, match=f"{columns:,} dimensions"):
        model(world, rows)


@pytest.mark.parametrize("metric", ["jaccard", "dice", "russellrao", "kulsinski", "rogerstanimoto", "yule"])
def test_boolean_metrics_on_real_data_are_refused(world: World, metric: str) -> None:
    number = model(world, embeddings(0, 40))
    world.set_params(number, {**UMAP, "metric": metric}, "umap")
    state, message = ended(world, number, "umap")
    assert state == "NOT_SUPPORTED"
    assert f"the metric {metric} does not suit these data: it compares true and false" in message


def test_haversine_needs_two_columns(world: World) -> None:
    number = model(world, embeddings(0, 40)[:, 10:13])
    world.set_params(number, {**UMAP, "metric": "haversine"}, "umap")
    state, message = ended(world, number, "umap")
    assert (state, "it needs two columns" in message) == ("NOT_SUPPORTED", True)
    assert "there are 3" in message
