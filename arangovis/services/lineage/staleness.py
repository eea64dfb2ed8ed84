"""What is stale: it rests on an input of which there is a newer version than the one that was used."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Edge, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.views import integer, optional_text
from arangovis.services.catalogue.names import project_key
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.lineage.reach import (
    BUDGET,
    Budget,
    check_sorts,
    is_sort,
    name_of,
    reach,
    reasons,
    some,
    sort_of,
)
from arangovis.stores.base import GraphStore

VERSIONED = ("dataset", "params", "model_version", "featureset")
"""Kinds of which there are newer versions: one `succeeded_by` the next."""
GREW = "grew"
"""Why a sample is outdated: its stream has rows that came later. Otherwise the reason is the kind of the input."""
WHYS = frozenset({*VERSIONED, GREW})
SCAN_MAX = 20_000
"""So many nodes of a kind are looked at for newer versions."""
CAUSES_MAX = 20
"""So many causes of one stale node are told."""


class Cause(NamedTuple):
    """An input that has a newer version: `why` is its kind, or `grew` for a sample of a stream with newer rows.

    `since` is when it was outdated, microseconds since 1970.
    """

    input: NodeId
    name: str | None
    why: str
    newer: NodeId
    since: int


class StaleNode(NamedTuple):
    """A node that rests on outdated inputs."""

    node: NodeId
    sort: str
    name: str | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Staleness:
    """Whether one node is stale, and because of which inputs, nearest first."""

    node: NodeId
    stale: bool
    causes: tuple[Cause, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaleQuestion:
    """Where to look. `kinds` are those that are shown; `why` the causes that count (see `WHYS`), all if empty."""

    project: str | None = None
    kinds: frozenset[str] = frozenset()
    why: frozenset[str] = frozenset()
    budget: Budget = BUDGET
    at: int | None = None


@dataclass(frozen=True, slots=True)
class StaleNodes:
    """All that is stale, by the depth from the input that is outdated."""

    stale: tuple[StaleNode, ...]
    partial_reasons: tuple[str, ...]


class StaleAnswers:
    """Answers what is stale, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(
        self, node: NodeId, budget: Budget = BUDGET, *, why: frozenset[str] = frozenset(), at: int | None = None
    ) -> Staleness:
        """Say whether a node rests on outdated inputs. Its own successor does not make it stale.

        Raises:
            NotFound: the node does not exist, or not yet at that time.
            InvalidInput: the budget or a cause is out of range.

        """
        _check_whys(why)
        found = reach(self._store, (node,), Direction.UPSTREAM, budget, at=at)
        upstream = [visit.node for visit in found.visits if visit.depth]
        causes = [cause for cause in self._causes(upstream, at) if not why or cause.why in why]
        order = {visit.node.id: visit.depth for visit in found.visits}
        causes.sort(key=lambda cause: (order[cause.input], cause.input))
        return Staleness(node, bool(causes), tuple(causes), reasons(found.cuts))

    def under(self, question: StaleQuestion) -> StaleNodes:
        """Return everything that is stale, of a project or of all.

        Raises:
            NotFound: there is no such project.
            InvalidInput: the budget, a kind or a cause is out of range.

        """
        _check_whys(question.why)
        check_sorts(self._store, question.kinds)
        project = project_key(self._store, question.project)
        inputs = some(self._store, VERSIONED, limit=SCAN_MAX, at=question.at)
        scanned = ["scan"] if inputs.cut else []
        causes = [c for c in self._causes(inputs.nodes, question.at) if not question.why or c.why in question.why]
        if not causes:
            return StaleNodes((), reasons(scanned))
        starts = [cause.input for cause in causes]
        found = reach(self._store, starts, Direction.DOWNSTREAM, question.budget, at=question.at)
        shown = [node for node in _stale(found, causes) if project is None or node[0].project == project]
        stale = [_told(node, because) for node, because in shown if is_sort(node, question.kinds)]
        return StaleNodes(tuple(stale), reasons(found.cuts, scanned))

    def _causes(self, nodes: Sequence[Node], at: int | None) -> list[Cause]:
        live = {node.id: node for node in nodes if node.id.kind in VERSIONED and not node.version.deleted}
        return [*self._succeeded(live, at), *self._grown(live.values(), at)]

    def _succeeded(self, nodes: Mapping[NodeId, Node], at: int | None) -> Iterator[Cause]:
        edges = edges_at(self._store, nodes, Direction.DOWNSTREAM, ("succeeded_by",), at=at)
        newest: dict[NodeId, Edge] = {}
        for edge in sorted(edges, key=lambda edge: (edge.version.valid_from, edge.id.target)):
            newest[edge.id.source] = edge
        for source, edge in newest.items():
            yield Cause(source, name_of(nodes[source]), source.kind, edge.id.target, edge.version.valid_from)

    def _grown(self, nodes: Iterable[Node], at: int | None) -> Iterator[Cause]:
        samples = [(node, source) for node in nodes if (source := _source(node)) is not None]
        streams = self._store.get_many([source for _, source in samples], at=at)
        for node, source in samples:
            stream = streams.get(source)
            if stream is None or stream.version.deleted:
                continue
            if integer(stream.attributes, "segments", 0) > integer(node.attributes, "segments", 0):
                yield Cause(node.id, name_of(node), GREW, source, stream.version.valid_from)


def _source(node: Node) -> NodeId | None:
    text = optional_text(node.attributes, "source") if node.attributes.get("form") == "snapshot" else None
    return None if text is None else NodeId.parse(text)


def _stale(found: Lineage, causes: Sequence[Cause]) -> Iterator[tuple[Node, Sequence[Cause]]]:
    """Yield each node that rests on outdated inputs with those, nearest first."""
    because: dict[NodeId, dict[Cause, None]] = {}
    targets: dict[NodeId, list[NodeId]] = {}
    for edge in found.edges:
        targets.setdefault(edge.id.source, []).append(edge.id.target)
    for cause in causes:
        seen, frontier = {cause.input}, [cause.input]
        while frontier:
            ahead = [target for node in frontier for target in targets.get(node, ()) if target not in seen]
            frontier = list(dict.fromkeys(ahead))
            seen.update(frontier)
            for node in frontier:
                because.setdefault(node, {})[cause] = None
    for visit in found.visits:
        if visit.node.id in because and not visit.node.version.deleted:
            yield visit.node, tuple(because[visit.node.id])


def _told(node: Node, causes: Sequence[Cause]) -> StaleNode:
    return StaleNode(node.id, sort_of(node), name_of(node), tuple(causes[:CAUSES_MAX]))


def _check_whys(why: frozenset[str]) -> None:
    if unknown := sorted(why - WHYS):
        problem = f"{unknown[0]!r} is not one of {', '.join(sorted(WHYS))}"
        raise InvalidInput.of(Fault("why", problem))
