"""What a scope sees of a store: exactly the part of it that is of its projects or of none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arangovis.domain.access import NOBODY, OPEN, Role, Scope, acting_in, current_scope, is_redacted
from arangovis.domain.errors import Forbidden, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Search
from arangovis.stores.guarded import GuardedStore, guarded
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction

CALLER = Caller("ada")
OURS = Scope(Role.WRITE, frozenset(("ours",)))
EDGES = frozenset(("derived_into",))
PROJECTS = ("ours", "theirs", None)


def node(number: int) -> NodeId:
    return NodeId("dataset", f"{number:032x}")


def store_of(projects: list[str | None], links: list[tuple[int, int]]) -> GuardedStore:
    """Return a store of data sets, of a project each, and edges among them."""
    store = guarded(MemoryStore())
    store.migrate()

    def action(transaction: Transaction) -> None:
        for number, project in enumerate(projects):
            transaction.create(node(number), project, {"name": f"data {number}", "form": "table"})
        for source, target in links:
            transaction.link(EdgeId("derived_into", node(source), node(target)))

    store.transact(action, CALLER)
    return store


graphs = st.integers(1, 8).flatmap(
    lambda size: st.tuples(
        st.lists(st.sampled_from(PROJECTS), min_size=size, max_size=size),
        st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=14, unique=True),
    )
)


@settings(deadline=None)
@given(graphs, st.sampled_from(Direction))
def test_reads_are_those_of_a_store_with_only_the_visible_part(
    graph: tuple[list[str | None], list[tuple[int, int]]], direction: Direction
) -> None:
    """The reference is a store that never had the rest."""
    projects, links = graph
    store = store_of(projects, links)
    seen = [number for number, project in enumerate(projects) if project != "theirs"]
    part = store_of([p if p != "theirs" else None for p in projects], [(a, b) for a, b in links if {a, b} <= set(seen)])
    everyone, visible = [node(number) for number in range(len(projects))], {node(number) for number in seen}
    with acting_in(OURS):
        assert store.get_many(everyone).keys() == visible
        assert {item.id for item in store.search(Search("dataset")).items} == visible
        assert store.facets(Search("dataset"), (), 1).total == len(visible)
        assert {i for i in everyone if store.history(i)} == visible
        found = {edge.id for edge in store.edges_of(everyone, direction)}
    assert found == {edge.id for edge in part.edges_of(everyone, direction)}
    for start in visible:
        walk = Walk((start,), direction, EDGES, 50, 1000)
        with acting_in(OURS):
            mine = store.walk(walk)
            shown = store.walk(Walk((start,), direction, EDGES, 50, 1000, shows_hidden=True))
        theirs = part.walk(walk)
        assert {(v.node.id, v.depth) for v in mine.visits} == {(v.node.id, v.depth) for v in theirs.visits}
        assert {edge.id for edge in mine.edges} == {edge.id for edge in theirs.edges}
        hidden = [visit.node for visit in shown.visits if is_redacted(visit.node)]
        plain = {visit.node.id for visit in shown.visits if not is_redacted(visit.node)}
        assert plain == {visit.node.id for visit in mine.visits}
        assert all(item.attributes == {} and item.project is None and item.id not in visible for item in hidden)


@pytest.fixture
def store() -> GuardedStore:
    return store_of(["ours", "theirs", None], [(0, 1), (2, 1)])


def test_pages_of_edges_are_full_though_some_are_hidden() -> None:
    store = store_of(["ours", *(["theirs", "ours"] * 20)], [(0, target) for target in range(1, 41)])
    after, found = None, []
    with acting_in(OURS):
        while page := store.edge_page(node(0), Direction.DOWNSTREAM, "derived_into", after=after, limit=7):
            assert len(page) == 7 or len(found) + len(page) == 20
            found += page
            after = page[-1].id
        assert (
            store.edges_of((node(0),), Direction.DOWNSTREAM, limit=5)
            == store.edges_of((node(0),), Direction.DOWNSTREAM)[:5]
        )

    assert {edge.id.target for edge in found} == {node(number) for number in range(2, 41, 2)}


@pytest.mark.parametrize(
    ("scope", "number", "error"),
    [
        (Scope(Role.READ), 0, Forbidden),
        (OURS, 1, NotFound),
        (OURS, 2, Forbidden),
        (NOBODY, 0, NotFound),
        (Scope(Role.WRITE, frozenset()), 0, NotFound),
    ],
)
def test_nothing_is_written_out_of_reach(
    store: GuardedStore, scope: Scope, number: int, error: type[Exception]
) -> None:
    before = store.history(node(number))
    with acting_in(scope), pytest.raises(error):
        store.transact(lambda tx: tx.update(node(number), {"name": "taken", "form": "table"}), CALLER)
    assert store.history(node(number)) == before


def test_nothing_is_written_over_what_is_not_seen(store: GuardedStore) -> None:
    with acting_in(OURS), pytest.raises(NotFound):
        store.transact(lambda tx: tx.create(node(1), "ours", {"name": "mine now", "form": "table"}), CALLER)
    with acting_in(OURS), pytest.raises(NotFound):
        store.transact(lambda tx: tx.link(EdgeId("derived_into", node(0), node(1))), CALLER)
    with acting_in(OURS), pytest.raises(Forbidden):
        store.transact(lambda tx: tx.create(node(9), "theirs", {"name": "planted", "form": "table"}), CALLER)
    assert store.find(node(9)) is None


def test_what_is_shared_is_read_and_linked_to(store: GuardedStore) -> None:
    with acting_in(OURS):
        store.transact(lambda tx: tx.link(EdgeId("derived_into", node(2), node(0))), CALLER)
        assert {edge.id.source for edge in store.edges_of((node(0),), Direction.UPSTREAM)} == {node(2)}


def test_what_others_rest_on_is_in_use_though_they_are_not_seen(store: GuardedStore) -> None:
    from arangovis.domain.errors import InUse

    with acting_in(OURS), pytest.raises(InUse):
        store.transact(lambda tx: tx.delete(node(0)), CALLER)


def test_names_are_not_taken_from_others(store: GuardedStore) -> None:
    store.transact(lambda tx: tx.reserve("names", "theirs", node(1)), CALLER)
    store.transact(lambda tx: tx.reserve("names", "ours", node(0)), CALLER)
    for change in (
        lambda tx: tx.move_reservation("names", "theirs", node(0)),
        lambda tx: tx.release("names", "theirs"),
    ):
        with acting_in(OURS), pytest.raises(Forbidden):
            store.transact(change, CALLER)
    with acting_in(OURS):
        store.transact(lambda tx: tx.release("names", "ours"), CALLER)
    assert (store.reserved("names", "theirs"), store.reserved("names", "ours")) == (node(1), None)


def test_scopes_nest_and_end() -> None:
    with acting_in(OURS):
        with acting_in(NOBODY):
            assert current_scope() == NOBODY
        assert current_scope() == OURS
    assert current_scope() == OPEN


@pytest.mark.parametrize(
    ("role", "needed", "enough"),
    [(Role.READ, Role.READ, True), (Role.READ, Role.WRITE, False), (Role.ADMIN, Role.WRITE, True)],
)
def test_roles_include_those_before(role: Role, needed: Role, enough: bool) -> None:
    assert role.includes(needed) is enough
