"""What is seen of a walk within some projects: what is reached over nodes that may be seen.

If the walk asks for it, the hidden nodes next to those are shown too, redacted, and not gone through.
"""

from collections.abc import Iterable, Mapping

from arangovis.domain.access import Scope, redacted
from arangovis.domain.graph import Direction, Edge, Lineage, Visit, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY


def within(scope: Scope, walk: Walk, found: Lineage) -> Lineage:
    """Return what of an answer to a walk may be seen."""
    seen = {visit.node.id for visit in found.visits if scope.sees(visit.node.id, visit.node.project)}
    edges = [edge for edge in found.edges if edge.id.source in seen or edge.id.target in seen]
    if not walk.shows_hidden:
        edges = [edge for edge in edges if edge.id.source in seen and edge.id.target in seen]
    depths = _depths(_ahead(edges, walk.direction, seen), [start for start in walk.starts if start in seen])
    visits = [
        Visit(visit.node if visit.node.id in seen else redacted(visit.node.id), depths[visit.node.id])
        for visit in found.visits
        if visit.node.id in depths
    ]
    visits.sort(key=lambda visit: visit.depth)
    kept = (edge for edge in edges if edge.id.source in depths and edge.id.target in depths)
    shown = tuple(edge if edge.id.source in seen and edge.id.target in seen else _bare(edge) for edge in kept)
    return Lineage(tuple(visits), shown, found.cuts)


def _ahead(edges: Iterable[Edge], direction: Direction, seen: set[NodeId]) -> Mapping[NodeId, list[NodeId]]:
    """Return where each visible node leads."""
    ahead: dict[NodeId, list[NodeId]] = {}
    for edge in edges:
        source, target = edge.id.source, edge.id.target
        if direction is not Direction.UPSTREAM and source in seen:
            ahead.setdefault(source, []).append(target)
        if direction is not Direction.DOWNSTREAM and target in seen:
            ahead.setdefault(target, []).append(source)
    return ahead


def _depths(ahead: Mapping[NodeId, list[NodeId]], starts: Iterable[NodeId]) -> Mapping[NodeId, int]:
    depths = dict.fromkeys(starts, 0)
    todo = list(depths)
    for node in todo:
        for other in ahead.get(node, ()):
            if other not in depths:
                depths[other] = depths[node] + 1
                todo.append(other)
    return depths


def _bare(edge: Edge) -> Edge:
    """Return an edge to a hidden node: that there is one, since when, and nothing of what it says."""
    return edge._replace(attributes=EMPTY, version=edge.version._replace(actor="", request_id="", action_id=""))
