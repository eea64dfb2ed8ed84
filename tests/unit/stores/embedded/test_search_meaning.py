"""Compiled filters mean what `arangovis.domain.search.matches` says, for any filter and any values."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis.domain.graph import Node
from arangovis.domain.search import (
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
from arangovis.stores.embedded import EmbeddedStore, drivers, flush
from arangovis.stores.embedded.search_sql import FILTER_DEPTH_MAX
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, act, create, delete, run
from arangovis_schema import BUILT_IN

RUN = BUILT_IN.vertices["run"]
EDGES = (0, 1, 2**53, 2**63, 2**64)
INTEGERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([sign * edge + step for edge in EDGES for sign in (1, -1) for step in (-1, 0, 1)]).filter(
        lambda number: -(2**63) <= number < 2**64
    ),
)
FLOATS = st.one_of(
    st.floats(),
    st.sampled_from(EDGES).map(float),
    st.sampled_from(
        [math.nan, math.inf, -math.inf, -0.0, 1e300, math.nextafter(2.0**63, 0), math.nextafter(2.0**64, 1e30)]
    ),
)
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=3),
    st.sampled_from(["", "1", "true", "a", "A", "ä", "\x00", "a\x00b", "\U0001f600", "\uffff"]),
)
SCALARS = st.one_of(st.booleans(), INTEGERS, FLOATS, TEXTS)
NAMES = ("params.a", "params.b", "metrics.a", "attributes.a", "tags", "name", "state", "params.", "nothing", "message")
WANTED = st.one_of(SCALARS, st.integers(-(10**40), 10**40), st.sampled_from([10**400, -(10**400), 2**64 + 1]))
MEMBERS = st.dictionaries(
    st.sampled_from("ab"), st.one_of(SCALARS, st.none(), st.lists(SCALARS, max_size=3)), max_size=2
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    """Return a run's attributes."""
    document: dict[str, object] = {**SAMPLES["run"]}
    for field in ("params", "metrics", "attributes"):
        document[field] = draw(MEMBERS)
    document["tags"] = draw(st.lists(TEXTS, max_size=3))
    document["name"] = draw(TEXTS)
    return document


def filters(values: st.SearchStrategy[object]) -> st.SearchStrategy[Filter]:
    leaves = st.one_of(
        st.builds(Comparison, st.sampled_from(NAMES), st.sampled_from(Operator), values),
        st.builds(Present, st.sampled_from(NAMES)),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(AllOf, st.lists(inner, max_size=4).map(tuple)),
            st.builds(AnyOf, st.lists(inner, max_size=4).map(tuple)),
        ),
        max_leaves=8,
    )


@pytest.fixture(params=[False, True], ids=["recent", "indexed"])
def searched(request: pytest.FixtureRequest, store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> EmbeddedStore:
    if request.param:
        monkeypatch.setattr(flush, "INDEX_LAG_MAX", 0)
        monkeypatch.setattr(drivers, "DRIVER_ROWS_MAX", 2)
    return store


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example writes all nodes anew
@given(data=st.data())
def test_any_filter_finds_what_it_means(searched: EmbeddedStore, data: st.DataObject) -> None:
    written = data.draw(st.lists(documents(), min_size=1, max_size=8))

    def rewrite(transaction: Transaction) -> None:
        for number, document in enumerate(written):
            node_id = run(f"run-{number}")
            if transaction.find(node_id) is None:
                transaction.create(node_id, None, document)  # type: ignore[arg-type]  # drawn as JSON
            else:
                transaction.update(node_id, document)  # type: ignore[arg-type]

        for number in range(len(written), 8):
            if transaction.find(run(f"run-{number}")) is not None:
                transaction.delete(run(f"run-{number}"))

    act(searched, rewrite)
    nodes = list(searched.get_many([run(f"run-{number}") for number in range(20)]).values())
    known = [item.value for node in nodes for item in properties_of(RUN, node.attributes)]
    for where in data.draw(st.lists(filters(st.one_of(WANTED, st.sampled_from(known))), min_size=1, max_size=5)):
        assert found(searched, where) == expected(nodes, where)


def found(store: EmbeddedStore, where: Filter) -> list[str]:
    """Return the keys of all pages."""
    keys: list[str] = []
    cursor = None
    while True:
        page = store.search(Search("run", where, limit=3, cursor=cursor))
        keys += [node.id.key for node in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return keys


def expected(nodes: list[Node], where: Filter) -> list[str]:
    alive = (node for node in nodes if not node.version.deleted)
    chosen = [node for node in alive if matches(where, properties_of(RUN, node.attributes))]
    return [node.id.key for node in sorted(chosen, key=lambda node: (node.created, node.id.key), reverse=True)]


@pytest.mark.parametrize("operator", Operator)
def test_large_integers_compare_exactly(searched: EmbeddedStore, operator: Operator) -> None:
    """Neighbours that no float tells apart, up to the largest that JSON's codec writes."""
    values = [2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1, float(2**63), 1e300, -(2**63), True, math.nan]

    def fill(transaction: Transaction) -> None:
        for number, value in enumerate(values):
            transaction.create(run(f"run-{number:02}"), None, {**SAMPLES["run"], "params": {"seed": value}})

    act(searched, fill)
    nodes = list(searched.get_many([run(f"run-{number:02}") for number in range(len(values))]).values())
    for wanted in (*values, 2**64, 2**64 + 1, 10**400, -(2**63) - 1, 0.5):
        where = Comparison("params.seed", operator, wanted)
        assert found(searched, where) == expected(nodes, where), wanted


def test_a_deleted_node_is_not_found_and_a_revived_one_is(searched: EmbeddedStore) -> None:
    where = Comparison("tags", Operator.EQUAL, "best")
    document = {**SAMPLES["run"], "tags": ["best", "best", "first"]}
    act(searched, lambda transaction: transaction.create(run("a"), None, document))
    act(searched, lambda transaction: transaction.create(run("b"), None, document))
    assert found(searched, where) == ["b", "a"]
    delete(searched, run("b"))
    assert found(searched, where) == found(searched, AllOf(())) == ["a"]
    act(searched, lambda transaction: transaction.create(run("b"), None, document))
    assert found(searched, where) == found(searched, Not(Present("nothing"))) == ["b", "a"]


def test_many_nodes_over_the_end_of_the_index_are_found_once_in_order(store: EmbeddedStore) -> None:
    keys = [f"run-{number:04}" for number in range(3 * flush.INDEX_LAG_MAX + 7)]
    for first in range(0, len(keys), 50):
        create(store, *map(run, keys[first : first + 50]), project="p")
    everything = keys[::-1]
    state = Comparison("state", Operator.EQUAL, "PENDING")
    assert found(store, state) == found(store, AllOf(())) == found(store, Present("method")) == everything
    page = store.search(Search("run", state, project="p", limit=1000))
    assert [node.id.key for node in page.items] == everything
    assert not store.search(Search("run", state, project="q")).items


def test_long_filters_are_answered_and_deep_ones_refused(store: EmbeddedStore) -> None:
    act(store, lambda transaction: transaction.create(run("a"), None, {**SAMPLES["run"], "tags": ["t-1234"]}))
    many = tuple(Comparison("tags", Operator.EQUAL, f"t-{number}") for number in range(2000))
    assert found(store, AnyOf(many)) == ["a"]
    assert found(store, AllOf(tuple(Not(term) for term in many[:1000]))) == ["a"]
    deep: Filter = many[1234]
    for depth in range(FILTER_DEPTH_MAX):
        deep = Not(deep)
        assert found(store, deep) == ([] if depth % 2 == 0 else ["a"])
        assert store.facets(Search("run", deep), ["tags"], 1).total == depth % 2
    with pytest.raises(InvalidInput, match="deeper"):
        found(store, Not(deep))


def test_a_text_that_is_not_unicode_is_refused(store: EmbeddedStore) -> None:
    for where in (Comparison("name", Operator.EQUAL, "\ud800"), Present("\udfff")):
        with pytest.raises(InvalidInput, match="Unicode"):
            found(store, where)
