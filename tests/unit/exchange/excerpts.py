"""Excerpts of the graph with names of any characters."""

from typing import Any

from hypothesis import strategies as st

from arangovis.domain.graph import Direction, Edge, EdgeId, Node, Version
from arangovis.domain.ids import NodeId
from arangovis.exchange.excerpt import Excerpt

NOW_US = 1_767_268_800_000_000
HOSTILE = (
    'say "hi"',
    "it's",
    "a]b[c{d}e|f<g>h",
    "first\nsecond\r\nthird\ttab",
    'back\\slash \\N \\G \\"',
    '"]; } digraph x { a -> b; "',
    '"] --> n9["x',
    "%% comment",
    "#quot;#35;",
    "end",
    "]]> <!-- & -->",
    "/* */ // #",
    "FOR x IN nodes REMOVE x IN nodes",
    "\x00\x01\x1b\x7f\x85\u2028\ufffe",
    "\U0001d518\U0001f600 ü 日本",
    "'prov:x' %% xsd:int",
    "$&`;--",
    "",
)
NAMES = st.sampled_from(HOSTILE) | st.text(max_size=30)
KEYS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.@+=-]{0,12}\Z").filter(lambda key: ".." not in key)
VALUES = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats() | NAMES
KINDS = ("dataset", "model_version", "artifact", "params", "evaluation")


def version(actor: str = "ada", *, number: int = 1, deleted: bool = False) -> Version:
    return Version(number, NOW_US, None, actor, "request", "action", deleted)


def node(node_id: NodeId, actor: str = "ada", *, deleted: bool = False, **attributes: Any) -> Node:
    return Node(node_id, None, attributes, version(actor, deleted=deleted), NOW_US)


@st.composite
def excerpts(draw: st.DrawFn) -> Excerpt:
    """Draw a run that read some things and made others, with any names, roles, actors and attributes."""
    keys = draw(st.lists(KEYS, min_size=3, max_size=6, unique_by=str.lower))
    facts = st.dictionaries(NAMES.filter(bool), VALUES, max_size=3)
    run = node(
        NodeId("run", keys[0]), draw(NAMES), method="train", state="SUCCESS", name=draw(NAMES), params=draw(facts)
    )
    others = [
        node(
            NodeId(draw(st.sampled_from(KINDS)), key),
            draw(NAMES),
            deleted=draw(st.booleans()),
            name=draw(NAMES),
            form="table",
        )
        for key in keys[1:]
    ]
    edges = [_edge(draw, run.id, other.id) for other in others]
    if draw(st.booleans()):
        edges.append(Edge(EdgeId("linked", run.id, others[0].id, draw(NAMES)), draw(facts), version()))
    reasons = draw(st.sampled_from(((), ("depth",), ("depth", "limit"))))
    return Excerpt(run.id, Direction.BOTH, (run, *others), tuple(edges), partial_reasons=reasons)


def _edge(draw: st.DrawFn, run: NodeId, other: NodeId) -> Edge:
    role, is_input = draw(NAMES), draw(st.booleans())
    found = EdgeId("input_to", other, run, role) if is_input else EdgeId("generated", run, other, role)
    return Edge(found, {}, version())
