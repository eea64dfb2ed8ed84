"""What an action sees and what it wrote, before a backend turns it into versions and rows."""

from dataclasses import dataclass, field
from typing import NamedTuple

from arangovis.domain.graph import EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document


class Draft(NamedTuple):
    """The state of a vertex as an action sees it: what the store has, or what the action wrote."""

    id: NodeId
    project: str | None
    attributes: Document
    deleted: bool = False


class EdgeDraft(NamedTuple):
    """The state of an edge as an action sees it."""

    id: EdgeId
    attributes: Document
    deleted: bool = False


@dataclass(slots=True)
class WriteSet:
    """What an action wrote: the last state of each thing. The backend turns it into versions and rows."""

    nodes: dict[NodeId, Draft] = field(default_factory=dict)
    edges: dict[EdgeId, EdgeDraft] = field(default_factory=dict)
    records: dict[tuple[str, str], Record | None] = field(default_factory=dict)
    """None removes the record."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not (self.nodes or self.edges or self.records)

    @property
    def touches_graph(self) -> bool:
        """Whether a node or an edge was written, so that an action row and a change number are due."""
        return bool(self.nodes or self.edges)
