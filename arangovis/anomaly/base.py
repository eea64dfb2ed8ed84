"""What a detector is.

A detector is one module with a subclass of `Detector`, and one line in `registry.py`. It learns from rows of the
expanded space and leaves arrays; a `RowScorer` made of these scores rows one by one, whatever stands beside them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from arangovis.anomaly.frame import Doubles
from arangovis.domain.errors import Fault, IntegrityError, InvalidInput, NotSupported
from arangovis.domain.json import JsonValue, Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.tabular.bundle import ArrayBundle

__all__ = [
    "COMMON",
    "Detector",
    "Examined",
    "Progress",
    "RowScorer",
    "Samples",
    "Wanted",
    "array_of",
    "check_layers",
    "no_progress",
]

Progress: TypeAlias = Callable[[float], None]
"""Called with the fraction done, 0 to 1, never falling; raises Cancelled if the run was cancelled."""

COMMON = (
    Parameter("ignore_const_cols", bool, True, "Leave out columns that have one value only."),
    Parameter("holdout", float, 0.1, "Share of the rows kept from training, for the threshold.", 0.01, 0.5),
    Parameter("threshold_quantile", float, 0.99, "Quantile of the held-out scores above which is an anomaly.", 0.5, 1),
)
"""The parameters of every detector."""


def no_progress(fraction: float) -> None:
    """Ignore progress."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Rows of the expanded space: those to learn from (n, slots), and those kept apart (m, slots)."""

    training: Doubles
    held_out: Doubles


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for beside the scores; `layers` are hidden layers, counted from 0."""

    squared_errors: bool = False
    reconstruction: bool = False
    layers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What was found of n rows: scores (n,), and if wanted (slots, n), (slots, n) and (units, n) by layer."""

    scores: Doubles
    squared_errors: Doubles | None
    reconstruction: Doubles | None
    deep_features: Mapping[int, Doubles]


class RowScorer(Protocol):
    """A detector that has learnt."""

    @property
    def reconstructs(self) -> bool:
        """Whether it has squared errors and a reconstruction, whose mean error is the score."""

    @property
    def layers(self) -> tuple[int, ...]:
        """The units of each hidden layer."""

    def examine(self, block: Doubles, wanted: Wanted) -> Examined:
        """Score a block (slots, n), one of several at once. What is wanted must be there: see `check_layers`."""


class Detector(ABC):
    """A way to find anomalies."""

    name: str
    """As in `POST /api/v1/anomaly-models`."""
    parameters: ParameterSet
    """Its parameters with limits and defaults, declared once."""
    algorithm_version: int
    """Raised by hand when the same input would give another answer."""

    @abstractmethod
    def engine(self) -> str:
        """Return the library and version that computes, such as `numpy 2.4.6`, without importing it."""

    def normalised(self, values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return the values with other spellings brought to the declared type, where they can be."""
        return values

    def faults(self, values: Mapping[str, Scalar]) -> tuple[Fault, ...]:
        """Return what limits alone do not say about values that keep them."""
        del values
        return ()

    @abstractmethod
    def fit(self, samples: Samples, parameters: Mapping[str, Scalar], *, seed: int, progress: Progress) -> ArrayBundle:
        """Learn what is normal. Same arguments, same arrays.

        Args:
            samples: the rows.
            parameters: complete and valid ones.
            seed: of all chance.
            progress: told how far it is.

        Raises:
            NotSupported: the data do not suit the detector; the text says why.
            ComputeFailed: the training went astray.

        """

    @abstractmethod
    def scorer(self, state: ArrayBundle, *, width: int) -> RowScorer:
        """Return the scorer of what `fit` left for an expanded space of this width.

        Raises:
            IntegrityError: these are not such arrays.

        """


def array_of(state: ArrayBundle, name: str, *, dimensions: int) -> Doubles:
    """Return one array of a state as float64.

    Raises:
        IntegrityError: there is none, or it has another number of dimensions or values that are not finite.

    """
    found = state.arrays.get(name)
    if found is None or found.ndim != dimensions or found.dtype.kind not in "fiu" or not np.isfinite(found).all():
        raise IntegrityError(f"the stored detector has no proper array {name}")
    return np.ascontiguousarray(found, dtype=np.float64)


def check_layers(asked: tuple[int, ...], layers: tuple[int, ...], *, detector: str) -> None:
    """Refuse hidden layers that are not there.

    Raises:
        NotSupported: the detector has none at all.
        InvalidInput: a layer is outside the range, which the text names.

    """
    if asked and not layers:
        raise NotSupported(f"{detector} has no hidden layers, so no deep features")
    for layer in asked:
        if not 0 <= layer < len(layers):
            fault = Fault("deep_features_hidden_layer", f"{layer} is not between 0 and {len(layers) - 1}")
            raise InvalidInput.of(fault)
