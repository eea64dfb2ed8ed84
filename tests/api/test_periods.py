"""Training, production and other periods in one plot: one fit, all placed, and each point says which it is."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute  # as `pa.compute`
import pytest

from tests.api.tables import CATEGORIES, MIXED, tumours
from tests.api.visualization import ARROW, World, digits, embeddings, numbers, training_digits

POINTS = 80


def moved(start: int, end: int) -> dict[str, Any]:
    """Return digits whose images were moved two pixels to the side, as a bad scanner would."""
    images = embeddings(start, end).reshape(-1, 8, 8)
    return digits(start, end) | {"embedding": list(np.roll(images, 2, axis=2).reshape(-1, 64))}


@pytest.fixture
def number(world: World) -> int:
    return world.model(production=digits(0, POINTS), training=training_digits(600, 900))


def period(world: World, name: str, rows: dict[str, Any]) -> str:
    """Send rows as the traffic of another model version; return the data set."""
    version = world.version(world.model(name, production=rows))
    found = world.service.datasets.production(version)
    assert found is not None
    return str(found.id)


def asked(world: World, number: int, method: str, *periods: str) -> Any:
    body = {"model_version": number, "method": method, "periods": list(periods)}
    return world.client.simulate_post("/api/v1/projections", json=body)


def table(world: World, answer: Any) -> pa.Table:
    key = answer.json["id"].partition("/")[2]
    world.finished(key)
    points = world.client.simulate_get(f"/api/v1/projections/{key}/points", headers={"Accept": ARROW})
    return pa.ipc.open_stream(points.content).read_all()


def places(found: pa.Table, name: str) -> npt.NDArray[np.float64]:
    rows = found.filter(pa.compute.equal(found["set"], name))
    return np.column_stack([rows["x"], rows["y"]]).astype(float)


def test_all_sets_lie_in_one_plot_and_say_which_they_are(world: World, number: int) -> None:
    alone = world.plot(number, "umap")
    march, april = period(world, "march", digits(200, 260)), period(world, "april", moved(300, 350))
    answer = asked(world, number, "umap", march, april)
    found = table(world, answer)
    names = [name for name, _ in sets(found)]
    assert [rows for _, rows in sets(found)] == [POINTS, 300, 60, 50]
    assert names[:2] == ["production", "training"]
    assert len(set(names)) == 4
    # It is one fit, the same as without periods, and nobody of it was moved.
    np.testing.assert_array_equal(places(found, "production").astype(np.float32), np.float32(alone["data"]))
    np.testing.assert_array_equal(places(found, "training").astype(np.float32), np.float32(alone["training_data"]))
    assert "transformer" not in world.made(answer.json["id"].partition("/")[2])
    ids = found.filter(pa.compute.equal(found["set"], names[2]))["id"].to_pylist()
    assert ids == [f"{place:024x}" for place in range(200, 260)]
    labels = found.filter(pa.compute.equal(found["set"], names[3]))["class"].to_pylist()
    assert labels == digits(300, 350)["class"]


def test_rows_that_drifted_lie_further_from_training_than_others(world: World, number: int) -> None:
    usual, odd = period(world, "usual", digits(200, 300)), period(world, "odd", moved(200, 300))
    found = table(world, asked(world, number, "pca", usual, odd))
    names = [name for name, _ in sets(found)]
    training = places(found, "training")

    def away(name: str) -> float:
        points = places(found, name)
        return float(np.sort(np.linalg.norm(points[:, None] - training[None], axis=2), axis=1)[:, :5].mean())

    assert away(names[3]) > 1.1 * away(names[2])


def test_the_old_answer_tells_of_periods_too_and_points_lead_to_their_rows(world: World, number: int) -> None:
    march = period(world, "march", digits(200, 260))
    task = asked(world, number, "pca", march).json["id"].partition("/")[2]
    result = world.finished(task)["result"]
    (told,) = result["periods"].values()
    assert (told["data_shape"], told["requests_ids"][0]) == ([60, 2], f"{200:024x}")
    assert numbers(told["data"]).shape == (60, 2)
    plot = world.made(task)["plot"]
    for point, dataset, row in ((POINTS + 300 + 7, march, f"{207:024x}"), (POINTS + 5, None, None)):
        origin = world.client.simulate_get(f"/api/v1/points/{plot}", params={"point": point}).json
        assert dataset is None or (origin["dataset"], origin["row"]) == (dataset, row)
        assert origin["as_role"] == ("period_0" if dataset else "training")


def test_the_sample_of_an_earlier_plot_is_a_period(world: World, number: int) -> None:
    task = world.start(number)
    world.finished(task)
    earlier = str(world.run(task).options["production"])
    world.send(number, moved(400, 460))
    world.finished(world.restart(number))
    found = table(world, asked(world, number, "pca", earlier))
    assert [rows for _, rows in sets(found)] == [POINTS, 300, POINTS] or sets(found)[0][1] == POINTS + 60
    assert sets(found)[2][1] == POINTS


def test_a_table_has_periods_too(world: World) -> None:
    number = world.model("tumours", signature=MIXED, production=tumours(400, 450), training=tumours(0, 300))
    gone = tumours(450, 480) | {next(iter(CATEGORIES)): ["unheard of"] * 30}
    other = world.version(world.model("others", signature=MIXED, production=gone))
    dataset = world.service.datasets.production(other)
    assert dataset is not None
    answer = asked(world, number, "umap", str(dataset.id))
    found = table(world, answer)
    assert [rows for _, rows in sets(found)] == [50, 300, 30]
    result = world.poll(answer.json["id"].partition("/")[2]).json["result"]
    assert [item["column"] for item in result["encoding"]["adjusted"]] == [next(iter(CATEGORIES))]


def test_what_is_no_period_is_refused(world: World, number: int) -> None:
    march = period(world, "march", digits(200, 210))
    for periods, problem in (
        (["dataset/nope"], "dataset/nope is not a data set"),
        ([march, march], "name a data set twice"),
        (["run/x"], "run/x is not a data set"),
        ([f"dataset/{place}" for place in range(5)], "are 5, more than 4"),
    ):
        answer = asked(world, number, "pca", *periods)
        assert answer.status_code == 400, answer.text
        assert problem in answer.text
    body = {"model_version": number, "method": "pca", "rows": "all", "periods": [march]}
    assert world.client.simulate_post("/api/v1/projections", json=body).status_code == 400


def sets(found: pa.Table) -> list[tuple[str, int]]:
    """Return the sets of a plot in their order, with their rows."""
    counted: dict[str, int] = {}
    for name in found["set"].to_pylist():
        counted[name] = counted.get(name, 0) + 1
    return list(counted.items())
