"""Search: every operator and type, projects, and pages."""

import math

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.search import (
    PAGE_SIZE_MAX,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Not,
    Operator,
    Present,
    Search,
    matches,
    properties_of,
)
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import SAMPLES, act, create, dataset, delete, found, pages, run, update
from arangovis_schema import BUILT_IN

RUN = SAMPLES["run"]
EQ, NE, LT, LE, GT, GE = (Operator(sign) for sign in ("=", "!=", "<", "<=", ">", ">="))

VALUES: dict[str, Document] = {
    "one": {"x": 1},
    "one-float": {"x": 1.0},
    "two-and-a-half": {"x": 2.5},
    "negative": {"x": -3},
    "large": {"x": 1e300},
    "longest": {"x": 2**64 - 1},
    "infinite": {"x": math.inf},
    "nan": {"x": math.nan},
    "text-one": {"x": "1"},
    "text-upper": {"x": "B"},
    "text-lower": {"x": "a"},
    "text-empty": {"x": ""},
    "text-umlaut": {"x": "ä"},
    "true": {"x": True},
    "false": {"x": False},
    "null": {"x": None},
    "list": {"x": [1, "a", True, None, math.nan]},
    "list-empty": {"x": []},
    "other-name": {"X": 1, "xx": 1, "x.x": 1},
    "none": {},
}
"""Values of `params.x`, one run each."""

WANTED = (1, 1.0, 2.5, -3, 0, math.inf, math.nan, 2**64 - 1, "1", "a", "B", "", "ä", "params.x", True, False)


class SearchContract(StoreContract):
    """Every sentence about search; `arangovis.domain.search.matches` is the reference."""

    @pytest.fixture
    def runs(self, store: GraphStore) -> GraphStore:
        """Return the store with a run for each of VALUES."""

        def action(transaction: Transaction) -> None:
            for key, params in VALUES.items():
                transaction.create(run(key), None, {**RUN, "params": params})

        act(store, action)
        return store

    # --- conditions -------------------------------------------------------------------------------------------

    def test_comparisons_mean_the_same_as_in_the_reference(self, runs: GraphStore) -> None:
        for operator in Operator:
            for value in WANTED:
                condition = Comparison("params.x", operator, value)
                assert found(runs, condition) == _expected(condition), condition

    @pytest.mark.parametrize(
        ("condition", "keys"),
        [
            (Comparison("params.x", EQ, 1), {"one", "one-float", "list"}),
            (Comparison("params.x", EQ, "1"), {"text-one"}),
            (Comparison("params.x", EQ, True), {"true", "list"}),
            (Comparison("params.x", NE, 1), {"two-and-a-half", "negative", "large", "longest", "infinite"}),
            (Comparison("params.x", LT, 1), {"negative"}),
            (Comparison("params.x", GE, 1e300), {"large", "infinite"}),
            (Comparison("params.x", GT, "B"), {"text-lower", "text-umlaut", "list"}),
            (Comparison("params.x", GT, False), {"true", "list"}),
            (Comparison("params.x", NE, math.nan), set()),
            (Comparison("params.x", EQ, math.nan), set()),
            (Comparison("params.X", EQ, 1), {"other-name"}),
            (Comparison("params.x.x", EQ, 1), {"other-name"}),
            (Comparison("x", EQ, 1), set()),
            (Comparison("params", EQ, 1), set()),
            (Comparison("missing", NE, 1), set()),
            (Present("params.x.x"), {"other-name"}),
            (Present("missing"), set()),
        ],
    )
    def test_comparisons_stay_within_a_type_and_a_name(
        self, runs: GraphStore, condition: Filter, keys: set[str]
    ) -> None:
        assert found(runs, condition) == keys

    def test_presence_is_of_any_type_and_of_nan_too(self, runs: GraphStore) -> None:
        absent = {"null", "list-empty", "other-name", "none"}
        assert found(runs, Present("params.x")) == VALUES.keys() - absent
        assert found(runs, Not(Present("params.x"))) == absent

    def test_conditions_are_combined(self, runs: GraphStore) -> None:
        small, text = Comparison("params.x", LE, 1), Comparison("params.x", GE, "")
        conditions: list[Filter] = [
            Not(small),
            Not(Not(small)),
            AllOf((small, text)),
            AnyOf((small, text)),
            AllOf(()),
            AnyOf(()),
            Not(AnyOf(())),
            AllOf((Not(small), Present("params.x"))),
            AnyOf((AllOf((small, Not(text))), Comparison("method", EQ, "score"))),
            AllOf((AnyOf((small, text)), Not(AllOf((small, text))))),
        ]
        for condition in conditions:
            assert found(runs, condition) == _expected(condition), condition

    def test_a_name_with_several_values_needs_one_that_fits(self, store: GraphStore) -> None:
        tags: dict[str, list[JsonValue]] = {
            "none": [],
            "blue": ["blue"],
            "both": ["blue", "red"],
            "twice": ["red", "red"],
        }
        for key, words in tags.items():
            create(store, run(key), attributes={**RUN, "tags": words})
        red = Comparison("tags", EQ, "red")
        assert found(store, red) == {"both", "twice"}
        assert found(store, Comparison("tags", NE, "red")) == {"blue", "both"}
        assert found(store, Not(red)) == {"none", "blue"}
        assert found(store, AllOf((red, Comparison("tags", EQ, "blue")))) == {"both"}
        assert found(store, Present("tags")) == {"blue", "both", "twice"}

    def test_only_searchable_fields_are_found(self, store: GraphStore) -> None:
        create(store, run("train"), attributes={**RUN, "message": "it ended well", "seed": 7})
        assert found(store, Comparison("message", EQ, "it ended well")) == set()
        assert found(store, Comparison("seed", EQ, 7)) == {"train"}
        assert found(store, Comparison("state", EQ, "PENDING")) == {"train"}

    def test_text_is_found_whatever_its_characters(self, store: GraphStore) -> None:
        texts = ["", " ", "it's", '"', "%", "_", "\\", "a\nb", "a\x00b", "\U0001f600", "x" * 10_000, "NULL", "1e5"]
        for number, text in enumerate(texts):
            create(store, run(str(number)), attributes={**RUN, "params": {f"na'me.{number}": text, "x": text}})
        for number, text in enumerate(texts):
            assert found(store, Comparison("params.x", EQ, text)) == {str(number)}
            assert found(store, Comparison(f"params.na'me.{number}", LE, text)) == {str(number)}

    # --- what is found ----------------------------------------------------------------------------------------

    def test_only_live_nodes_of_the_kind_are_found_as_they_are_now(self, store: GraphStore) -> None:
        create(store, run("a"), run("b"), dataset("a"))
        success = Comparison("state", EQ, "SUCCESS")
        update(store, run("a"), {**RUN, "state": "SUCCESS"})
        assert found(store) == {"a", "b"}
        assert found(store, success) == {"a"}
        assert found(store, Comparison("state", EQ, "PENDING")) == {"b"}
        delete(store, run("a"))
        assert found(store) == {"b"}
        assert found(store, success) == set()
        assert found(store, Not(Comparison("method", EQ, "train"))) == set()
        create(store, run("a"), attributes={**RUN, "method": "score"})
        assert found(store, Comparison("method", EQ, "score")) == {"a"}
        assert found(store, kind="invented") == set()

    def test_a_project_sees_its_own_nodes_only(self, store: GraphStore) -> None:
        create(store, run("a"), project="vision")
        create(store, run("b"), project="speech")
        create(store, run("c"), project=None)
        assert found(store, project="vision") == {"a"}
        assert found(store, Comparison("method", EQ, "train"), project="speech") == {"b"}
        assert found(store, project="Vision") == set()
        assert found(store) == {"a", "b", "c"}

    def test_found_nodes_are_whole(self, store: GraphStore) -> None:
        create(store, run("a"), project="vision")
        update(store, run("a"), {**RUN, "state": "STARTED"})
        (node,) = store.search(Search("run")).items
        assert node == store.get(run("a"))

    # --- pages ------------------------------------------------------------------------------------------------

    def test_the_newest_comes_first(self, store: GraphStore) -> None:
        for key in "cab":
            create(store, run(key))
        update(store, run("c"), {**RUN, "state": "STARTED"})
        assert [node.id.key for node in store.search(Search("run")).items] == ["b", "a", "c"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7])
    @pytest.mark.parametrize("together", [True, False])
    def test_pages_have_neither_gaps_nor_repeats(self, store: GraphStore, limit: int, together: bool) -> None:
        nodes = [run(f"run-{number}") for number in range(6)]
        for group in [nodes] if together else [[node] for node in nodes]:
            create(store, *group)
        collected = pages(store, Search("run", limit=limit))
        keys = [node.id for page in collected for node in page]
        assert [node.id for node in store.all_nodes(Search("run", limit=limit))] == keys
        assert sorted(keys) == nodes
        assert [len(page) for page in collected[:-1]] == [limit] * (len(collected) - 1)
        assert len(collected) == -(-6 // limit)
        assert together or keys == nodes[::-1]

    def test_pages_go_on_while_new_nodes_arrive(self, store: GraphStore) -> None:
        wanted = Comparison("method", EQ, "train")
        for number in range(9):
            create(store, run(f"old-{number}"))
            create(store, run(f"other-{number}"), attributes={**RUN, "method": "score"})
        page = store.search(Search("run", wanted, limit=2))
        collected = [node.id.key for node in page.items]
        while page.next_cursor is not None:
            create(store, run(f"new-{len(collected)}"))
            page = store.search(Search("run", wanted, limit=2, cursor=page.next_cursor))
            collected.extend(node.id.key for node in page.items)
        assert collected == [f"old-{number}" for number in reversed(range(9))]

    def test_pages_go_on_where_a_node_was_deleted(self, store: GraphStore) -> None:
        for number in range(4):
            create(store, run(str(number)))
        page = store.search(Search("run", limit=2))
        delete(store, run("2"))
        rest = store.search(Search("run", limit=2, cursor=page.next_cursor))
        assert [node.id.key for node in (*page.items, *rest.items)] == ["3", "2", "1", "0"]
        assert rest.next_cursor is None

    def test_an_empty_answer_has_no_cursor(self, store: GraphStore) -> None:
        page = store.search(Search("run"))
        assert (list(page.items), page.next_cursor) == ([], None)

    def test_a_whole_page_of_the_largest_size_is_answered(self, store: GraphStore) -> None:
        create(store, *(run(str(number)) for number in range(PAGE_SIZE_MAX + 1)))
        first, second = pages(store, Search("run", limit=PAGE_SIZE_MAX))
        assert (len(first), len(second)) == (PAGE_SIZE_MAX, 1)

    @pytest.mark.parametrize("limit", [0, -1, PAGE_SIZE_MAX + 1])
    def test_a_limit_out_of_bounds_is_refused(self, store: GraphStore, limit: int) -> None:
        with pytest.raises(InvalidInput) as refusal:
            store.search(Search("run", limit=limit))
        assert [fault.field for fault in refusal.value.faults] == ["limit"]

    @pytest.mark.parametrize("cursor", ["nonsense", "12", "a:b", "\x00", "ä", "-1:run", "9" * 5000])
    def test_a_cursor_of_ones_own_making_is_refused(self, store: GraphStore, cursor: str) -> None:
        create(store, run("a"), run("b"))
        with pytest.raises(InvalidInput) as refusal:
            store.search(Search("run", limit=1, cursor=cursor))
        assert [fault.field for fault in refusal.value.faults] == ["cursor"]


def _expected(where: Filter) -> set[str]:
    kind = BUILT_IN.vertices["run"]
    documents = {key: {**RUN, "params": params} for key, params in VALUES.items()}
    return {key for key, document in documents.items() if matches(where, properties_of(kind, document))}
