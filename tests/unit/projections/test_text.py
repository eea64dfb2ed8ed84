"""Layouts of real text: 2,000 docstrings as MiniLM vectors (see `tests/data/docstrings/make.py`)."""

from pathlib import Path

import numpy as np
import pytest

from arangovis.projections.base import no_progress
from arangovis.projections.quality import trustworthiness
from arangovis.projections.registry import projector

FILE = Path(__file__).parents[2] / "data" / "docstrings" / "minilm.npz"


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    with np.load(FILE, allow_pickle=False) as file:
        return file["vectors"].astype(np.float32)


@pytest.mark.parametrize("method", ["umap", "pacmap", "trimap"])
def test_neighbours_of_texts_stay_neighbours(method: str, vectors: np.ndarray) -> None:
    fitted = projector(method).fit(vectors, {}, neighbours=None, seed=0, progress=no_progress)
    assert vectors.shape == (2000, 384)
    assert trustworthiness(vectors, fitted.coordinates) >= 0.83


def test_texts_of_one_module_lie_together(vectors: np.ndarray) -> None:
    with np.load(FILE, allow_pickle=False) as file:
        modules = np.array([str(name).partition(".")[0] for name in file["names"]])
    points = projector("umap").fit(vectors, {}, neighbours=None, seed=0, progress=no_progress).coordinates
    middle = {module: np.median(points[modules == module], axis=0) for module in ("email", "tkinter", "asyncio")}
    for module, here in middle.items():
        inside = np.linalg.norm(points[modules == module] - here, axis=1).mean()
        assert inside < np.linalg.norm(points[modules != module] - here, axis=1).mean()
