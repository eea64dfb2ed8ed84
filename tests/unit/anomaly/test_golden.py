"""The written numbers, and how parts of a score hang together."""

import numpy as np
import pytest

from arangovis.anomaly.adapting import STATUS_NAMES, Adapter
from arangovis.anomaly.frame import NumericColumn, Table
from arangovis.anomaly.names import deep_feature_names, reconstruction_names, squared_error_names
from arangovis.anomaly.scoring import ScoringOptions, score
from arangovis.domain.errors import InvalidInput
from tests.unit.anomaly import toy

EVERYTHING = ScoringOptions(squared_errors=True, reconstruction=True, layers=(0,), top=2)


def test_scores_slots_and_features_are_the_written_ones() -> None:
    found = score(toy.MODEL, toy.TABLE, EVERYTHING)
    np.testing.assert_allclose(found.score, toy.SCORES, rtol=1e-12, atol=0)
    np.testing.assert_allclose(found.deep_features[0], toy.FEATURES, atol=5e-11)
    assert found.squared_errors is not None
    np.testing.assert_allclose(found.squared_errors[0], toy.FIRST_ERRORS, atol=5e-11)
    assert Adapter(toy.EXPANSION, toy.TABLE).matrix().tolist() == toy.SLOTS
    assert found.is_anomaly.tolist() == [False, True, True, True]
    assert [STATUS_NAMES[code] for code in found.status] == ["ok"] * 4


def test_the_mean_of_the_errors_is_the_score_and_the_mean_of_scores_the_mse() -> None:
    found = score(toy.MODEL, toy.TABLE, EVERYTHING)
    assert found.squared_errors is not None
    assert found.column_errors is not None
    np.testing.assert_allclose(found.squared_errors.mean(axis=1), found.score, rtol=1e-12)
    np.testing.assert_allclose(found.column_errors.sum(axis=1) / 5, found.score, rtol=1e-12)
    assert found.metrics.mse == pytest.approx(np.mean(toy.SCORES), rel=1e-12)
    assert found.metrics.rmse == pytest.approx(np.mean(toy.SCORES) ** 0.5, rel=1e-12)
    assert found.top_columns is not None
    assert found.top_columns.tolist() == np.argsort(-found.column_errors, axis=1)[:, :2].tolist()


def test_a_reconstruction_is_in_original_units() -> None:
    found = score(toy.MODEL, toy.TABLE, EVERYTHING).reconstruction
    slots = np.array(toy.SLOTS[0])
    for weights, biases in zip(toy.NETWORK.weights, toy.NETWORK.biases, strict=True):
        slots = np.tanh(weights @ slots + biases)
    assert found is not None
    np.testing.assert_allclose(found[0], [*slots[:3], slots[3] * 2 + 1, slots[4] * 10 + 20], rtol=1e-12)


def test_names() -> None:
    slots = ("e.a", "e.b", "e.missing(NA)", "n1", "n2")
    assert toy.EXPANSION.slot_names == slots
    assert squared_error_names(toy.MODEL) == tuple(f"reconstr_{slot}.SE" for slot in slots)
    assert reconstruction_names(toy.MODEL) == tuple(f"reconstr_{slot}" for slot in slots)
    assert deep_feature_names(toy.MODEL, 0) == ("DF.L1.C1", "DF.L1.C2")


@pytest.mark.parametrize("layer", [-1, 1, 2])
def test_a_layer_outside_the_range_is_refused_with_the_range(layer: int) -> None:
    with pytest.raises(InvalidInput, match=f"{layer} is not between 0 and 0") as caught:
        score(toy.MODEL, toy.TABLE, ScoringOptions(layers=(layer,)))
    assert caught.value.faults[0].field == "deep_features_hidden_layer"


def test_an_empty_frame_has_an_empty_list_and_no_mean() -> None:
    found = score(toy.MODEL, toy.TABLE.take(np.array([], np.int64)), EVERYTHING)
    assert found.score.tolist() == []
    assert found.metrics.rows == 0
    assert found.metrics.mse is found.metrics.rmse is found.metrics.mean_score is None
    assert found.deep_features[0].shape == (0, 2)


def test_a_missing_column_is_a_missing_value_and_warned_of() -> None:
    without = Table.of(*(column for column in toy.TABLE.columns if column.name != "n1"))
    missing = Table.of(*without.columns, NumericColumn.of("n1", [None] * 4))
    found = score(toy.MODEL, without)
    assert found.score.tobytes() == score(toy.MODEL, missing).score.tobytes()
    assert [(w.kind, w.column) for w in found.warnings] == [("unseen_level", "e"), ("missing_column", "n1")]
    with pytest.raises(InvalidInput, match="n1: is missing; the model was trained with it"):
        score(toy.MODEL, without, ScoringOptions(strict=True))
