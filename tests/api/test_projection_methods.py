"""Every method over the old dialect's routes, and pictures of one model that stay alike."""

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from arangovis.domain.ids import NodeId
from arangovis.projections.registry import names, projector
from arangovis.tabular.arrow_stream import from_arrow
from arangovis.tabular.bundle import ArrayBundle, from_bytes
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.visualization import World, digits, numbers, training_digits
from tests.backends import build_service, settings_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    service = build_service(settings_of(tmp_path_factory.mktemp("home")))
    yield World(service, ContractClient(create_app(service)))
    service.close()


def parameters(method: str, **changes: object) -> Mapping[str, object]:
    return {**projector(method).parameters.defaults(), **changes}


def bundle(world: World, task: str, role: str) -> ArrayBundle:
    node = NodeId.parse(world.made(task)[role])
    return from_bytes(world.service.blobs.read(str(world.service.store.get(node).attributes["digest"])))


@pytest.mark.parametrize("method", names())
def test_every_method_plots_and_places(world: World, method: str) -> None:
    number = world.model(f"by {method}", production=digits(0, 60), training=training_digits(900, 1000))
    task = world.start(number, method)
    result = world.finished(task)["result"]
    assert result["data_shape"] == [60, 2]
    assert result["training_data_shape"] == [100, 2]
    assert np.isfinite(numbers(result["data"])).all()
    provenance = result["provenance"]
    assert provenance["environment"]["engine"] == projector(method).engine({})
    assert provenance["parameters"] == dict(projector(method).parameters.defaults())
    assert provenance["seed"] == 42
    assert provenance["alignment"] is None


def test_what_a_run_records_of_its_projection(world: World) -> None:
    number = world.model("recorded", production=digits(0, 120))
    world.set_params(number, parameters("umap", min_dist=0.25), "umap")
    task = world.start(number, "umap")
    provenance = world.finished(task)["result"]["provenance"]
    run = world.run(task)
    assert run.seed == provenance["seed"] == 42
    assert dict(run.params) == provenance["parameters"] == parameters("umap", min_dist=0.25)
    assert run.environment["engine"] == projector("umap").engine({})
    assert run.environment["algorithm_version"] == projector("umap").algorithm_version
    neighbours = NodeId.parse(world.made(task)["neighbours"])
    facts = world.service.store.get(neighbours).attributes["facts"]
    assert (facts["metric"], facts["rows"], facts["search"], facts["recall"]) == ("euclidean", 120, "blocks", 1.0)
    made = bundle(world, task, "transformer").facts
    assert (made["engine"], made["seed"], made["min_dist"]) == (run.environment["engine"], 42, 0.25)


def test_how_much_each_point_can_be_believed_is_stored_with_the_plot(world: World) -> None:
    number = world.model("believed", production=digits(0, 150), training=training_digits(900, 1000))
    task = world.start(number, "umap")
    quality = world.finished(task)["result"]["visualization_metrics"]
    plot = NodeId.parse(world.made(task)["plot"])
    columns = from_arrow(world.service.blobs.read(str(world.service.store.get(plot).attributes["digest"])))
    local = np.asarray(columns["local_trustworthiness"], dtype=np.float64)
    assert local.shape == (250,)
    assert local.mean() == pytest.approx(quality["trustworthiness"], abs=1e-6)
    assert local.min() < local.max() <= 1


def test_the_engine_can_be_asked_for(world: World) -> None:
    number = world.model("engines", production=digits(0, 60))
    first = world.finished(world.start(number, "umap"))
    world.set_params(number, parameters("umap", engine="umap-learn"), "umap")
    task = world.start(number, "umap")
    second = world.finished(task)
    engines = [answer["result"]["provenance"]["environment"]["engine"] for answer in (first, second)]
    assert [engine.split()[0] for engine in engines] == ["fastumap", "umap-learn"]
    assert world.run(task).environment["engine"] == engines[1]
    shown = world.get("/params/umap", f"model_version_id={number}").json["parameters"]
    assert shown["engine"] == "umap-learn"
    refused = world.post("/params/umap", {"model_version_id": number, "parameters": parameters("umap", engine="x")})
    assert refused.status_code == 400
    assert "engine" in refused.json["message"]


def test_known_classes_shape_a_layout_that_asks_for_them(world: World) -> None:
    number = world.model("classes", production=digits(0, 400))
    world.set_params(number, parameters("umap"), "umap", visualization_metrics=["stability_score"])
    plain = world.plot(number, "umap")
    wanted = parameters("umap", label_weight=0.9)
    world.set_params(number, wanted, "umap", visualization_metrics=["stability_score"])
    drawn = world.plot(number, "umap")
    assert drawn["provenance"]["parameters"]["label_weight"] == 0.9
    apart = [silhouette_score(numbers(plot["data"]), plot["output_info"]["class"]["data"]) for plot in (plain, drawn)]
    assert apart[1] > apart[0] + 0.1
    # Fitted again for its stability, the part keeps its classes; without them the method would refuse.
    assert isinstance(drawn["visualization_metrics"]["stability_score"], float)


def test_what_means_something_to_tables_only_is_refused_where_there_are_embeddings(world: World) -> None:
    number = world.model("no table", production=digits(0, 60))
    sent = {"model_version_id": number, "parameters": parameters("umap", categorical_weight=0.9)}
    refused = world.post("/params/umap", sent)
    assert refused.status_code == 400
    assert "parameters.categorical_weight" in refused.json["message"]
    assert "means nothing to a model that has embeddings" in refused.json["message"]
    world.set_params(number, parameters("umap", categorical_weight=0.5), "umap")  # as forms send their defaults
    assert "categorical_weight" not in world.plot(number, "umap")["provenance"]["parameters"]


def test_classes_that_are_asked_for_and_missing_are_said(world: World) -> None:
    columns = {name: values for name, values in digits(0, 60).items() if name != "class"}
    number = world.model("no classes", production=columns)
    world.set_params(number, parameters("umap", label_weight=0.5), "umap")
    task = world.start(number, "umap")
    world.work()
    answer = world.poll(task)
    assert (answer.status_code, answer.json["state"]) == (404, "NOT_SUPPORTED")
    assert "the rows have no classes" in answer.json["message"]


def test_a_new_layout_is_turned_to_the_one_before(world: World) -> None:
    number = world.model("turned", production=digits(0, 60), training=training_digits(900, 1100))
    first = world.start(number, "umap")
    before = world.finished(first)["result"]
    world.set_params(number, parameters("umap", n_neighbours=30), "umap")
    second = world.start(number, "umap")
    after = world.finished(second)["result"]
    assert world.read_of(second, "reference") == [world.made(first)["transformer"]]
    found = after["provenance"]["alignment"]
    assert found["rows"] == 200
    metrics = world.service.runs.get(NodeId("run", second))
    assert 0 < found["residual"] < 1
    assert metrics.environment["engine"].startswith("fastumap")

    raw = bundle(world, second, "transformer").arrays["fitted_coordinates"]
    layout = bundle(world, second, "layout")
    shown, lain = numbers(after["training_data"]), numbers(before["training_data"])
    np.testing.assert_allclose(shown, layout.arrays["fitted_coordinates"], rtol=1e-5)
    np.testing.assert_allclose(layout.arrays["turn"] @ layout.arrays["turn"].T, np.eye(2), atol=1e-9)
    radius = np.linalg.norm(lain - lain.mean(axis=0), axis=1).mean()
    apart = np.linalg.norm(shown - lain, axis=1).mean()
    assert apart == pytest.approx(found["residual"] * radius, rel=1e-4)
    assert np.square(shown - lain).sum() <= np.square(raw - lain).sum()
    # Production rows, which the fit did not see, turn along: each lies among its nearest training rows.
    placed = numbers(after["data"])
    assert np.median(np.linalg.norm(placed[:, None] - shown[None], axis=2).min(axis=1)) < 0.2 * radius


def test_rows_placed_into_a_turned_layout_leave_it_as_it_is(world: World) -> None:
    number = world.model("kept", production=digits(0, 60), training=training_digits(900, 1000))
    world.plot(number, "umap")
    world.set_params(number, parameters("umap", min_dist=0.5), "umap")
    second = world.start(number, "umap")
    turned = world.finished(second)["result"]
    world.send(number, digits(300, 360))
    third = world.restart(number, "umap", refit_transformer=False)
    placed = world.finished(third)["result"]
    assert placed["training_data"] == turned["training_data"]
    assert placed["provenance"]["alignment"] == turned["provenance"]["alignment"]
    assert world.read_of(third, "transformer") == [world.made(second)["transformer"]]
    assert world.read_of(third, "layout") == [world.made(second)["layout"]]
    again = world.plot(number, "umap")
    assert again["data"] == placed["data"]


def test_a_next_version_is_turned_to_the_version_before(world: World) -> None:
    first = world.model("versions", production=digits(0, 60), training=training_digits(900, 1000))
    before = world.finished(world.start(first, "umap"))["result"]
    service, changed = world.service, [{"name": "embedding", "shape": [1, 64], "dtype": "float32", "profile": "NONE"}]
    from arangovis.domain.catalogue import Signature
    from tests.api.visualization import PREPARER

    signature = Signature.of({"inputs": [], "outputs": changed})
    second = service.catalogue.register_version("demo", "versions", signature, PREPARER).number
    assert second != first
    world.send(second, digits(0, 60))
    from tests.api.visualization import rows_of

    service.datasets.put_training(world.version(second), rows_of(training_digits(900, 1000)), PREPARER)
    after = world.finished(world.start(second, "umap"))["result"]
    assert after["provenance"]["alignment"]["rows"] == 100
    assert after["provenance"]["alignment"]["residual"] < 0.01
    np.testing.assert_allclose(numbers(after["training_data"]), numbers(before["training_data"]), atol=0.05)


def test_principal_components_keep_their_axes(world: World) -> None:
    number = world.model("axes", production=digits(0, 60))
    world.plot(number, "pca")
    task = world.restart(number, "pca")
    assert world.finished(task)["result"]["provenance"]["alignment"] is None
    assert world.read_of(task, "reference") == []
