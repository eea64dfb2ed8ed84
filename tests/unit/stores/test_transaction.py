"""What all backends share: which reads an action needs, and what it leaves in its write set."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from arangovis.domain.errors import AlreadyExists, InUse, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, digest_of
from arangovis.stores.memory_content import Content, MemoryTransaction
from arangovis.stores.transaction import DEPENDANTS_SHOWN_MAX, Draft, EdgeDraft, record_key
from arangovis.testing.samples import SAMPLES, dataset, edge, run
from arangovis_schema import EdgeKind, Field, FieldType, KeyRule, VertexKind

TABLE, RUN = SAMPLES["dataset"], SAMPLES["run"]
READ = edge("input_to", dataset("digits"), run("train"))


class CountedTransaction(MemoryTransaction):
    """An action that tells what it asked the store for."""

    def __init__(self, content: Content) -> None:
        super().__init__(content, now=100)
        self.asked: list[object] = []

    def _read_nodes(self, ids: Sequence[NodeId]) -> dict[NodeId, Draft]:
        self.asked.append(tuple(ids))
        return super()._read_nodes(ids)

    def _read_edge(self, edge_id: EdgeId) -> EdgeDraft | None:
        self.asked.append(edge_id)
        return super()._read_edge(edge_id)


@pytest.fixture
def content() -> Content:
    """Return a store with a data set, a run that read it, and a second data set."""
    content = Content()
    transaction = MemoryTransaction(content, now=10)
    transaction.create(dataset("digits"), "vision", TABLE)
    transaction.create(dataset("wine"), None, TABLE)
    transaction.create(run("train"), None, RUN)
    transaction.link(READ)
    content.apply(transaction.writes, now=10, caller=Caller("ada"), action_id="1")
    return content


@pytest.fixture
def transaction(content: Content) -> CountedTransaction:
    return CountedTransaction(content)


# --- reads ----------------------------------------------------------------------------------------------------------


def test_a_node_is_asked_for_once(transaction: CountedTransaction) -> None:
    transaction.get(dataset("digits"))
    transaction.find_many([dataset("digits"), dataset("wine"), dataset("wine")])
    transaction.update(dataset("wine"), {**TABLE, "rows": 1})
    assert transaction.asked == [(dataset("digits"),), (dataset("wine"),)]


def test_a_fresh_node_and_its_edges_are_written_without_asking(transaction: CountedTransaction) -> None:
    transaction.get(dataset("digits"))
    transaction.create_new(run("fresh"), None, RUN)
    transaction.link(edge("input_to", dataset("digits"), run("fresh")))
    assert transaction.asked == [(dataset("digits"),)]


def test_both_ends_of_an_edge_are_asked_for_together(transaction: CountedTransaction) -> None:
    transaction.link(edge("input_to", dataset("wine"), run("train")))
    assert transaction.asked == [(dataset("wine"), run("train")), edge("input_to", dataset("wine"), run("train"))]


def test_nodes_come_in_the_order_asked_for(transaction: CountedTransaction) -> None:
    wanted = [run("train"), dataset("unknown"), dataset("wine"), dataset("digits"), run("train")]
    assert list(transaction.find_many(wanted)) == [run("train"), dataset("wine"), dataset("digits")]


# --- the write set --------------------------------------------------------------------------------------------------


def test_what_changes_nothing_is_not_written(transaction: CountedTransaction) -> None:
    transaction.update(dataset("digits"), dict(TABLE))
    transaction.ensure(dataset("digits"), "vision", TABLE)
    transaction.link(READ)
    transaction.reserved("dataset", "digits")
    assert not transaction.writes.nodes
    assert not transaction.writes.edges
    assert not transaction.writes.records
    assert not transaction.writes.touches_graph


def test_the_last_state_of_each_thing_is_written(transaction: CountedTransaction) -> None:
    transaction.update(dataset("wine"), {**TABLE, "rows": 1})
    transaction.update(dataset("wine"), {**TABLE, "rows": 2})
    transaction.unlink(READ)
    transaction.link(READ)
    transaction.delete(dataset("digits"), force=True)
    transaction.put_record(Record("lease", "train"))
    transaction.remove_record("lease", "train")
    assert transaction.writes.nodes == {
        dataset("wine"): Draft(dataset("wine"), None, {**TABLE, "rows": 2}),
        dataset("digits"): Draft(dataset("digits"), "vision", {"content_digest": digest_of(TABLE)}, deleted=True),
    }
    assert transaction.writes.edges == {READ: EdgeDraft(READ, {})}
    assert transaction.writes.records == {("lease", "train"): None}
    assert transaction.writes.touches_graph


def test_records_alone_do_not_touch_the_graph(transaction: CountedTransaction) -> None:
    transaction.reserve("dataset", "digits", dataset("digits"))
    transaction.next_number("versions")
    assert len(transaction.writes.records) == 2
    assert not transaction.writes.touches_graph


def test_a_refused_document_is_not_written(transaction: CountedTransaction) -> None:
    with pytest.raises(InvalidInput):
        transaction.create_new(dataset("iris"), None, {})
    with pytest.raises(InvalidInput):
        transaction.update(dataset("wine"), {"name": 5})
    assert not transaction.writes.nodes
    with pytest.raises(NotFound):
        transaction.link(edge("derived_into", dataset("wine"), dataset("iris")))
    transaction.create(dataset("iris"), None, TABLE)
    assert transaction.link(edge("derived_into", dataset("wine"), dataset("iris")))


def test_a_forgotten_part_leaves_no_trust_in_its_fresh_nodes(transaction: CountedTransaction) -> None:
    def part() -> None:
        transaction.create(dataset("iris"), None, TABLE)
        raise KeyError

    with pytest.raises(KeyError):
        transaction.attempt(part)
    assert not transaction.writes.nodes
    with pytest.raises(NotFound):
        transaction.link(edge("derived_into", dataset("wine"), dataset("iris")))


# --- use ------------------------------------------------------------------------------------------------------------


def test_all_faults_of_a_document_are_named_at_once(transaction: CountedTransaction) -> None:
    with pytest.raises(InvalidInput) as refusal:
        transaction.create(dataset("iris"), None, {"form": "cube", "colour": 1, "rows": "3"})
    assert {fault.field for fault in refusal.value.faults} == {"name", "form", "colour", "rows"}


def test_many_dependants_are_cut_and_the_message_stays_short(transaction: CountedTransaction) -> None:
    for number in range(DEPENDANTS_SHOWN_MAX + 10):
        transaction.create_new(run(f"{number:03}"), None, RUN)
        transaction.link(edge("input_to", dataset("wine"), run(f"{number:03}")))
    with pytest.raises(InUse) as refusal:
        transaction.delete(dataset("wine"))
    assert len(refusal.value.dependants) == DEPENDANTS_SHOWN_MAX
    assert refusal.value.dependants[0] == "run/000"
    assert len(refusal.value.detail) < 200


def test_what_the_action_itself_wrote_counts_as_use(transaction: CountedTransaction) -> None:
    transaction.create_new(run("fresh"), None, RUN)
    transaction.link(edge("input_to", dataset("wine"), run("fresh")))
    with pytest.raises(InUse):
        transaction.delete(dataset("wine"))
    transaction.delete(run("fresh"))
    transaction.delete(dataset("wine"))
    transaction.unlink(READ)
    transaction.delete(dataset("digits"))
    deleted = {node_id for node_id, draft in transaction.writes.nodes.items() if draft.deleted}
    assert deleted == {run("fresh"), dataset("wine"), dataset("digits")}


def test_an_edge_of_the_action_is_seen_in_the_direction_it_has(transaction: CountedTransaction) -> None:
    loop = edge("linked", dataset("wine"), dataset("wine"))
    out = edge("derived_into", dataset("wine"), dataset("digits"))
    transaction.link(loop)
    transaction.link(out)

    def seen(direction: Direction, kinds: list[str] | None = None) -> list[EdgeId]:
        return [draft.id for draft in transaction.edges_of(dataset("wine"), direction, kinds)]

    assert seen(Direction.DOWNSTREAM) == [loop, out]
    assert seen(Direction.UPSTREAM) == [loop]
    assert seen(Direction.BOTH) == [loop, out]
    assert seen(Direction.BOTH, ["derived_into"]) == [out]
    assert seen(Direction.BOTH, []) == []


# --- kinds ----------------------------------------------------------------------------------------------------------


def test_a_declared_edge_kind_checks_its_ends_and_fields(transaction: CountedTransaction) -> None:
    size = Field("size", FieldType.INTEGER, "How big.", required=True)
    gadget = VertexKind("gadget", "A thing.", KeyRule.NAMED, (), custom=True)
    powers = EdgeKind("powers", "What feeds what.", ("gadget",), ("gadget",), False, (size,), custom=True)
    one = NodeId("gadget", "one")
    transaction.declare_vertex_kind(gadget)
    transaction.declare_edge_kind(powers)
    transaction.create(one, None, {})
    wrong: list[tuple[EdgeId, Document, str]] = [
        (edge("powers", one, dataset("wine")), {"size": 1}, "kind"),
        (edge("powers", dataset("wine"), one), {"size": 1}, "kind"),
        (edge("powers", one, one), {}, "size"),
    ]
    for edge_id, attributes, field in wrong:
        with pytest.raises(InvalidInput) as refusal:
            transaction.link(edge_id, attributes)
        assert [fault.field for fault in refusal.value.faults] == [field]
    assert transaction.link(edge("powers", one, one), {"size": 1, "note": "free"})


def test_a_field_may_not_change_while_others_are_gained(transaction: CountedTransaction) -> None:
    size = Field("size", FieldType.INTEGER, "How big.")
    gadget = VertexKind("gadget", "A thing.", KeyRule.NAMED, (size,), custom=True)
    assert transaction.declare_vertex_kind(gadget)
    changed = replace(size, required=True)
    with pytest.raises(AlreadyExists):
        transaction.declare_vertex_kind(replace(gadget, fields=(changed, replace(size, name="width"))))
    assert transaction.vertex_kind("gadget") == gadget


# --- names ----------------------------------------------------------------------------------------------------------


def test_record_keys_are_safe_and_tell_parts_apart() -> None:
    keys = {record_key(*parts) for parts in [("a", "b"), ("ab",), ("a", "", "b"), ("", "ab"), ("ab", ""), ("a b",)]}
    assert len(keys) == 6
    assert all(key.isalnum() and len(key) == 40 for key in keys)
