"""What runs now: on which worker, since when, what it holds, and what waits for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.ordering import Order
from arangovis.domain.plans import Step
from arangovis.domain.runs import Lease, RunState
from arangovis.domain.search import CREATED, PAGE_SIZE_MAX, Comparison, Operator, Search
from arangovis.domain.views import items
from arangovis.services.catalogue.names import project_key
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.lineage.reach import reasons
from arangovis.services.runs import run_of
from arangovis.stores.base import GraphStore

WORK_MAX = 1000
SCAN_MAX = 10_000
"""So many open runs of a state are looked at, the oldest, plans included."""


class Held(NamedTuple):
    """What a run reads, and as what."""

    node: NodeId
    role: str


@dataclass(frozen=True, slots=True)
class Work:
    """An open run. Times are microseconds since 1970; `worker` is empty, and `since` null, while it waits.

    `overdue` says that its lease has ended: whoever held it does not answer. `waiting` are the steps of its plans that
    are not there yet because it is not done, as `plan: step`.
    """

    run: NodeId
    method: str
    name: str | None
    project: str | None
    state: str
    executor: str
    worker: str
    since: int | None
    queued: int | None
    progress: float
    stage: str
    heartbeat: int | None
    overdue: bool
    attempt: int
    holds: tuple[Held, ...]
    plans: tuple[NodeId, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunningWork:
    """All open runs: those that are computed first, then those that wait, the oldest first.

    If the answer is partial because of `scan`, the counts are of the runs that were looked at.
    """

    now: int
    started: int
    pending: int
    work: tuple[Work, ...]
    partial_reasons: tuple[str, ...]


class Running:
    """Answers what runs, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def now(self, project: str | None = None, *, limit: int = WORK_MAX) -> RunningWork:
        """Return the open runs, of a project or of all; plans are told by their steps.

        Raises:
            NotFound: there is no such project.

        """
        key, clock = project_key(self._store, project), self._store.now()
        open_runs, cut = self._open(key)
        leases = {lease.run: lease for lease in map(Lease.of, self._store.all_records("lease"))} if open_runs else {}
        shown = [node for node in open_runs if node.attributes.get("executor") != "plan"]
        shown.sort(key=lambda node: (node.attributes.get("state") != RunState.STARTED.value, node.created, node.id))
        chosen = shown[:limit]
        holds, waiting = self._holds(chosen), self._waiting(chosen)
        work = tuple(
            _work(node, leases.get(node.id), holds.get(node.id, []), waiting.get(node.id, {}), clock) for node in chosen
        )
        started = sum(node.attributes.get("state") == RunState.STARTED.value for node in shown)
        left_out = ["limit"] if len(chosen) < len(shown) else []
        return RunningWork(clock, started, len(shown) - started, work, reasons(left_out, ["scan"] if cut else ()))

    def _open(self, project: str | None) -> tuple[list[Node], bool]:
        """Return the open runs, of each state the oldest, and whether there are more."""
        found: list[list[Node]] = []
        for state in (RunState.STARTED, RunState.PENDING):
            where = Comparison("state", Operator.EQUAL, state.value)
            search = Search("run", where, project, PAGE_SIZE_MAX, order=Order(CREATED))
            found.append(list(islice(self._store.all_nodes(search), SCAN_MAX + 1)))
        runs = [run for nodes in found for run in nodes[:SCAN_MAX]]
        return runs, any(len(nodes) > SCAN_MAX for nodes in found)

    def _holds(self, runs: Sequence[Node]) -> Mapping[NodeId, list[Held]]:
        found: dict[NodeId, list[Held]] = {}
        edges = edges_at(self._store, (run.id for run in runs), Direction.UPSTREAM, ("input_to",))
        for edge in sorted(edges, key=lambda edge: (edge.id.role, edge.id.source)):
            found.setdefault(edge.id.target, []).append(Held(edge.id.source, edge.id.role))
        return found

    def _waiting(self, runs: Sequence[Node]) -> Mapping[NodeId, Mapping[NodeId, tuple[str, ...]]]:
        """Return for each run, by plan, the steps that are not there yet because the run is not done."""
        edges = edges_at(self._store, (run.id for run in runs), Direction.UPSTREAM, ("spawned",))
        plans = self._store.get_many([edge.id.source for edge in edges])
        found: dict[NodeId, dict[NodeId, tuple[str, ...]]] = {}
        for edge in sorted(edges, key=lambda edge: edge.id):
            node = plans[edge.id.source]
            if not node.version.deleted and (plan := run_of(node)).state.is_open:
                steps = [Step.of(step) for step in items(plan.rest, "steps") if isinstance(step, Mapping)]
                found.setdefault(edge.id.target, {})[plan.id] = _behind(steps, edge.id.role)
        return found


def _behind(steps: Sequence[Step], done: str) -> tuple[str, ...]:
    """Return the steps that wait for one, directly or through others, in the order of the plan."""
    waiting = {done}
    for _ in steps:
        waiting |= {step.name for step in steps if step.waits_for & waiting}
    return tuple(step.name for step in steps if step.name in waiting - {done})


def _work(
    node: Node, lease: Lease | None, holds: Sequence[Held], plans: Mapping[NodeId, tuple[str, ...]], now: int
) -> Work:
    run = run_of(node)
    return Work(
        run=run.id,
        method=run.method,
        name=run.name,
        project=run.project,
        state=run.state.value,
        executor=run.executor.value,
        worker=lease.owner if lease else "",
        since=run.started if run.state is RunState.STARTED else None,
        queued=lease.queued if lease else None,
        progress=lease.progress if lease else 0.0,
        stage=lease.stage if lease else "",
        heartbeat=lease.heartbeat or None if lease else None,
        overdue=bool(lease and lease.owner and lease.due < now),
        attempt=run.attempt,
        holds=tuple(holds),
        plans=tuple(plans),
        waiting=tuple(f"{plan}: {step}" for plan, steps in plans.items() for step in steps),
    )
