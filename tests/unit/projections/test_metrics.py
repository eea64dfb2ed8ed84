"""The table of metrics: their parameters, refusals, and rows that are adrift."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections.adrift import adrift_rows, can_be_adrift, on_ring
from arangovis.projections.as_given import AsGiven, suited
from arangovis.projections.base import no_progress
from arangovis.projections.metrics import (
    METRIC_NAMES,
    METRIC_PARAMETERS,
    METRICS,
    MetricChoice,
    check_metric,
    chosen_metric,
)
from arangovis.projections.mixed import MixedChoice
from arangovis.projections.neighbours import NeighbourIndex, nearest_neighbours
from arangovis.projections.pca import Pca
from arangovis.projections.rows_named import rows_named

WINE = load_wine().data.astype(np.float32)
DIGITS = load_digits().data.astype(np.float32)
INK = (DIGITS[:300] > 8).astype(np.float32)
MANY = np.concatenate([DIGITS, DIGITS[:, ::-1], DIGITS[:706]])


def nearest_by(distances: np.ndarray, count: int) -> np.ndarray:
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, :count]


@pytest.mark.parametrize("p", [1, 2, 3.5])
def test_the_order_of_minkowski(p: float) -> None:
    found = nearest_neighbours(WINE, 10, metric=chosen_metric({"metric": "minkowski", "p": p}))
    expected = nearest_by(cdist(WINE.astype(float), WINE.astype(float), "minkowski", p=p), 10)
    np.testing.assert_allclose(found.distances, expected, rtol=1e-5)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_weights_count_columns(p: float) -> None:
    weights = np.linspace(0.01, 2, WINE.shape[1])
    text = ", ".join(str(weight) for weight in weights)
    metric = chosen_metric({"metric": "wminkowski", "p": p, "w": text})
    expected = nearest_by(cdist(WINE.astype(float), WINE.astype(float), "minkowski", p=p, w=weights), 10)
    np.testing.assert_allclose(nearest_neighbours(WINE, 10, metric=metric).distances, expected, rtol=1e-5)


def test_seuclidean_is_euclidean_on_scaled_columns() -> None:
    # Scaled in float64, as the metric scales: that rounding to float32 swaps no neighbours is not promised.
    scaled = WINE.astype(np.float64) / WINE.astype(np.float64).std(axis=0, ddof=1)
    found, expected = nearest_neighbours(WINE, 15, metric="seuclidean"), nearest_neighbours(scaled, 15)
    assert np.array_equal(found.indices, expected.indices)
    assert (found.indices != nearest_neighbours(WINE, 15).indices).any()


def test_a_threshold_says_what_is_true() -> None:
    metric = chosen_metric({"metric": "jaccard", "threshold": 8.0})
    found = nearest_neighbours(DIGITS[:300], 10, metric=metric)
    assert np.array_equal(found.indices, nearest_neighbours(INK, 10, metric="jaccard").indices)
    asked = NeighbourIndex(DIGITS[:300], metric=metric).query(DIGITS[5:6], 1)
    assert asked.indices.tolist() == [[5]]


def test_mahalanobis_measures_many_new_rows() -> None:
    index = NeighbourIndex(MANY[:4300], metric="mahalanobis")
    found = index.query(MANY[:40], 3)
    assert np.isfinite(found.distances).all()
    assert (found.distances[:, 0] == 0).all()


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_a_parameter_that_means_nothing_is_refused(metric: str) -> None:
    given_values = {"p": 3.0, "w": "1,2", "threshold": 0.5}
    for name, value in given_values.items():
        values = {"metric": metric, name: value}
        if name in METRICS[metric].parameters:
            assert chosen_metric(values) != MetricChoice(metric)
        else:
            with pytest.raises(InvalidInput, match=f"{name}: means nothing to the metric {metric}"):
                chosen_metric(values)


def test_parameters_at_their_defaults_are_no_parameters() -> None:
    defaults = {parameter.name: parameter.default for parameter in METRIC_PARAMETERS}
    assert [chosen_metric({"metric": name, **defaults}) for name in METRIC_NAMES] == [
        MetricChoice(name) for name in METRIC_NAMES
    ]
    assert chosen_metric({}) == MetricChoice("euclidean")


@given(st.text(max_size=40) | st.lists(st.floats(), max_size=4).map(lambda numbers: ",".join(map(str, numbers))))
def test_weights_are_numbers_above_zero_or_refused(text: str) -> None:
    weights: tuple[float, ...] = ()
    with suppress(InvalidInput):
        weights = chosen_metric({"metric": "wminkowski", "w": text}).weights
    assert all(0 < weight < np.inf for weight in weights)


@pytest.mark.parametrize("text", ["1,,2", "1;2", "-1", "0", "nan", "inf", "1,2,x"])
def test_bad_weights(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a list of numbers above zero"):
        chosen_metric({"metric": "wminkowski", "w": text})


def test_as_many_weights_as_dimensions() -> None:
    with pytest.raises(InvalidInput, match="has 2 weights; the rows have 13 dimensions"):
        nearest_neighbours(WINE, 5, metric=chosen_metric({"metric": "wminkowski", "w": "1,2"}))


def test_refusals_name_rows() -> None:
    rows = INK.copy()
    rows[[4, 9], 0] = 0.5
    with pytest.raises(NotSupported, match=r"no threshold is given \(in rows 4, 9\)"):
        check_metric("dice", rows)
    with pytest.raises(NotSupported, match=r"rows 0, 1, 2, 3, 4 and 173 more"):
        check_metric("braycurtis", -WINE)
    with pytest.raises(NotSupported, match="there are 3"):
        check_metric("haversine", WINE[:, :3])
    broken = WINE.copy()
    broken[7, 2] = np.nan
    with pytest.raises(InvalidInput, match="not finite, in row 7"):
        nearest_neighbours(broken, 5)


def test_rows_are_named_up_to_five() -> None:
    assert rows_named(np.array([False, True])) == "row 1"
    assert rows_named(np.ones(6, dtype=bool)) == "rows 0, 1, 2, 3, 4 and 1 more"


# --- exactness of the search in single precision ------------------------------------------------------------------


def test_far_groups_of_close_rows_are_told_apart() -> None:
    # In float32 the products of these rows round off far more than the rows are apart.
    far = WINE.astype(np.float64) / WINE.max(axis=0)
    rows = np.concatenate([far, far + 1e5, far - 1e5])
    found = nearest_neighbours(rows, 8)
    expected = nearest_by(cdist(rows, rows), 8)
    np.testing.assert_allclose(found.distances, expected, rtol=1e-6)
    assert (found.indices // len(far) == np.arange(3 * len(far))[:, None] // len(far)).all()


def test_one_far_row_costs_the_others_nothing() -> None:
    rows = np.concatenate([WINE, [WINE[0] * 1e6]]).astype(np.float32)
    found = nearest_neighbours(rows, 12)
    assert np.array_equal(found.indices[:-1], nearest_neighbours(WINE, 12).indices)


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e12, 1e30])
def test_very_large_and_very_small_values(scale: float) -> None:
    # Squares of these leave the range of float32.
    scaled = (DIGITS[:200].astype(np.float64) * scale).astype(np.float32)
    found = nearest_neighbours(scaled, 5)
    np.testing.assert_allclose(found.distances / scale, nearest_neighbours(DIGITS[:200], 5).distances, rtol=1e-4)


def test_many_rows_are_searched_exactly() -> None:
    found = nearest_neighbours(MANY[:2500], 15)
    asked = slice(0, 2500, 50)
    distances = cdist(MANY[asked].astype(float), MANY[:2500].astype(float))
    distances[np.arange(50), np.arange(0, 2500, 50)] = np.inf
    expected = np.argsort(distances, axis=1, kind="stable")[:, :15]
    assert np.array_equal(found.indices[asked], expected)


# --- rows without neighbours --------------------------------------------------------------------------------------


def test_rows_that_share_nothing_are_adrift() -> None:
    rows = np.concatenate([INK, np.zeros((2, INK.shape[1]), np.float32)])
    rows[-1, 0] = 1  # the corner of a digit is always empty
    assert not INK[:, 0].any()
    found = adrift_rows("jaccard", rows, nearest_neighbours(rows, 5, metric="jaccard"))
    assert np.flatnonzero(found).tolist() == [300, 301]


@pytest.mark.parametrize(("metric", "nowhere"), [("cosine", 0.0), ("correlation", 0.1)])
def test_rows_without_direction_are_adrift(metric: str, nowhere: float) -> None:
    rows = DIGITS[:100].copy()
    rows[[3, 60]] = nowhere
    found = adrift_rows(metric, rows, nearest_neighbours(rows, 5, metric=metric))
    assert np.flatnonzero(found).tolist() == [3, 60]


def test_under_most_metrics_nothing_is_adrift() -> None:
    cells = load_breast_cancer().data.astype(np.float32)
    assert not can_be_adrift("euclidean")
    assert not adrift_rows("euclidean", cells, nearest_neighbours(cells, 5)).any()
    assert not adrift_rows("cosine", cells, None).any()


def test_the_ring_lies_around_the_others() -> None:
    points = WINE[:50, :2].copy()
    adrift = np.arange(50) % 10 == 0
    placed = on_ring(points, adrift)
    centre = points[~adrift].mean(axis=0)
    reach = np.linalg.norm(points[~adrift] - centre, axis=1).max()
    distances = np.linalg.norm(placed[adrift] - centre, axis=1)
    np.testing.assert_allclose(distances, 1.2 * reach, rtol=1e-4)
    assert np.array_equal(placed[~adrift], points[~adrift])
    assert len(np.unique(placed[adrift], axis=0)) == 5
    assert on_ring(points, np.zeros(50, dtype=bool)) is points


@pytest.mark.parametrize("components", [2, 3])
def test_all_rows_adrift_are_a_ring_alone(components: int) -> None:
    placed = on_ring(np.zeros((8, components), np.float32), np.ones(8, dtype=bool))
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1.2, rtol=1e-6)


def test_the_place_on_the_ring_follows_from_the_row_alone() -> None:
    points, rows = WINE[:50, :2].copy(), WINE[:50]
    adrift = np.arange(50) % 10 == 0
    placed = on_ring(points, adrift, points, rows=rows)
    alone = on_ring(points[20:21], adrift[20:21], points, rows=rows[20:21])
    assert np.array_equal(placed[20:21], alone)
    assert len(np.unique(placed[adrift], axis=0)) == 5
    signs = np.array([[0.0, -0.0], [-0.0, 0.0]], np.float32)
    both = on_ring(points[:2], np.ones(2, dtype=bool), points, rows=signs)
    assert np.array_equal(both[0], both[1]), "there are two zeros, and they are equal"


@pytest.mark.parametrize("metric", ["jaccard", "cosine"])
def test_a_row_that_shares_nothing_by_numbers_is_near_by_its_category(metric: str) -> None:
    numbers = np.eye(12, dtype=np.float32)
    numbers[0] = 0
    category = np.repeat(np.eye(2, dtype=np.float32), 6, axis=0)
    mixed = MixedChoice.of(MetricChoice(metric), split=12, categorical_weight=0.5)
    rows = np.hstack([numbers, category])
    assert adrift_rows(metric, numbers, nearest_neighbours(numbers, 5, metric=metric)).any()
    assert not adrift_rows(mixed, rows, nearest_neighbours(rows, 5, metric=mixed)).any()


# --- two columns --------------------------------------------------------------------------------------------------


def test_two_columns_are_shown_as_they_are() -> None:
    shown = suited(Pca(), {"n_components": 2}, columns=2)
    assert isinstance(shown, AsGiven)
    fitted = shown.fit(WINE[:, :2], {"n_components": 2}, neighbours=None, seed=1, progress=no_progress)
    assert np.array_equal(fitted.coordinates, WINE[:, :2])
    assert fitted.transformer.facts["engine"] == "as-given 1"
    new = shown.transform(fitted.transformer, WINE[:5, 2:4], seed=1, progress=no_progress)
    assert np.array_equal(new, WINE[:5, 2:4])
    with pytest.raises(InvalidInput, match="2 dimensions"):
        shown.transform(fitted.transformer, WINE[:5], seed=1, progress=no_progress)


def test_what_a_method_fitted_before_is_still_its_own() -> None:
    before = Pca().fit(WINE[:, :2], {"n_components": 2}, neighbours=None, seed=1, progress=no_progress)
    shown = suited(Pca(), {"n_components": 2}, columns=2)
    placed = shown.transform(before.transformer, WINE[:, :2], seed=1, progress=no_progress)
    np.testing.assert_allclose(placed, before.coordinates, rtol=1e-6)


def test_more_columns_or_a_sphere_are_projected() -> None:
    pca = Pca()
    assert suited(pca, {"n_components": 2}, columns=3) is pca
    assert suited(pca, {"n_components": 3}, columns=2) is pca
    assert suited(pca, {"n_components": 2, "metric": "haversine"}, columns=2) is pca
