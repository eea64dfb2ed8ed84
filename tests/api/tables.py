"""Real rows of a model without embeddings: tumours and wines of scikit-learn, some measurements told as categories."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = dict[str, Any]

NUMBERS = ("mean radius", "mean texture", "mean smoothness", "mean compactness", "mean concavity")
CATEGORIES = {"worst texture": ("fine", "even", "coarse", "rough"), "worst symmetry": ("low", "middle", "high")}
TUMOURS = 569


def _field(name: str, profile: str, dtype: str = "double") -> dict[str, Any]:
    return {"name": name, "shape": [], "dtype": dtype, "profile": profile}


DIAGNOSIS = _field("class", "NOMINAL", "int64")
NUMERICAL = [_field(name, profile) for name, profile in zip(NUMBERS, ("NUMERICAL", "RATIO", "INTERVAL") * 2)]  # noqa: B905
NOMINAL = [_field(name, "NOMINAL", "string") for name in CATEGORIES]
MIXED = {"inputs": [*NUMERICAL, *NOMINAL], "outputs": [DIAGNOSIS]}


@cache
def _tumours() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], tuple[str, ...]]:
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    order = np.random.default_rng(0).permutation(len(data.data))
    return data.data[order], data.target[order], tuple(str(name) for name in data.feature_names)


def told(values: npt.NDArray[np.float64], levels: Sequence[str]) -> list[str]:
    """Return measurements as the name of the part of the range that they lie in; the parts have equally many rows."""
    edges = np.quantile(values, np.linspace(0, 1, len(levels) + 1)[1:-1])
    return [levels[place] for place in np.searchsorted(edges, values)]


def tumours(start: int, end: int) -> Columns:
    """Return the columns of some tumours: five measurements, two told as categories, and the diagnosis."""
    rows, targets, names = _tumours()
    found: Columns = {"_id": [f"tumour {number}" for number in range(start, end)]}
    for name in NUMBERS:
        found[name] = rows[start:end, names.index(name)].tolist()
    for name, levels in CATEGORIES.items():
        found[name] = told(rows[:, names.index(name)], levels)[start:end]
    return found | {"class": targets[start:end].tolist()}


def wines() -> tuple[Columns, list[dict[str, Any]]]:
    """Return the columns of 178 wines and their fields: all are numbers."""
    from sklearn.datasets import load_wine

    data = load_wine()
    columns = {name: data.data[:, place].tolist() for place, name in enumerate(data.feature_names)}
    return {"_id": [f"wine {number}" for number in range(len(data.data))], **columns}, [
        _field(name, "NUMERICAL") for name in data.feature_names
    ]


SCANS = 1_797
SCAN_NUMBERS = tuple(f"ink {place}" for place in range(8))
SCAN_CATEGORIES = {"top": ("bare", "thin", "thick"), "bottom": ("bare", "thin", "thick"), "left": ("light", "dark")}
SCAN_FIELDS = [_field(name, "RATIO") for name in SCAN_NUMBERS] + [
    _field(name, "NOMINAL", "string") for name in (*SCAN_CATEGORIES, "slant")
]
"""Twelve inputs, as many as the old demo's: the ink in eight rows of a scanned digit, and four things told of it."""


def scans(start: int, end: int) -> Columns:
    """Return the columns of scanned digits told as a table: 1,797 real ones."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = data.images[np.random.default_rng(1).permutation(SCANS)]
    parts = {
        "top": images[:, :2].sum(axis=(1, 2)),
        "bottom": images[:, 6:].sum(axis=(1, 2)),
        "left": images[:, :, :4].sum(axis=(1, 2)),
        "slant": images[:, :4, :4].sum(axis=(1, 2)) - images[:, 4:, :4].sum(axis=(1, 2)),
    }
    found: Columns = {"_id": [f"scan {place}" for place in range(start, end)]}
    for place, name in enumerate(SCAN_NUMBERS):
        found[name] = images[start:end, place].sum(axis=1).tolist()
    for name, values in parts.items():
        found[name] = told(values, SCAN_CATEGORIES.get(name, ("back", "straight", "forth")))[start:end]
    return found
