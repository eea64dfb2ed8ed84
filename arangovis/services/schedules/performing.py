"""What scheduled runs do, in a compute process: they ask the services as a person would, in their owner's name."""

import math
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.access import OPEN, Role, Scope, acting_in
from arangovis.domain.errors import IntegrityError, NoData, NotSupported
from arangovis.domain.graph import Caller, EdgeId, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.runs import Run, RunState
from arangovis.domain.search import AllOf, Comparison, Operator, Search
from arangovis.domain.views import integer, mapping, scalars, text
from arangovis.domain.wire import to_wire
from arangovis.domain.work import Made, Outcome
from arangovis.services.anomaly.detectors import Detectors
from arangovis.services.anomaly.score_drift import ScoreDrifts
from arangovis.services.anomaly.scoring import FrameScoring, Scoring
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.copying.backups import MANIFEST, back_up
from arangovis.services.copying.copying import Place
from arangovis.services.frames.h2o_names import H2ONames
from arangovis.services.lineage.staleness import GREW, StaleQuestion
from arangovis.services.projections.projections import Projections
from arangovis.services.recomputing.questions import GraphQuestions
from arangovis.services.recomputing.recompute import RecomputeQuestion
from arangovis.services.retention.applying import Expiring
from arangovis.services.retention.collecting import Collecting
from arangovis.services.retention.rules import RetentionRule
from arangovis.services.schedules import actions
from arangovis.services.schedules.actions import METHOD_PREFIX, ActionOptions, read_action
from arangovis.services.schedules.firing import LINK
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.services import SeriesReading
from arangovis.services.verification import check_store
from arangovis.stores.base import GraphStore

REPORT = "report"
PROBLEMS_SHOWN = 5
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Hands:
    """What scheduled runs work with."""

    store: GraphStore
    blobs: Blobs
    artifacts: ArtifactStore
    catalogue: Catalogue
    projections: Projections
    scoring: Scoring
    detectors: Detectors
    h2o_names: H2ONames
    questions: GraphQuestions
    series: SeriesReading
    score_drifts: ScoreDrifts
    backup_root: Path | None


@dataclass(frozen=True, slots=True)
class _Task:
    """A scheduled run, read."""

    run: Run
    schedule: NodeId
    caller: Caller
    progress: Progress

    @property
    def due(self) -> int:
        """When it was to be done, microseconds since 1970."""
        return integer(self.run.options, "scheduled_for")


class ScheduledRuns:
    """The handler of the runs that schedules make."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._store = hands.store
        self._doings: dict[type[ActionOptions], Callable[[Any, _Task], Outcome]] = {
            actions.Projection: self._projection,
            actions.Scoring: self._scoring,
            actions.Backup: self._backup,
            actions.Verify: self._verify,
            actions.Recompute: self._recompute,
            actions.Threshold: self._threshold,
            RetentionRule: self._retention,
        }

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Do what a run's schedule says.

        Raises:
            ArangovisError: with a text for the person who set it up.

        """
        schedule = NodeId.parse(text(run.options, "schedule"))
        action = read_action(run.method.removeprefix(METHOD_PREFIX), mapping(run.options, "options"))
        caller = Caller(text(run.options, "owner"), f"schedule.{schedule.key[:12]}")
        # a schedule of a project reaches no other one, whatever its options name
        scope = OPEN if run.project is None else Scope(Role.WRITE, frozenset({run.project}))
        with acting_in(scope):
            return self._doings[type(action)](action, _Task(run, schedule, caller, progress))

    def _projection(self, wanted: actions.Projection, task: _Task) -> Outcome:
        version = self._hands.catalogue.version(wanted.version)
        made = self._hands.projections.recompute(version, wanted.method, task.caller, refit=wanted.refit)
        return self._asked(task, [made.id])

    def _scoring(self, wanted: actions.Scoring, task: _Task) -> Outcome:
        from arangovis.anomaly.scoring import ScoringOptions

        detector = self._hands.detectors.load(wanted.detector)
        named = "/" not in wanted.frame
        frame = self._hands.h2o_names.frame(wanted.frame).id if named else NodeId.parse(wanted.frame)
        made = self._hands.scoring.request(FrameScoring(detector, frame, wanted.name, ScoringOptions()), task.caller)
        return self._asked(task, [made.id])

    def _recompute(self, wanted: actions.Recompute, task: _Task) -> Outcome:
        stale = self._hands.questions.stale.under(StaleQuestion(wanted.project)).stale
        causes = [cause for node in stale for cause in node.causes]
        starts = dict.fromkeys(cause.newer if cause.why == GREW else cause.input for cause in causes)
        plans = [
            plan
            for start in list(starts)[: wanted.limit]
            for plan in self._hands.questions.recomputing.start(
                RecomputeQuestion(start, project=wanted.project), task.caller
            ).plans
        ]
        return self._asked(task, dict.fromkeys(plans), stale=len(stale), outdated=len(starts))

    def _asked(self, task: _Task, runs: Iterable[NodeId], **metrics: Scalar) -> Outcome:
        """Say in the graph which runs were asked for by this one."""
        asked = list(runs)

        def link(transaction: Any) -> None:
            for run in asked:
                transaction.link(EdgeId("linked", task.run.id, run, LINK))

        self._store.transact(link, task.caller)
        return Outcome(metrics={"runs": len(asked), **metrics})

    # --- upkeep -----------------------------------------------------------------------------------------------

    def _retention(self, wanted: RetentionRule, task: _Task) -> Outcome:
        expiry = Expiring(self._store).apply(wanted, task.caller, task.progress)
        collected = Collecting(self._store, self._hands.blobs)()
        report = {"expiry": to_wire(expiry), "collected": to_wire(collected)}
        sums: dict[str, Scalar] = {"files": expiry.files, "bytes": expiry.bytes, "runs_gone": expiry.runs_gone}
        return _reported(report, {**sums, "runs": len(expiry.runs), "failed": len(expiry.failed)})

    def _verify(self, wanted: actions.Verify, task: _Task) -> Outcome:
        problems = check_store(self._store, self._hands.artifacts, read_blobs=wanted.deep)
        # what is under way while it is looked at may seem wrong for a moment: what still is counts
        problems = problems and check_store(self._store, self._hands.artifacts, read_blobs=wanted.deep)
        if problems:
            shown = "; ".join(f"{p.code} {p.subject}: {p.text}" for p in problems[:PROBLEMS_SHOWN])
            raise IntegrityError(f"{len(problems)} problems: {shown}")
        task.progress(1.0)
        return _reported({"problems": []}, {"problems": 0})

    def _backup(self, wanted: actions.Backup, task: _Task) -> Outcome:
        root = self._hands.backup_root
        if root is None:
            raise NotSupported("no folder for backups is configured: set backup_root")
        root.mkdir(parents=True, exist_ok=True)
        moment = datetime.fromtimestamp(task.due // 1_000_000, UTC)
        folder = root / f"{wanted.prefix}-{moment:%Y%m%dT%H%M%SZ}"
        if not folder.exists():  # else an attempt before this one made it, and died then
            back_up(Place(self._store, self._hands.artifacts), folder)
        removed = _thinned(root, wanted)
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        report = {"backup": folder.name, "removed": removed, "manifest": manifest}
        return _reported(report, {"actions": manifest["actions"], "blobs": manifest["blobs"], "removed": len(removed)})

    # --- watching ---------------------------------------------------------------------------------------------

    def _threshold(self, wanted: actions.Threshold, task: _Task) -> Outcome:
        value, seen = self._value(wanted)
        crossed = wanted.is_crossed(value)
        before = self._before(task)
        newly = crossed and not (before is not None and scalars(before.attributes, "metrics").get("crossed") is True)
        self._store.transact(lambda tx: tx.link(EdgeId("linked", seen, task.run.id, "watched")), task.caller)
        return Outcome(metrics={"value": value, "crossed": crossed, "newly_crossed": newly})

    def _before(self, task: _Task) -> Node | None:
        equal = Operator.EQUAL
        of_schedule = Comparison("question", equal, str(task.schedule))
        succeeded = Comparison("state", equal, RunState.SUCCESS.value)
        found = self._store.search(Search("run", AllOf((of_schedule, succeeded)), limit=1)).items
        return found[0] if found else None

    def _value(self, wanted: actions.Threshold) -> tuple[float, NodeId]:
        """Return the value that is watched, and the node that has it.

        Raises:
            NoData: there is none.

        """
        if wanted.deployment is not None:
            return self._distance(NodeId.parse(wanted.deployment))
        metric = str(wanted.metric)
        if wanted.series is None:
            run = self._newest(wanted, RunState.SUCCESS)
            return _number(scalars(run.attributes, "metrics").get(metric), f"{run.id} has no metric {metric!r}"), run.id
        run = self._newest(wanted, None)
        question = SeriesQuestion(series=wanted.series, fields=(metric,))
        column = self._hands.series.rows.rows(self._hands.series.rows.look(run.id, question)).table.column(metric)
        values = [value for value in column.to_pylist() if value is not None]
        return _number(values[-1] if values else None, f"{run.id} has no value of {metric!r} yet"), run.id

    def _newest(self, wanted: actions.Threshold, state: RunState | None) -> Node:
        from arangovis.domain.filter_grammar import parse

        if wanted.run is not None:
            return self._store.get(NodeId.parse(wanted.run))
        terms = [] if state is None else [Comparison("state", Operator.EQUAL, state.value)]
        condition = [parse(wanted.where)] if wanted.where else []
        found = self._store.search(Search("run", AllOf((*terms, *condition)), limit=1)).items
        if not found:
            raise NoData("there is no such run yet")
        return found[0]

    def _distance(self, deployment: NodeId) -> tuple[float, NodeId]:
        found = [
            period.distance.psi
            for detector in self._hands.score_drifts.of(deployment).detectors
            for period in detector.periods[-1:]
            if period.distance is not None
        ]
        if not found:
            raise NoData(f"{deployment} has no scores to compare yet")
        return max(found), deployment


def _number(value: object, otherwise: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise NoData(otherwise)
    return float(value)


def _reported(report: Any, metrics: dict[str, Scalar]) -> Outcome:
    return Outcome((Made(REPORT, orjson.dumps(report, default=to_wire), "application/json"),), metrics=metrics)


def _thinned(root: Path, wanted: actions.Backup) -> list[str]:
    """Remove the oldest whole backups of a prefix but for those to be kept, and return their names."""
    names = sorted(path.name for path in root.glob(f"{wanted.prefix}-*Z") if (path / MANIFEST).is_file())
    old = names[: -wanted.keep] if wanted.keep else []
    for name in old:
        (root / name / MANIFEST).unlink()  # first, so that half of it never looks whole
        shutil.rmtree(root / name)
    return old
