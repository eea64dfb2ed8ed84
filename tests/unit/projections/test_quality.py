import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.preprocessing import StandardScaler

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections.base import no_progress
from arangovis.projections.quality import (
    ALL_PAIRS_ROWS_MAX,
    Layout,
    QualityMetric,
    evaluate,
    global_score,
    metric_name,
    sammon,
    sammon_error,
    sammon_error_scale_fitted,
)
from arangovis.projections.registry import projector

WINE = StandardScaler().fit_transform(load_wine().data)
DIGITS = StandardScaler().fit_transform(load_digits().data[:500])


def pca(rows: np.ndarray, components: int = 2) -> np.ndarray:
    centred = rows - rows.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:components].T


seeds = st.integers(0, 2**32 - 1)


def test_published_values_on_digits() -> None:
    points = pca(DIGITS)
    assert global_score(DIGITS, points) == pytest.approx(1.0, abs=1e-7)
    found = sammon(DIGITS, points, seed=0)
    assert found.plain == pytest.approx(0.3302137, abs=1e-6)
    assert found.scaled == pytest.approx(0.1371201, abs=1e-6)


@pytest.mark.parametrize("components", [2, 3])
def test_principal_components_score_one_wherever_they_lie(components: int) -> None:
    for rows in (WINE, DIGITS, load_breast_cancer().data, WINE[:9], DIGITS[:20]):
        points = pca(rows, components)
        for shift in (0.0, 5.0, 50.0):
            assert global_score(rows, points + shift) == pytest.approx(1.0, abs=1e-6)


def test_our_own_pca_scores_one() -> None:
    rows = DIGITS.astype(np.float32)
    method = projector("pca")
    fitted = method.fit(rows, {"n_components": 2}, neighbours=None, seed=0, progress=no_progress)
    assert global_score(rows, fitted.coordinates) == pytest.approx(1.0, abs=1e-6)


@given(seed=seeds, shift=st.floats(-100, 100), scale=st.floats(0.1, 10))
@settings(max_examples=50, deadline=None)
def test_global_score_ignores_shift_scale_and_turn_and_stays_below_one(seed: int, shift: float, scale: float) -> None:
    generator = np.random.default_rng(seed)
    points = WINE @ generator.normal(size=(13, 2))
    score = global_score(WINE, points)
    assert 0.0 < score <= 1.0
    turn = np.linalg.qr(generator.normal(size=(2, 2)))[0]
    assert global_score(WINE, scale * points @ turn + shift) == pytest.approx(score, abs=1e-6)


def test_a_plot_without_the_data_scores_low() -> None:
    noise = np.random.default_rng(0).normal(size=(len(WINE), 2))
    assert global_score(WINE, noise) < global_score(WINE, WINE[:, :2]) < 1.0


def test_global_score_at_its_edges() -> None:
    flat = WINE[:, :2] @ np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    line = np.column_stack([WINE[:, 0], 2 * WINE[:, 0]])
    assert global_score(flat, WINE[:, :2]) == 1.0  # of rank 2: nothing is lost
    assert global_score(flat, line) == 0.0  # collinear points lose some of it
    assert 0.0 < global_score(WINE, line) < 1.0
    assert global_score(WINE[:, :1], WINE[:, :2]) == 1.0  # fewer dimensions than components
    assert global_score(np.ones((10, 4)), WINE[:10, :2]) == 1.0
    assert 0.0 < global_score(WINE, np.zeros((len(WINE), 2))) < 1.0
    with pytest.raises(NotSupported, match="fewer than two rows"):
        global_score(WINE[:1], WINE[:1, :2])


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_an_isometric_copy_has_no_sammon_error(seed: int) -> None:
    generator = np.random.default_rng(seed)
    turn = np.linalg.qr(generator.normal(size=(13, 13)))[0]
    copy = WINE @ turn + generator.normal(size=13)
    assert sammon_error(WINE, copy, seed=0) == pytest.approx(0.0, abs=1e-9)
    assert sammon_error_scale_fitted(WINE, 7 * copy, seed=0) == pytest.approx(0.0, abs=1e-9)


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_sammon_error_ignores_the_order_of_rows(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(WINE))
    points = pca(WINE)
    assert sammon_error(WINE[order], points[order], seed=0) == pytest.approx(
        sammon_error(WINE, points, seed=0), rel=1e-12
    )


def test_equal_rows_do_not_blow_up_the_sammon_error() -> None:
    rows = np.vstack([WINE, WINE[:50]])
    points = np.vstack([pca(WINE), pca(WINE)[:50] + 0.01])
    assert sammon_error(rows, points, seed=0) == pytest.approx(sammon_error(WINE, pca(WINE), seed=0), rel=0.1)
    with pytest.raises(NotSupported, match="no two rows differ"):
        sammon_error(np.ones((10, 3)), WINE[:10, :2], seed=0)


def test_only_the_scaled_sammon_error_ignores_the_size_of_the_plot() -> None:
    points = pca(WINE)
    small, large = sammon(WINE, points, seed=0), sammon(WINE, 10 * points, seed=0)
    assert large.plain > 10 * small.plain
    assert large.scaled == pytest.approx(small.scaled)
    assert small.scaled <= small.plain
    assert sammon(WINE, np.zeros((len(WINE), 2)), seed=0).scaled == 1.0


def test_a_sample_of_pairs_estimates_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = load_digits().data
    assert len(rows) > ALL_PAIRS_ROWS_MAX
    points = pca(rows)
    sampled = sammon_error(rows, points, seed=1)
    assert sampled == sammon_error(rows, points, seed=1)
    assert sampled != sammon_error(rows, points, seed=2)
    monkeypatch.setattr("arangovis.projections.quality.stress.ALL_PAIRS_ROWS_MAX", len(rows))
    assert sampled == pytest.approx(sammon_error(rows, points, seed=1), rel=0.01)


def test_tables_of_different_length_are_refused() -> None:
    for measure in (global_score, lambda x, y: sammon_error(x, y, seed=0)):
        with pytest.raises(InvalidInput, match="178 rows cannot be compared with 177 points"):
            measure(WINE, WINE[1:, :2])


def test_evaluate_answers_every_name_with_a_value_or_a_reason() -> None:
    names = [name.value for name in QualityMetric]
    found = evaluate(names, Layout(WINE, pca(WINE)))
    assert set(names) - {"clustering"} <= found.keys() | {"clustering"}
    assert found["global_score"] == pytest.approx(1.0, abs=1e-6)
    reasons = {name: value for name, value in found.items() if isinstance(value, str)}
    assert reasons == {
        "stability_score": "skipped: the method cannot be fitted again here",
        "clustering": "skipped: the rows have no labels",
        "knn_accuracy": "skipped: the rows have no labels",
        "svc_accuracy": "skipped: the rows have no labels",
    }


def test_with_labels_and_a_refit_nothing_is_skipped() -> None:
    labels, points = load_digits().target[:500], pca(DIGITS)
    layout = Layout(DIGITS, points, labels=labels, refit=lambda part: pca(DIGITS[part]))
    found = evaluate(list(QualityMetric), layout)
    assert all(isinstance(value, float) for value in found.values())
    original = {"global_score", "sammon_error", "knn_acc", "svc_acc", "stability_score", "msid"}
    assert original | {"clustering_random_score", "clustering_mutual_info"} <= found.keys()


def test_evaluate_skips_what_the_data_do_not_allow() -> None:
    found = evaluate(["SAMMON_ERROR"], Layout(np.ones((9, 3)), WINE[:9, :2]))
    assert found == {"sammon_error": "skipped: no two rows differ"}
    assert evaluate([], Layout(WINE, pca(WINE))) == {}
    with pytest.raises(InvalidInput, match="'nope'"):
        evaluate(["nope"], Layout(WINE, pca(WINE)))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *[(name.value, name) for name in QualityMetric],
        *[(name.name, name) for name in QualityMetric],
        ("stability", QualityMetric.STABILITY_SCORE),
        ("STABILITY", QualityMetric.STABILITY_SCORE),
        ("msid_score", QualityMetric.MSID),
    ],
)
def test_names_and_their_other_spellings(text: str, name: QualityMetric) -> None:
    assert metric_name(text) is name


def test_an_unknown_name_is_refused_with_the_list() -> None:
    with pytest.raises(InvalidInput, match="'nope' is not one of the visualization metrics global_score, sammon"):
        metric_name("nope")
