"""Models without embeddings: their inputs are encoded as their profiles say, and projected by every method."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from arangovis.domain.ids import NodeId
from arangovis.projections.registry import names, projector
from tests.api.tables import CATEGORIES, MIXED, NOMINAL, NUMBERS, NUMERICAL, SCAN_FIELDS, scans, tumours, wines
from tests.api.visualization import World, numbers

TRAINED, SHOWN = 400, 150
CATEGORY = "worst texture"


@pytest.fixture
def number(world: World) -> int:
    """Return the id of a model version with 400 tumours of training data and 150 of traffic."""
    production = tumours(TRAINED, TRAINED + SHOWN)
    return world.model("tumours", signature=MIXED, production=production, training=tumours(0, TRAINED))


def accuracy(points: npt.NDArray[np.float64], labels: list[str]) -> float:
    """Return how well the 15 nearest points foretell a label, in three parts."""
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    return float(cross_val_score(KNeighborsClassifier(15), points, labels, cv=3).mean())


@pytest.mark.parametrize("method", names())
def test_every_method_projects_a_mixed_table(world: World, number: int, method: str) -> None:
    result = world.plot(number, method)
    assert (result["data_shape"], result["training_data_shape"]) == ([SHOWN, 2], [TRAINED, 2])
    assert np.isfinite(result["data"]).all()
    assert np.isfinite(result["training_data"]).all()
    top = result["top_100"]
    assert [len(row) for row in top] == [100] * SHOWN
    assert all(place not in row for place, row in enumerate(top))
    assert isinstance(result["visualization_metrics"]["global_score"], float)
    assert result["encoding"]["columns"] == {
        **dict.fromkeys(NUMBERS, "robust scaling"),
        **dict.fromkeys(CATEGORIES, "one-hot"),
    }
    assert (result["encoding"]["categorical_weight"], result["encoding"]["adjusted"]) == (0.5, [])
    # A second sample of the traffic is placed by the same encoder into the same layout.
    again = world.finished(world.restart(number, method, refit_transformer=False))["result"]
    assert again["training_data"] == result["training_data"]


@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
def test_the_weight_of_categories_means_what_it_says(world: World, number: int, method: str) -> None:
    labels = [*tumours(TRAINED, TRAINED + SHOWN)[CATEGORY], *tumours(0, TRAINED)[CATEGORY]]
    parameters = {"umap": {"metric": "euclidean", "min_dist": 0.1, "n_components": 2, "n_neighbours": 15}}.get(method)
    parameters = parameters or world.get(f"/params/{method}", f"model_version_id={number}").json["parameters"]
    found = []
    for weight in (0.1, 0.9):
        world.set_params(number, {**parameters, "categorical_weight": weight}, method)
        result = world.plot(number, method)
        assert result["encoding"]["categorical_weight"] == weight
        found.append(accuracy(numbers([*result["data"], *result["training_data"]]), labels))
    assert found[1] > found[0] + 0.2


def test_new_rows_lie_where_fitted_rows_like_them_lie(world: World) -> None:
    """Rows sent as traffic that are training rows too are placed beside these."""
    both = tumours(0, 300)
    number = world.model("twice", signature=MIXED, production=tumours(0, 60), training=both)
    result = world.plot(number, "umap")
    placed, fitted = numbers(result["data"]), numbers(result["training_data"])
    apart = np.linalg.norm(placed - fitted[:60], axis=1)
    spread = np.linalg.norm(fitted - fitted.mean(axis=0), axis=1).mean()
    assert np.median(apart) < 0.1 * spread


def test_a_column_without_a_usable_profile_changes_nothing(world: World) -> None:
    note = {"name": "note", "shape": [], "dtype": "string", "profile": "NONE"}
    signature = {"inputs": [*MIXED["inputs"], note], "outputs": MIXED["outputs"]}
    results = []
    for text in ("seen once", "seen twice"):
        production = tumours(300, 360) | {"note": [f"{text} {place}" for place in range(60)]}
        training = tumours(0, 300) | {"note": [text] * 300}
        number = world.model(text, signature=signature, production=production, training=training)
        results.append(world.plot(number, "pca"))
    assert results[0]["data"] == results[1]["data"]
    assert results[0]["encoding"]["left_out"] == {"note": "its profile is NONE"}


def test_categories_alone_leave_the_metric_of_others_alone(world: World) -> None:
    nominal = {"inputs": NOMINAL, "outputs": []}
    first = world.model("kinds", signature=nominal, production=tumours(300, 400), training=tumours(0, 300))
    shown = world.plot(first, "umap")
    assert (shown["data_shape"], shown["encoding"]["categorical_weight"]) == ([100, 2], None)
    columns, fields = wines()
    second = world.model(
        "wines", signature={"inputs": fields, "outputs": []}, production=part(columns, 100, 178), training=columns
    )
    assert world.plot(second, "umap")["provenance"]["parameters"]["metric"] == "euclidean"
    asked = world.get("/params/umap", f"model_version_id={second}").json
    assert asked["parameters"]["metric"] == "euclidean"


@pytest.mark.parametrize("metric", ["jaccard", "dice", "hamming"])
def test_categories_alone_are_compared_by_the_metric_that_is_asked_for(world: World, metric: str) -> None:
    nominal = {"inputs": NOMINAL, "outputs": []}
    number = world.model("kinds", signature=nominal, production=tumours(300, 360), training=tumours(0, 200))
    world.set_params(number, {"metric": metric, "min_dist": 0.1, "n_components": 2, "n_neighbours": 15}, "umap")
    assert np.isfinite(world.plot(number, "umap")["data"]).all()


def test_what_training_did_not_have_is_adjusted_and_said(world: World) -> None:
    production = tumours(300, 360)
    production[CATEGORY][3] = "unheard of"
    production[CATEGORY][4] = None
    production["mean radius"][5] = None
    number = world.model("gaps", signature=MIXED, production=production, training=tumours(0, 300))
    result = world.plot(number, "umap")
    assert np.isfinite(result["data"]).all()
    assert {(item["set"], item["column"], item["what"]) for item in result["encoding"]["adjusted"]} == {
        ("production", CATEGORY, "row 3 has a level without a slot"),
        ("production", CATEGORY, "row 4 has no value"),
        ("production", "mean radius", "row 5 has no value: the median stands in"),
    }


def test_columns_that_say_nothing_are_left_out_and_said(world: World) -> None:
    training = tumours(0, 200) | {"mean radius": [14.0] * 200, CATEGORY: [None] * 200}
    number = world.model("flat", signature=MIXED, production=tumours(300, 340), training=training)
    left_out = world.plot(number)["encoding"]["left_out"]
    assert left_out == {"mean radius": "has one value only", CATEGORY: "has no values"}


def test_two_columns_of_numbers_are_shown_as_they_are(world: World) -> None:
    signature = {"inputs": NUMERICAL[:2], "outputs": []}
    number = world.model("flat", signature=signature, production=tumours(300, 340), training=tumours(0, 300))
    result = world.plot(number, "umap")
    assert result["provenance"]["environment"]["engine"] == "as-given 1"
    radius = np.array(tumours(300, 340)["mean radius"])
    np.testing.assert_allclose(np.corrcoef(numbers(result["data"])[:, 0], radius)[0, 1], 1.0, atol=1e-6)


def test_what_cannot_be_encoded_is_refused_with_the_reason(world: World) -> None:
    training = tumours(0, 200) | dict.fromkeys(NUMBERS[1:], [1.0] * 200) | dict.fromkeys(CATEGORIES, ["same"] * 200)
    number = world.model("one", signature=MIXED, production=tumours(300, 340), training=training)
    assert_ends(world, number, "NOT_SUPPORTED", 404, "mean texture has one value only")
    production = {name: values for name, values in tumours(300, 340).items() if name != "mean texture"}
    number = world.model("lost", signature=MIXED, production=production, training=tumours(0, 200))
    assert_ends(world, number, "ERROR", 500, "mean texture: is not among the columns of the rows")
    production = tumours(300, 340) | {"mean radius": ["wide"] * 40}
    number = world.model("text", signature=MIXED, production=production, training=tumours(0, 200))
    assert_ends(world, number, "ERROR", 500, "mean radius: is text, not number")


def test_encoded_columns_are_no_angles(world: World) -> None:
    inputs = {"inputs": NUMERICAL[:2], "outputs": []}
    number = world.model("angles", signature=inputs, production=tumours(300, 340), training=tumours(0, 200))
    parameters = {**projector("umap").parameters.defaults(), "metric": "haversine"}
    world.set_params(number, parameters, "umap")
    assert_ends(world, number, "NOT_SUPPORTED", 404, "haversine needs angles", "umap")


def test_without_training_data_there_is_a_reason(world: World) -> None:
    number = world.model("untrained", signature=MIXED, production=tumours(300, 340))
    assert_ends(world, number, "NO_DATA", 404, "upload its training data")


def test_the_encoder_is_an_artifact_that_other_weights_use_again(world: World, number: int) -> None:
    task = world.start(number)
    world.finished(task)
    encoder = world.made(task)["encoder"]
    stored = world.service.blobs.read(world.digest(encoder))
    assert stored[:2] == b"PK"
    assert b"cposix" not in stored
    assert b"pickle" not in stored
    world.set_params(number, {"n_components": 2, "categorical_weight": 0.8})
    again = world.start(number)
    world.finished(again)
    assert "encoder" not in world.made(again)
    assert world.read_of(again, "encoder") == [encoder]


def test_columns_of_the_plot_lead_to_the_columns_that_they_were_made_of(world: World, number: int) -> None:
    task = world.start(number)
    world.finished(task)
    files = world.made(task)
    found = world.client.simulate_get(f"/api/v1/columns/{files['plot']}", params={"column": "x"}).json
    sources = {link["source"]["column"] for link in found["links"] if link["target"]["node"] == str(files["plot"])}
    assert sources == {*NUMBERS, *CATEGORIES}
    slot = f"{CATEGORY}.coarse"
    found = world.client.simulate_get(f"/api/v1/columns/{files['encoder']}", params={"column": slot}).json
    (link,) = [link for link in found["links"] if link["target"]["node"] == str(files["encoder"])]
    assert (link["source"]["column"], link["transform"], link["known_by"]) == (CATEGORY, "one-hot", "encoder")


def part(columns: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    return {name: values[start:end] for name, values in columns.items()}


def assert_ends(world: World, number: int, state: str, status: int, message: str, method: str = "pca") -> None:
    task = world.start(number, method)
    world.work()
    answer = world.poll(task)
    assert (answer.status_code, answer.json["state"]) == (status, state), answer.text
    assert message in answer.json["message"]


def test_a_table_as_large_as_the_old_demo_is_sampled_and_weighted(world: World) -> None:
    """Check 23 of the fact sheet: 12 inputs, 500 rows of traffic, 900 of the training rows."""
    signature = {"inputs": SCAN_FIELDS, "outputs": []}
    number = world.model("scans", signature=signature, production=scans(1_297, 1_797), training=scans(0, 1_297))
    labels = scans(1_297, 1_797)["left"]
    found = []
    for weight in (0.1, 0.9):
        parameters = {"metric": "euclidean", "min_dist": 0.1, "n_components": 2, "n_neighbours": 15}
        sizes = {"training_data_sample_size": 900, "production_data_sample_size": 500}
        world.set_params(number, {**parameters, "categorical_weight": weight}, "umap", **sizes)
        result = world.plot(number, "umap")
        assert (result["data_shape"], result["training_data_shape"]) == ([500, 2], [900, 2])
        assert [len(row) for row in result["top_100"]] == [100] * 500
        fitted = training_sample(world, number)
        found.append(accuracy(numbers([*result["data"], *result["training_data"]]), [*labels, *fitted]))
    assert found[1] > found[0] + 0.2


def training_sample(world: World, number: int) -> list[str]:
    """Return the category `left` of the training rows in the newest plot, in their order."""
    task = world.start(number, "umap")
    sample = world.service.datasets.find(NodeId.parse(str(world.run(task).options["training"])))
    assert sample is not None
    return [str(value) for value in world.service.snapshots.rows(sample).values("left")]
