"""Actions: all or nothing, reading their own writes, and the change number."""

import pytest

from arangovis.domain.errors import AlreadyExists, Gone, NotFound
from arangovis.domain.graph import Direction, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import SAMPLES, act, create, dataset, delete, edge, link, put, run, update
from arangovis_schema import EdgeKind, KeyRule, VertexKind

TABLE = SAMPLES["dataset"]
STREAM: Document = {**TABLE, "form": "stream"}
GADGET = VertexKind("gadget", "A thing.", KeyRule.NAMED, (), custom=True)
TOUCHES = EdgeKind("touches", "Two things.", ("gadget",), ("gadget",), lineage=False, custom=True)


class Refused(Exception):
    """What an action of the suite raises."""


class ActionContract(StoreContract):
    """Every sentence about actions."""

    def test_the_answer_of_an_action_is_returned(self, store: GraphStore) -> None:
        answer = object()
        assert act(store, lambda _: answer) is answer

    def test_an_action_that_raises_writes_nothing_at_all(self, store: GraphStore) -> None:
        create(store, dataset("digits"), dataset("wine"), run("train"))
        kept = edge("input_to", dataset("digits"), run("train"))
        link(store, kept)
        put(store, Record("lease", "kept", "umap", 1))
        before = store.change_number()

        def action(transaction: Transaction) -> None:
            transaction.create(dataset("new"), None, TABLE)
            transaction.update(dataset("digits"), STREAM)
            transaction.delete(dataset("wine"))
            transaction.link(edge("input_to", dataset("new"), run("train")))
            transaction.unlink(kept)
            transaction.put_record(Record("lease", "new"))
            transaction.remove_record("lease", "kept")
            transaction.reserve("names", "vision", run("train"))
            transaction.next_number("versions")
            transaction.declare_vertex_kind(GADGET)
            transaction.declare_edge_kind(TOUCHES)
            raise Refused

        with pytest.raises(Refused):
            act(store, action)
        assert store.find(dataset("new")) is None
        assert len(store.history(dataset("digits"))) == len(store.history(dataset("wine"))) == 1
        assert [found.id for found in store.edges_of([run("train")], Direction.BOTH)] == [kept]
        assert [record.key for record in store.records("lease")] == ["kept"]
        assert store.reserved("names", "vision") is None
        assert "gadget" not in store.schema().vertices
        assert "touches" not in store.schema().edges
        assert store.change_number() == before
        assert act(store, lambda t: t.next_number("versions")) == 1

    def test_a_document_that_cannot_be_stored_takes_the_whole_action_with_it(self, store: GraphStore) -> None:
        def action(transaction: Transaction) -> None:
            transaction.create(dataset("first"), None, TABLE)
            transaction.put_record(Record("lease", "first"))
            transaction.create(dataset("second"), None, {**TABLE, "columns": 2**70})

        with pytest.raises(ValueError, match="JSON"):
            act(store, action)
        assert store.get_many([dataset("first"), dataset("second")]) == {}
        assert store.record("lease", "first") is None

    def test_an_action_may_run_again_without_a_trace_of_the_first_time(self, store: GraphStore) -> None:
        seen: list[object] = []

        def action(transaction: Transaction) -> int:
            seen.append(transaction.find(dataset("digits")))
            transaction.create(dataset("digits"), None, TABLE)
            number = transaction.next_number("versions")
            if len(seen) < 3:
                raise Refused
            return number

        for _ in range(2):
            with pytest.raises(Refused):
                act(store, action)
        assert act(store, action) == 1
        assert set(seen) == {None}
        assert len(store.history(dataset("digits"))) == 1

    def test_an_action_may_go_on_after_a_refusal(self, store: GraphStore) -> None:
        create(store, dataset("digits"))

        def action(transaction: Transaction) -> None:
            with pytest.raises(AlreadyExists):
                transaction.create(dataset("digits"), None, STREAM)
            with pytest.raises(ValueError, match="form"):
                transaction.create(dataset("iris"), None, {"name": "iris"})
            transaction.create(dataset("wine"), None, TABLE)

        act(store, action)
        assert store.get(dataset("digits")).attributes == TABLE
        assert store.find(dataset("iris")) is None
        assert store.get(dataset("wine")).attributes == TABLE

    # --- parts of an action -----------------------------------------------------------------------------------

    def test_a_part_that_raises_is_forgotten_and_the_action_goes_on(self, store: GraphStore) -> None:
        create(store, dataset("digits"))

        def part(transaction: Transaction) -> None:
            transaction.create(dataset("new"), None, TABLE)
            transaction.update(dataset("digits"), STREAM)
            transaction.link(edge("derived_into", dataset("digits"), dataset("new")))
            transaction.next_number("versions")
            raise Refused

        def action(transaction: Transaction) -> int:
            assert transaction.next_number("versions") == 1
            with pytest.raises(Refused):
                transaction.attempt(lambda: part(transaction))
            assert transaction.find(dataset("new")) is None
            assert transaction.get(dataset("digits")).attributes == TABLE
            transaction.create(dataset("wine"), None, TABLE)
            return transaction.next_number("versions")

        assert act(store, action) == 2
        assert set(store.get_many([dataset("digits"), dataset("new"), dataset("wine")])) == {
            dataset("digits"),
            dataset("wine"),
        }
        assert store.get(dataset("digits")).attributes == TABLE
        assert list(store.edges_of([dataset("digits")], Direction.BOTH)) == []

    def test_a_part_that_succeeds_is_written_with_the_action(self, store: GraphStore) -> None:
        def inner(transaction: Transaction) -> str:
            transaction.create(dataset("new"), None, TABLE)
            with pytest.raises(Refused):
                transaction.attempt(lambda: _refuse_after(transaction, run("never")))
            return "done"

        def action(transaction: Transaction) -> str:
            answer = transaction.attempt(lambda: inner(transaction))
            transaction.create(run("train"), None, SAMPLES["run"])
            transaction.link(edge("input_to", dataset("new"), run("train")))
            return answer

        assert act(store, action) == "done"
        assert set(store.get_many([dataset("new"), run("train"), run("never")])) == {dataset("new"), run("train")}
        assert len(store.edges_of([run("train")], Direction.UPSTREAM)) == 1

    # --- an action reads its own writes -----------------------------------------------------------------------

    def test_an_action_sees_the_nodes_it_wrote(self, store: GraphStore) -> None:
        create(store, dataset("digits"))

        def action(transaction: Transaction) -> None:
            assert transaction.get(dataset("digits")).attributes == TABLE
            transaction.update(dataset("digits"), STREAM)
            assert transaction.get(dataset("digits")).attributes == STREAM
            transaction.delete(dataset("digits"))
            assert transaction.find(dataset("digits")) is None
            assert transaction.find_many([dataset("digits")])[dataset("digits")].deleted
            with pytest.raises(Gone):
                transaction.get(dataset("digits"))
            with pytest.raises(NotFound):
                transaction.get(dataset("wine"))
            transaction.create(dataset("digits"), "vision", TABLE)
            assert transaction.get(dataset("digits")).project == "vision"

        act(store, action)
        assert [node.version.number for node in store.history(dataset("digits"))] == [1, 2]
        assert store.get(dataset("digits")).project == "vision"

    def test_an_action_sees_the_edges_it_wrote(self, store: GraphStore) -> None:
        old, new = (edge("input_to", dataset(key), run("train")) for key in ("digits", "wine"))
        create(store, dataset("digits"), dataset("wine"), run("train"))
        link(store, old)

        def action(transaction: Transaction) -> None:
            transaction.link(new)
            at_run = transaction.edges_of(run("train"), Direction.UPSTREAM)
            assert {found.id for found in at_run} == {old, new}
            assert transaction.edges_of(run("train"), Direction.UPSTREAM, ["generated"]) == ()
            assert transaction.edges_of(run("train"), Direction.DOWNSTREAM) == ()
            transaction.unlink(old)
            (left,) = transaction.edges_of(run("train"), Direction.BOTH, ["input_to"])
            assert left.id == new
            assert transaction.link(new) is False

        act(store, action)
        assert [found.id for found in store.edges_of([run("train")], Direction.BOTH)] == [new]

    def test_a_node_and_its_edges_may_be_written_together(self, store: GraphStore) -> None:
        create(store, dataset("digits"))
        read, made = edge("input_to", dataset("digits"), run("train")), edge("generated", run("train"), dataset("out"))

        def action(transaction: Transaction) -> None:
            transaction.create_new(run("train"), None, SAMPLES["run"])
            assert transaction.link(read) is True
            assert transaction.link(read) is False
            transaction.create(dataset("out"), None, TABLE)
            assert transaction.link(made, {}) is True

        act(store, action)
        assert {found.id for found in store.edges_of([run("train")], Direction.BOTH)} == {read, made}

    def test_an_action_sees_the_records_it_wrote(self, store: GraphStore) -> None:
        put(store, *(Record("lease", key, "umap", due) for key, due in (("a", 1), ("b", 2), ("c", 3))))

        def action(transaction: Transaction) -> None:
            transaction.put_record(Record("lease", "d", "umap", 0))
            transaction.put_record(Record("lease", "b", "umap", 9))
            transaction.put_record(Record("lease", "e", "tsne", 0))
            transaction.remove_record("lease", "a")
            assert transaction.record("lease", "a") is None
            assert transaction.record("lease", "d") == Record("lease", "d", "umap", 0)
            assert transaction.record("worker", "d") is None
            assert [record.key for record in transaction.records("lease", "umap")] == ["d", "c", "b"]
            assert [record.key for record in transaction.records("lease")] == ["e", "d", "c", "b"]
            assert [record.key for record in transaction.records("lease", "umap", due_max=3)] == ["d", "c"]
            assert [record.key for record in transaction.records("lease", "umap", limit=1)] == ["d"]

        act(store, action)
        assert [record.key for record in store.records("lease", "umap")] == ["d", "c", "b"]

    def test_the_begin_of_an_action_is_told_by_the_stores_clock(self, store: GraphStore) -> None:
        before = store.now()
        began = act(store, lambda t: t.now)
        assert before <= began <= store.now()

    # --- the change number ------------------------------------------------------------------------------------

    def test_the_change_number_grows_with_the_graph_only(self, store: GraphStore) -> None:
        numbers = [store.change_number()]
        create(store, dataset("digits"), run("train"))
        numbers.append(store.change_number())
        link(store, edge("input_to", dataset("digits"), run("train")))
        numbers.append(store.change_number())
        assert numbers[0] == 0
        assert numbers == sorted(set(numbers))

        put(store, Record("lease", "train"))
        link(store, edge("input_to", dataset("digits"), run("train")))
        act(store, lambda t: t.find(run("train")))
        with pytest.raises(AlreadyExists):
            create(store, run("train"))
        assert store.change_number() == numbers[-1]

    def test_what_was_written_since_a_change_is_told_or_not_known(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"))
        before = store.change_number()
        create(store, run("test"), dataset("more"))
        update(store, run("train"), {**SAMPLES["run"], "name": "renamed"})
        delete(store, run("test"))
        link(store, edge("input_to", dataset("digits"), run("train")))
        found = store.changed_since("run", before, limit=3)
        assert found is None or {node.id: node for node in found} == store.get_many([run("train"), run("test")])
        assert store.changed_since("run", before, limit=2) is None
        assert store.changed_since("run", store.change_number(), limit=0) in (None, [])


def _refuse_after(transaction: Transaction, node_id: NodeId) -> None:
    transaction.create(node_id, None, SAMPLES[node_id.kind])
    raise Refused
