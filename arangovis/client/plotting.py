"""Plots through the SDK: other periods beside the traffic of now, points in columns, and who is near whom."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt

from arangovis.client.asking import API, Asking
from arangovis.client.problems import raise_for
from arangovis.client.values import AnyVersion, node_id, version_number
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.services.projections.points import NEIGHBOURS_DEFAULT, PointNeighbours
from arangovis.tabular.arrow_stream import MEDIA_TYPE, from_arrow

_PAGE_ROWS = 500


class Plotting(Asking):
    """Calls about plots of samples."""

    def project_periods(
        self,
        version: AnyVersion,
        periods: Sequence[NodeId | str],
        method: str = "umap",
        *,
        timeout_s: float = 600.0,
    ) -> NodeId:
        """Return the run that shows other data sets in the plot of a model version: one fit, all of them placed.

        Args:
            version: the model version.
            periods: data sets, such as last month's traffic or the sample of an earlier plot; at most 4.
            method: the method of projection.
            timeout_s: how long to wait for it.

        Raises:
            InvalidInput: there is no such method, or a period cannot be shown.
            ArangovisError: why there is no plot.

        """
        nodes = [str(node_id(period)) for period in periods]
        body = {"model_version": version_number(version), "method": method, "periods": nodes}
        asked = self._ask_document("POST", "/projections", body)
        return self._finished(NodeId.parse(asked["id"]), timeout_s)

    def points(
        self, run: NodeId | str, *, columns: Sequence[str] = (), neighbours: int = 0, of_set: str | None = None
    ) -> Mapping[str, npt.NDArray[np.generic] | list[Scalar]]:
        """Return the points of a finished plot by column: numbers as arrays, texts and what has gaps as lists.

        Args:
            run: a projection run.
            columns: those wanted; all, if left out.
            neighbours: how many nearest rows of each point, 0 to 100; they are the column `neighbours`.
            of_set: only `production`, `training`, or another period by its name.

        Raises:
            NotFound: the run made no plot.
            InvalidInput: there is no such column or set.

        """
        asked = {"columns": ",".join(columns), "neighbours": str(neighbours), "set": of_set or ""}
        target = f"{API}/projections/{node_id(run).key}/points?{urlencode(asked)}"
        answer = self._backend.api().send("GET", target, headers={"Accept": MEDIA_TYPE})
        return from_arrow(raise_for(answer).body)

    def point_neighbours(self, run: NodeId | str, *, count: int = NEIGHBOURS_DEFAULT) -> Iterator[PointNeighbours]:
        """Yield each production row of a plot with its nearest others, by the rows themselves and not by the plot.

        Raises:
            NotFound: the run made no plot.
            InvalidInput: `count` is not between 1 and 100.

        """
        path = f"/projections/{node_id(run).key}/neighbours"
        return self._ask_pages(PointNeighbours, path, k=count, limit=_PAGE_ROWS)
