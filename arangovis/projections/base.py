"""What a projection method is.

A method is one module with a subclass of `Projector`, and one line in `registry.py`. `arangovis.testing.projections`
checks any of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.json import Scalar
from arangovis.domain.parameters import ParameterSet
from arangovis.tabular.bundle import ArrayBundle

Matrix: TypeAlias = npt.NDArray[np.float32]
"""Rows by dimensions."""

Labels: TypeAlias = npt.NDArray[np.int64]
"""The class of each row as a number, -1 where it is not known."""

_WARM_UP_ROWS = 64
_NONE: Mapping[str, Scalar] = MappingProxyType({})

Progress: TypeAlias = Callable[[float], None]
"""Called with the fraction done, 0 to 1, never falling; raises Cancelled if the run was cancelled."""


def no_progress(fraction: float) -> None:
    """Ignore progress."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k nearest neighbours of each row, itself left out, nearest first, ties by index.

    `indices` int64 (n, k), `distances` float32 (n, k).
    """

    indices: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit leaves: coordinates float32 (n, n_components), and the transformer to store."""

    coordinates: Matrix
    transformer: ArrayBundle


class Projector(ABC):
    """A projection method."""

    name: str
    """As in `/visualization/plottable_embeddings/{name}`."""
    parameters: ParameterSet
    """Its parameters with limits and defaults, declared once."""
    algorithm_version: int
    """Raised by hand when the same input would give another answer."""

    title: str = ""
    """What people call it, such as `t-SNE`; empty for its name."""
    summary: str = ""
    """What it keeps, in one sentence."""
    rows_min: int = 1
    """Fewer rows are refused."""

    turns_freely: bool = True
    """Whether a turned layout says the same; not so where the axes mean something."""

    @abstractmethod
    def engine(self, parameters: Mapping[str, Scalar] = _NONE) -> str:
        """Return the library and version that computes, such as `umap-learn 0.5.12`, without importing it.

        A method with several engines decides by the parameters.
        """

    @abstractmethod
    def neighbours_needed(self, parameters: Mapping[str, Scalar], rows: int) -> int:
        """Return how many neighbours of each row `fit` wants to be given; 0 for none."""

    @abstractmethod
    def fit(
        self,
        matrix: Matrix,
        parameters: Mapping[str, Scalar],
        *,
        neighbours: Neighbours | None,
        seed: int,
        progress: Progress,
        labels: Labels | None = None,
    ) -> Fitted:
        """Learn a projection of the rows. Same arguments, same result.

        `labels` are heeded by a method with a parameter `label_weight` above 0.

        Raises:
            NotSupported: the data do not suit the method or its metric; the text says why.
            ComputeFailed: the library raised.

        """

    def warm_up(self) -> None:
        """Fit and transform a few rows, so that a fresh process pays for imports and compilation before work comes."""
        rows = np.sin(np.outer(np.arange(1, _WARM_UP_ROWS + 1), np.arange(1, 9))).astype(np.float32)
        fitted = self.fit(rows, self.parameters.defaults(), neighbours=None, seed=0, progress=no_progress)
        self.transform(fitted.transformer, rows[:-1], seed=0, progress=no_progress)

    def placing_needed(self, parameters: Mapping[str, Scalar], fitted_rows: int) -> int:  # noqa: ARG002 - most need some
        """Return how many nearest fitted rows of each new row `transform` looks at; 0 for none."""
        return 0

    @abstractmethod
    def transform(
        self,
        transformer: ArrayBundle,
        matrix: Matrix,
        *,
        seed: int,
        progress: Progress,
        nearest: Neighbours | None = None,
    ) -> Matrix:
        """Place new rows in a fitted projection. Same arguments, same result.

        `nearest` are the nearest fitted rows of each new one, where another distance counts than the parameters name.

        Raises:
            InvalidInput: the rows have another dimension than the fitted ones.
            ComputeFailed: the library raised.

        """
