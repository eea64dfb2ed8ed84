"""The points of a plot in columns, by what a client accepts, and their neighbours in pages; rows are real digits."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon.testing import Result, TestClient

from tests.api.visualization import ARROW, World, digits, embeddings, strict, training_digits

PARQUET = "application/vnd.apache.parquet"
ROWS, TRAINED = 120, 80


@pytest.fixture
def task(world: World) -> str:
    """Return a finished PCA plot of 120 digits before 80 training digits, with one monitoring metric."""
    number = world.model(production=digits(0, ROWS), training=training_digits(600, 600 + TRAINED), metric=True)
    task = world.start(number)
    world.finished(task)
    return task


def ask(world: World, task: str, path: str = "points", query: str = "", **headers: str) -> Result:
    path = f"/api/v1/projections/{task}/{path}"
    return world.client.simulate_get(path, query_string=query, headers={"Accept": ARROW} | headers)


def arrow(answer: Result) -> pa.Table:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == ARROW
    return pa.ipc.open_stream(answer.content).read_all()


def test_arrow_has_the_documented_columns_in_float32(world: World, task: str) -> None:
    table = arrow(ask(world, task))
    wanted = {"x", "y", "id", "set", "class", "confidence", "source", "anomaly"}
    assert wanted | {"anomaly_thresh", "transformed_embedding", "label"} <= set(table.column_names)
    assert table.schema.field("x").type == pa.float32()
    assert table.schema.field("anomaly_thresh").type == pa.float32()
    assert table.schema.field("transformed_embedding").type == pa.list_(pa.float32(), 2)
    assert table.num_rows == ROWS + TRAINED
    assert table.column("set").to_pylist() == ["production"] * ROWS + ["training"] * TRAINED
    assert table.column("label").to_pylist() == table.column("class").to_pylist()
    points = np.column_stack([table.column("x"), table.column("y")])
    np.testing.assert_array_equal(np.array(table.column("transformed_embedding").to_pylist(), np.float32), points)
    assert set(table.column("anomaly_thresh").to_pylist()) == {6.0}


def test_every_form_says_the_same(world: World, task: str) -> None:
    query = "neighbours=7&set=production"
    table = arrow(ask(world, task, query=query))
    parquet = ask(world, task, query=query, Accept=PARQUET)
    assert parquet.headers["content-type"] == PARQUET
    assert pq.read_table(io.BytesIO(parquet.content)).to_pydict() == table.to_pydict()
    asked = ask(world, task, query=query, Accept="application/json")
    document = strict(asked.content)
    assert document["rows"] == ROWS
    assert document["metadata"]["columns"]["anomaly"]["threshold"] == 6.0
    assert document["columns"]["class"] == table.column("class").to_pylist()
    np.testing.assert_array_equal(np.float32(document["columns"]["x"]), table.column("x").to_numpy())
    assert document["columns"]["neighbours"] == table.column("neighbours").to_pylist()
    named = ask(world, task, query=f"{query}&format=parquet")
    assert named.content == parquet.content


def test_the_old_poll_answers_parquet_too(world: World, task: str) -> None:
    answer = world.poll(task, Accept=PARQUET)
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.column("neighbours").to_pylist()[:ROWS] == world.poll(task).json["result"]["top_100"]
    assert set(np.ravel(table.column("neighbours").to_pylist()[ROWS:])) == {-1}


def test_columns_and_sets_are_chosen_and_unknown_ones_refused(world: World, task: str) -> None:
    table = arrow(ask(world, task, query="columns=id,x&set=training"))
    assert (table.column_names, table.num_rows) == (["id", "x"], TRAINED)
    assert_refused(ask(world, task, query="columns=x,nope"), "columns", "'nope' is none of x, y, id")
    assert_refused(ask(world, task, query="set=march"), "set", "'march' is none of production, training")
    assert_refused(ask(world, task, query="neighbours=101"), "neighbours", "101")
    assert_refused(ask(world, task, query="format=csv"), "format", "csv")


def test_an_answer_that_a_client_has_is_not_sent_again(world: World, task: str) -> None:
    first = ask(world, task)
    again = ask(world, task, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ask(world, task, query="neighbours=3").headers["etag"] != first.headers["etag"]
    assert "Accept" in first.headers["vary"]


def test_a_large_answer_is_compressed_for_who_takes_it(world: World, task: str) -> None:
    plain = ask(world, task, query="neighbours=100")
    packed = ask(world, task, query="neighbours=100", **{"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) < len(plain.content)


def test_pages_of_neighbours_are_those_of_the_rows_themselves(world: World, task: str) -> None:
    rows = embeddings(0, ROWS).astype(float)
    items: list[dict[str, Any]] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = strict(
            ask(world, task, "neighbours", f"k=5&limit=50&cursor={cursor}", Accept="application/json").content
        )
        items += page["items"]
        cursor = page["next_cursor"]
    assert [item["row"] for item in items] == list(range(ROWS))
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :5]
    assert [[near["row"] for near in item["neighbours"]] for item in items] == order.tolist()
    found = [[near["distance"] for near in item["neighbours"]] for item in items]
    np.testing.assert_allclose(found, np.take_along_axis(apart, order, axis=1), rtol=1e-6)
    assert items[3]["neighbours"][0]["id"] == f"{order[3, 0]:024x}"


def test_one_row_is_asked_for_alone(world: World, task: str) -> None:
    page = strict(ask(world, task, "neighbours", "row=7&k=3").content)
    assert ([item["row"] for item in page["items"]], page["next_cursor"]) == ([7], None)
    assert_refused(ask(world, task, "neighbours", f"row={ROWS}"), "row", f"{ROWS} is not between 0 and {ROWS - 1}")


def test_what_is_no_finished_plot_is_not_found(world: World, client: TestClient) -> None:
    waiting = world.start(world.model("waiting", production=digits(0, 20)))
    for key in ("nope", waiting):
        answer = client.simulate_get(f"/api/v1/projections/{key}/points")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def assert_refused(answer: Result, field: str, problem: str) -> None:
    assert answer.status_code == 400, answer.text
    (error,) = answer.json["errors"]
    assert error["field"] == field
    assert problem in error["message"] if "message" in error else problem in str(error)
