"""What a finished projection shows: points, neighbours, counterfactuals, colours, scores and quality."""

from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pytest

from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from tests.api.visualization import (
    CLASS,
    CONFIDENCE,
    EMBEDDING,
    World,
    digits,
    embeddings,
    numbers,
    strict,
    training_digits,
)

OPERATIONS = ("Eq", "NotEq", "Greater", "GreaterEq", "Less", "LessEq")


def brute_force(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return all distances, a row's own to itself infinite."""
    differences = rows[:, None, :].astype(np.float64) - rows[None, :, :].astype(np.float64)
    distances = np.sqrt(np.square(differences).sum(axis=2))
    np.fill_diagonal(distances, np.inf)
    return np.asarray(distances)


def test_the_shape_of_a_result(world: World) -> None:
    result = world.plot(world.model(production=digits(0, 600), training=training_digits(600, 700), metric=True))
    assert result["data_shape"] == [500, 2]
    assert numbers(result["data"]).shape == (500, 2)
    assert np.isfinite(numbers(result["data"])).all()
    assert result["training_data_shape"] == [100, 2]
    assert numbers(result["training_data"]).shape == (100, 2)
    assert len(set(result["request_ids"])) == 500
    assert set(result["request_ids"]) < set(digits(0, 600)["_id"])
    assert result["requests_ids"] == result["request_ids"]
    assert result["output_info"].keys() == {"class", "confidence", "source"}
    assert all(len(output["data"]) == 500 for output in result["output_info"].values())
    assert result["class_labels"] == result["output_info"]
    assert result["top_N"] == result["top_100"]
    assert "message" not in result


def test_every_array_is_in_the_order_of_the_rows(world: World) -> None:
    rows = digits(0, 600)
    place = {row: position for position, row in enumerate(rows["_id"])}
    result = world.plot(world.model(production=rows, metric=True))
    chosen = [place[row] for row in result["request_ids"]]
    for name in ("class", "confidence", "source"):
        assert result["output_info"][name]["data"] == [rows[name][position] for position in chosen]
    assert result["metrics"]["anomaly"]["scores"] == [rows["anomaly"][position] for position in chosen]
    original = embeddings(0, 600)[chosen].astype(np.float64)
    centred = original - original.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    expected, found = centred @ directions[:2].T, numbers(result["data"])
    signs = np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-3)


def test_three_components_are_three_columns(world: World) -> None:
    number = world.model(production=digits(0, 50))
    world.set_params(number, {"n_components": 3})
    result = world.plot(number)
    assert result["data_shape"] == [50, 3]
    assert numbers(result["data"]).shape == (50, 3)


# --- neighbours ---------------------------------------------------------------------------------------------------


def test_neighbours_equal_brute_force(world: World) -> None:
    top = np.asarray(world.plot(world.model(production=digits(0, 200)))["top_100"])
    distances = brute_force(embeddings(0, 200))
    assert top.shape == (200, 100)
    np.testing.assert_array_equal(top, np.argsort(distances, axis=1, kind="stable")[:, :100])


def test_neighbours_of_few_rows_are_all_others(world: World) -> None:
    top = world.plot(world.model(production=digits(0, 12)))["top_100"]
    assert [len(row) for row in top] == [11] * 12
    assert all(sorted([*row, index]) == list(range(12)) for index, row in enumerate(top))


def test_neighbours_among_identical_rows(world: World) -> None:
    rows = digits(0, 320)
    rows["embedding"] = [rows["embedding"][0]] * 300 + rows["embedding"][300:]
    top = world.plot(world.model(production=rows))["top_100"]
    assert len(top) == 320
    for index, row in enumerate(top):
        assert len(row) == len(set(row)) == 100
        assert index not in row
        assert all(0 <= neighbour < 320 for neighbour in row)
    distances = brute_force(np.asarray(rows["embedding"], dtype=np.float32))
    for index, row in enumerate(top):
        found = distances[index][row]
        assert (np.diff(found) >= 0).all()
        np.testing.assert_array_equal(found, np.sort(distances[index])[:100])
    assert top[7] == [index for index in range(101) if index != 7]  # ties go by index


def test_neighbours_live_in_the_original_space_whatever_the_plot_has_lost(world: World) -> None:
    rows = digits(0, 120)
    far = np.zeros((120, 64), dtype=np.float32)
    far[:, 0] = np.arange(120) * 100
    far[:, 1] = np.arange(120) * 90
    far[:, 2] = np.arange(120) % 2 * 40  # the third direction, which two components do not show
    rows["embedding"] = list(far)
    result = world.plot(world.model(production=rows))
    shown = brute_force(numbers(result["data"]).astype(np.float32))
    real = brute_force(far)
    assert result["top_100"][60][:4] == np.argsort(real[60], kind="stable")[:4].tolist()
    assert result["top_100"] != np.argsort(shown, axis=1, kind="stable")[:, :100].tolist()


# --- counterfactuals ----------------------------------------------------------------------------------------------


def test_counterfactuals_are_the_neighbours_of_other_class(world: World) -> None:
    result = world.plot(world.model(production=digits(0, 150)))
    classes = result["output_info"]["class"]["data"]
    expected = [[j for j in row if classes[j] != classes[i]] for i, row in enumerate(result["top_100"])]
    assert result["counterfactuals"] == expected
    assert all(0 < len(row) < 100 for row in expected)


def test_without_a_class_there_are_no_counterfactuals(world: World) -> None:
    label = {**CLASS, "name": "label"}
    rows = digits(0, 30)
    rows["label"] = rows.pop("class")
    result = world.plot(world.model(signature={"inputs": [], "outputs": [EMBEDDING, label]}, production=rows))
    assert result["counterfactuals"] == [[] for _ in range(30)]
    assert result["output_info"].keys() == {"label"}


# --- colours ------------------------------------------------------------------------------------------------------


def test_colouring_follows_the_profile(world: World) -> None:
    info = world.plot(world.model(production=digits(0, 40)))["output_info"]
    assert (info["class"]["coloring_type"], info["class"]["classes"]) == ("class", list(range(10)))
    assert info["confidence"]["coloring_type"] == "gradient"
    assert info["source"]["coloring_type"] == "none"
    assert "classes" not in info["confidence"]
    assert "classes" not in info["source"]
    assert [info[name]["dtype"] for name in ("class", "confidence", "source")] == [9, 2, 7]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("CATEGORICAL", "class"),
        ("ORDINAL", "class"),
        ("CONTINUOUS", "gradient"),
        ("INTERVAL", "gradient"),
        ("RATIO", "gradient"),
        ("IMAGE", "none"),
        ("VIDEO", "none"),
        ("AUDIO", "none"),
        ("TEXT", "none"),
    ],
)
def test_every_profile_has_its_colouring(world: World, profile: str, expected: str) -> None:
    signature = {"inputs": [], "outputs": [EMBEDDING, {**CLASS, "profile": profile}]}
    info = world.plot(world.model(signature=signature, production=digits(0, 20)))["output_info"]
    assert info["class"]["coloring_type"] == expected
    assert ("classes" in info["class"]) == (expected == "class")


def test_outputs_that_are_no_scalars_do_not_colour(world: World) -> None:
    probabilities = {"name": "probabilities", "shape": [2], "dtype": "double", "profile": "NUMERICAL"}
    rows = {**digits(0, 20), "probabilities": [[0.5, 0.5]] * 20}
    signature = {"inputs": [], "outputs": [EMBEDDING, probabilities, CLASS]}
    assert world.plot(world.model(signature=signature, production=rows))["output_info"].keys() == {"class"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_monitoring_metric_is_shown_with_its_rule(world: World, operation: str) -> None:
    number = world.model()
    world.metric(number, "anomaly", threshold=5.5, operation=operation)
    rows = digits(0, 20)
    rows["anomaly"][3] = None
    world.send(number, rows)
    metrics = world.plot(number)["metrics"]
    assert metrics == {
        "anomaly": {
            "scores": rows["anomaly"],
            "threshold": 5.5,
            "operation": operation,
            "coloring_type": "gradient",
        }
    }


def test_a_metric_that_was_never_measured_has_no_scores(world: World) -> None:
    number = world.model(production=digits(0, 20))
    world.metric(number, "latency")
    assert world.plot(number)["metrics"]["latency"]["scores"] == [None] * 20


def test_without_metrics_the_block_is_empty(world: World) -> None:
    assert world.plot(world.model(production=digits(0, 20)))["metrics"] == {}


# --- strict JSON --------------------------------------------------------------------------------------------------


def test_values_that_json_does_not_know_become_null(world: World) -> None:
    number = world.model(metric=True)
    rows = digits(0, 30)
    rows["confidence"][2], rows["confidence"][4] = float("nan"), float("inf")
    rows["anomaly"][5] = float("-inf")
    rows["class"][6] = None
    world.send(number, rows)
    task = world.start(number)
    world.work()
    text = world.poll(task).content
    assert b"NaN" not in text
    assert b"Infinity" not in text
    result = strict(text)["result"]
    info = result["output_info"]
    missing = [index for index, value in enumerate(info["confidence"]["data"]) if value is None]
    assert missing == [2, 4]
    assert result["metrics"]["anomaly"]["scores"][5] is None
    assert info["class"]["data"][6] is None
    assert info["class"]["classes"] == list(range(10))
    assert result["counterfactuals"][6] == []
    assert all(6 not in row for row in result["counterfactuals"])


def test_text_classes_are_sorted(world: World) -> None:
    words = {**CLASS, "dtype": "string"}
    rows = digits(0, 20)
    rows["class"] = [["rot", "blau", "grün", '"\\\u2028'][number % 4] for number in rows["class"]]
    info = world.plot(
        world.model(signature={"inputs": [], "outputs": [EMBEDDING, words, CONFIDENCE]}, production=rows)
    )["output_info"]
    assert info["class"]["classes"] == sorted(set(rows["class"]))


# --- quality ------------------------------------------------------------------------------------------------------


def test_every_plot_is_measured_by_the_default_set(world: World) -> None:
    quality = world.plot(world.model(production=digits(0, 200)))["visualization_metrics"]
    assert quality.keys() == {"global_score", "auc_rnx", "trustworthiness", "continuity", "spearman_distances"}
    assert all(isinstance(value, float) for value in quality.values())
    assert quality["global_score"] == pytest.approx(1, abs=1e-6)  # principal components against themselves


def test_quality_looks_at_training_points_too(world: World) -> None:
    number = world.model(production=digits(0, 200), training=training_digits(900, 1100))
    score = world.plot(number)["visualization_metrics"]["global_score"]
    assert 0.9 < score < 1 - 1e-4  # components of the training rows are not those of all rows


def test_every_metric_has_a_value_or_a_reason(world: World) -> None:
    number = world.model(production=digits(0, 100))
    names = ["global_score", "sammon_error", "auc_score", "stability_score", "msid", "clustering"]
    world.set_params(number, {"n_components": 2}, visualization_metrics=names)
    quality = world.plot(number)["visualization_metrics"]
    assert set(names) - {"clustering"} <= quality.keys()
    assert all(
        isinstance(quality[name], float) for name in ("global_score", "sammon_error", "sammon_error_scale_fitted")
    )
    assert 0 < quality["sammon_error_scale_fitted"] <= quality["sammon_error"] < 1
    assert 0 < quality["auc_score"] < 1
    assert 0 < quality["knn_acc"] <= 1
    assert 0 < quality["clustering_random_score"] <= 1
    assert quality["stability_score"] == "skipped: a tenth of the 100 rows is fewer than 20"
    assert quality["stability"] == quality["stability_score"]
    assert quality["msid_score"] == quality["msid"]


def test_sammon_error_is_that_of_all_pairs(world: World) -> None:
    number = world.model(production=digits(0, 80))
    world.set_params(number, {"n_components": 2}, visualization_metrics=["sammon_error"])
    result = world.plot(number)
    pairs = np.triu_indices(80, 1)
    real, shown = brute_force(embeddings(0, 80))[pairs], brute_force(numbers(result["data"]).astype(np.float32))[pairs]
    expected = (np.square(real - shown) / real).sum() / real.sum()
    assert result["visualization_metrics"]["sammon_error"] == pytest.approx(expected, rel=1e-4)


def test_sammon_error_is_finite_with_equal_rows(world: World) -> None:
    rows = digits(0, 40)
    rows["embedding"][1] = rows["embedding"][0]
    number = world.model(production=rows)
    world.set_params(number, {"n_components": 2}, visualization_metrics=["sammon_error"])
    assert 0 < world.plot(number)["visualization_metrics"]["sammon_error"] < 1


def test_no_metrics_asked_no_metrics_given(world: World) -> None:
    number = world.model(production=digits(0, 30))
    world.set_params(number, {"n_components": 2}, visualization_metrics=[])
    assert world.plot(number)["visualization_metrics"] == {}


# --- models and provenance ----------------------------------------------------------------------------------------


def test_without_training_data_the_traffic_itself_is_fitted(world: World) -> None:
    result = world.plot(world.model(production=digits(0, 40)))
    assert result["data_shape"] == [40, 2]
    assert "training_data" not in result
    assert "training_data_shape" not in result


def test_training_rows_without_embeddings_are_not_fitted(world: World) -> None:
    result = world.plot(world.model(production=digits(0, 40), training={"class": [1, 2, 3]}))
    assert "training_data" not in result


def test_sample_sizes_are_kept(world: World) -> None:
    number = world.model(production=digits(0, 300), training=training_digits(300, 600))
    sizes: dict[str, Any] = {"production_data_sample_size": 40, "training_data_sample_size": 60}
    world.set_params(number, {"n_components": 2}, **sizes)
    result = world.plot(number)
    assert (result["data_shape"], result["training_data_shape"]) == ([40, 2], [60, 2])


def test_the_result_says_what_it_was_made_of(world: World) -> None:
    number = world.model(production=digits(0, 40), training=training_digits(40, 80))
    task = world.start(number)
    said = world.finished(task)["result"]["provenance"]
    run = world.run(task)
    assert said["run"] == f"run/{task}"
    assert said["seed"] == run.seed == 42
    assert said["parameters"] == {"n_components": 2}
    assert said["parameters_digest"] == digest_of({"n_components": 2})
    assert {"arangovis", "engine", "numpy", "python", "algorithm_version"} <= said["environment"].keys()
    for role in ("production", "training"):
        (node,) = world.read_of(task, role)
        sample = world.service.datasets.find(NodeId.parse(node))
        assert sample is not None
        assert said["inputs"][role] == sample.digest
    assert run.environment == said["environment"]


def test_no_stored_file_is_a_pickle(world: World) -> None:
    task = world.start(world.model(production=digits(0, 40), training=training_digits(40, 80)))
    world.work()
    made = world.made(task)
    assert {"transformer", "coordinates", "neighbours", "quality", "plot", "result"} <= made.keys()
    stored = [world.service.artifacts.read(blob.digest) for blob in world.service.artifacts.blobs()]
    assert len(stored) >= 6
    for data in stored:
        assert data[:1] != b"\x80"
        assert data[:4] in (b"PK\x03\x04", b"PAR1", b"\xff\xff\xff\xff") or orjson.loads(data)
