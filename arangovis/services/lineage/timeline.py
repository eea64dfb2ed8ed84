"""How a metric moved over the versions of a model, and what first differs from the version before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Edge, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.views import integer, mapping, text
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.lineage.differences import Difference, differing, params_of, split_code
from arangovis.services.lineage.reach import BUDGET, Budget, digest_of_node, name_of, reach_each, reasons, sort_of
from arangovis.stores.base import GraphStore

VERSIONS_MAX = 200


class Ancestry(NamedTuple):
    """A node upstream, by what people call it; `digest` is that of its content, if it has one."""

    node: NodeId
    sort: str
    name: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is behind a step of the timeline: the first differing ancestor, and what it took the place of.

    First is what nothing else that differs leads to. If the inputs are the same it is the run that made the version;
    `params`, `code` and `environment` say how that run differs from the one before.
    """

    first: Ancestry | None
    instead_of: Ancestry | None
    params: tuple[Difference, ...]
    code: tuple[Difference, ...]
    environment: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """One version: the metric, which node says so (null if none does), the step from the last version before it that
    has a value, and why. `created` is in microseconds since 1970.

    `compared_with` is that version, which `change` is told against: as long as none has a value, the one before.
    """

    version: NodeId
    number: int
    name: str
    created: int
    value: Scalar
    measured_by: NodeId | None
    step: float | None
    compared_with: NodeId | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The versions of a model, oldest first."""

    model: NodeId
    metric: str
    points: tuple[TimelinePoint, ...]
    partial_reasons: tuple[str, ...]


class Timelines:
    """Answers how a metric moved, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, model: NodeId, metric: str, budget: Budget = BUDGET, *, at: int | None = None) -> Timeline:
        """Return a metric of the newest VERSIONS_MAX versions of a model.

        Raises:
            NotFound: there is no such model, or not yet at that time.
            InvalidInput: the metric has no name, or the budget is out of range.

        """
        if not metric.strip() or not metric.isprintable():
            raise InvalidInput.of(Fault("metric", f"{metric[:80]!r} is not the name of a metric"))
        versions = self._versions(model, at)
        shown = versions[-VERSIONS_MAX:]
        sides = reach_each(self._store, [node.id for node in shown], Direction.UPSTREAM, budget, at=at) if shown else ()
        measured = [self._measured(node, side, metric, at) for node, side in zip(shown, sides, strict=True)]
        before = _places_before([value for value, _ in measured])
        points = [_point(node, *found) for node, found in zip(shown, measured, strict=True)]
        for place, other in enumerate(before):
            if other is not None:
                points[place] = _compared(points[place], points[other], _change(sides[other], sides[place]))
        cut = ["limit"] if len(shown) < len(versions) else []
        return Timeline(model, metric, tuple(points), reasons(*(side.cuts for side in sides), cut))

    def _versions(self, model: NodeId, at: int | None) -> Sequence[Node]:
        node = self._store.get(model, at=at)
        if node.id.kind != "model":
            raise NotFound(f"{model} is not a model")
        edges = self._store.all_edges(model, Direction.DOWNSTREAM, "contains", at=at)
        nodes = self._store.get_many(
            [edge.id.target for edge in edges if edge.id.target.kind == "model_version"], at=at
        )
        live = (node for node in nodes.values() if not node.version.deleted)
        return sorted(live, key=lambda node: integer(node.attributes, "number"))

    def _measured(self, version: Node, side: Lineage, metric: str, at: int | None) -> tuple[Scalar, NodeId | None]:
        """Return a metric of a version: as its run says, else its newest evaluation, else the newest run on it."""
        runs = [_maker(side)] if _maker(side) is not None else []
        users = edges_at(self._store, (version.id,), Direction.DOWNSTREAM, ("input_to",), at=at)
        readers = sorted({edge.id.target for edge in users})
        reading = list(self._store.get_many(readers, at=at).values())
        made = [run.id for run in runs if run is not None] + readers
        edges = edges_at(self._store, made, Direction.DOWNSTREAM, ("generated",), at=at)
        evaluations = [edge.id.target for edge in edges if edge.id.target.kind == "evaluation"]
        judged = self._store.get_many(evaluations, at=at).values()
        for nodes in (runs, _newest_first(judged), _newest_first(reading)):
            for node in nodes:
                value = None if node is None else mapping(node.attributes, "metrics").get(metric)
                if node is not None and isinstance(value, int | float) and not isinstance(value, bool):
                    return value, node.id
        return None, None


def _newest_first(nodes: Iterable[Node]) -> list[Node]:
    live = (node for node in nodes if not node.version.deleted)
    return sorted(live, key=lambda node: (node.created, node.id), reverse=True)


def _places_before(values: Sequence[Scalar]) -> list[int | None]:
    """Return for each version the place of the one it is compared with: the last before it that has a value."""
    places: list[int | None] = []
    last: int | None = None
    for place in range(len(values)):
        near = place - 1 if place else None
        places.append(near if last is None else last)
        last = last if values[place] is None else place
    return places


def _point(node: Node, value: Scalar, measured_by: NodeId | None) -> TimelinePoint:
    return TimelinePoint(
        version=node.id,
        number=integer(node.attributes, "number"),
        name=text(node.attributes, "version"),
        created=node.created,
        value=value,
        measured_by=measured_by,
        step=None,
        compared_with=None,
        change=None,
    )


def _compared(point: TimelinePoint, before: TimelinePoint, change: Change) -> TimelinePoint:
    known = isinstance(point.value, int | float) and isinstance(before.value, int | float)
    step = float(point.value) - float(before.value) if known else None  # type: ignore[arg-type]  # both are numbers
    return replace(point, step=step, compared_with=before.version, change=change)


def _change(before: Lineage, after: Lineage) -> Change:
    roots = _roots(before, after)
    first = roots[0] if roots else None
    runs = _maker(before), _maker(after)
    params: tuple[Difference, ...] = ()
    code, environment = params, params
    if runs[0] is not None and runs[1] is not None:
        params = differing(params_of(runs[0], _beside(before, runs[0])), params_of(runs[1], _beside(after, runs[1])))
        codes, environments = zip(split_code(runs[0]), split_code(runs[1]), strict=True)
        code, environment = differing(*codes), differing(*environments)
    instead = None if first is None else _counterpart(first, _roots(after, before))
    return Change(_shown(first), _shown(instead), params, code, environment)


def _roots(before: Lineage, after: Lineage) -> list[Node]:
    """Return what only `after` has upstream and nothing else that only it has leads to, the farthest first."""
    known = {visit.node.id for visit in before.visits}
    new = {visit.node.id: visit for visit in after.visits if visit.depth and visit.node.id not in known}
    led_to = {edge.id.target for edge in after.edges if edge.id.source in new and edge.id.source != edge.id.target}
    roots = [visit for node, visit in new.items() if node not in led_to]
    return [visit.node for visit in sorted(roots, key=lambda visit: (-visit.depth, visit.node.id))]


def _counterpart(node: Node, others: Sequence[Node]) -> Node | None:
    """Return what a node took the place of: the one like it by kind and name, else by kind."""
    alike = [other for other in others if other.id.kind == node.id.kind]
    return next((other for other in alike if name_of(other) == name_of(node)), next(iter(alike), None))


def _maker(side: Lineage) -> Node | None:
    """Return the run that made the start of a walk upstream, the newest of several."""
    start = side.visits[0].node.id
    nodes: Mapping[NodeId, Node] = {visit.node.id: visit.node for visit in side.visits}
    made: list[Edge] = [edge for edge in side.edges if edge.id.kind == "generated" and edge.id.target == start]
    newest = max(made, key=lambda edge: (edge.version.valid_from, edge.id.source), default=None)
    return None if newest is None else nodes[newest.id.source]


def _beside(side: Lineage, run: Node) -> Lineage:
    """Return what a run read, as a lineage of its own."""
    read = {edge.id.source for edge in side.edges if edge.id.kind == "input_to" and edge.id.target == run.id}
    visits = tuple(visit._replace(depth=1) for visit in side.visits if visit.node.id in read)
    return Lineage(visits, (), frozenset())


def _shown(node: Node | None) -> Ancestry | None:
    return None if node is None else Ancestry(node.id, sort_of(node), name_of(node), digest_of_node(node))
