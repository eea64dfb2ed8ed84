"""Doing again what rests on wrong data: which runs, in which order, how long, and the plan that does it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput, NotSupported
from arangovis.domain.graph import Caller, Direction, Edge, EdgeId, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from arangovis.domain.plans import STEPS_MAX, Step
from arangovis.domain.runs import Executor, RunState
from arangovis.domain.views import optional_text
from arangovis.domain.work import RunRequest
from arangovis.services.catalogue.names import project_key
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.lineage.jobs import duration_s
from arangovis.services.lineage.reach import BUDGET, Budget, reach, reasons, sort_of
from arangovis.services.plans import Plans
from arangovis.services.recomputing.again import WHOLES, Again, Doing, Product
from arangovis.services.runs import run_of
from arangovis.services.snapshots import FrozenSample
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

METHOD = "plan.recompute"


@dataclass(frozen=True, slots=True)
class RecomputeQuestion:
    """What is wrong, and what takes the place of which node; without that, the newest successor of what is wrong.

    A stream takes its own place: its samples are taken anew. `project` (its name) limits which runs are done again.
    """

    start: NodeId
    replace: Mapping[NodeId, NodeId] = field(default_factory=dict)
    project: str | None = None
    budget: Budget = BUDGET


class Replacement(NamedTuple):
    """What takes the place of what."""

    old: NodeId
    new: NodeId


class PlannedRun(NamedTuple):
    """A run to be done again, named `step`. If it is not `possible`, `reason` says why.

    `estimated_s` is what it took before, in seconds. `remakes` are what it made then.
    """

    step: str
    run: NodeId
    method: str
    name: str | None
    sort: str
    possible: bool
    reason: str | None
    waits_for: tuple[str, ...]
    estimated_s: float | None
    remakes: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What is to be done again, in an order in which it can be done; `estimated_s` is that of the possible runs, one
    after the other.

    `unresolved` are nodes for which something must be named before anything that rests on them is done again.
    `plans` are the plans that do it, none of a dry run.
    """

    start: NodeId
    replaced: tuple[Replacement, ...]
    unresolved: tuple[NodeId, ...]
    runs: tuple[PlannedRun, ...]
    possible: int
    impossible: int
    estimated_s: float
    plans: tuple[NodeId, ...]
    partial_reasons: tuple[str, ...]


class Recomputing:
    """Plans what is to be done again, and has it done."""

    def __init__(self, store: GraphStore, plans: Plans, again: Again) -> None:
        self._store = store
        self._plans = plans
        self._again = again

    def plan(self, question: RecomputeQuestion) -> Recomputation:
        """Say what would be done, without doing anything.

        Raises:
            NotFound: the start, a replacement or the project does not exist.
            InvalidInput: a replacement cannot take such a place, or the budget is out of range.

        """
        return self._drawn(question).told()

    def start(self, question: RecomputeQuestion, caller: Caller) -> Recomputation:
        """Have everything done that can be; what cannot is told. Equal questions share a plan.

        Raises:
            NotFound, InvalidInput: as `plan`; also if nothing takes the place of the start.

        """
        drawn = self._drawn(question)
        if question.start in drawn.unresolved:
            problem = f"{question.start} has no successor: say what takes its place, as {{old: new}}"
            raise InvalidInput.of(Fault("replace", problem))
        doings = list(drawn.doings(self._again, caller))
        if not doings:
            return drawn.told()
        wholes = [self._again.all_rows.request(*doing.all_rows, caller).id for doing in doings if doing.all_rows]
        plans = self._store.transact(lambda transaction: self._write(transaction, question, doings, wholes), caller)
        return drawn.told(plans)

    def _write(
        self, transaction: Transaction, question: RecomputeQuestion, doings: Sequence[Doing], wholes: Sequence[NodeId]
    ) -> tuple[NodeId, ...]:
        samples: dict[NodeId, FrozenSample] = {s.node: s for doing in doings for s in doing.samples}
        for sample in samples.values():
            self._again.snapshots.write(transaction, sample)
        planned = [self._plans.request(transaction, *doing.plan)[0].id for doing in doings if doing.plan is not None]
        own = [*planned, *wholes]
        steps = [doing.step for doing in doings if doing.step is not None]
        if not steps:
            return tuple(own)
        plan, created = self._plans.request(transaction, _wanted(self._store, question, steps), steps)
        for number, other in enumerate(own if created and plan.state.is_open else (), start=1):
            transaction.link(EdgeId("spawned", plan.id, other, f"plan-{number}"))
        return (plan.id, *own)

    # --- drawing ----------------------------------------------------------------------------------------------

    def _drawn(self, question: RecomputeQuestion) -> "_Drawing":
        replaced, unresolved = self._replacements(question)
        starts = tuple(dict.fromkeys((question.start, *replaced)))
        found = reach(self._store, starts, Direction.DOWNSTREAM, question.budget)
        runs = self._affected(found, question)
        wholes = self._wholes(runs)
        edges = edges_at(self._store, (run.id for run in runs), Direction.UPSTREAM, ("input_to",))
        found = replace(found, edges=_to_wholes(found.edges, wholes))
        drawing = _Drawing(question, dict(replaced), unresolved, found, _to_wholes(edges, wholes))
        for run in dict.fromkeys(wholes.get(run.id, run.id) for run in runs):
            node = self._store.get(run)
            drawing.add(node, self._again.refusal(run_of(node)))
        return drawing

    def _wholes(self, runs: Sequence[Node]) -> Mapping[NodeId, NodeId]:
        """Return the plans that are done again as a whole, by their steps."""
        plans = {run.id: NodeId.parse(plan) for run in runs if (plan := optional_text(run.attributes, "plan"))}
        nodes = self._store.get_many(list(plans.values()))
        return {
            run: plan
            for run, plan in plans.items()
            if (node := nodes.get(plan)) is not None and node.attributes.get("method") in WHOLES
        }

    def _replacements(self, question: RecomputeQuestion) -> tuple[Mapping[NodeId, NodeId], list[NodeId]]:
        named = dict(question.replace)
        known = self._store.get_many([question.start, *named, *named.values()])
        for old, new in named.items():
            _check_replacement(old, new, known)
        if question.start in named:
            return named, []
        start = self._store.get(question.start)
        newest = question.start if start.attributes.get("form") == "stream" else self._newest(question.start)
        if newest is None and not named:
            return named, [question.start]
        return ({question.start: newest, **named} if newest is not None else named), []

    def _newest(self, node: NodeId) -> NodeId | None:
        """Return the last successor of a node that is still there, or None."""
        here, newest, seen = node, None, {node}
        while edges := edges_at(self._store, (here,), Direction.DOWNSTREAM, ("succeeded_by",)):
            here = max(edges, key=lambda edge: (edge.version.valid_from, edge.id.target)).id.target
            if here in seen:  # it goes in circles
                break
            seen.add(here)
            if not self._store.get(here).version.deleted:
                newest = here
        return newest

    def _affected(self, found: Lineage, question: RecomputeQuestion) -> Sequence[Node]:
        """Return the runs to be done again, each after those whose products it reads."""
        project = project_key(self._store, question.project)
        runs = [visit.node for visit in found.visits if visit.node.id.kind == "run" and _counts(visit.node)]
        runs = [run for run in runs if run.id != question.start and (project is None or run.project == project)]
        return _in_order(runs, found.edges)


class _Drawing:
    """What is to be done again, as it is drawn, run by run."""

    def __init__(
        self,
        question: RecomputeQuestion,
        replaced: dict[NodeId, NodeId],
        unresolved: list[NodeId],
        found: Lineage,
        inputs: Sequence[Edge],
    ) -> None:
        self._question = question
        self.unresolved = unresolved
        self._replaced: dict[NodeId, NodeId | Product] = dict(replaced)
        self._wrong = {visit.node.id: visit.node for visit in found.visits}
        self._found = found
        self._inputs: dict[NodeId, list[Edge]] = {}
        for edge in sorted(inputs, key=lambda edge: edge.id):
            self._inputs.setdefault(edge.id.target, []).append(edge)
        self._made: dict[NodeId, list[EdgeId]] = {}
        for edge in found.edges:
            if edge.id.kind == "generated":
                self._made.setdefault(edge.id.source, []).append(edge.id)
        self._sources = _derived_from(found)
        self._runs: dict[str, tuple[Node, PlannedRun]] = {}

    def add(self, node: Node, refusal: str | None) -> None:
        """Take the next run in order: what it makes then takes the place of what it made."""
        step = f"again-{len(self._runs) + 1}"
        refusal = refusal or self._missing(node)
        products = sorted(self._made.get(node.id, ()))
        planned = PlannedRun(
            step=step,
            run=node.id,
            method=str(node.attributes.get("method")),
            name=optional_text(node.attributes, "name"),
            sort=sort_of(node),
            possible=refusal is None,
            reason=refusal,
            waits_for=self._waits_for(node),
            estimated_s=duration_s(node),
            remakes=tuple(edge.target for edge in products),
        )
        self._runs[step] = node, planned
        if refusal is None and node.attributes.get("executor") != Executor.PLAN.value:
            for edge in products:
                self._replaced.setdefault(edge.target, Product(step, edge.role))

    def _waits_for(self, node: Node) -> tuple[str, ...]:
        taken = [self._replaced.get(edge.id.source) for edge in self._inputs.get(node.id, ())]
        return tuple(dict.fromkeys(item.step for item in taken if isinstance(item, Product)))

    def _missing(self, node: Node) -> str | None:
        """Return why a run cannot be done again for want of an input, or None."""
        own = {edge.target for edge in self._made.get(node.id, ())}
        for edge in self._inputs.get(node.id, ()):
            wrong = self._wrong.get(edge.id.source)
            if wrong is not None and edge.id.source not in own and not self._is_resolved(wrong):
                return self._want(wrong)
        return None

    def _is_resolved(self, wrong: Node) -> bool:
        node = wrong.id
        if node in self._replaced or node in self.unresolved or _is_stage(wrong):
            return True
        if wrong.attributes.get("form") == "snapshot":
            return all(source in self._replaced or source in self.unresolved for source in self._sources.get(node, ()))
        return False

    def _want(self, wrong: Node) -> str:
        makers = [edge.id.source for edge in self._found.edges if edge.id.target == wrong.id]
        made_by = next((maker for maker in makers if maker.kind == "run"), None)
        if made_by is None:
            return f"{wrong.id} was derived from what is wrong: say what takes its place"
        return f"it reads {wrong.id}, which {made_by} must make first"

    def doings(self, again: Again, caller: Caller) -> Iterator[Doing]:
        """Yield what does the runs again; one that turns out to be impossible is marked so, with all behind it."""
        for step, (node, planned) in self._runs.items():
            if not planned.possible:
                continue
            if blocked := [name for name in planned.waits_for if not self._runs[name][1].possible]:
                self._refuse(step, f"{self._runs[blocked[0]][1].run} must be done first")
                continue
            try:
                yield again.doing(step, run_of(node), self._inputs.get(node.id, ()), self._replaced, caller)
            except NotSupported as error:
                self._refuse(step, error.detail)

    def _refuse(self, step: str, reason: str) -> None:
        node, planned = self._runs[step]
        self._runs[step] = node, planned._replace(possible=False, reason=reason)

    def told(self, plans: tuple[NodeId, ...] = ()) -> Recomputation:
        """Return it as the answer."""
        runs = tuple(planned for _, planned in self._runs.values())
        possible = [planned for planned in runs if planned.possible]
        pairs = sorted((old, new) for old, new in self._replaced.items() if isinstance(new, NodeId))
        return Recomputation(
            start=self._question.start,
            replaced=tuple(Replacement(old, new) for old, new in pairs),
            unresolved=tuple(self.unresolved),
            runs=runs,
            possible=len(possible),
            impossible=len(runs) - len(possible),
            estimated_s=sum(planned.estimated_s or 0.0 for planned in possible),
            plans=plans,
            partial_reasons=reasons(self._found.cuts, ["steps"] if len(possible) > STEPS_MAX else ()),
        )


def _check_replacement(old: NodeId, new: NodeId, known: Mapping[NodeId, Node]) -> None:
    where = f"replace.{old}"
    for node in (old, new):
        if node not in known:
            raise InvalidInput.of(Fault(where, f"there is no {node}"))
    if old.kind != new.kind:
        raise InvalidInput.of(Fault(where, f"{new} is a {new.kind}; only a {old.kind} can take the place of {old}"))
    if known[new].version.deleted:
        raise InvalidInput.of(Fault(where, f"{new} was deleted"))


def _counts(run: Node) -> bool:
    """Say whether a run gave something that is worth doing again."""
    return not run.version.deleted and run.attributes.get("state") == RunState.SUCCESS.value


def _to_wholes(edges: Sequence[Edge], wholes: Mapping[NodeId, NodeId]) -> tuple[Edge, ...]:
    """Return edges with plans in the place of their steps."""
    return tuple(
        edge._replace(
            id=edge.id._replace(
                source=wholes.get(edge.id.source, edge.id.source), target=wholes.get(edge.id.target, edge.id.target)
            )
        )
        for edge in edges
    )


def _is_stage(node: Node) -> bool:
    """Say whether a node is an intermediate product, which a run finds or makes itself."""
    return node.id.kind == "artifact" and "stage_key" in node.attributes


def _derived_from(found: Lineage) -> Mapping[NodeId, list[NodeId]]:
    sources: dict[NodeId, list[NodeId]] = {}
    for edge in found.edges:
        if edge.id.kind == "derived_into":
            sources.setdefault(edge.id.target, []).append(edge.id.source)
    return sources


def _in_order(runs: Sequence[Node], edges: Sequence[Edge]) -> Sequence[Node]:
    """Return runs so that each comes after those that it rests on; where that goes in circles, by age."""
    targets: dict[NodeId, list[NodeId]] = {}
    missing: dict[NodeId, int] = {}
    for edge in edges:
        targets.setdefault(edge.id.source, []).append(edge.id.target)
        missing[edge.id.target] = missing.get(edge.id.target, 0) + 1
    order: dict[NodeId, int] = {}
    todo = sorted(({edge.id.source for edge in edges} | {run.id for run in runs}) - missing.keys())
    for node in todo:
        order[node] = len(order)
        for target in targets.get(node, ()):
            missing[target] -= 1
            if missing[target] == 0:
                todo.append(target)
    return sorted(runs, key=lambda run: (order.get(run.id, len(order)), run.created, run.id))


def _wanted(store: GraphStore, question: RecomputeQuestion, steps: Sequence[Step]) -> RunRequest:
    replaced = {str(old): str(new) for old, new in sorted(question.replace.items())}
    key = digest_of([METHOD, str(question.start), replaced, [step.document() for step in steps]])
    return RunRequest(
        method=METHOD,
        project=store.get(question.start).project,
        inputs=(),
        params={},
        options={"start": str(question.start), "replace": replaced},
        run_key=key,
        name=f"what rests on {question.start}",
    )
