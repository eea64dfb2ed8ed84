"""What the methods promise on real digits, and the parts that they share."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from arangovis.domain.errors import Cancelled, ComputeFailed, IntegrityError, InvalidInput
from arangovis.projections import tsne_library
from arangovis.projections.alignment import align
from arangovis.projections.base import Neighbours, no_progress
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.pairs import Gatherer, draw_others, nearest_by_scaled_distance
from arangovis.projections.placing import memberships, place_by_mean
from arangovis.projections.quality import mean_displacement, q_nx, trustworthiness
from arangovis.projections.registry import names, projector
from arangovis.projections.start import principal_start

DIGITS = load_digits().data.astype(np.float32)
LEAST = {
    "umap": (0.98, 0.47),
    "densmap": (0.96, 0.38),
    "tsne": (0.985, 0.57),
    "trimap": (0.975, 0.40),
    "pacmap": (0.975, 0.40),
    "pca": (0.80, 0.10),
}
"""Trustworthiness(15) and the share of the ten nearest that are kept."""


@pytest.fixture(scope="module")
def neighbours() -> Neighbours:
    return nearest_neighbours(DIGITS, 100)


def quality(method: str, neighbours: Neighbours, seed: int) -> tuple[float, float]:
    found = projector(method).fit(DIGITS, {}, neighbours=neighbours, seed=seed, progress=no_progress).coordinates
    return trustworthiness(DIGITS, found), float(q_nx(DIGITS, found)[9])


def test_every_method_has_its_least_quality_here() -> None:
    assert LEAST.keys() == set(names())


@pytest.mark.parametrize(
    "method", [pytest.param(name, marks=pytest.mark.slow if name == "densmap" else ()) for name in LEAST]
)
def test_digits_keep_their_neighbours(method: str, neighbours: Neighbours) -> None:
    trusted, kept = quality(method, neighbours, 0)
    assert trusted >= LEAST[method][0]
    assert kept >= LEAST[method][1]


@pytest.mark.slow
@pytest.mark.parametrize("method", LEAST)
def test_digits_keep_their_neighbours_whatever_the_seed(method: str, neighbours: Neighbours) -> None:
    found = [quality(method, neighbours, seed) for seed in range(5)]
    trusted, kept = np.median(found, axis=0)
    assert trusted >= LEAST[method][0]
    assert kept >= LEAST[method][1]


@pytest.mark.parametrize("method", ["tsne", "trimap", "pacmap"])
def test_a_fit_of_half_the_rows_is_nearly_the_same_picture_with_another_seed(method: str) -> None:
    rows = DIGITS[:400]
    one, other = (
        projector(method).fit(rows, {}, neighbours=None, seed=seed, progress=no_progress).coordinates for seed in (0, 1)
    )
    unlike = mean_displacement(one, np.random.default_rng(0).permutation(other))
    assert mean_displacement(one, other) < 0.5 * unlike


@pytest.mark.parametrize("method", ["tsne", "trimap", "pacmap"])
@pytest.mark.parametrize(
    "rows",
    [
        np.ones((60, 8), np.float32),
        np.repeat(DIGITS[:12], 8, axis=0),
        DIGITS[:5],
        DIGITS[:9],
        load_wine().data.astype(np.float32),
    ],
    ids=["all equal", "clumps", "five rows", "nine rows", "columns of other units"],
)
def test_awkward_rows_get_finite_coordinates(method: str, rows: np.ndarray) -> None:
    engine = projector(method)
    for components in (2, 3):
        found = engine.fit(rows, {"n_components": components}, neighbours=None, seed=1, progress=no_progress)
        assert np.isfinite(found.coordinates).all()
    placed = engine.transform(found.transformer, rows[:3] + np.float32(0.5), seed=1, progress=no_progress)
    assert np.isfinite(placed).all()


@pytest.mark.parametrize("method", ["tsne", "trimap", "pacmap"])
def test_the_metric_shapes_the_layout(method: str) -> None:
    cells = load_breast_cancer().data[:150].astype(np.float32)
    by_default, by_columns = (
        projector(method).fit(cells, {"metric": metric}, neighbours=None, seed=1, progress=no_progress).coordinates
        for metric in ("euclidean", "seuclidean")
    )
    scaled = (cells / cells.std(axis=0)).astype(np.float32)
    assert trustworthiness(scaled, by_columns, k=10) > trustworthiness(scaled, by_default, k=10)


def test_tsne_stops_when_it_is_cancelled() -> None:
    told: list[float] = []

    def cancel(fraction: float) -> None:
        told.append(fraction)
        if fraction > 0.4:
            raise Cancelled("the run was cancelled")

    with pytest.raises(Cancelled):
        projector("tsne").fit(DIGITS[:200], {}, neighbours=None, seed=1, progress=cancel)
    assert told[-1] < 0.6


def test_what_opentsne_raises_is_wrapped() -> None:
    near = nearest_neighbours(DIGITS[:50], 9)
    with pytest.raises(ComputeFailed, match="openTSNE: "):
        tsne_library.lay_out(near, np.zeros((49, 2)), perplexity=3.0, seed=0, progress=no_progress)


def test_a_transformer_belongs_to_its_method() -> None:
    fitted = projector("trimap").fit(DIGITS[:50], {}, neighbours=None, seed=1, progress=no_progress).transformer
    with pytest.raises(IntegrityError, match="not a fitted pacmap projection"):
        projector("pacmap").transform(fitted, DIGITS[50:60], seed=1, progress=no_progress)


def test_the_start_is_the_principal_components() -> None:
    start = principal_start(DIGITS, 2, size=10.0, seed=0)
    exact = projector("pca").fit(DIGITS, {}, neighbours=None, seed=0, progress=no_progress).coordinates
    for axis in range(2):
        assert np.corrcoef(start[:, axis], exact[:, axis])[0, 1] > 0.9999
    assert np.abs(start).max() == pytest.approx(10.0, abs=1e-2)
    assert np.array_equal(start, principal_start(DIGITS, 2, size=10.0, seed=0))
    wide = principal_start(DIGITS[:6, :1], 3, size=1.0, seed=0)
    assert wide.shape == (6, 3)
    assert np.abs(wide[:, 1:]).max() < 1e-3


def test_others_are_neither_oneself_nor_near() -> None:
    near = nearest_neighbours(DIGITS[:40], 10).indices
    drawn = draw_others(np.random.default_rng(0), near, 2000)
    for row, others in enumerate(drawn):
        assert set(others.tolist()) == set(range(40)) - {row} - set(near[row].tolist())
    crowded = draw_others(np.random.default_rng(0), near[:11] % 11, 50)
    assert (crowded != np.arange(11)[:, None]).all()


def test_forces_are_gathered_at_the_partners() -> None:
    partners = nearest_neighbours(DIGITS[:30], 4).indices
    forces = np.random.default_rng(0).normal(size=(30, 4, 2)).astype(np.float32)
    expected = np.zeros((30, 2))
    np.add.at(expected, partners, forces)
    np.testing.assert_allclose(Gatherer(partners)(forces), expected, rtol=1e-5, atol=1e-6)


def test_scaled_distances_measure_in_local_units() -> None:
    # Row 0 is as far from row 1 of a loose group as from row 2 of a tight one: the loose one counts as nearer.
    distances = np.array([[1.0, 1.0], [4.0, 4.0], [0.1, 0.1]], dtype=np.float32)
    indices = np.array([[2, 1], [0, 2], [0, 1]])
    assert nearest_by_scaled_distance(Neighbours(indices, distances), 1)[0].tolist() == [1]


def test_memberships_sum_to_the_logarithm_of_their_number() -> None:
    found = memberships(nearest_neighbours(DIGITS[:200], 15).distances)
    assert found[:, 0] == pytest.approx(1.0)
    np.testing.assert_allclose(found.sum(axis=1), np.log2(15), atol=1e-3)
    assert (np.diff(found, axis=1) <= 0).all()
    assert memberships(np.zeros((3, 5), np.float32)) == pytest.approx(1.0)


def test_a_row_on_top_of_a_fitted_one_leans_to_it() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], dtype=np.float32)
    nearest = Neighbours(np.array([[1, 0, 2]]), np.array([[0.0, 5.0, 5.0]], dtype=np.float32))
    assert place_by_mean(points, nearest)[0].argmax() == 0


def test_a_turned_and_moved_layout_is_brought_back() -> None:
    layout = projector("pca").fit(DIGITS[:100], {}, neighbours=None, seed=0, progress=no_progress).coordinates
    angle = np.deg2rad(130)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, -1])
    moved = (layout @ turn + [30, -7]).astype(np.float32)
    found = align(moved, layout)
    np.testing.assert_allclose(found(moved), layout, atol=1e-3)
    assert (found.rows, found.residual) == (100, pytest.approx(0.0, abs=1e-5))
    worse = align(np.random.default_rng(0).permutation(moved), layout)
    assert worse.residual > 0.5
    with pytest.raises(InvalidInput, match="cannot be aligned"):
        align(moved[:50], layout)
