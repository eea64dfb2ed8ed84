"""The part of the graph that is written down in a format of others."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from arangovis.domain.graph import Direction, Edge, Node, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RUN = "run"


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of rows, by the SHA-256 of its bytes."""

    digest: str
    rows: int
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A node and its lineage.

    Args:
        start: whose lineage it is.
        direction: which way it was walked.
        nodes: the nearest first; the start is the first.
        edges: those among the nodes.
        at: as of this time, microseconds since 1970; None for now.
        firsts: the first versions of nodes that changed since.
        projects: the names of the projects, by key.
        segments: of a data set that is the start, the files that it consists of.
        partial_reasons: why this is not all, if it is not.

    """

    start: NodeId
    direction: Direction
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    at: int | None = None
    firsts: Mapping[NodeId, Version] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    partial_reasons: tuple[str, ...] = ()

    def first(self, node: Node) -> Version:
        """Return the first version of a node."""
        return self.firsts.get(node.id, node.version)


def label(node: Node) -> str:
    """Return what people call a node: its name, else what it does or is, else its key."""
    for name in ("name", "method", "role"):
        value = node.attributes.get(name)
        if isinstance(value, str) and value:
            return value
    return node.id.key


def iso(at: int) -> str:
    """Return a time (microseconds since 1970) in ISO 8601, in UTC."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds")


def plain_json(value: JsonValue) -> str:
    """Return a value as JSON of printable ASCII, so that it stands in any format; NaN is null."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=True)


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value
