"""Drift of scores: those of each period of a deployment beside those of the rows that training held out.

A detector that is deployed itself is followed by the scorings that were kept (`persist`), each observed for a period.
One that is attached to the deployed model version is followed by the production rows of that version, segment by
segment or in windows of a column of moments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.names import SCORE_NAME
from arangovis.domain.catalogue import MetricSpec, ModelVersion
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.domain.views import items, mapping, optional_integer, optional_text, text
from arangovis.drift.scores import ScoreDistance, ScoreDistribution, distance, distribution
from arangovis.services.anomaly.detectors import Detectors, LoadedDetector
from arangovis.services.anomaly.monitoring import Monitoring
from arangovis.services.anomaly.products import DETECTOR
from arangovis.services.anomaly.score_tables import training_table
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.frames.frames import Frames
from arangovis.services.runs import run_of
from arangovis.stores.base import GraphStore
from arangovis.tabular import Rows, SegmentReader, gather, sample_positions
from arangovis.tabular.frame_columns import row_columns

Doubles = npt.NDArray[np.float64]
T = TypeVar("T")

PERIODS_MAX = 200
"""The newest are answered."""
ROWS_MAX = 20_000
"""Rows of a segment that are looked at; more are sampled."""
REFERENCES_KEPT = 32
_US = 1_000_000


@dataclass(frozen=True, slots=True)
class ScorePeriod:
    """The scores of one period beside the reference.

    Args:
        node: what they are read from: a serving performance, or the stream of production rows.
        period: what people call it; a segment's number for production rows that are not in windows.
        period_start: microseconds since 1970, None where it is not known.
        period_end: likewise.
        scores: how they are spread.
        distance: how far they are from the reference; None without one, or without scores.

    """

    node: NodeId
    period: str | None
    period_start: int | None
    period_end: int | None
    scores: ScoreDistribution
    distance: ScoreDistance | None


@dataclass(frozen=True, slots=True)
class DetectorDrift:
    """One detector's scores, period by period in order of time.

    Args:
        detector: its model version.
        metric: the monitoring metric that it is attached as; None if it is deployed itself.
        threshold: above which a score counts as an anomaly.
        held_out: the scores of the rows that training held out; None if what it learnt from is gone.
        periods: oldest first.

    """

    detector: NodeId
    metric: str | None
    threshold: float
    held_out: ScoreDistribution | None
    periods: tuple[ScorePeriod, ...]


@dataclass(frozen=True, slots=True)
class ScoreDrift:
    """The drift of all scores of a deployment. `partial_reasons` say what was left out."""

    deployment: NodeId
    detectors: tuple[DetectorDrift, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of production rows: by a column of moments (or of milliseconds since 1970), so many seconds each."""

    column: str
    seconds: int


@dataclass(frozen=True, slots=True)
class _Found:
    """Scores and where they are from, before they are compared."""

    node: NodeId
    period: str | None
    start: int | None
    end: int | None
    scores: Doubles


class ScoreDrifts:
    """Answers how scores drift."""

    def __init__(
        self,
        store: GraphStore,
        blobs: Blobs,
        *,
        catalogue: Catalogue,
        data: tuple[Datasets, Frames],
        monitoring: Monitoring,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue
        self._datasets, self._frames = data
        self._monitoring = monitoring
        self._reference = lru_cache(REFERENCES_KEPT)(self._held_out)

    @property
    def _detectors(self) -> Detectors:
        return self._monitoring.detectors

    def of(self, deployment: NodeId, windows: Windows | None = None) -> ScoreDrift:
        """Return the drift of the scores of a deployment.

        Raises:
            NotFound: there is no such deployment.
            InvalidInput: rows have no such column of moments.

        """
        home = self._store.find(deployment) if deployment.kind == "deployment" else None
        if home is None or home.version.deleted:
            raise NotFound(f"there is no deployment {deployment}")
        found: list[DetectorDrift] = []
        reasons: dict[str, None] = {}
        for version in self._versions(deployment):
            if self._store.reserved(DETECTOR, str(version.id)) is not None:
                found.append(self._deployed(deployment, version, reasons))
            for spec in self._catalogue.metric_specs(version):
                if spec.detector is not None:
                    found += self._attached(version, spec, windows, reasons)
        return ScoreDrift(deployment, tuple(found), tuple(reasons))

    def _versions(self, deployment: NodeId) -> Sequence[ModelVersion]:
        edges = self._store.all_edges(deployment, Direction.UPSTREAM, "deployed_as")
        wanted = sorted({edge.id.source for edge in edges if edge.id.source.kind == "model_version"})
        return [ModelVersion.of(node) for node in self._store.get_many(wanted).values() if not node.version.deleted]

    # --- a detector that is deployed itself -------------------------------------------------------------------

    def _deployed(self, deployment: NodeId, version: ModelVersion, reasons: dict[str, None]) -> DetectorDrift:
        detector = self._detectors.load_version(version)
        edges = self._store.all_edges(deployment, Direction.DOWNSTREAM, "observed_as")
        nodes = self._store.get_many([edge.id.target for edge in edges]).values()
        observed = sorted((node for node in nodes if not node.version.deleted), key=_place)
        kept = _newest(observed, reasons)
        periods = [found for node in kept if (found := self._scored(node, version, reasons)) is not None]
        return self._compared(detector, None, detector.model.threshold, periods, reasons)

    def _scored(self, node: Node, version: ModelVersion, reasons: dict[str, None]) -> _Found | None:
        """Return the scores that a serving performance tells of, if it is of a scoring by this detector."""
        named = optional_text(mapping(node.attributes, "attributes"), "run")
        run = None if named is None else self._run(NodeId.parse(named))
        if run is None or run.options.get("model_version") != str(version.id):
            return None
        try:
            columns = self._frames.plain(self._frames.made_by(run.id))
        except NotFound:
            reasons[f"the scores of {run.id} were deleted"] = None
            return None
        scores = next((column.values for column in columns if column.name == SCORE_NAME), None)
        if scores is None:  # only the reconstruction was asked for
            return None
        start, end = (optional_integer(node.attributes, name) for name in ("period_start", "period_end"))
        return _Found(node.id, optional_text(node.attributes, "period"), start, end, scores)

    def _run(self, run: NodeId) -> Run | None:
        node = self._store.find(run)
        return None if node is None or node.version.deleted else run_of(node)

    # --- a detector that watches production rows --------------------------------------------------------------

    def _attached(
        self, version: ModelVersion, spec: MetricSpec, windows: Windows | None, reasons: dict[str, None]
    ) -> list[DetectorDrift]:
        assert spec.detector is not None  # noqa: S101  # the caller looked
        try:
            detector = self._detectors.load_node(spec.detector)
        except NotFound:
            reasons[f"the detector of {spec.name} was deleted"] = None
            return []
        segments = list(self._production(version, spec, windows, reasons))
        found = _newest(_windows(segments, windows), reasons) if windows else [found for found, _ in segments]
        return [self._compared(detector, spec.name, spec.threshold, found, reasons)]

    def _production(
        self, version: ModelVersion, spec: MetricSpec, windows: Windows | None, reasons: dict[str, None]
    ) -> Iterator[tuple[_Found, Doubles]]:
        """Yield the scores of each segment, and the moments of its rows if there are windows."""
        stream = self._datasets.production(version)
        segments = [] if stream is None else self._datasets.segments(stream)
        for segment in _newest(segments, reasons):
            reader = SegmentReader(segment.rows, partial(self._blobs.read, segment.digest))
            rows = gather([reader], sample_positions(segment.rows, ROWS_MAX, segment.number))
            if segment.rows > ROWS_MAX:
                reasons[f"of large segments {ROWS_MAX} rows are sampled"] = None
            scored = self._monitoring.with_scores(rows, [spec])
            scores = scored.numbers(spec.name) if scored.has(spec.name) else np.full(rows.count, np.nan)
            assert stream is not None  # noqa: S101  # it has segments
            at = segment.appended
            found = _Found(stream.id, str(segment.number), at, at, scores)
            yield found, (_moments(rows, windows.column) if windows else np.zeros(0))

    # --- comparing --------------------------------------------------------------------------------------------

    def _compared(
        self,
        detector: LoadedDetector,
        metric: str | None,
        threshold: float,
        found: Sequence[_Found],
        reasons: dict[str, None],
    ) -> DetectorDrift:
        reference = self._reference(detector.version.id)
        if reference is None:
            reasons[f"what {detector.version.id} learnt from was deleted"] = None
        periods = tuple(_period(one, threshold, reference) for one in found)
        held_out = None if reference is None else distribution(reference, threshold)
        return DetectorDrift(detector.version.id, metric, threshold, held_out, periods)

    def _held_out(self, version: NodeId) -> Doubles | None:
        """Return the scores of the rows that training held out; None if those are gone."""
        from arangovis.anomaly.training import held_out_scores

        edges = self._store.all_edges(version, Direction.UPSTREAM, "generated")
        run = next((run for edge in edges if (run := self._run(edge.id.source)) is not None), None)
        if run is None:
            return None
        try:
            columns = self._frames.plain(self._frames.get(NodeId.parse(text(run.options, "frame"))))
        except NotFound:
            return None
        table = training_table(columns, frozenset(map(str, items(run.options, "ignored"))))
        return held_out_scores(self._detectors.load_node(version).model, table)


def _newest(found: Sequence[T], reasons: dict[str, None]) -> Sequence[T]:
    if len(found) > PERIODS_MAX:
        reasons[f"of {len(found)} periods the newest {PERIODS_MAX} are answered"] = None
    return found[-PERIODS_MAX:]


def _windows(segments: Sequence[tuple[_Found, Doubles]], windows: Windows) -> list[_Found]:
    """Return the rows of all segments in windows of time; rows without a moment are in none."""
    if not segments:
        return []
    scores = np.concatenate([found.scores for found, _ in segments])
    times = np.concatenate([moments for _, moments in segments])
    numbers = np.floor(times / 1000 / windows.seconds)
    node, length = segments[0][0].node, windows.seconds * _US
    starts = [int(number) * length for number in np.unique(numbers[np.isfinite(numbers)])]
    return [_Found(node, None, start, start + length - 1, scores[numbers == start // length]) for start in starts]


def _moments(rows: Rows, name: str) -> Doubles:
    """Return the milliseconds since 1970 of each row.

    Raises:
        InvalidInput: there is no such column of moments or numbers.

    """
    found = next((column.values for column in row_columns(rows) if column.name == name), None)
    if found is None:
        raise InvalidInput.of(Fault("time_column", f"{name!r:.80} is no column of moments in the production rows"))
    return found


def _period(found: _Found, threshold: float, reference: Doubles | None) -> ScorePeriod:
    apart = None if reference is None else distance(reference, found.scores)
    spread = distribution(found.scores, threshold)
    return ScorePeriod(found.node, found.period, found.start, found.end, spread, apart)


def _place(node: Node) -> tuple[bool, int, int]:
    start = optional_integer(node.attributes, "period_start")
    return start is not None, start or 0, node.created
