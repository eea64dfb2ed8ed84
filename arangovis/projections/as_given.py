"""Rows of two columns are a plot already: they are shown as they are, whatever method was asked for."""

from collections.abc import Mapping

import numpy as np

from arangovis.domain.json import Scalar
from arangovis.projections.base import Fitted, Labels, Matrix, Neighbours, Progress, Projector
from arangovis.projections.method import check_dimension, complete_parameters, fit_facts, usable_rows
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["AsGiven", "suited"]

_COLUMNS = 2
_ON_A_SPHERE = "haversine"
"""The one metric under which two columns are not a plane."""
_NO_PARAMETERS: Mapping[str, Scalar] = {}


class AsGiven(Projector):
    """Shows two columns as x and y, in the place of a method that would only bend them."""

    algorithm_version = 1
    turns_freely = False

    def __init__(self, asked: Projector) -> None:
        self.name = asked.name
        self.parameters = asked.parameters
        self._asked = asked

    def engine(self, parameters: Mapping[str, Scalar] = _NO_PARAMETERS) -> str:  # noqa: ARG002 - one for all
        """Return that nothing computes."""
        return "as-given 1"

    def neighbours_needed(self, parameters: Mapping[str, Scalar], rows: int) -> int:  # noqa: ARG002 - one for all
        """Return 0: it looks at no neighbours."""
        return 0

    def fit(
        self,
        matrix: Matrix,
        parameters: Mapping[str, Scalar],
        *,
        neighbours: Neighbours | None,  # noqa: ARG002 - one interface
        seed: int,
        progress: Progress,
        labels: Labels | None = None,  # noqa: ARG002 - one interface
    ) -> Fitted:
        """Return the rows.

        Raises:
            InvalidInput: a parameter is outside its limits, or values are not finite.

        """
        values = complete_parameters(self.parameters, parameters)
        rows = usable_rows(matrix, rows_min=1, method=self.name)
        check_dimension(rows, _COLUMNS)
        progress(1.0)
        facts = {**fit_facts(self, values, seed=seed), "as_given": True}
        return Fitted(rows, ArrayBundle({"columns": np.arange(_COLUMNS)}, facts))

    def placing_needed(self, parameters: Mapping[str, Scalar], fitted_rows: int) -> int:
        """Return what the method needs: its transformer may be one that it fitted."""
        return self._asked.placing_needed(parameters, fitted_rows)

    def transform(
        self,
        transformer: ArrayBundle,
        matrix: Matrix,
        *,
        seed: int,
        progress: Progress,
        nearest: Neighbours | None = None,
    ) -> Matrix:
        """Return the rows; with a transformer that a method fitted, what that makes of them.

        Raises:
            InvalidInput: the rows have not two columns, or values are not finite.

        """
        if not transformer.facts.get("as_given"):
            return self._asked.transform(transformer, matrix, seed=seed, progress=progress, nearest=nearest)
        check_dimension(matrix, _COLUMNS)
        progress(1.0)
        return usable_rows(matrix, rows_min=0, method=self.name)


def suited(asked: Projector, parameters: Mapping[str, Scalar], columns: int) -> Projector:
    """Return the method, or what shows the rows as they are if they have as many columns as the plot has axes."""
    flat = columns == _COLUMNS == parameters.get("n_components", _COLUMNS)
    return AsGiven(asked) if flat and parameters.get("metric") != _ON_A_SPHERE else asked
