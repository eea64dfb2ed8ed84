"""Hypothesis strategies for what stores are given: ids, documents, steps of actions, conditions.

The pools are small on purpose, so that steps meet each other's nodes, names and values.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from arangovis.domain.graph import Direction, EdgeId, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.ordering import Order
from arangovis.domain.search import AllOf, AnyOf, Comparison, Filter, Like, Not, Operator, Present, Words
from arangovis.stores.transaction import Transaction
from arangovis_schema import EdgeKind, Field, FieldType, KeyRule, VertexKind

_SIZE = Field("size", FieldType.INTEGER, "How big.", searchable=True)
_COLOUR = Field("colour", FieldType.TEXT, "Which colour.", searchable=True)
GADGET = VertexKind("gadget", "A thing of the user's.", KeyRule.NAMED, (_SIZE,), custom=True)
POWERS = EdgeKind("powers", "What feeds what.", ("gadget", "run"), ("gadget",), lineage=True, custom=True)

NODE_KINDS = ("dataset", "run", "gadget", "project")
NODES = (*(NodeId(kind, key) for kind in NODE_KINDS for key in "ab"), NodeId("dataset", "c"), NodeId("run", "c"))
EDGE_KINDS = ("input_to", "generated", "derived_into", "contains", "linked", "powers")
RECORD_KINDS = ("lease", "worker")
RECORD_KEYS = ("a", "B", "ä", "b", "\U0001f600", "\uffff")
GROUPS = ("", "umap")
SPACES = ("name", "key")
NAMES = ("", "a", "A", "ä/b")

JOINS = {
    "input_to": (("dataset",), ("run",)),
    "generated": (("run",), ("dataset",)),
    "derived_into": (("dataset",), ("dataset",)),
    "contains": (("project",), NODE_KINDS),
    "linked": (NODE_KINDS, NODE_KINDS),
    "powers": (("gadget", "run"), ("gadget",)),
}
"""What each kind joins, among the kinds of the pool; `edge_ids` strays from it now and then."""


@dataclass(frozen=True)
class Step:
    """One call of an action: a method of its transaction and what it is called with."""

    verb: str
    arguments: tuple[Any, ...]
    force: bool | None = None

    def __call__(self, transaction: Transaction) -> object:
        """Do it."""
        further = {} if self.force is None else {"force": self.force}
        return getattr(transaction, self.verb)(*self.arguments, **further)


# --- values and documents -------------------------------------------------------------------------------------------

numbers = st.sampled_from([0, 1, -1, 2, 2**53, 0.5, 1.0, -0.0, 1e300, float("inf"), float("-inf"), float("nan")])
texts = st.sampled_from(["", "a", "B", "ä", "1", "true", "\U0001f600"])
scalars = st.one_of(numbers, texts, st.booleans())
members: st.SearchStrategy[JsonValue] = st.one_of(
    scalars, st.none(), st.lists(st.one_of(scalars, st.none()), max_size=2)
)
values = st.dictionaries(st.sampled_from(["x", "y", "x.y", "ü"]), members, max_size=3)
tags = st.lists(st.sampled_from(["red", "blue"]), max_size=2)


def _documents(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> Any:
    return st.fixed_dictionaries(required, optional=optional)


DOCUMENTS: dict[str, st.SearchStrategy[Document]] = {
    "dataset": _documents(
        {"name": texts, "form": st.sampled_from(["table", "table", "stream", "stream", "stream", "cube"])},
        tags=tags,
        attributes=values,
    ),
    "run": _documents(
        {"method": texts, "state": st.just("PENDING"), "executor": st.just("worker")},
        params=values,
        seed=st.integers(-1, 2),
    ),
    "gadget": _documents({}, size=st.integers(-1, 2), note=values),
    "project": _documents({"name": texts}, tags=tags),
}
"""Documents of each kind of the pool; a few do not fit."""


# --- ids ------------------------------------------------------------------------------------------------------------

node_ids = st.sampled_from(NODES)
node_choices = st.one_of(st.just(NODES), st.lists(node_ids, max_size=4))
directions = st.sampled_from(list(Direction))
kind_choices = st.lists(st.sampled_from(EDGE_KINDS), max_size=3, unique=True)


@st.composite
def edge_ids(draw: st.DrawFn) -> EdgeId:
    """Return the id of an edge that mostly joins what its kind joins."""
    kind = draw(st.sampled_from(EDGE_KINDS))
    sources, targets = JOINS[kind] if draw(st.integers(0, 9)) else (NODE_KINDS, NODE_KINDS)
    source = draw(st.sampled_from([node for node in NODES if node.kind in sources]))
    target = draw(st.sampled_from([node for node in NODES if node.kind in targets]))
    return EdgeId(kind, source, target, draw(st.sampled_from(["", "", "role"])))


walks = st.builds(
    Walk,
    st.lists(node_ids, min_size=1, max_size=3).map(tuple),
    directions,
    st.one_of(st.just(EDGE_KINDS), kind_choices).map(frozenset),
    st.integers(0, 4),
    st.one_of(st.just(100), st.integers(1, 8)),
)
"""Questions of lineage, not yet of any time."""


# --- steps ----------------------------------------------------------------------------------------------------------


@st.composite
def node_steps(draw: st.DrawFn) -> Step:
    """Return a step that creates, ensures or updates a node."""
    node_id = draw(node_ids)
    document = draw(DOCUMENTS[node_id.kind])
    verb = draw(st.sampled_from(["create", "create", "ensure", "update", "update"]))
    project = () if verb == "update" else (draw(st.sampled_from([None, "vision"])),)
    return Step(verb, (node_id, *project, document))


@st.composite
def link_steps(draw: st.DrawFn) -> Step:
    """Return a step that links an edge."""
    edge_id = draw(edge_ids())
    attributes = {"transformation": draw(texts)} if edge_id.kind == "derived_into" and draw(st.booleans()) else {}
    return Step("link", (edge_id, attributes))


records = st.builds(
    Record,
    st.sampled_from(["lease", "lease", "worker"]),
    st.sampled_from(RECORD_KEYS),
    st.sampled_from(GROUPS),
    st.integers(-1, 2),
    values,
)
kinds = st.sampled_from(
    [
        Step("declare_vertex_kind", (GADGET,)),
        Step("declare_vertex_kind", (replace(GADGET, fields=(_SIZE, _COLOUR)),)),
        Step("declare_vertex_kind", (replace(GADGET, fields=(_COLOUR,)),)),
        Step("declare_edge_kind", (POWERS,)),
        Step("declare_edge_kind", (replace(POWERS, lineage=False),)),
    ]
)


def _step(verb: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.just(verb), st.tuples(*arguments))


_spaces, _names = st.sampled_from(SPACES), st.sampled_from(NAMES)
deletions = st.builds(Step, st.just("delete"), st.tuples(node_ids), st.booleans())
unlinkings = _step("unlink", edge_ids())
record_steps = st.one_of(
    _step("put_record", records),
    _step("remove_record", st.sampled_from(RECORD_KINDS), st.sampled_from(RECORD_KEYS)),
)
name_steps = st.one_of(
    _step("reserve", _spaces, _names, node_ids),
    _step("rename", _spaces, _names, _names, node_ids),
    _step("release", _spaces, _names),
    _step("move_reservation", _spaces, _names, node_ids),
    _step("next_number", _names),
)
looks = st.one_of(
    _step("get", node_ids),
    _step("edges_of", node_ids, directions, st.one_of(st.none(), kind_choices)),
    _step("records", st.sampled_from(RECORD_KINDS), st.one_of(st.none(), st.sampled_from(GROUPS))),
    _step("reserved", _spaces, _names),
)
steps = st.one_of(
    node_steps(), node_steps(), link_steps(), deletions, unlinkings, record_steps, name_steps, kinds, looks
)


# --- conditions -----------------------------------------------------------------------------------------------------

_fields = st.sampled_from(
    [
        "name",
        "form",
        "tags",
        "attributes.x",
        "attributes.x.y",
        "params.x",
        "params.ü",
        "method",
        "seed",
        "size",
        "absent",
    ]
)
_patterns = st.sampled_from(["", "%", "_", "a%", "%a", "_%", "Ä", "b", "\\%", "%\U0001f600", "t_b%"])
_queries = st.sampled_from(["a", "b", "ä", "Ä*", "1 a", "tab*", "red", "stream"])
_leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Comparison, _fields, st.sampled_from(list(Operator)), scalars),
    st.builds(Present, _fields),
    st.builds(Like, _fields, _patterns, st.booleans()),
    st.builds(Words, st.one_of(st.just("text"), _fields), _queries),
)
_combine: Callable[[st.SearchStrategy[Filter]], st.SearchStrategy[Filter]] = lambda terms: st.one_of(  # noqa: E731
    st.builds(Not, terms),
    st.builds(AllOf, st.lists(terms, max_size=3).map(tuple)),
    st.builds(AnyOf, st.lists(terms, max_size=3).map(tuple)),
)
filters = st.recursive(_leaves, _combine, max_leaves=5)
"""Conditions of every shape over the names that the documents use."""

orders = st.one_of(st.none(), st.builds(Order, _fields, st.booleans()))
"""By what a search is ordered; None is newest first."""
