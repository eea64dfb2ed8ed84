"""A Hypothesis state machine that drives a store and the memory store side by side, and compares all answers.

TestMyStore = store_state_machine(lambda clock: MyStore(..., clock=clock)).TestCase
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from arangovis.domain.errors import ArangovisError
from arangovis.domain.graph import Caller, Cut, Direction, Lineage, Node, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.ordering import Order
from arangovis.domain.search import EVERYTHING, Filter, Search
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction
from arangovis.testing import generated
from arangovis.testing.generated import NODE_KINDS, NODES, Step
from arangovis.testing.plain import edges_by_id, nodes_by_id, plain
from arangovis.testing.samples import depths, edge_ids, pages
from arangovis.testing.stores_copy import contents, records_in, replicate

T = TypeVar("T")

Clock: TypeAlias = Callable[[], int]
StoreFactory: TypeAlias = Callable[[Clock], GraphStore]

COUNTED = ("name", "tags", "attributes.x", "params.x", "size")
"""Names whose values are counted among what a search finds."""
START_US = 1_700_000_000_000_000


class StoreMachine(RuleBasedStateMachine):
    """Does the same to the store under test and to the model."""

    factory: StoreFactory
    reopen: Callable[[GraphStore], GraphStore] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.time = START_US
        self.model: GraphStore = MemoryStore(clock=self._clock)
        self.tested = type(self).factory(self._clock)
        self.moments: list[tuple[int, int]] = [(0, 0)]
        """When the newest row was written, in each store, after each action."""
        self.change_numbers = [(0, 0)]
        self.pasts: list[tuple[int, dict[NodeId, Node]]] = []
        """Change numbers of the store under test, and its nodes then."""

    @property
    def stores(self) -> tuple[GraphStore, GraphStore]:
        """The model, and the store under test."""
        return self.model, self.tested

    def teardown(self) -> None:
        """Copy the model into a store of the tested sort, and that into a model; close all."""
        copies = type(self).factory(self._clock), MemoryStore(clock=self._clock)
        copies[0].migrate()
        for source, target in pairwise((self.model, *copies)):
            replicate(source, target)
            assert contents(target) == contents(source)
            assert records_in(target) == records_in(source)
        for store in (*self.stores, *copies):
            store.close()

    def _clock(self) -> int:
        return self.time

    # --- writing ----------------------------------------------------------------------------------------------

    @initialize(
        documents=st.tuples(*(generated.DOCUMENTS[node.kind] for node in NODES)),
        links=st.lists(generated.link_steps(), min_size=6, max_size=12),
        records=st.lists(generated.records, min_size=3, max_size=8),
    )
    def begin(self, documents: tuple[Document, ...], links: list[Step], records: list[Record]) -> None:
        """Migrate both stores twice, and fill them a little, so that later steps meet something."""
        for store in (*self.stores, *self.stores):
            store.migrate()
        declared = [Step("declare_vertex_kind", (generated.GADGET,)), Step("declare_edge_kind", (generated.POWERS,))]
        created = [Step("create", (node, None, document)) for node, document in zip(NODES, documents, strict=True)]
        put = [Step("put_record", (record,)) for record in records]
        self._act([*declared, *created, *links, *put], patient=True)

    @rule(step=generated.steps)
    def act_once(self, step: Step) -> None:
        """Act in one step."""
        self._act([step])

    @rule(edges=st.lists(generated.link_steps(), min_size=1, max_size=5))
    def link_many(self, edges: list[Step]) -> None:
        """Link what can be linked in one action."""
        self._act(edges, patient=True)

    @rule(
        steps=st.lists(generated.steps, min_size=2, max_size=6), patient=st.booleans(), fails=st.sampled_from([0, 0, 1])
    )
    def act(self, steps: list[Step], patient: bool, fails: int) -> None:
        """Act in several steps, go on after a refusal or not, and perhaps fail at the end."""
        self._act(steps, patient=patient, fails=bool(fails))

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.time += seconds * 1_000_000

    @rule(seconds=st.integers(1, 3))
    def turn_back(self, seconds: int) -> None:
        """Set the clock back, as happens to machines; actions are still later than what they replace."""
        self.time -= seconds * 1_000_000

    @precondition(lambda self: type(self).reopen is not None)
    @rule()
    def open_again(self) -> None:
        """Close the store under test and go on with what it kept."""
        reopen = type(self).reopen
        assert reopen is not None
        self.tested = reopen(self.tested)

    def _act(self, steps: Sequence[Step], *, patient: bool = False, fails: bool = False) -> None:
        caller = Caller("ada", f"request-{len(self.moments)}")

        def action(transaction: Transaction) -> list[object]:
            answers = [_attempt(step, transaction) if patient else plain(step(transaction)) for step in steps]
            if fails:
                raise ArangovisError("refused")
            return answers

        answers = [_outcome(partial(store.transact, action, caller)) for store in self.stores]
        assert answers[0] == answers[1]
        self.moments.append((_newest(self.model), _newest(self.tested)))
        self.time += 1000

    # --- reading ----------------------------------------------------------------------------------------------

    @rule(ids=generated.node_choices, moment=st.integers(0, 1000))
    def read_nodes(self, ids: Sequence[NodeId], moment: int) -> None:
        """Compare nodes as they were at some time."""
        self._compare(lambda store, at: plain(store.get_many(ids, at=at)), moment)

    @rule(
        ids=generated.node_choices,
        direction=generated.directions,
        kinds=st.one_of(st.none(), generated.kind_choices),
        moment=st.integers(0, 1000),
    )
    def read_edges(self, ids: list[NodeId], direction: Direction, kinds: list[str] | None, moment: int) -> None:
        """Compare edges as they were at some time."""
        self._compare(lambda store, at: edges_by_id(store.edges_of(ids, direction, kinds, at=at)), moment)

    @rule(walk=generated.walks, moment=st.integers(0, 1000))
    def walk(self, walk: Walk, moment: int) -> None:
        """Compare lineage as it was at some time, whole or cut."""
        expected, answer = self._ask(lambda store, at: store.walk(replace(walk, at=at)), moment)
        _check_lineage(answer, walk.node_limit)
        assert (Cut.LIMIT in answer.cuts) == (Cut.LIMIT in expected.cuts)
        if Cut.LIMIT not in answer.cuts:
            assert answer.cuts == expected.cuts
            reached, wanted = ([visit.node for visit in lineage.visits] for lineage in (answer, expected))
            assert nodes_by_id(reached) == nodes_by_id(wanted)
            assert depths(answer) == depths(expected)
            assert edges_by_id(answer.edges) == edges_by_id(expected.edges)
        else:
            assert sorted(depths(answer).values()) == sorted(depths(expected).values())

    @rule(
        kind=st.sampled_from(NODE_KINDS),
        where=st.one_of(st.just(EVERYTHING), generated.filters),
        project=st.sampled_from([None, None, None, "vision"]),
        limit=st.integers(1, 3),
        order=generated.orders,
    )
    def search(self, kind: str, where: Filter, project: str | None, limit: int, order: Order | None) -> None:
        """Compare all pages of a search, and what is counted among them."""
        question = Search(kind, where, project, limit, order=order)
        expected, answer = ([node for page in pages(store, question) for node in page] for store in self.stores)
        assert [node.id for node in answer] == [node.id for node in expected]
        assert self.tested.facets(question, COUNTED, 9) == self.model.facets(question, COUNTED, 9)
        assert nodes_by_id(answer) == nodes_by_id(expected)

    @rule(node_id=generated.node_ids)
    def read_history(self, node_id: NodeId) -> None:
        """Compare all versions of a node."""
        expected, answer = (store.history(node_id) for store in self.stores)
        assert plain(list(answer)) == plain(list(expected))
        assert {node.created for node in answer} == {node.version.valid_from for node in answer[:1]}
        for older, newer in pairwise(answer):
            assert older.version.valid_from < newer.version.valid_from == older.version.valid_to

    @rule(
        kind=st.sampled_from(generated.RECORD_KINDS),
        group=st.one_of(st.none(), st.sampled_from(generated.GROUPS)),
        due_max=st.one_of(st.none(), st.integers(-1, 2)),
        limit=st.integers(1, 5),
    )
    def scan(self, kind: str, group: str | None, due_max: int | None, limit: int) -> None:
        """Compare all pages of a scan."""
        expected, answer = (_scan(store, kind, group, due_max=due_max, limit=limit) for store in self.stores)
        assert plain(answer) == plain(expected)

    @rule(space=st.sampled_from(generated.SPACES), name=st.sampled_from(generated.NAMES))
    def read_name(self, space: str, name: str) -> None:
        """Compare who holds a name."""
        assert self.tested.reserved(space, name) == self.model.reserved(space, name)

    # --- what always holds ------------------------------------------------------------------------------------

    @invariant()
    def the_present_is_the_same(self) -> None:
        """Compare all nodes and edges, and the kinds in force."""
        self._compare(lambda store, _: plain(store.get_many(NODES)), 0)
        self._compare(lambda store, _: edges_by_id(store.edges_of(NODES, Direction.BOTH)), 0)
        assert self.tested.schema() == self.model.schema()

    @invariant()
    def the_change_number_grows_as_the_models(self) -> None:
        """Check that it grows with each action that wrote to the graph, and with no other."""
        before, now = self.change_numbers[-1], (self.model.change_number(), self.tested.change_number())
        self.change_numbers.append(now)
        assert now[1] >= before[1]
        assert (now[1] > before[1]) == (now[0] > before[0])

    @rule(kind=st.sampled_from(NODE_KINDS), past=st.integers(0, 1000))
    def read_changes(self, kind: str, past: int) -> None:
        """Compare what was written since a change number with what differs from then, if the store can tell."""
        self.pasts.append((self.tested.change_number(), dict(self.tested.get_many(NODES))))
        number, then = self.pasts[past % len(self.pasts)]
        now = {node_id: node for node_id, node in self.pasts[-1][1].items() if node_id.kind == kind}
        changed = self.tested.changed_since(kind, number, limit=1000)
        if changed is not None:
            known = {(node.id, node.version.number) for node in then.values()}
            wanted = [node for node in now.values() if (node.id, node.version.number) not in known]
            assert nodes_by_id(changed) == nodes_by_id(wanted)

    # --- comparing --------------------------------------------------------------------------------------------

    def _ask(self, question: Callable[[GraphStore, int | None], T], moment: int) -> list[T]:
        """Ask both stores as of a moment: 0 is now, others are counted back from the last action."""
        times = (None, None) if moment == 0 else self.moments[-(moment % len(self.moments))]
        return [question(store, at) for store, at in zip(self.stores, times, strict=True)]

    def _compare(self, question: Callable[[GraphStore, int | None], object], moment: int) -> None:
        expected, answer = self._ask(question, moment)
        assert answer == expected


def store_state_machine(
    factory: StoreFactory, *, reopen: Callable[[GraphStore], GraphStore] | None = None
) -> type[StoreMachine]:
    """Return a machine that compares the stores that `factory` makes with the memory store.

    Args:
        factory: makes an empty store, not yet migrated, that tells the time by the clock that it is given.
        reopen: closes a store and opens what it kept, for stores that keep anything.

    """
    members: dict[str, object] = {
        "factory": staticmethod(factory),
        "reopen": None if reopen is None else staticmethod(reopen),
    }
    return type("StoreMachine", (StoreMachine,), members)


def _attempt(step: Step, transaction: Transaction) -> object:
    """Do a step; a refusal is an answer."""
    return _outcome(lambda: step(transaction))


def _outcome(work: Callable[[], object]) -> object:
    try:
        return plain(work())
    except ArangovisError as error:
        return type(error).__name__, error.detail


def _newest(store: GraphStore) -> int:
    nodes, edges = store.get_many(NODES), store.edges_of(NODES, Direction.BOTH)
    versions = [*(node.version for node in nodes.values()), *(edge.version for edge in edges)]
    return max((version.valid_from for version in versions), default=0)


def _scan(store: GraphStore, kind: str, group: str | None, *, due_max: int | None, limit: int) -> list[Record]:
    page = store.records(kind, group, due_max=due_max, limit=limit)
    collected = list(page)
    while page:
        page = store.records(kind, group, due_max=due_max, after=page[-1], limit=limit)
        collected.extend(page)
    return collected


def _check_lineage(lineage: Lineage, limit: int) -> None:
    """Check what holds for every answer, cut or not."""
    order = [visit.depth for visit in lineage.visits]
    reached = {visit.node.id for visit in lineage.visits}
    assert order == sorted(order)
    assert len(reached) == len(order)
    assert len(order) == limit if Cut.LIMIT in lineage.cuts else len(order) <= limit
    assert all(edge_id.source in reached and edge_id.target in reached for edge_id in edge_ids(lineage.edges))


__all__ = ["StoreMachine", "store_state_machine"]
