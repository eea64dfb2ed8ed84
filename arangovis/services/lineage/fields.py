"""How one field changed over time, who changed it, and what used each of its values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.views import integer, optional_text
from arangovis.services.lineage.reach import PLOT, Value
from arangovis.stores.base import GraphStore

FIELD_LENGTH_MAX = 300
PARAMS = "params"
_VALUES = "values"
_USERS_MAX = 1000
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
    absent. `runs` read this value, and `plots` came of them.
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
    """Each value of a field, oldest first; what left it as it was is not told again, but its runs are."""

    node: NodeId
    field: str
    changes: tuple[FieldChange, ...]
    partial_reasons: tuple[str, ...]


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
            return self._of_revisions(question, (_VALUES, *path[1:]) if path[0] == PARAMS else path)
        changes = _changes([(node, node.version.number) for node in versions], path)
        used, cut = self._users([question.node])
        shown = tuple(_told(change, used, is_last=change is changes[-1]) for change in changes)
        return FieldHistory(question.node, question.field, shown, ("limit",) if cut else ())

    def _of_revisions(self, question: FieldQuestion, path: tuple[str, ...]) -> FieldHistory:
        nodes = self._revisions(question)
        changes = _changes([(node, integer(node.attributes, "revision", 0)) for node in nodes], path)
        used, cut = self._users([node.id for node in nodes])
        shown = tuple(_told(change, used, is_last=change is changes[-1]) for change in changes)
        return FieldHistory(question.node, question.field, shown, ("limit",) if cut else ())

    def _revisions(self, question: FieldQuestion) -> Sequence[Node]:
        edges = self._store.all_edges(question.node, Direction.DOWNSTREAM, "contains", at=question.at)
        ids = [edge.id.target for edge in edges if edge.id.target.kind == PARAMS]
        nodes = [node for node in self._store.get_many(ids, at=question.at).values() if not node.version.deleted]
        chosen = [node for node in nodes if optional_text(node.attributes, "method") == question.method]
        return sorted(chosen, key=lambda node: integer(node.attributes, "revision", 0))

    def _users(self, holders: Sequence[NodeId]) -> tuple[Mapping[NodeId, tuple[list[NodeId], list[NodeId]]], bool]:
        """Return the runs that read each of the nodes (a run reads itself), and the plots that those made."""
        runs = {holder: [holder] for holder in holders if holder.kind == "run"}
        read = self._store.edges_of([h for h in holders if h.kind != "run"], Direction.DOWNSTREAM, ("input_to",))
        for edge in read:
            runs.setdefault(edge.id.source, []).append(edge.id.target)
        every = sorted({run for members in runs.values() for run in members})
        made = self._store.edges_of(every, Direction.DOWNSTREAM, ("generated",)) if every else ()
        plots = _by_source(edge for edge in made if edge.id.role == PLOT)
        cut = any(len(members) > _USERS_MAX for members in runs.values())
        return {
            holder: (sorted(members)[:_USERS_MAX], sorted(plot for run in members for plot in plots.get(run, ())))
            for holder, members in runs.items()
        }, cut


class _Change(NamedTuple):
    """A value, the node that has it for the first time, and all nodes that have it until it changes."""

    value: JsonValue
    present: bool
    first: Node
    number: int
    holders: list[NodeId]


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


def _told(change: _Change, used: Mapping[NodeId, tuple[list[NodeId], list[NodeId]]], *, is_last: bool) -> FieldChange:
    runs, plots = _joined(used, change.holders)
    version = change.first.version
    return FieldChange(
        value=change.value,
        present=change.present,
        at=version.valid_from,
        actor=version.actor,
        request_id=version.request_id,
        node=change.first.id,
        number=change.number,
        current=is_last,
        runs=runs,
        plots=plots,
    )


def _joined(
    used: Mapping[NodeId, tuple[list[NodeId], list[NodeId]]], holders: Iterable[NodeId]
) -> tuple[tuple[NodeId, ...], tuple[NodeId, ...]]:
    sides = [used[holder] for holder in dict.fromkeys(holders) if holder in used]
    runs, plots = ({node for side in sides for node in side[which]} for which in (0, 1))
    return tuple(sorted(runs)), tuple(sorted(plots))


def _by_source(edges: Iterable[Edge]) -> Mapping[NodeId, list[NodeId]]:
    found: dict[NodeId, list[NodeId]] = {}
    for edge in edges:
        found.setdefault(edge.id.source, []).append(edge.id.target)
    return found


def _is_later(time: int, at: int | None) -> bool:
    return at is not None and time > at
