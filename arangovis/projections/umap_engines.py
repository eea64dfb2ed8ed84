"""The libraries that can lay out UMAP, which of them runs, and what they are asked for.

`fastumap` needs no compilation and is the default where its quality is that of the reference within noise;
`umap-learn` is the reference, the fallback where fastumap is not installed, and the default for densMAP.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter
from arangovis.projections.base import Labels, Matrix, Neighbours

__all__ = ["ENGINE", "FASTUMAP", "UMAP_LEARN", "Plan", "Sketch", "chosen_engine"]

AUTO, FASTUMAP, UMAP_LEARN = "auto", "fastumap", "umap-learn"

ENGINE = Parameter(
    "engine",
    str,
    AUTO,
    "The library that lays out; `auto` takes the cheapest one whose quality is that of umap-learn.",
    choices=(AUTO, FASTUMAP, UMAP_LEARN),
    optional=True,
)

Start: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an engine lays out.

    Args:
        rows: float32 (n, d); densMAP alone looks at them.
        neighbours: of each row, itself left out, all of them used.
        start: float64 (n, m), from 0 to 10 at most.
        min_dist: how close points may lie.
        seed: of the layout.
        labels: int64 (n,), -1 for unknown, or None.
        label_weight: 0 to 1, how strongly labels pull.
        density_weight: how strongly densMAP keeps densities; 0 for plain UMAP.

    """

    rows: Matrix
    neighbours: Neighbours
    start: Start
    min_dist: float
    seed: int
    labels: Labels | None = None
    label_weight: float = 0.0
    density_weight: float = 0.0

    @property
    def with_themselves(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return neighbours as the libraries count them: each row is its own first one."""
        indices = np.column_stack([np.arange(len(self.rows)), self.neighbours.indices])
        distances = np.column_stack([np.zeros(len(self.rows), np.float32), self.neighbours.distances])
        return np.ascontiguousarray(indices, np.int64), np.ascontiguousarray(distances, np.float32)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What an engine answers: coordinates (n, m), and the a and b of its curve."""

    coordinates: Matrix
    a: float
    b: float


def chosen_engine(parameters: Mapping[str, Scalar], *, dense: bool) -> str:
    """Return the engine for these parameters, as they ask or the best there is."""
    asked = str(parameters.get(ENGINE.name, AUTO))
    if asked != AUTO:
        return asked
    return FASTUMAP if not dense and find_spec("fastumap") is not None else UMAP_LEARN
