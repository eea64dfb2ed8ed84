"""Principal components: fast, linear, without chance."""

# ruff: noqa: ARG002 - every method takes the arguments of all; this one needs neither neighbours, labels nor seed
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError, NotSupported
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.projections.base import Fitted, Labels, Matrix, Neighbours, Progress, Projector
from arangovis.projections.method import (
    check_dimension,
    complete_parameters,
    engine_name,
    fit_facts,
    usable_rows,
)
from arangovis.projections.table_encoder import CATEGORICAL_WEIGHT
from arangovis.tabular.bundle import ArrayBundle

Doubles: TypeAlias = npt.NDArray[np.float64]

__all__ = ["MIN_ROWS", "PARAMETERS", "Pca"]

MIN_ROWS = 4
"""Three components span at least four points."""

PARAMETERS = ParameterSet(
    (Parameter("n_components", int, 2, "Dimensions of the plot.", minimum=2, maximum=3), CATEGORICAL_WEIGHT)
)


class Pca(Projector):
    """Projection on the directions of largest variance. The seed is recorded but decides nothing."""

    name = "pca"
    title = "PCA"
    summary = "Linear: keeps large distances, and its axes mean something."
    rows_min = MIN_ROWS
    parameters = PARAMETERS
    algorithm_version = 1
    turns_freely = False

    def engine(self, parameters: Mapping[str, Scalar] = MappingProxyType({})) -> str:
        """Return the library and its version."""
        return engine_name("numpy")

    def neighbours_needed(self, parameters: Mapping[str, Scalar], rows: int) -> int:
        """Return 0: it looks at no neighbours."""
        return 0

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
        """Find the components and project the rows on them.

        Raises:
            InvalidInput: a parameter is outside its limits, or values are not finite.
            NotSupported: fewer than MIN_ROWS rows, or fewer dimensions than components.

        """
        values = complete_parameters(PARAMETERS, parameters)
        count = int(values["n_components"] or 0)
        rows = usable_rows(matrix, rows_min=MIN_ROWS, method=self.name)
        if rows.shape[1] < count:
            raise NotSupported(f"{count} components need at least {count} dimensions, there are {rows.shape[1]}")
        progress(0.0)
        mean = rows.mean(axis=0, dtype=np.float64)
        components = _components(rows - mean, count)
        transformer = ArrayBundle({"mean": mean, "components": components}, fit_facts(self, values, seed=seed))
        coordinates = _project(rows, mean=mean, components=components)
        progress(1.0)
        return Fitted(coordinates, transformer)

    def transform(
        self,
        transformer: ArrayBundle,
        matrix: Matrix,
        *,
        seed: int,
        progress: Progress,
        nearest: Neighbours | None = None,
    ) -> Matrix:
        """Project new rows on the fitted components.

        Raises:
            InvalidInput: another dimension than the fitted rows, or values that are not finite.

        """
        if transformer.facts.get("method") != self.name or {"mean", "components"} - transformer.arrays.keys():
            raise IntegrityError("the stored arrays are not fitted principal components")
        mean = transformer.arrays["mean"].astype(np.float64, copy=False)
        components = transformer.arrays["components"].astype(np.float64, copy=False)
        check_dimension(matrix, len(mean))
        rows = usable_rows(matrix, rows_min=0, method=self.name)
        progress(0.0)
        coordinates = _project(rows, mean=mean, components=components)
        progress(1.0)
        return coordinates


def _components(centred: Doubles, count: int) -> Doubles:
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    components = directions[:count]
    # A direction and its opposite are equally good: the largest entry is made positive, so that plots do not flip.
    largest = np.abs(components).argmax(axis=1)
    return components * np.where(components[np.arange(count), largest] < 0, -1.0, 1.0)[:, None]


def _project(rows: Matrix, *, mean: Doubles, components: Doubles) -> Matrix:
    return np.asarray((rows - mean) @ components.T, dtype=np.float32)
