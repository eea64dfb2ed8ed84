"""Scoring: stateless on rows that are sent, or recorded as a run whose scores are a data set.

What is recorded was computed while the caller waited; a large frame can be scored by a worker too (`request`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from arangovis.anomaly.methods import SCORE
from arangovis.anomaly.scoring import ScoringOptions, score
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.runs import Run
from arangovis.domain.views import items, text
from arangovis.domain.work import Input, MadeDataset, MadeSegment, Outcome, RunRequest
from arangovis.services.anomaly.at_once import Recorder
from arangovis.services.anomaly.detectors import Detectors, LoadedDetector
from arangovis.services.anomaly.periods import Period, PeriodAsked, write_performance
from arangovis.services.anomaly.score_answers import (
    Scored,
    flag_columns,
    metrics_document,
    prediction_frame,
    value_columns,
)
from arangovis.services.anomaly.score_files import file_setup, read_file
from arangovis.services.anomaly.score_tables import Prepared, rows_table, scoring_table
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import check_name
from arangovis.services.frames.frames import (
    PREDICTION,
    Also,
    Frame,
    Frames,
    ParseRequest,
    Upload,
    content_faults,
    nothing_else,
    parse_run,
)
from arangovis.services.runs import Runs
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular.frame_columns import arrow_columns, to_parquet
from arangovis.tabular.frames.documents import frame_document
from arangovis.tabular.frames.types import Progress, no_progress

SCORER = Caller("scorer")


@dataclass(frozen=True, slots=True)
class FrameScoring:
    """A frame to score and record.

    Args:
        detector: what scores it.
        frame: the frame's node.
        name: of the scores.
        options: what is computed beside the score.
        score: whether the score is among the columns that are stored.
        flags: whether status and anomaly are.
        period: when the rows are from; None: now.

    """

    detector: LoadedDetector
    frame: NodeId
    name: str
    options: ScoringOptions
    score: bool = True
    flags: bool = True
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file to score and keep: its bytes, what to call it, and when its rows are from."""

    detector: LoadedDetector
    data: bytes
    name: str
    period: PeriodAsked = field(default_factory=PeriodAsked)


class Scoring:
    """Scores rows and frames."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, frames: Frames, detectors: Detectors, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._frames = frames
        self._detectors = detectors
        self._runs = runs
        self._recorder = Recorder(blobs, runs)

    # --- stateless --------------------------------------------------------------------------------------------

    def rows(self, detector: LoadedDetector, rows: Sequence[Mapping[str, Any]], options: ScoringOptions) -> Scored:
        """Score JSON rows.

        Raises:
            InvalidContent: in strict mode, what the detector did not learn; rows without a column that it did.

        """
        with content_faults():
            prepared = rows_table(rows, detector.model.expansion.columns, strict=options.strict)
            return _scored(detector, prepared, options)

    def file(self, detector: LoadedDetector, data: bytes, options: ScoringOptions) -> Scored:
        """Score a CSV or Parquet file, packed or not; its columns are read as the detector learnt them.

        Raises:
            InvalidContent: as `rows`; the file cannot be parsed.

        """
        with content_faults():
            return _scored(detector, read_file(data, detector.model.expansion.columns, strict=options.strict), options)

    def arrow(self, detector: LoadedDetector, data: bytes, options: ScoringOptions) -> Scored:
        """Score an Arrow IPC stream.

        Raises:
            InvalidContent: as `rows`.

        """
        columns = arrow_columns(data)
        with content_faults():
            return _scored(detector, Prepared(scoring_table(columns)), options)

    # --- frames -----------------------------------------------------------------------------------------------

    def frame(
        self, detector: LoadedDetector, frame: Frame, options: ScoringOptions, progress: Progress = no_progress
    ) -> Scored:
        """Score a frame, without recording it.

        Raises:
            InvalidContent: as `rows`.

        """
        columns = self._frames.plain(frame)
        with content_faults():
            return _scored(detector, Prepared(scoring_table(columns)), options, progress)

    def request(self, wanted: FrameScoring, caller: Caller) -> Run:
        """Ask for a run in which a worker scores a frame."""
        check_name("name", wanted.name)
        self._frames.get(wanted.frame)
        return self._store.transact(lambda transaction: self._runs.request(transaction, _request(wanted))[0], caller)

    def record(self, wanted: FrameScoring, caller: Caller, also: Also = nothing_else) -> tuple[Run, Scored]:
        """Score a frame while the caller waits, and record the run that did with its scores.

        Raises:
            InvalidContent: as `rows`.

        """
        check_name("name", wanted.name)
        scored = self.frame(wanted.detector, self._frames.get(wanted.frame), wanted.options)
        outcome = self.outcome(wanted, scored)

        def action(transaction: Transaction) -> Run:
            run = self._written(transaction, wanted, outcome)
            also(transaction, product(transaction, run))
            return run

        return self._store.transact(action, caller), scored

    def _written(self, transaction: Transaction, wanted: FrameScoring, outcome: Outcome) -> Run:
        run = self._recorder.record(transaction, _request(wanted), outcome)
        write_performance(transaction, run, wanted.detector.version.id, wanted.period)
        return run

    def outcome(self, wanted: FrameScoring, scored: Scored) -> Outcome:
        """Store scores, and return what a run that computed them made."""
        values = value_columns(scored, error=wanted.score)
        flags = flag_columns(scored) if wanted.flags else {}
        blob = self._blobs.save(to_parquet({**values, **flags}), SCORER)
        frame = prediction_frame(scored, values, flags)
        made = MadeDataset(
            role=PREDICTION,
            name=wanted.name,
            segments=(MadeSegment(blob.digest, scored.rows, blob.bytes),),
            columns={column.name: column.kind.value for column in frame.columns},
            facts={"kind": PREDICTION},
            frame=frame_document(frame),
        )
        found = {name: value for name, value in metrics_document(scored).items() if value is not None}
        return Outcome(datasets=(made,), metrics=found)  # type: ignore[arg-type]

    # --- files that are sent and kept -------------------------------------------------------------------------

    def record_file(self, wanted: SentFile, options: ScoringOptions, caller: Caller) -> tuple[Run, Scored]:
        """Score a file that is sent and keep all of it, in one action: the file, the frame parsed from it, the scores.

        Raises:
            InvalidContent: as `rows`; or they have no column of times that the period could be read from.
            InvalidInput: the period is not right.

        """
        check_name("name", wanted.name)
        asked = wanted.period.checked()
        blob = self._blobs.save(wanted.data, caller)
        specs = wanted.detector.model.expansion.columns
        with content_faults():
            setup = file_setup(wanted.data, specs)
        source = Upload(NodeId("artifact", "new"), wanted.name, blob.digest, blob.bytes, None)
        parse = ParseRequest(source.node, setup, wanted.name, strict=options.strict)
        parsed = self._frames.parsed(source, parse)
        made = parsed.datasets[0]
        columns = self._frames.plain_of([part.digest for part in made.segments], made.columns)
        with content_faults():
            scored = _scored(wanted.detector, Prepared(scoring_table(columns)), options)
        period = asked.of(columns, made.columns)
        name = f"scores of {wanted.name}"[:256]
        target = FrameScoring(wanted.detector, source.node, name, options, period=period)
        outcome = self.outcome(target, scored)

        def action(transaction: Transaction) -> Run:
            upload = self._frames.write(transaction, wanted.name, blob, None)
            run = self._recorder.record(transaction, parse_run(upload, parse), parsed)
            return self._written(transaction, replace(target, frame=product(transaction, run)), outcome)

        return self._store.transact(action, caller), scored


class ScoreRun:
    """The handler of `anomaly.score` runs."""

    def __init__(self, scoring: Scoring, frames: Frames, detectors: Detectors) -> None:
        self._scoring = scoring
        self._frames = frames
        self._detectors = detectors

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Score the frame that a run names.

        Raises:
            InvalidContent, NotFound, IntegrityError: with a text for the person who asked.

        """
        options = run.options
        detector = self._detectors.load_node(NodeId.parse(text(options, "model_version")))
        frame, scoring = NodeId.parse(text(options, "frame")), options_of(options.get("scoring"))
        wanted = FrameScoring(detector, frame, text(options, "name"), scoring)
        scored = self._scoring.frame(detector, self._frames.get(frame), scoring, progress)
        return self._scoring.outcome(wanted, scored)


def options_document(options: ScoringOptions) -> Document:
    """Return scoring options as JSON."""
    return {
        "squared_errors": options.squared_errors,
        "reconstruction": options.reconstruction,
        "layers": list(options.layers),
        "top": options.top,
        "strict": options.strict,
    }


def options_of(document: object) -> ScoringOptions:
    """Return what `options_document` wrote."""
    if not isinstance(document, Mapping):
        return ScoringOptions()
    return ScoringOptions(
        squared_errors=document.get("squared_errors") is True,
        reconstruction=document.get("reconstruction") is True,
        layers=tuple(layer for layer in items(document, "layers") if isinstance(layer, int)),
        top=int(str(document.get("top", 0))),
        strict=document.get("strict") is True,
    )


def _scored(
    detector: LoadedDetector, prepared: Prepared, options: ScoringOptions, progress: Progress = no_progress
) -> Scored:
    # with the errors at hand, the columns that add most to a score are told with how much
    computed = replace(options, squared_errors=options.squared_errors or options.top > 0)
    scores = score(detector.model, prepared.table, computed, progress)
    return Scored(detector.model, scores, options, (*prepared.warnings, *scores.warnings))


def _request(wanted: FrameScoring) -> RunRequest:
    version = wanted.detector.version
    options: dict[str, JsonValue] = {
        "frame": str(wanted.frame),
        "model_version": str(version.id),
        "name": wanted.name,
        "scoring": options_document(wanted.options),
    }
    return RunRequest(
        method=SCORE,
        project=version.project,
        inputs=(Input(wanted.frame, "frame"), Input(version.id, "model")),
        params={"strict": wanted.options.strict},
        options=options,
        name=f"score {wanted.name}"[:256],
    )


def product(transaction: Transaction, run: Run) -> NodeId:
    """Return the data set that a run of this action made."""
    edges = transaction.edges_of(run.id, Direction.DOWNSTREAM, ("generated",))
    return next(edge.id.target for edge in edges if edge.id.target.kind == "dataset")
