"""What projections there are to ask for."""

from collections.abc import Sequence

from arangovis.client.asking import Asking, segment
from arangovis.domain.ids import NodeId
from arangovis.services.projections.declared import ProjectionMethods
from arangovis.services.projections.selections import SavedSelection


class Projecting(Asking):
    """Questions about methods of projection."""

    def projection_methods(self) -> ProjectionMethods:
        """Return every method with its parameters, limits, defaults and engines, the distances, and the measures."""
        return self._ask(ProjectionMethods, "GET", "/projection-methods")

    def save_selection(self, run: NodeId | str, rows: Sequence[int], *, name: str) -> SavedSelection:
        """Keep points of a plot as data sets: one for each set of rows, such as production, that has any of them.

        Args:
            run: the projection.
            rows: numbers of points in the order of the stored plot, from 0.
            name: what the data are called.

        Raises:
            InvalidInput: there are no such points.
            NotFound: there is no such projection, or it made no plot.

        """
        key = segment(NodeId.parse(str(run)).key)
        body = {"name": name, "rows": [int(row) for row in rows]}
        return self._ask(SavedSelection, "POST", f"/projections/{key}/selections", body)
