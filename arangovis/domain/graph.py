"""What a store holds: nodes and edges with their versions, and unversioned records.

What large answers are made of are named tuples: to build one costs less than half of building a frozen dataclass.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, in which request. Recorded on every change."""

    actor: str
    request_id: str = ""


class Version(NamedTuple):
    """One version of a vertex or an edge. Times are microseconds since 1970, by the store's clock.

    `valid_to` is None for the current version. All versions that one action wrote share `valid_from`,
    `action_id`, `actor` and `request_id`.
    """

    number: int
    valid_from: int
    valid_to: int | None
    actor: str
    request_id: str
    action_id: str
    deleted: bool = False


class Node(NamedTuple):
    """A vertex in one of its versions. `created` is when its first version was written."""

    id: NodeId
    project: str | None
    attributes: Document
    version: Version
    created: int


class EdgeId(NamedTuple):
    """What makes an edge the same edge: its kind, its ends, and its role."""

    kind: str
    source: NodeId
    target: NodeId
    role: str = ""


class Edge(NamedTuple):
    """An edge in one of its versions."""

    id: EdgeId
    attributes: Document
    version: Version


class Action(NamedTuple):
    """All that one action wrote to the graph, as it was right after: so `valid_to` is None in every version.

    Nodes and edges are in order of their ids, each once. `time` is their `valid_from`.
    """

    time: int
    action_id: str
    actor: str
    request_id: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Unversioned bookkeeping: see `arangovis_schema.records` for the kinds and their columns.

    A scan walks one `group` in order of (`due`, `key`).
    """

    kind: str
    key: str
    group: str = ""
    due: int = 0
    data: Document = field(default_factory=lambda: EMPTY)


class Direction(StrEnum):
    """Which way edges are followed."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of an answer; `next_cursor` is None on the last one."""

    items: Sequence[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A question of lineage.

    Args:
        starts: the nodes to start from.
        direction: which way to go.
        edge_kinds: edges to follow.
        depth_max: how many edges away at most.
        node_limit: how many nodes, the starts included, at most.
        at: as of this time (microseconds since 1970), or None for now.
        shows_hidden: whether nodes that may not be read are shown by their ids, where they touch what may be read.

    """

    starts: tuple[NodeId, ...]
    direction: Direction
    edge_kinds: frozenset[str]
    depth_max: int
    node_limit: int
    at: int | None = None
    shows_hidden: bool = False


class Visit(NamedTuple):
    """A node that a walk reached, and over how many edges at least."""

    node: Node
    depth: int


class Cut(StrEnum):
    """Why a walk's answer is not the whole closure."""

    DEPTH = "depth"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Lineage:
    """The answer to a walk: nodes by non-decreasing depth, each once; the followed edges among them, each once.

    `cuts` is empty if the answer is the whole closure.
    """

    visits: tuple[Visit, ...]
    edges: tuple[Edge, ...]
    cuts: frozenset[Cut]
