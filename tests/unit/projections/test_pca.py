import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections.base import no_progress
from arangovis.projections.pca import Pca

DIGITS = load_digits().data.astype(np.float32)


@pytest.mark.parametrize("components", [2, 3])
def test_coordinates_are_the_principal_components(components: int) -> None:
    found = Pca().fit(DIGITS[:1000], {"n_components": components}, neighbours=None, seed=0, progress=no_progress)
    reference = PCA(components).fit(DIGITS[:1000].astype(np.float64))
    new = Pca().transform(found.transformer, DIGITS[1000:], seed=0, progress=no_progress)
    for ours, theirs in (
        (found.coordinates, reference.transform(DIGITS[:1000])),
        (new, reference.transform(DIGITS[1000:])),
    ):
        signs = np.sign((ours * theirs).sum(axis=0))
        np.testing.assert_allclose(ours, theirs * signs, atol=1e-3)


def test_the_sign_does_not_depend_on_the_order_of_rows() -> None:
    wine = load_wine().data.astype(np.float32)
    straight = Pca().fit(wine, {}, neighbours=None, seed=0, progress=no_progress).coordinates
    turned = Pca().fit(wine[::-1], {}, neighbours=None, seed=9, progress=no_progress).coordinates
    np.testing.assert_allclose(turned[::-1], straight, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(
    ("rows", "components", "reason"),
    [
        (DIGITS[:3], 2, "pca needs at least 4 rows, there are 3"),
        (DIGITS[:10, :1], 2, "2 components need at least 2 dimensions, there are 1"),
        (DIGITS[:10, :2], 3, "3 components need at least 3 dimensions, there are 2"),
    ],
)
def test_too_little_is_refused(rows: np.ndarray, components: int, reason: str) -> None:
    with pytest.raises(NotSupported, match=reason):
        Pca().fit(rows, {"n_components": components}, neighbours=None, seed=0, progress=no_progress)


@pytest.mark.parametrize("rows", [DIGITS[0], DIGITS[:9, :0]])
def test_what_is_no_table_is_refused(rows: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="not a table"):
        Pca().fit(rows, {}, neighbours=None, seed=0, progress=no_progress)


def test_four_equal_rows() -> None:
    found = Pca().fit(np.ones((4, 3), np.float32), {"n_components": 3}, neighbours=None, seed=0, progress=no_progress)
    assert (found.coordinates == 0).all()
