import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import cdist
from sklearn.datasets import load_breast_cancer, load_digits

from arangovis.domain.errors import Cancelled, IntegrityError, InvalidInput, NotSupported
from arangovis.projections import neighbours as module
from arangovis.projections.base import Neighbours
from arangovis.projections.cells import RECALL_MIN
from arangovis.projections.distances import SHRINKAGE
from arangovis.projections.metrics import METRIC_NAMES
from arangovis.projections.neighbours import (
    NeighbourIndex,
    nearest_neighbours,
    neighbours_from_bundle,
    neighbours_to_bundle,
)
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes

DIGITS = load_digits().data[:400].astype(np.float32)
ALL_DIGITS = load_digits().data.astype(np.float32)
CELLS = load_breast_cancer().data.astype(np.float32)
INK = (DIGITS > 8).astype(np.float32)
PLACES = np.deg2rad(
    np.column_stack([np.linspace(-89, 89, 120), np.linspace(-180, 180, 120)[::-1] * np.linspace(0.1, 1, 120)])
).astype(np.float32)


def brute_force(distances: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort all distances, ties by index, itself left out."""
    distances = distances.copy()
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return order, np.take_along_axis(distances, order, axis=1)


@pytest.mark.parametrize("rows", [DIGITS, DIGITS[:50].astype(np.float64)], ids=["float32", "float64"])
@pytest.mark.parametrize("count", [1, 15, 49])
def test_euclidean_is_exact_with_ties_by_index(rows: np.ndarray, count: int) -> None:
    # Digits are small integers, so squares and sums are exact and equal distances are equal numbers.
    found = nearest_neighbours(rows, count)
    indices, distances = brute_force(cdist(rows.astype(float), rows.astype(float)), count)
    assert found.indices.dtype == np.int64
    assert found.distances.dtype == np.float32
    assert np.array_equal(found.indices, indices)
    assert np.array_equal(found.distances, distances.astype(np.float32))


def test_rounding_far_from_the_origin_does_not_decide() -> None:
    far = DIGITS[:200] + np.float32(2**19)
    assert np.array_equal(nearest_neighbours(far, 20).indices, nearest_neighbours(DIGITS[:200], 20).indices)


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_equal_rows_are_neighbours_but_never_oneself(metric: str) -> None:
    shape = (300, 2) if metric == "haversine" else (301, 8)
    found = nearest_neighbours(np.ones(shape, dtype=np.float32), 100, metric=metric)
    assert found.indices.shape == (shape[0], 100)
    assert (found.distances == 0).all()
    assert found.indices[0].tolist() == list(range(1, 101))
    assert found.indices[40].tolist() == [*range(40), *range(41, 101)]
    assert found.indices[-1].tolist() == list(range(100))


@pytest.mark.parametrize(("rows", "width"), [(1, 0), (2, 1), (5, 4), (101, 100), (102, 100)])
def test_there_are_as_many_as_the_data_allow(rows: int, width: int) -> None:
    found = nearest_neighbours(DIGITS[:rows], 100)
    assert found.indices.shape == found.distances.shape == (rows, width)


@given(
    rows=hnp.arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.integers(-2, 2)),
    count=st.integers(0, 14),
)
@settings(max_examples=200, deadline=None)
def test_small_tables_full_of_ties(rows: np.ndarray, count: int) -> None:
    found = nearest_neighbours(rows, count)
    indices, _ = brute_force(cdist(rows.astype(float), rows.astype(float)), min(count, len(rows) - 1))
    assert np.array_equal(found.indices, indices)


def test_blocks_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = nearest_neighbours(CELLS, 15, metric="mahalanobis")
    monkeypatch.setattr(module, "BLOCK_BYTES", 8 * len(CELLS) * 7)
    fractions: list[float] = []
    parts = nearest_neighbours(CELLS, 15, metric="mahalanobis", progress=fractions.append)
    assert np.array_equal(whole.indices, parts.indices)
    assert np.array_equal(whole.distances, parts.distances)
    assert len(fractions) > 80
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_cancelled_search_stops() -> None:
    def cancel(fraction: float) -> None:
        raise Cancelled(f"at {fraction}")

    with pytest.raises(Cancelled):
        nearest_neighbours(DIGITS, 5, progress=cancel)


def _reference(metric: str, rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float64)
    if metric in ("minkowski", "wminkowski"):
        return cdist(rows, rows)
    if metric == "mahalanobis":
        deviations = rows.std(axis=0, ddof=1)
        shrunk = (1 - SHRINKAGE) * np.corrcoef(rows, rowvar=False) + SHRINKAGE * np.eye(rows.shape[1])
        return cdist(rows, rows, metric, VI=np.linalg.inv(shrunk * np.outer(deviations, deviations)))
    if metric == "seuclidean":
        return cdist(rows, rows, metric, V=rows.var(axis=0, ddof=1))
    if metric == "haversine":
        latitude, longitude = rows[:, 0], rows[:, 1]
        inner = (
            np.sin((latitude[:, None] - latitude) / 2) ** 2
            + np.cos(latitude[:, None]) * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
        )
        return 2 * np.arcsin(np.sqrt(inner))
    differing = (rows[:, None] != rows).sum(axis=2).astype(float)
    both = rows @ rows.T
    if metric == "kulsinski":
        return np.where(differing == 0, 0, (differing - both + rows.shape[1]) / (differing + rows.shape[1]))
    if metric == "sokalmichener":
        return 2 * differing / (rows.shape[1] + differing)
    if metric == "russellrao":
        return np.where(differing == 0, 0, cdist(rows, rows, metric))
    if metric in ("jaccard", "dice", "rogerstanimoto", "sokalsneath", "yule"):
        return cdist(rows.astype(bool), rows.astype(bool), metric)
    return cdist(rows, rows, {"manhattan": "cityblock"}.get(metric, metric))


def _suitable(metric: str) -> np.ndarray:
    if metric == "haversine":
        return PLACES
    if METRIC_NAMES.index(metric) > METRIC_NAMES.index("hamming"):
        return INK
    return DIGITS if metric == "hamming" else CELLS


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_every_metric_measures_what_its_name_says(metric: str) -> None:
    rows = _suitable(metric)
    reference = _reference(metric, rows)
    found = nearest_neighbours(rows, 20, metric=metric)
    _, distances = brute_force(reference, 20)
    # Rounding may swap neighbours at equal distance, so distances are compared, and each against its own pair.
    np.testing.assert_allclose(found.distances, distances, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(
        found.distances, np.take_along_axis(reference, found.indices, axis=1), rtol=2e-5, atol=2e-6
    )
    assert (found.indices != np.arange(len(rows))[:, None]).all()
    assert (np.diff(found.distances, axis=1) >= 0).all()


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_new_rows_are_measured_as_the_fitted_ones(metric: str) -> None:
    rows = _suitable(metric)
    index = NeighbourIndex(rows, metric=metric)
    asked = index.query(rows[30:50], 6)
    assert (asked.distances[:, 0] == 0).all()
    among = index.among(5).neighbours
    for place, row in enumerate(range(30, 50)):
        with_itself = sorted([0.0, *among.distances[row].tolist()])
        np.testing.assert_allclose(asked.distances[place], with_itself, rtol=1e-6)


def test_rows_of_zeros_have_no_direction() -> None:
    rows = DIGITS[:20].copy()
    rows[[3, 7]] = 0
    found = nearest_neighbours(rows, 19, metric="cosine")
    assert found.indices[3, 0] == 7
    assert found.distances[3].tolist() == [0.0] + [1.0] * 18
    correlated = nearest_neighbours(rows + 4, 1, metric="correlation")
    assert correlated.indices[7, 0] == 3


def test_columns_without_spread_say_nothing() -> None:
    # Some pixels of the digits are always empty: their variance is 0 and the covariance has no inverse.
    assert (DIGITS.std(axis=0) == 0).any()
    varied = DIGITS[:, DIGITS.std(axis=0) > 0]
    for metric in ("seuclidean", "mahalanobis"):
        found = nearest_neighbours(DIGITS, 10, metric=metric)
        np.testing.assert_allclose(found.distances, nearest_neighbours(varied, 10, metric=metric).distances, rtol=1e-4)


@pytest.mark.parametrize(
    ("metric", "rows", "reason"),
    [
        ("haversine", CELLS, "needs two columns"),
        ("haversine", CELLS[:, :2], "radians"),
        ("jaccard", DIGITS, "other values than 0 and 1"),
        ("yule", CELLS, "other values than 0 and 1"),
        ("hamming", CELLS, "continuous"),
        ("mahalanobis", CELLS[:30], "more rows than dimensions"),
        ("seuclidean", CELLS[:1], "two rows"),
        ("braycurtis", -CELLS, "negative"),
    ],
)
def test_data_that_do_not_suit_a_metric_are_refused_with_the_reason(metric: str, rows: np.ndarray, reason: str) -> None:
    with pytest.raises(NotSupported, match=f"the metric {metric} does not suit these data: .*{reason}"):
        nearest_neighbours(rows, 5, metric=metric)


def test_new_rows_must_suit_too() -> None:
    with pytest.raises(NotSupported, match="other values"):
        NeighbourIndex(INK, metric="dice").query(DIGITS[:3], 5)
    with pytest.raises(InvalidInput, match="64 dimensions"):
        NeighbourIndex(DIGITS).query(CELLS, 5)
    with pytest.raises(InvalidInput, match="not finite"):
        NeighbourIndex(DIGITS).query(np.full((1, 64), np.inf, np.float32), 5)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (np.empty((0, 4), np.float32), "no rows"),
        (np.empty((4, 0), np.float32), "no rows"),
        (np.ones(4, np.float32), "no rows"),
        (np.array([[1, np.nan]], np.float32), "not finite"),
    ],
)
def test_bad_tables_are_refused(rows: np.ndarray, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        nearest_neighbours(rows, 5)


def test_an_unknown_metric_is_refused_with_the_list() -> None:
    with pytest.raises(InvalidInput, match="'nonsense' is not one of the metrics euclidean, manhattan"):
        nearest_neighbours(DIGITS, 5, metric="nonsense")


def test_the_metrics_of_the_old_service() -> None:
    assert len(METRIC_NAMES) == len(set(METRIC_NAMES)) == 21
    assert METRIC_NAMES[0] == "euclidean"


def test_neighbours_are_stored_as_arrays() -> None:
    found = nearest_neighbours(DIGITS[:30], 5)
    stored = from_bytes(to_bytes(neighbours_to_bundle(found, {"metric": "euclidean"})))
    read = neighbours_from_bundle(stored)
    assert stored.facts == {"metric": "euclidean"}
    assert isinstance(read, Neighbours)
    assert np.array_equal(read.indices, found.indices)
    assert np.array_equal(read.distances, found.distances)


@pytest.mark.parametrize(
    "arrays", [{}, {"indices": np.zeros((2, 3), int)}, {"indices": np.zeros((2, 3), int), "distances": np.zeros(2)}]
)
def test_other_bundles_are_no_neighbours(arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(IntegrityError, match="not neighbours"):
        neighbours_from_bundle(ArrayBundle(arrays, {}))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_of_very_many_rows_nearly_all_neighbours_are_found(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = nearest_neighbours(ALL_DIGITS, 15, metric=metric)
    monkeypatch.setattr(module, "EXACT_ROWS_MAX", 1000)
    fractions: list[float] = []
    found = NeighbourIndex(ALL_DIGITS, metric=metric).among(15, progress=fractions.append)
    assert found.search == "cells"
    assert found.recall >= RECALL_MIN
    same = [np.isin(*pair).mean() for pair in zip(exact.indices, found.neighbours.indices, strict=True)]
    assert np.mean(same) > RECALL_MIN - 0.02
    assert abs(np.mean(same) - found.recall) < 0.02
    assert (found.neighbours.indices != np.arange(len(ALL_DIGITS))[:, None]).all()
    assert (np.diff(found.neighbours.distances, axis=1) >= 0).all()
    shared = found.neighbours.indices[:, 0] == exact.indices[:, 0]
    assert np.array_equal(found.neighbours.distances[shared, 0], exact.distances[shared, 0])
    assert (fractions == sorted(fractions), fractions[-1]) == (True, 1.0)
    again = NeighbourIndex(ALL_DIGITS, metric=metric).among(15)
    assert np.array_equal(again.neighbours.indices, found.neighbours.indices)


def test_cells_with_too_few_rows_are_filled_up_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXACT_ROWS_MAX", 10)
    rows = np.repeat(DIGITS[:20], 3, axis=0)
    found = NeighbourIndex(rows).among(50)
    assert found.neighbours.indices.shape == (60, 50)
    assert (np.sort(found.neighbours.indices, axis=1)[:, 1:] != np.sort(found.neighbours.indices, axis=1)[:, :-1]).all()
    assert (found.neighbours.distances[:, :2] == 0).all()
    alone = NeighbourIndex(np.ones((30, 4), np.float32)).among(29).neighbours
    assert alone.indices[0].tolist() == list(range(1, 30))
