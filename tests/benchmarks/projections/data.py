"""Rows to measure on: pictures that come with scikit-learn, none of them made up.

digits    1,797 x 64, as they are
large     5,000 x 784: digits moved by up to a pixel, enlarged to 28 x 28 by cubic interpolation
patches   20,000 x 384: pieces of 8 x 16 pixels of two photographs in colour

And texts: 2,000 docstrings of the standard library as MiniLM vectors, 2,000 x 384, made by `tests/data/docstrings`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits, load_sample_images

from arangovis.projections.base import Matrix
from tests.shifted_digits import shifted_digits

DOCSTRINGS = Path(__file__).parents[2] / "data" / "docstrings" / "minilm.npz"
_HEIGHT, _WIDTH = 8, 16
_SIDE, _ENLARGED = 8, 28


def digits() -> Matrix:
    """Return 1,797 x 64."""
    return np.ascontiguousarray(load_digits().data, dtype=np.float32)


def large(rows: int = 5_000) -> Matrix:
    """Return 5,000 x 784."""
    from scipy.ndimage import zoom

    pictures = shifted_digits(rows).reshape(rows, _SIDE, _SIDE)
    factor = _ENLARGED / _SIDE
    return np.ascontiguousarray(zoom(pictures, (1, factor, factor), order=3).reshape(rows, -1), dtype=np.float32)


def patches(rows: int = 20_000) -> Matrix:
    """Return 20,000 x 384."""
    random = np.random.default_rng(0)
    photographs = [image.astype(np.float32) / 255 for image in load_sample_images().images]
    found = []
    for number in range(rows):
        image = photographs[number % len(photographs)]
        top = int(random.integers(0, image.shape[0] - _HEIGHT))
        left = int(random.integers(0, image.shape[1] - _WIDTH))
        found.append(image[top : top + _HEIGHT, left : left + _WIDTH].ravel())
    return np.array(found)


def docstrings(path: Path = DOCSTRINGS) -> Matrix:
    """Return the vectors in a file that `tests/data/docstrings/make.py` wrote, by default the one beside it."""
    with np.load(path, allow_pickle=False) as file:
        return np.ascontiguousarray(file["vectors"], dtype=np.float32)


def rows_of(name: str) -> Matrix:
    """Return the rows of this name, or those in the file of this path."""
    return DATA[name]() if name in DATA else docstrings(Path(name))


DATA: Mapping[str, Callable[[], Matrix]] = {
    "digits": digits,
    "large": large,
    "patches": patches,
    "docstrings": docstrings,
}
