"""Metrics and neighbours, end to end: one search for everybody, rows without neighbours, data of two columns."""

from typing import Any

import numpy as np
import pytest

from arangovis.domain.ids import NodeId
from arangovis.tabular.bundle import from_bytes
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.visualization import CLASS, Columns, World, digits, embeddings, numbers
from tests.backends import build_service, settings_of

UMAP = {"metric": "euclidean", "min_dist": 0.1, "n_components": 2, "n_neighbours": 10}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    service = build_service(settings_of(tmp_path_factory.mktemp("home")))
    yield World(service, ContractClient(create_app(service)))
    service.close()


def signature(columns: int) -> dict[str, Any]:
    embedding = {"name": "embedding", "shape": [1, columns], "dtype": "float32", "profile": "NONE"}
    return {"inputs": [], "outputs": [embedding, CLASS]}


def rows(matrix: np.ndarray) -> Columns:
    return {**{name: digits(0, len(matrix))[name] for name in ("_id", "class")}, "embedding": list(matrix)}


def project(world: World, number: int, **parameters: object) -> str:
    world.set_params(number, {**UMAP, **parameters}, "umap")
    task = world.start(number, "umap")
    world.work()
    return task


def test_one_search_serves_fit_panel_and_other_parameters(world: World) -> None:
    number = world.model("one search", production=digits(0, 150))
    first = project(world, number)
    assert "fit_neighbours" not in world.made(first), "the fit and the panel read the same neighbours"
    neighbours = world.made(first)["neighbours"]
    assert world.service.store.get(NodeId.parse(neighbours)).attributes["facts"]["count"] == 100
    for change in ({"min_dist": 0.5}, {"n_neighbours": 40}, {"n_components": 3}):
        task = project(world, number, **change)
        assert world.read_of(task, "neighbours") == [neighbours]
        assert not {"neighbours", "fit_neighbours"} & world.made(task).keys()


@pytest.mark.parametrize(
    ("given", "columns", "fault"),
    [
        ({"metric": "cosine", "p": 3}, 64, "parameters.p: means nothing to the metric cosine; leave it out"),
        ({"metric": "wminkowski", "w": "1,2"}, 64, "parameters.w: has 2 weights; the rows have 64 dimensions"),
        ({"metric": "wminkowski", "w": "1,-2"}, 64, "parameters.w: '1,-2' is not a list of numbers above zero"),
        ({"metric": "euclid"}, 64, "parameters.metric: 'euclid' is not one of euclidean, manhattan"),
    ],
)
def test_a_metric_that_cannot_be_meant_is_refused_when_it_is_set(
    world: World, given: dict[str, object], columns: int, fault: str
) -> None:
    matrix = embeddings(0, 30)[:, :columns]
    number = world.model("unfit metrics", production=rows(matrix), signature=signature(columns))
    body = {"model_version_id": number, "parameters": {**UMAP, **given}}
    refused = world.post("/params/umap", body)
    assert refused.status_code == 400
    assert fault in refused.json["message"], refused.json
    kept = world.get("/params/umap", f"model_version_id={number}").json["parameters"]
    assert kept["metric"] == "euclidean", "nothing of it is stored"


def test_a_metric_that_cannot_measure_such_rows_is_refused_when_a_projection_is_asked_for(world: World) -> None:
    number = world.model("no sphere", production=rows(embeddings(0, 60)[:, :3]), signature=signature(3))
    world.set_params(number, {**UMAP, "metric": "haversine"}, "umap")
    said = "the metric haversine does not suit these data: it needs two columns, latitude and longitude in radians"
    native = {"model_version": number, "method": "umap"}
    for answer in (
        world.post("/plottable_embeddings/umap", {"model_version_id": number}),
        world.post("/jobs/umap", {"model_version_id": number}),
        world.client.simulate_post("/api/v1/projections", json=native),
        world.client.simulate_post("/api/v1/projections", json={**native, "rows": "all"}),
    ):
        assert answer.status_code == 400, answer.text
        assert f"metric: {said}; there are 3" in answer.text
    assert world.work() == 0, "no run was made"


def test_who_wants_more_neighbours_searches_once_for_all(world: World) -> None:
    number = world.model("more neighbours", production=digits(0, 250))
    first, more = project(world, number), project(world, number, n_neighbours=160)
    found, wide = world.made(first)["neighbours"], world.made(more)["neighbours"]
    assert found != wide
    stored = from_bytes(world.service.blobs.read(world.digest(wide)))
    assert stored.arrays["indices"].shape == (250, 159)
    assert np.array_equal(
        stored.arrays["indices"][:, :100],
        from_bytes(world.service.blobs.read(world.digest(found))).arrays["indices"],
    )
    again = project(world, number, n_neighbours=150)
    assert world.read_of(again, "neighbours") == [wide]


def test_a_metric_with_parameters_has_neighbours_of_its_own(world: World) -> None:
    number = world.model("orders", production=digits(0, 120))
    tasks = [project(world, number, metric="minkowski", p=p) for p in (3, 1)]
    third, first = (world.made(task)["fit_neighbours"] for task in tasks)
    assert world.digest(third) != world.digest(first)
    assert world.run(tasks[0]).params["p"] == 3
    again = project(world, number, metric="minkowski", p=3, min_dist=0.4)
    assert world.read_of(again, "fit_neighbours") == [third]


def test_rows_that_share_nothing_are_listed_and_lie_on_a_ring(world: World) -> None:
    ink = (embeddings(0, 150) > 8).astype(np.float32)
    ink[[20, 90]] = 0
    number = world.model("alone", production=rows(ink))
    answer = world.finished(project(world, number, metric="jaccard"))["result"]
    points = numbers(answer["data"])
    assert np.isfinite(points).all()
    # Two empty rows are equal: neighbours of each other. Under jaccard they are near to none else.
    assert answer["disconnected"] == []
    ink[90, 0] = 1
    number = world.model("alone each", production=rows(ink))
    answer = world.finished(project(world, number, metric="jaccard"))["result"]
    points = numbers(answer["data"])
    assert np.isfinite(points).all()
    assert answer["disconnected"] == [answer["requests_ids"][20], answer["requests_ids"][90]]
    others = np.delete(points, [20, 90], axis=0)
    reach = np.linalg.norm(others - others.mean(axis=0), axis=1).max()
    assert (np.linalg.norm(points[[20, 90]] - others.mean(axis=0), axis=1) > reach).all()


def test_new_rows_without_neighbours_are_listed_too(world: World) -> None:
    ink = (embeddings(0, 200) > 8).astype(np.float32)
    new = ink[150:].copy()
    new[7] = 0
    number = world.model("new and alone", production=rows(new))
    training = {"embedding": list(ink[:150]), "class": digits(0, 150)["class"]}
    from tests.api.visualization import PREPARER, rows_of

    world.service.datasets.put_training(world.version(number), rows_of(training), PREPARER)
    answer = world.finished(project(world, number, metric="dice"))["result"]
    assert answer["disconnected"] == [answer["requests_ids"][7]]
    assert np.isfinite(numbers(answer["data"])).all()


@pytest.mark.parametrize("metric", ["cosine", "correlation"])
def test_zero_rows_under_the_cosine_are_listed(world: World, metric: str) -> None:
    matrix = embeddings(0, 80).copy()
    matrix[[3, 33]] = 0
    number = world.model(f"zeros {metric}", production=rows(matrix))
    answer = world.finished(project(world, number, metric=metric))["result"]
    assert answer["disconnected"] == [answer["requests_ids"][3], answer["requests_ids"][33]]


def test_two_columns_are_shown_as_they_are(world: World) -> None:
    matrix = embeddings(0, 60)[:, [20, 36]]
    number = world.model("flat", production=rows(matrix), signature=signature(2))
    task = project(world, number)
    answer = world.finished(task)["result"]
    assert np.array_equal(numbers(answer["data"]).astype(np.float32), matrix)
    assert answer["provenance"]["environment"]["engine"] == "as-given 1"


def test_two_columns_stay_where_they_are_also_under_a_metric_that_cannot_place_them(world: World) -> None:
    matrix = embeddings(0, 60)[:, [20, 36]].copy()
    matrix[5] = 0
    number = world.model("flat and nowhere", production=rows(matrix), signature=signature(2))
    answer = world.finished(project(world, number, metric="cosine"))["result"]
    assert np.array_equal(numbers(answer["data"]).astype(np.float32), matrix)
    assert answer["disconnected"] == []


@pytest.mark.parametrize(
    ("metric", "columns", "reason"),
    [
        ("jaccard", 64, "other values than 0 and 1, and no threshold is given (in rows 0, 1, 2, 3, 4 and 55 more)"),
        ("mahalanobis", 64, "its covariance needs more rows than dimensions; there are 60 and 64"),
    ],
)
def test_data_that_do_not_suit_are_refused_with_the_reason(
    world: World, metric: str, columns: int, reason: str
) -> None:
    matrix = embeddings(0, 60)[:, :columns]
    number = world.model(f"unsuited {metric}", production=rows(matrix), signature=signature(columns))
    answer = world.poll(project(world, number, metric=metric)).json
    assert answer["state"] == "NOT_SUPPORTED"
    assert reason in answer["message"] if "message" in answer else reason in str(answer)
