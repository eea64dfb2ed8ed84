"""Lineage as statements of PROV, in the terms of its data model.

Runs are activities, everything else is an entity, who acted is an agent. An edge becomes the relation that its kind
means, told from the result to what it came of, as PROV does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

from arangovis.domain.graph import Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.exchange.excerpt import RUN, Excerpt, iso, label, plain_json

PREFIXES = {
    "node": "urn:arangovis:node:",
    "actor": "urn:arangovis:actor:",
    "arangovis": "urn:arangovis:vocabulary:",
}
EXCERPT = "arangovis:excerpt"
"""The entity that says what this is an excerpt of, and whether it is whole."""
_TOLD_APART = ("version", "started", "ended", "extra")
"""Attributes that are told in another way, or are too large."""
_SAFE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")


class Name(NamedTuple):
    """A qualified name as a value."""

    text: str


Value: TypeAlias = str | int | float | bool | Name


@dataclass(frozen=True, slots=True)
class Statement:
    """An element (`id`) or a relation: its formal arguments in order, those left out None, and its attributes."""

    kind: str
    arguments: tuple[tuple[str, str | None], ...] = ()
    attributes: tuple[tuple[str, Value], ...] = ()
    id: str | None = None


def statements(excerpt: Excerpt) -> Iterator[Statement]:
    """Yield what an excerpt says: elements first, then relations."""
    yield _about(excerpt)
    shown = {node.id for node in excerpt.nodes}
    actors = {excerpt.first(node).actor for node in excerpt.nodes}
    for node in excerpt.nodes:
        yield _activity(node) if node.id.kind == RUN else _entity(node)
    for actor in sorted(actors):
        yield Statement("agent", attributes=(("prov:label", actor),), id=_agent_id(actor))
    for node in excerpt.nodes:
        yield from _of_node(node, excerpt.first(node).actor)
    for edge in excerpt.edges:
        if edge.id.source in shown and edge.id.target in shown:
            yield _relation(edge)


def _about(excerpt: Excerpt) -> Statement:
    reasons: tuple[tuple[str, Value], ...] = tuple(
        ("arangovis:partial_reason", reason) for reason in excerpt.partial_reasons
    )
    told: tuple[tuple[str, Value], ...] = (
        ("prov:type", Name("prov:Collection")),
        ("arangovis:start", Name(_id(excerpt.start))),
        ("arangovis:direction", excerpt.direction.value),
        ("arangovis:partial", bool(excerpt.partial_reasons)),
    )
    at: tuple[tuple[str, Value], ...] = () if excerpt.at is None else (("arangovis:at", iso(excerpt.at)),)
    return Statement("entity", attributes=(*told, *at, *reasons), id=EXCERPT)


def _entity(node: Node) -> Statement:
    return Statement("entity", attributes=_attributes(node), id=_id(node.id))


def _activity(node: Node) -> Statement:
    started, ended = node.attributes.get("started"), node.attributes.get("ended")
    times = (
        ("prov:startTime", iso(started) if isinstance(started, int) else None),
        ("prov:endTime", iso(ended) if isinstance(ended, int) else None),
    )
    return Statement("activity", times, _attributes(node), _id(node.id))


def _attributes(node: Node) -> tuple[tuple[str, Value], ...]:
    told: list[tuple[str, Value]] = [
        ("prov:label", label(node)),
        ("prov:type", Name(f"arangovis:{node.id.kind}")),
        ("arangovis:version", node.version.number),
    ]
    others = {name: value for name, value in node.attributes.items() if not _SAFE_NAME.match(name)}
    for name, value in sorted(node.attributes.items()):
        if name not in (*others, *_TOLD_APART) and value is not None:
            told.append((f"arangovis:{name}", value if isinstance(value, str | int | float) else plain_json(value)))
    version = node.attributes.get("version")
    if isinstance(version, str):
        told.append(("arangovis:version_name", version))
    if others:
        told.append(("arangovis:other", plain_json(others)))
    return tuple(told)


def _of_node(node: Node, actor: str) -> Iterator[Statement]:
    node_id, agent = _id(node.id), _agent_id(actor)
    if node.id.kind == RUN:
        yield Statement("wasAssociatedWith", (("prov:activity", node_id), ("prov:agent", agent), ("prov:plan", None)))
        return
    yield Statement("wasAttributedTo", (("prov:entity", node_id), ("prov:agent", agent)))
    if node.version.deleted:
        at = iso(node.version.valid_from)
        gone = (("prov:entity", node_id), ("prov:activity", None), ("prov:time", at))
        yield Statement("wasInvalidatedBy", gone, (("arangovis:actor", node.version.actor),))


def _relation(edge: Edge) -> Statement:
    source, target, at = _id(edge.id.source), _id(edge.id.target), iso(edge.version.valid_from)
    role: tuple[tuple[str, Value], ...] = (("prov:role", edge.id.role),) if edge.id.role else ()
    told = (*role, *_facts(edge.attributes))
    kind, from_run, to_run = edge.id.kind, edge.id.source.kind == RUN, edge.id.target.kind == RUN
    if kind == "input_to":
        return Statement("used", (("prov:activity", target), ("prov:entity", source), ("prov:time", at)), told)
    if kind == "generated":
        made = (("prov:entity", target), ("prov:activity", source), ("prov:time", at))
        return Statement("wasGeneratedBy", made, told)
    named = (("prov:type", Name(f"arangovis:{kind}")), *told)
    if kind == "spawned":
        begun = (("prov:activity", target), ("prov:trigger", None), ("prov:starter", source), ("prov:time", at))
        return Statement("wasStartedBy", begun, told)
    if kind == "succeeded_by":
        return _derived(source, target, (("prov:type", Name("prov:Revision")), *told))
    if kind in ("derived_into", "deployed_as", "observed_as") and not from_run and not to_run:
        return _derived(source, target, named)
    return Statement("wasInfluencedBy", (("prov:influencee", target), ("prov:influencer", source)), named)


def _derived(source: str, target: str, told: tuple[tuple[str, Value], ...]) -> Statement:
    unknown = (("prov:activity", None), ("prov:generation", None), ("prov:usage", None))
    return Statement("wasDerivedFrom", (("prov:generatedEntity", target), ("prov:usedEntity", source), *unknown), told)


def _facts(attributes: Document) -> tuple[tuple[str, Value], ...]:
    return (("arangovis:attributes", plain_json(attributes)),) if attributes else ()


def _id(node: NodeId) -> str:
    return f"node:{node}"


def _agent_id(actor: str) -> str:
    """Return the id of who acted; any name is made of characters that every form of PROV takes."""
    return f"actor:{quote(actor, safe='').replace('~', '%7E').replace('.', '%2E').replace('-', '%2D')}"
