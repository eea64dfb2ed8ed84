"""Detectors as monitoring metrics: production rows get scores where a metric says so and they bring none."""

from collections.abc import Sequence

from arangovis.domain.catalogue import MetricSpec
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller
from arangovis.services.anomaly.detectors import Detectors, LoadedDetector
from arangovis.services.anomaly.score_tables import scoring_table
from arangovis.services.catalogue import Catalogue, Registered
from arangovis.tabular import Rows
from arangovis.tabular.frame_columns import row_columns

OPERATION = "LessEq"
"""A row is healthy up to the threshold."""


class Monitoring:
    """Detectors attached to model versions."""

    def __init__(self, catalogue: Catalogue, detectors: Detectors) -> None:
        self._catalogue = catalogue
        self._detectors = detectors

    @property
    def detectors(self) -> Detectors:
        """The detectors that watch."""
        return self._detectors

    def attach(
        self, detector: LoadedDetector, number: int, name: str, caller: Caller, *, threshold: float | None = None
    ) -> Registered:
        """Make a detector a monitoring metric of a model version; its own threshold holds unless one is given.

        Raises:
            NotFound: there is no such model version.
            AlreadyExists: there is another metric of this name.

        """
        return self._catalogue.register_metric_spec(
            number,
            name,
            caller,
            threshold=detector.model.threshold if threshold is None else threshold,
            operation=OPERATION,
            detector=detector.version.id,
        )

    def with_scores(self, rows: Rows, specs: Sequence[MetricSpec]) -> Rows:
        """Return rows with the scores of the detectors among their metrics; a column that was sent stays.

        Rows that a detector cannot score, because they have none of its columns, get none.
        """
        for spec in specs:
            if spec.detector is not None and not rows.has(spec.name):
                rows = self._scored(rows, spec)
        return rows

    def _scored(self, rows: Rows, spec: MetricSpec) -> Rows:
        from arangovis.anomaly.scoring import score

        assert spec.detector is not None  # noqa: S101  # the caller looked
        try:
            model = self._detectors.load_node(spec.detector).model
            found = score(model, scoring_table(row_columns(rows)))
        except (InvalidInput, NotFound):
            return rows
        return rows.with_numbers(spec.name, found.score)
