"""Search beyond comparisons: patterns, words, built-in names, orders and facets; the reference is in the domain."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis.domain.facets import FacetValue, counted
from arangovis.domain.graph import Caller, Node
from arangovis.domain.json import Document
from arangovis.domain.ordering import Order, Position, rank_of
from arangovis.domain.search import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Like,
    Not,
    Operator,
    Present,
    Search,
    Words,
    matches,
    node_properties,
)
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import SAMPLES, act, create, delete, found, run, told, update
from arangovis_schema import BUILT_IN

RUN = BUILT_IN.vertices["run"]
DOCUMENTS: dict[str, Document] = {
    "fraud": {"name": "Fraud model", "tags": ["Risk-team", "best"], "params": {"k": 5}, "metrics": {"auc": 0.9}},
    "plain": {"name": "fraud_model", "description": "Detects FRAUD in payments.", "metrics": {"auc": 0.9}},
    "odd": {"name": "100%_\\ sure", "message": "model lost\nits way", "params": {"k": "five"}, "metrics": {"auc": 2}},
    "accents": {"name": "Straße nach Köln", "tags": ["naïve"], "params": {"k": True}, "metrics": {"auc": math.nan}},
    "decomposed": {"name": "Ko\u0308ln\u0307 \U0001f600x", "attributes": {"note": ["モデル 比較", 7]}},
    "listed": {"name": "", "params": {"k": [9, 2, "z"]}, "metrics": {"auc": -1}},
    "empty": {},
}
"""One run each, all of one project but the last."""

PATTERNS = [
    "%",
    "",
    "_",
    "__%",
    "fraud%",
    "Fraud%",
    "%MODEL",
    "%o%e%",
    r"100\%\_\\%",
    r"%\%%",
    "%\n%",
    "_öln",
    "stras_e%",
]
PATTERNS += ["%köln%", "%KÖLN%", "Stra_e nach K_ln", "%\U0001f600_", "%%__%%", "fraud_model", "a%b%c%d%e"]
QUERIES = [
    "fraud",
    "FRAUD model",
    "mod*",
    "model fraud payments",
    "köln",
    "KO\u0308LN",
    "strasse",
    "risk",
    "モデル",
    "risk-team",
]
QUERIES += ["f* m*", "fraud_model", "lost way", "100", "naïve", "naive", "7", "pending", "nobody", "x"]
NAMES = ["name", "tags", "params.k", "metrics.auc", "attributes.note", "message", "nothing"]
BUILT_IN_LEAVES: list[Filter] = [
    Comparison("kind", Operator.EQUAL, "run"),
    Comparison("kind", Operator.GREATER, "run"),
    Comparison("id", Operator.EQUAL, "run/fraud"),
    Comparison("id", Operator.LESS, "run/f"),
    Comparison("id", Operator.EQUAL, "dataset/fraud"),
    Like("id", "run/%d"),
    Comparison("actor", Operator.EQUAL, "ada"),
    Comparison("actor", Operator.NOT_EQUAL, "ada"),
    Comparison("actor", Operator.GREATER, "Bo"),
    Like("actor", "B_", any_case=True),
    Comparison("project", Operator.EQUAL, "vision"),
    Comparison("project", Operator.EQUAL, 1),
    Like("project", "vis%"),
    Comparison("created", Operator.GREATER, 0),
    Comparison("created", Operator.LESS, 0.5),
    Comparison("created", Operator.LESS, math.inf),
    Comparison("created", Operator.NOT_EQUAL, 10**400),
    Comparison("created", Operator.NOT_EQUAL, math.nan),
    Comparison("created", Operator.EQUAL, "1"),
    Like("created", "%"),
    *(Present(name) for name in ("id", "kind", "project", "created", "actor", "text")),
    Words("created", "1"),
    Words("kind", "run"),
]
ORDERED_BY = ("name", "params.k", "metrics.auc", "tags", "project", "nothing")
ORDERS = [Order(name, way) for name in ORDERED_BY for way in (False, True)]
ORDERS += [Order("created"), Order("created", descending=True)]

leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Like, st.sampled_from(NAMES), st.sampled_from(PATTERNS), st.booleans()),
    st.builds(Words, st.sampled_from([*NAMES, "text", "text"]), st.sampled_from(QUERIES)),
    st.sampled_from(BUILT_IN_LEAVES),
    st.builds(Comparison, st.just("metrics.auc"), st.sampled_from(list(Operator)), st.sampled_from([0.9, -1, 2.0])),
    st.builds(Present, st.sampled_from(NAMES)),
)
filters = st.recursive(
    leaves,
    lambda terms: st.one_of(
        st.builds(Not, terms),
        st.builds(AllOf, st.lists(terms, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(terms, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


searches = st.builds(
    Search,
    st.just("run"),
    filters,
    st.sampled_from([None, None, "vision"]),
    st.integers(1, 4),
    order=st.one_of(st.none(), st.sampled_from(ORDERS)),
)


class FindingContract(StoreContract):
    """Every sentence about patterns, words, built-in names, orders and facets."""

    questions_max = 150
    """How many generated questions are asked; fewer where a store is far away."""

    @pytest.fixture
    def library(self, store: GraphStore) -> GraphStore:
        """Return the store with a run for each of DOCUMENTS, changed by different people."""
        for number, (key, document) in enumerate(DOCUMENTS.items()):
            project = None if key == "empty" else "vision"
            caller = Caller(("ada", "Bo", "ünal")[number % 3], "request")
            act(store, lambda tx, k=key, p=project, d=document: tx.create(run(k), p, {**SAMPLES["run"], **d}), caller)  # type: ignore[misc]
        return store

    # --- patterns and words -----------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("where", "keys"),
        [
            (Like("name", "fraud%"), {"plain"}),
            (Like("name", "fraud%", any_case=True), {"fraud", "plain"}),
            (Like("name", "%\\_\\\\%"), {"odd"}),
            (Like("name", "Stra_e%"), {"accents"}),
            (Like("name", "%KÖLN", any_case=True), {"accents"}),
            (Like("name", ""), {"listed"}),
            (Like("tags", "%e%"), {"fraud", "accents"}),
            (Like("params.k", "%"), {"odd", "listed"}),
            (Words("text", "fraud"), {"fraud", "plain"}),
            (Words("text", "MODEL"), {"fraud", "odd"}),
            (Words("name", "model"), {"fraud"}),
            (Words("name", "model fraud"), {"fraud"}),
            (Words("text", "risk model"), {"fraud"}),
            (Words("tags", "best risk"), {"fraud"}),
            (Words("text", "fraud*"), {"fraud", "plain"}),
            (Words("text", "STRASSE köln"), {"accents"}),
            (Words("text", "モ*"), {"decomposed"}),
            (Words("message", "lost"), set()),
            (Words("text", "lost way"), {"odd"}),
            (Words("text", "pending"), set()),
        ],
        ids=told,
    )
    def test_patterns_and_words_find(self, library: GraphStore, where: Filter, keys: set[str]) -> None:
        assert found(library, where) == keys
        assert found(library, Not(where)) == DOCUMENTS.keys() - keys

    def test_words_follow_changes(self, library: GraphStore) -> None:
        update(library, run("fraud"), {**SAMPLES["run"], "name": "churn"})
        delete(library, run("plain"))
        assert found(library, Words("text", "fraud")) == set()
        assert found(library, Words("text", "churn")) == {"fraud"}
        create(library, run("late"), attributes={**SAMPLES["run"], "description": "another fraud"})
        assert found(library, Words("text", "fraud")) == {"late"}

    def test_built_in_names(self, library: GraphStore) -> None:
        assert found(library, Comparison("id", Operator.EQUAL, "run/odd")) == {"odd"}
        assert found(library, Comparison("actor", Operator.EQUAL, "ünal")) == {"odd", "listed"}
        assert found(library, Not(Present("project"))) == {"empty"}
        middle = library.get(run("accents")).created
        assert found(library, Comparison("created", Operator.LESS, middle)) == {"fraud", "plain", "odd"}
        assert found(library, Comparison("created", Operator.EQUAL, middle)) == {"accents"}

    # --- everything against the reference ---------------------------------------------------------------------

    def test_each_leaf_means_what_the_reference_says(self, library: GraphStore) -> None:
        nodes = _nodes(library)
        likes = [Like(name, one, case) for name in NAMES[:3] for one in PATTERNS for case in (False, True)]
        words = [Words(name, query) for name in ("text", "name", "tags") for query in QUERIES]
        for where in (*likes, *words, *BUILT_IN_LEAVES):
            assert found(library, where) == {node.id.key for node in nodes if _wanted(where, node)}, where

    def test_any_question_is_answered_as_by_the_reference(self, library: GraphStore) -> None:
        everything = _nodes(library)
        names = ["tags", "params.k", "metrics.auc", "name", "project"]

        @settings(max_examples=self.questions_max, deadline=None)
        @given(search=searches)
        def asked(search: Search) -> None:
            in_project = [node for node in everything if search.project in (None, node.project)]
            nodes = [node for node in in_project if _wanted(search.where, node)]
            assert _keys(library, search) == [node.id.key for node in _in_order(search.order, nodes)]
            wanted = counted([node_properties(RUN, node) for node in nodes], names, search.limit)
            assert library.facets(search, names, search.limit) == wanted

        asked()

    # --- orders -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("order", "keys"),
        [
            ("metrics.auc", "listed fraud plain odd accents decomposed empty"),
            ("metrics.auc desc", "odd plain fraud listed empty decomposed accents"),
            ("params.k", "listed fraud odd accents plain decomposed empty"),
            ("params.k desc", "accents listed odd fraud empty decomposed plain"),
            ("created", "fraud plain odd accents decomposed listed empty"),
            ("-name", "plain accents decomposed fraud odd listed empty"),
        ],
    )
    @pytest.mark.parametrize("limit", [1, 3, 100])
    def test_an_order_is_total_and_its_pages_have_neither_gaps_nor_repeats(
        self, library: GraphStore, order: str, keys: str, limit: int
    ) -> None:
        assert _keys(library, Search("run", limit=limit, order=Order.parse(order))) == keys.split()

    def test_pages_of_an_order_go_on_while_nodes_come_and_go(self, store: GraphStore) -> None:
        for number in range(8):
            create(store, run(f"old-{number}"), attributes={**SAMPLES["run"], "seed": number // 2})
        search, keys = Search("run", limit=3, order=Order("seed")), []
        page = store.search(search)
        while True:
            keys += [node.id.key for node in page.items]
            if page.next_cursor is None:
                break
            create(store, run(f"before-{len(keys)}"), attributes={**SAMPLES["run"], "seed": -1})
            delete(store, run(keys[-1]))
            page = store.search(Search("run", limit=3, order=Order("seed"), cursor=page.next_cursor))
        assert keys == [f"old-{number}" for number in range(8)]

    @pytest.mark.parametrize("cursor", ["nonsense", "e30", "\x00", "ä", "9" * 5000, "n1", "1:run"])
    def test_a_cursor_of_another_order_is_refused(self, library: GraphStore, cursor: str) -> None:
        other = library.search(Search("run", limit=1, order=Order("tags"))).next_cursor
        for wrong in (cursor, other):
            with pytest.raises(InvalidInput) as refusal:
                library.search(Search("run", limit=1, order=Order("name"), cursor=wrong))
            assert [fault.field for fault in refusal.value.faults] == ["cursor"]

    # --- facets -----------------------------------------------------------------------------------------------

    def test_facets_count_nodes_by_value(self, library: GraphStore) -> None:
        answer = library.facets(Search("run"), ["metrics.auc", "params.k", "nothing"], 2)
        assert answer.total == len(DOCUMENTS)
        auc, k, nothing = answer.facets
        assert (auc.values, auc.more) == ((FacetValue(0.9, 2), FacetValue(-1, 1)), True)
        assert (k.values, k.more) == ((FacetValue(2, 1), FacetValue(5, 1)), True)
        assert (nothing.values, nothing.more) == ((), False)
        some = library.facets(Search("run", Words("text", "fraud"), "vision"), ["state"], 5)
        assert (some.total, some.facets[0].values) == (2, (FacetValue("PENDING", 2),))

    @pytest.mark.parametrize(("names", "limit"), [(["id"], 5), ([""], 5), (["name"] * 21, 5), (["name"], 0)])
    def test_facets_of_nothing_are_refused(self, library: GraphStore, names: list[str], limit: int) -> None:
        with pytest.raises(InvalidInput):
            library.facets(Search("run"), names, limit)

    def test_many_nodes_are_ordered_and_counted(self, store: GraphStore) -> None:
        def fill(transaction: Transaction) -> None:
            for number in range(300):
                facts = {**SAMPLES["run"], "metrics": {"m": number % 7}, "tags": [f"t{number % 3}"]}
                transaction.create(run(f"run-{number:03}"), None, facts if number % 10 else SAMPLES["run"])

        act(store, fill)
        create(store, run("zz"), attributes={**SAMPLES["run"], "metrics": {"m": 3}})
        nodes = _nodes(store)
        for order in (Order("metrics.m"), Order("metrics.m", descending=True)):
            expected = [node.id.key for node in _in_order(order, nodes)]
            assert _keys(store, Search("run", limit=40, order=order)) == expected
        wanted = counted([node_properties(RUN, node) for node in nodes], ["metrics.m", "tags"], 9)
        assert store.facets(Search("run"), ["metrics.m", "tags"], 9) == wanted


def _nodes(store: GraphStore) -> list[Node]:
    nodes: list[Node] = []
    cursor = None
    while True:
        page = store.search(Search("run", limit=1000, cursor=cursor))
        nodes += page.items
        cursor = page.next_cursor
        if cursor is None:
            return nodes


def _wanted(where: Filter, node: Node) -> bool:
    return matches(where, node_properties(RUN, node))


def _in_order(order: Order | None, nodes: list[Node]) -> list[Node]:
    chosen = order or Order("created", descending=True)

    def place(node: Node) -> tuple[object, ...]:
        rank = rank_of(chosen, node_properties(RUN, node))
        return Position(rank, node.created, node.id.key).sort_key(descending=chosen.descending)

    return sorted(nodes, key=place, reverse=chosen.descending)


def _keys(store: GraphStore, search: Search) -> list[str]:
    """Return the keys of all pages, and check that all but the last are full."""
    keys: list[str] = []
    cursor = None
    while True:
        page = store.search(Search(search.kind, search.where, search.project, search.limit, cursor, search.order))
        keys += [node.id.key for node in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return keys
        assert len(page.items) == search.limit


__all__ = ["FindingContract"]
