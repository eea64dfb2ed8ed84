"""Quality point by point, on digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from arangovis.domain.errors import NotSupported
from arangovis.projections.base import no_progress
from arangovis.projections.quality import DEFAULT_METRICS, common, local_trustworthiness, trustworthiness, with_default
from arangovis.projections.quality import local as module
from arangovis.projections.quality.common import squared_distances as squares
from arangovis.projections.registry import projector

DIGITS = load_digits().data.astype(np.float32)


def plotted(rows: np.ndarray) -> np.ndarray:
    fit = projector("pca").fit(rows, {"n_components": 2}, neighbours=None, seed=0, progress=no_progress)
    return fit.coordinates


def test_its_mean_is_the_trustworthiness() -> None:
    points = plotted(DIGITS)
    local = local_trustworthiness(DIGITS, points)
    assert (local.dtype, local.shape) == (np.float32, (len(DIGITS),))
    assert float(local.mean()) == pytest.approx(trustworthiness(DIGITS, points), abs=1e-6)
    assert 0 < local.std() < 0.5, "it tells points apart"


def test_the_way_for_many_rows_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = DIGITS + np.random.default_rng(0).normal(scale=1e-3, size=DIGITS.shape).astype(np.float32)  # parts ties
    points = plotted(rows)
    exact = local_trustworthiness(rows, points)
    monkeypatch.setattr(module, "ROWS_MAX", 100)
    assert np.allclose(local_trustworthiness(rows, points), exact, atol=1e-3)


def test_a_point_in_a_wrong_place_is_seen() -> None:
    points = DIGITS.copy()
    zeros, fours = (np.flatnonzero(load_digits().target == digit) for digit in (0, 4))
    points[fours[0]] = DIGITS[zeros[0]]  # a four that lies where a zero lies; all else is in its place
    local = local_trustworthiness(DIGITS, points)
    assert local.argmin() == fours[0]
    assert local[fours[0]] < 0.7 < 0.9 < np.sort(local)[1]


def test_the_rows_themselves_are_to_be_believed() -> None:
    assert local_trustworthiness(DIGITS[:300], DIGITS[:300]).tolist() == [1.0] * 300


def test_too_many_rows_are_refused() -> None:
    rows = np.zeros((module.LOCAL_ROWS_MAX + 1, 1), dtype=np.float32)
    with pytest.raises(NotSupported, match="20000"):
        local_trustworthiness(rows, rows)


def test_every_plot_is_measured_by_the_default_set_and_what_is_named() -> None:
    assert with_default(()) == (), "an empty list asks for none"
    assert with_default(("trustworthiness",)) == tuple(DEFAULT_METRICS)
    assert with_default(("msid", "global_score")) == (*DEFAULT_METRICS, "msid")


def test_without_scipy_distances_are_the_same() -> None:
    rows = DIGITS[:300]
    assert np.array_equal(common._squares_of_differences(rows.astype(float), rows.astype(float)), squares(rows, rows))
