"""Which model should go to production: the best trial of each version, ranked by a metric, under a filter."""

from collections.abc import Mapping
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.filter_grammar import parse
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.search import EVERYTHING, Filter, matches, properties_of
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.stewardship.deletion import is_active
from arangovis.services.trials.techniques import Goal, MetricGoal
from arangovis.services.trials.trials import Trial, Trials, TrialScope, TrialTable
from arangovis.stores.base import GraphStore
from arangovis_schema import BUILT_IN

LIMIT_DEFAULT, LIMIT_MAX = 20, 1000


@dataclass(frozen=True, slots=True)
class RankedModel:
    """A candidate: its best run by the metric, and the deployments in service that it has already."""

    rank: int
    version: NodeId
    model: NodeId
    name: str | None
    run: NodeId
    technique: str
    value: float
    metrics: Mapping[str, float]
    active_deployments: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class RankingAnswer:
    """The candidates, best first. Of `runs`, so many did not fit the filter, or did not measure the metric."""

    metric: str
    goal: Goal
    candidates: tuple[RankedModel, ...]
    runs: int
    filtered_out: int
    unmeasured: int
    partial_reasons: tuple[str, ...]


class Choosing:
    """Ranks models."""

    def __init__(self, store: GraphStore, trials: Trials) -> None:
        self._store = store
        self._trials = trials

    def ranking(
        self, scope: TrialScope, metric: MetricGoal, *, where: str = "", limit: int = LIMIT_DEFAULT
    ) -> RankingAnswer:
        """Return which model versions are best.

        Args:
            scope: whose models.
            metric: what ranks them.
            where: a filter over the runs, in the filter language; metrics of their evaluations are theirs.
            limit: candidates at most.

        Raises:
            NotFound: there is no such project.
            InvalidFilter: the filter cannot be read.
            InvalidInput: the limit is out of range.

        """
        if not 1 <= limit <= LIMIT_MAX:
            raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {LIMIT_MAX}"))
        condition = parse(where) if where else EVERYTHING
        table = self._trials.of(scope)
        fitting = [trial for trial in table.trials if _fits(trial, table.nodes[trial.run], condition)]
        measured = [trial for trial in fitting if metric.name in trial.metrics]
        best = sorted(_best(measured, metric).values(), key=lambda trial: _order(trial, metric))
        shown = best[:limit]
        return RankingAnswer(
            metric=metric.name,
            goal=metric.goal,
            candidates=self._ranked(shown, table, metric, scope.at),
            runs=len(table.trials),
            filtered_out=len(table.trials) - len(fitting),
            unmeasured=len(fitting) - len(measured),
            partial_reasons=(*table.partial_reasons, *(("limit",) if len(best) > limit else ())),
        )

    def _ranked(
        self, trials: list[Trial], table: TrialTable, metric: MetricGoal, at: int | None
    ) -> tuple[RankedModel, ...]:
        edges = edges_at(self._store, (t.version for t in trials), Direction.DOWNSTREAM, ("deployed_as",), at=at)
        nodes = live_nodes(self._store, (edge.id.target for edge in edges), at=at)
        active: dict[NodeId, list[NodeId]] = {}
        for edge in edges:
            if edge.id.target in nodes and is_active(nodes[edge.id.target]):
                active.setdefault(edge.id.source, []).append(edge.id.target)
        return tuple(
            RankedModel(
                rank=rank,
                version=trial.version,
                model=trial.model,
                name=table.name(trial.model),
                run=trial.run,
                technique=trial.technique,
                value=trial.metrics[metric.name],
                metrics=trial.metrics,
                active_deployments=tuple(sorted(active.get(trial.version, ()))),
            )
            for rank, trial in enumerate(trials, start=1)
        )


def _fits(trial: Trial, run: Node, condition: Filter) -> bool:
    attributes = {**run.attributes, "metrics": dict(trial.metrics)}
    return matches(condition, properties_of(BUILT_IN.vertices["run"], attributes))


def _best(trials: list[Trial], metric: MetricGoal) -> Mapping[NodeId, Trial]:
    found: dict[NodeId, Trial] = {}
    for trial in trials:
        before = found.get(trial.version)
        if before is None or _order(trial, metric) < _order(before, metric):
            found[trial.version] = trial
    return found


def _order(trial: Trial, metric: MetricGoal) -> tuple[float, int, NodeId]:
    """Return what puts the better trial first, and of equal ones the older."""
    value = trial.metrics[metric.name]
    return (-value if metric.goal is Goal.MAXIMISE else value), trial.started, trial.run
