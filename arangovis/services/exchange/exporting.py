"""The lineage of a node in the formats of others."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Edge, Node, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.views import integer, optional_integer, text
from arangovis.exchange.croissant import croissant
from arangovis.exchange.excerpt import Excerpt, Segment
from arangovis.exchange.graphs.drawings import dot, mermaid
from arangovis.exchange.graphs.networks import graphml, node_link
from arangovis.exchange.openlineage.telling import lineage_events
from arangovis.exchange.prov.prov_json import prov_json
from arangovis.exchange.prov.prov_n import prov_n
from arangovis.exchange.prov.statements import statements
from arangovis.services.catalogue.names import project_names
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.lineage.lineage import DEPTH_DEFAULT, LineageQuestion, LineageService
from arangovis.stores.base import GraphStore

EXPORT_LIMIT_MAX = 10_000
HISTORIES_MAX = 2000
"""Nodes whose first version is looked up; beyond, who changed them last stands for who made them."""
_BESIDE = ("succeeded_by", "spawned")
"""Edges that are written down, though lineage does not follow them, where both ends are there."""


class Format(StrEnum):
    """A format of others."""

    PROV_JSON = "prov-json"
    PROV_N = "prov-n"
    OPENLINEAGE = "openlineage"
    CROISSANT = "croissant"
    GRAPHML = "graphml"
    DOT = "dot"
    MERMAID = "mermaid"
    NODE_LINK = "node-link"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.PROV_JSON: "application/prov+json",
    Format.PROV_N: "text/provenance-notation; charset=utf-8",
    Format.OPENLINEAGE: "application/openlineage+json",
    Format.CROISSANT: "application/ld+json",
    Format.GRAPHML: "application/graphml+xml",
    Format.DOT: "text/vnd.graphviz; charset=utf-8",
    Format.MERMAID: "text/vnd.mermaid; charset=utf-8",
    Format.NODE_LINK: "application/node-link+json",
}
_WRITERS: Mapping[Format, Callable[[Excerpt], str]] = {
    Format.PROV_JSON: lambda excerpt: prov_json(statements(excerpt)),
    Format.PROV_N: lambda excerpt: prov_n(statements(excerpt)),
    Format.OPENLINEAGE: lambda excerpt: json.dumps(lineage_events(excerpt), indent=1, ensure_ascii=False),
    Format.CROISSANT: croissant,
    Format.GRAPHML: graphml,
    Format.DOT: dot,
    Format.MERMAID: mermaid,
    Format.NODE_LINK: node_link,
}


@dataclass(frozen=True, slots=True)
class ExportQuestion:
    """What to write down: the lineage of a node, as far as `LineageQuestion` says; of Croissant the node alone."""

    start: NodeId
    format: Format
    direction: Direction = Direction.UPSTREAM
    depth: int = DEPTH_DEFAULT
    limit: int = EXPORT_LIMIT_MAX
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Lineage as text in a format; `partial_reasons` says why it is not all, if it is not."""

    text: str
    media_type: str
    partial_reasons: tuple[str, ...] = ()


class LineageExports:
    """Writes lineage down."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._lineage = LineageService(store)

    def of(self, question: ExportQuestion) -> Export:
        """Return the lineage of a node in a format.

        Raises:
            NotFound: there is no such node, or was none at that time.
            NotSupported: the format does not describe such a node.
            MissingExtra: the library that writes the format is not installed.
            InvalidInput: depth or limit is out of range.

        """
        if not 1 <= question.limit <= EXPORT_LIMIT_MAX:
            raise InvalidInput.of(Fault("limit", f"{question.limit} is not between 1 and {EXPORT_LIMIT_MAX}"))
        excerpt = self._excerpt(question)
        written = _WRITERS[question.format](excerpt)
        return Export(written, MEDIA_TYPES[question.format], excerpt.partial_reasons)

    def _excerpt(self, question: ExportQuestion) -> Excerpt:
        alone = question.format is Format.CROISSANT
        found = self._lineage.ask(
            LineageQuestion(
                question.start,
                question.direction,
                depth=0 if alone else question.depth,
                limit=question.limit,
                at=question.at,
            )
        )
        nodes = tuple(visit.node for visit in found.visits)
        return Excerpt(
            start=question.start,
            direction=question.direction,
            nodes=nodes,
            edges=() if alone else tuple(sorted([*found.edges, *self._beside(nodes, question.at)], key=_order)),
            at=question.at,
            firsts=self._firsts(nodes),
            projects=project_names(self._store, (node.project for node in nodes)),
            segments=self._segments(nodes[0]) if alone else (),
            partial_reasons=() if alone else tuple(sorted(found.cuts)),
        )

    def _beside(self, nodes: tuple[Node, ...], at: int | None) -> list[Edge]:
        shown = {node.id for node in nodes}
        edges = edges_at(self._store, shown, Direction.UPSTREAM, _BESIDE, at=at)
        return [edge for edge in edges if edge.id.source in shown]

    def _firsts(self, nodes: tuple[Node, ...]) -> Mapping[NodeId, Version]:
        changed = [node.id for node in nodes if node.version.number > 1][:HISTORIES_MAX]
        return {node_id: self._store.history(node_id)[0].version for node_id in changed}

    def _segments(self, node: Node) -> tuple[Segment, ...]:
        """Return the manifest of a data set as it was in this version."""
        count = integer(node.attributes, "segments", 0) if not node.version.deleted else 0
        found: list[Segment] = []
        after = None
        while len(found) < count:
            page = self._store.records("segment", node.id.key, due_max=count, after=after)
            if not page:
                break
            after = page[-1]
            for record in page:
                data = record.data
                found.append(Segment(text(data, "digest"), integer(data, "rows", 0), optional_integer(data, "bytes")))
        return tuple(found)


def _order(edge: Edge) -> tuple[str, ...]:
    return edge.id.kind, str(edge.id.source), str(edge.id.target), edge.id.role
