"""How one field changed over time, who changed it, and what used each of its values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.views import integer, optional_text
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.lineage.reach import PLOT, Value
from arangovis.stores.base import GraphStore

FIELD_LENGTH_MAX = 300
PARAMS = "params"
_VALUES = "values"
USERS_MAX = 1000
"""So many runs and plots of each value are listed."""


@dataclass(frozen=True, slots=True)
class FieldQuestion:
    """Which field: `params.n_neighbours`, `metrics.accuracy`, `state`, `options.visualization_metrics`.

    Of a model version, `params.*` and `options.*` are those in force, and `method` says whose; of any other node, the
    field is an attribute. `at` leaves out what came after.
    """

    node: NodeId
    field: str
    method: str = "umap"
    at: int | None = None

    def path(self) -> tuple[str, ...]:
        """Return the names on the way to the value: of `a.b.c`, `a` and `b.c`.

        Raises:
            InvalidInput: it is no field.

        """
        first, _, rest = self.field.partition(".")
        if not first or len(self.field) > FIELD_LENGTH_MAX or not self.field.isprintable():
            problem = f"{self.field[:80]!r} is not the name of a field, such as params.n_neighbours"
            raise InvalidInput.of(Fault("field", problem))
        return (first, rest) if rest else (first,)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value that a field took: when (microseconds), by whom and in which request, and in which node it is.

    `number` is the revision of the parameters, or the version of the node. `present` is false where the field is
    absent. `runs` read the node while it had this value, and `plots` came of them. (A run reads its own fields; of its
    plots, those that came while it had the value.)
    """

    value: Value
    present: bool
    at: int
    actor: str
    request_id: str
    node: NodeId
    number: int
    current: bool
    runs: tuple[NodeId, ...]
    plots: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class FieldHistory:
    """Each value of a field, oldest first; what left it as it was is not told again, but its runs are.

    If the answer is partial because of `limit`, only so many runs and plots of a value are listed.
    """

    node: NodeId
    field: str
    changes: tuple[FieldChange, ...]
    partial_reasons: tuple[str, ...]


class _Change(NamedTuple):
    """A value, the node that has it for the first time, and all nodes that have it until it changes.

    Of a node that takes one value after the other, `during` is from when until when it had this one.
    """

    value: JsonValue
    present: bool
    first: Node
    number: int
    holders: list[NodeId]
    during: tuple[int, int | None] | None = None

    def covers(self, edge: Edge) -> bool:
        """Say whether an edge at the node was written while it had this value."""
        if self.during is None:
            return True
        since, until = self.during
        return since <= edge.version.valid_from and (until is None or edge.version.valid_from < until)


class _Uses(NamedTuple):
    """The edges to the runs that read nodes, and from runs to plots, each by its source."""

    read: Mapping[NodeId, Sequence[Edge]]
    plots: Mapping[NodeId, Sequence[Edge]]


class FieldHistories:
    """Answers how a field changed, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, question: FieldQuestion) -> FieldHistory:
        """Return the values that a field took.

        Raises:
            NotFound: the node never existed, or not yet at that time.
            InvalidInput: it is no field.

        """
        path = question.path()
        versions = [v for v in self._store.history(question.node) if not _is_later(v.version.valid_from, question.at)]
        if not versions:
            raise NotFound(f"there is no {question.node}")
        if question.node.kind == "model_version" and path[0] in (PARAMS, "options"):
            nodes = self._revisions(question)
            path = (_VALUES, *path[1:]) if path[0] == PARAMS else path
            return self._told(question, _changes([(n, integer(n.attributes, "revision", 0)) for n in nodes], path))
        changes = _changes([(node, node.version.number) for node in versions], path)
        return self._told(question, _in_turns(changes))

    def _told(self, question: FieldQuestion, changes: Sequence[_Change]) -> FieldHistory:
        uses = self._uses(changes, question.at)
        used = [_users(change, uses) for change in changes]
        told = [_told(change, *users) for change, users in zip(changes, used, strict=True)]
        told[-1:] = [replace(last, current=True) for last in told[-1:]]
        cut = any(len(ids) > USERS_MAX for users in used for ids in users)
        return FieldHistory(question.node, question.field, tuple(told), ("limit",) if cut else ())

    def _revisions(self, question: FieldQuestion) -> Sequence[Node]:
        edges = self._store.all_edges(question.node, Direction.DOWNSTREAM, "contains", at=question.at)
        ids = [edge.id.target for edge in edges if edge.id.target.kind == PARAMS]
        nodes = [node for node in self._store.get_many(ids, at=question.at).values() if not node.version.deleted]
        chosen = [node for node in nodes if optional_text(node.attributes, "method") == question.method]
        return sorted(chosen, key=lambda node: integer(node.attributes, "revision", 0))

    def _uses(self, changes: Iterable[_Change], at: int | None) -> _Uses:
        """Return by whom the nodes that hold the values were read, and which plots came of that; and when."""
        holders = {holder for change in changes for holder in change.holders}
        read = edges_at(self._store, holders, Direction.DOWNSTREAM, ("input_to",), at=at)
        runs = {edge.id.target for edge in read} | {holder for holder in holders if holder.kind == "run"}
        made = edges_at(self._store, runs, Direction.DOWNSTREAM, ("generated",), at=at)
        return _Uses(_by_source(read), _by_source(edge for edge in made if edge.id.role == PLOT))


def _changes(nodes: Sequence[tuple[Node, int]], path: tuple[str, ...]) -> Sequence[_Change]:
    """Return the values of a field over states in order, each where it begins."""
    found: list[_Change] = []
    for node, number in nodes:
        value, present = _value(node, path)
        if found and (found[-1].value, found[-1].present) == (value, present):
            found[-1].holders.append(node.id)
        elif present or found:
            found.append(_Change(value, present, node, number, [node.id]))
    return found


def _value(node: Node, path: tuple[str, ...]) -> tuple[JsonValue, bool]:
    here: JsonValue = node.attributes
    for name in path:
        if not isinstance(here, Mapping) or name not in here:
            return None, False
        here = here[name]
    return here, True


def _in_turns(changes: Sequence[_Change]) -> Sequence[_Change]:
    """Return the values that one node took, each with the time that it had it."""
    begins = [change.first.version.valid_from for change in changes]
    ends = [*begins[1:], None]
    return [
        change._replace(during=during) for change, during in zip(changes, zip(begins, ends, strict=False), strict=True)
    ]


def _users(change: _Change, uses: _Uses) -> tuple[Sequence[NodeId], Sequence[NodeId]]:
    """Return the runs that read a value, and the plots that came of them."""
    holders = set(change.holders)
    itself = {holder for holder in holders if holder.kind == "run"}
    read = {edge.id.target for holder in holders for edge in uses.read.get(holder, ()) if change.covers(edge)}
    plots = {edge.id.target for run in read for edge in uses.plots.get(run, ())}
    own = {edge.id.target for run in itself for edge in uses.plots.get(run, ()) if change.covers(edge)}
    return sorted(read | itself), sorted(plots | own)


def _told(change: _Change, runs: Sequence[NodeId], plots: Sequence[NodeId]) -> FieldChange:
    version = change.first.version
    return FieldChange(
        value=change.value,
        present=change.present,
        at=version.valid_from,
        actor=version.actor,
        request_id=version.request_id,
        node=change.first.id,
        number=change.number,
        current=False,
        runs=tuple(runs[:USERS_MAX]),
        plots=tuple(plots[:USERS_MAX]),
    )


def _by_source(edges: Iterable[Edge]) -> Mapping[NodeId, Sequence[Edge]]:
    found: dict[NodeId, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.id.source, []).append(edge)
    return found


def _is_later(time: int, at: int | None) -> bool:
    return at is not None and time > at
