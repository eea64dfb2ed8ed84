"""Comparing data sets."""

from collections.abc import Sequence

from arangovis.client.asking import Asking
from arangovis.client.values import node_id
from arangovis.domain.ids import NodeId
from arangovis.drift.values import DriftOptions
from arangovis.services.drift.detection import Shift

WAIT_DEFAULT_S = 3600.0


class Drifting(Asking):
    """The part of the client that tells whether data moved."""

    def detect_shift(
        self,
        reference: NodeId | str,
        current: NodeId | str,
        *,
        ignored: Sequence[str] = (),
        options: DriftOptions | None = None,
        timeout_s: float = WAIT_DEFAULT_S,
    ) -> Shift:
        """Say whether a data set comes from where another one came from; its `report` names the columns that moved.

        Args:
            reference: what was, such as training data.
            current: what is, such as the traffic of a period.
            ignored: columns not to look at.
            options: how many rows to look at, from which area on a shift is one, and the seed.
            timeout_s: seconds to wait.

        Raises:
            NotFound: there is no such data set.
            NoData: a side has too few rows, or only its description is kept.
            ArangovisError: as `wait`.

        """
        how = options or DriftOptions()
        body = {
            "reference": str(node_id(reference, "dataset")),
            "current": str(node_id(current, "dataset")),
            "ignored": sorted({*ignored, *how.ignored}),
            "rows_max": how.rows_max,
            "threshold": float(how.threshold),
            "alpha": float(how.alpha),
            "seed": how.seed,
        }
        asked = self._ask(Shift, "POST", "/shift-detections", body)
        return self.shift(self._finished(asked.run, timeout_s))

    def shift(self, run: NodeId | str) -> Shift:
        """Return a shift detection.

        Raises:
            NotFound: the run is none.

        """
        return self._ask(Shift, "GET", f"/shift-detections/{node_id(run, 'run').key}")
