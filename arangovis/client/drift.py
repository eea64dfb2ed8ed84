"""Comparing data sets."""

from collections.abc import Sequence

from arangovis.client.asking import Asking
from arangovis.client.values import node_id
from arangovis.domain.ids import NodeId
from arangovis.drift.values import ALPHA, ROWS_MAX, THRESHOLD
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
        rows_max: int = ROWS_MAX,
        threshold: float = THRESHOLD,
        alpha: float = ALPHA,
        seed: int = 0,
        timeout_s: float = WAIT_DEFAULT_S,
    ) -> Shift:
        """Say whether a data set comes from where another one came from; its `report` names the columns that moved.

        Args:
            reference: what was, such as training data.
            current: what is, such as the traffic of a period.
            ignored: columns not to look at.
            rows_max: rows of each side to look at, a sample if there are more.
            threshold: area under the curve from which a shift is one; 0.5 is none, 1 complete separation.
            alpha: significance that it must have.
            seed: of sample, folds and classifier.
            timeout_s: seconds to wait.

        Raises:
            NotFound: there is no such data set.
            NoData: a side has too few rows, or only its description is kept.
            ArangovisError: as `wait`.

        """
        body = {
            "reference": str(node_id(reference, "dataset")),
            "current": str(node_id(current, "dataset")),
            "ignored": list(ignored),
            "rows_max": rows_max,
            "threshold": float(threshold),
            "alpha": float(alpha),
            "seed": seed,
        }
        asked = self._ask(Shift, "POST", "/shift-detections", body)
        return self.shift(self._finished(asked.run, timeout_s))

    def shift(self, run: NodeId | str) -> Shift:
        """Return a shift detection.

        Raises:
            NotFound: the run is none.

        """
        return self._ask(Shift, "GET", f"/shift-detections/{node_id(run, 'run').key}")
