"""Copying: one state of a store is read whole, and written elsewhere as it was."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from arangovis.domain.errors import Conflict, InvalidInput
from arangovis.domain.graph import Action, Caller, Direction, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.stores.base import GraphStore
from arangovis.stores.frozen import content
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.generated import GADGET, POWERS
from arangovis.testing.plain import edges_by_id, nodes_by_id, plain
from arangovis.testing.samples import (
    SAMPLES,
    act,
    chain,
    create,
    dataset,
    delete,
    edge,
    found,
    link,
    put,
    run,
    unlink,
    update,
)
from arangovis_schema import RECORD_KINDS

WRITERS = 8
WRITES = 25
TABLE = SAMPLES["dataset"]
EXACT: Document = {
    "whole": 1.0,
    "integer": 1,
    "truth": True,
    "nan": float("nan"),
    "big": 2**63,
    "text": "ä\U0001f600",
    "no": None,
}


def actions_of(store: GraphStore, *, after: int = 0, until: int | None = None) -> list[Action]:
    """Return all actions of a store."""
    with store.frozen() as state:
        return list(state.actions(after=after, until=until))


def contents(store: GraphStore) -> list[bytes]:
    """Return what all actions of a store wrote, to be compared."""
    return [content(action) for action in actions_of(store)]


def records_in(store: GraphStore) -> list[object]:
    """Return all records of a store, to be compared."""
    with store.frozen() as state:
        return [plain(record) for kind in RECORD_KINDS for record in state.records(kind.name)]


def replicate(source: GraphStore, target: GraphStore) -> None:
    """Copy all actions and records of a store into an empty one, kinds first."""
    with source.frozen() as state:
        put(target, *state.records("kind"))
        target.load(list(state.actions()))
        for kind in RECORD_KINDS:
            put(target, *state.records(kind.name))


class CopyContract(StoreContract):
    """Every sentence about `frozen` and `load`."""

    # --- frozen -----------------------------------------------------------------------------------------------

    def test_an_empty_store_has_no_actions(self, store: GraphStore) -> None:
        with store.frozen() as state:
            assert (state.at, state.action_count(), list(state.actions())) == (0, 0, [])
            assert [list(state.records(kind.name)) for kind in RECORD_KINDS] == [[] for _ in RECORD_KINDS]

    def test_every_version_is_in_the_action_that_wrote_it(self, store: GraphStore) -> None:
        linked = edge("derived_into", dataset("b"), dataset("a"), "half")
        act(store, _two_and_an_edge, Caller("grace", "request-3"))
        update(store, dataset("a"), {**TABLE, "rows": 5})
        unlink(store, linked)
        delete(store, dataset("a"))
        first, second, third, fourth = actions_of(store)
        assert (first.actor, first.request_id) == ("grace", "request-3")
        assert [node.id for node in first.nodes] == [dataset("a"), dataset("b")]
        assert [found.id for found in first.edges] == [linked]
        assert [[node.version.number for node in action.nodes] for action in (second, third, fourth)] == [[2], [], [3]]
        assert [node.attributes["rows"] for node in second.nodes] == [5]
        assert [(found.id, found.version.number, found.version.deleted) for found in third.edges] == [(linked, 2, True)]
        assert [node.version.deleted for node in fourth.nodes] == [True]
        assert {node.created for node in (*first.nodes, *second.nodes, *fourth.nodes)} == {first.time}
        for action in (first, second, third, fourth):
            for version in [*(node.version for node in action.nodes), *(item.version for item in action.edges)]:
                assert version.valid_to is None
                assert version[1] == action.time
                assert (version.action_id, version.actor, version.request_id) == action[1:4]
        times = [action.time for action in (first, second, third, fourth)]
        assert times == sorted(set(times))
        assert times[-1] == store.get(dataset("a")).version.valid_from

    def test_a_period_is_open_at_its_begin_and_closed_at_its_end(self, store: GraphStore) -> None:
        chain(store, 3)
        for rows in range(4):
            update(store, dataset("chain-001"), {**TABLE, "rows": rows})
        whole = actions_of(store)
        times = [action.time for action in whole]
        with store.frozen() as state:
            assert state.at == times[-1]
            assert state.action_count() == len(whole) == 6
            for begin in (0, times[0], times[2], times[-1]):
                for end in (times[0] - 1, times[1], times[-1], None):
                    wanted = [action.time for action in whole if begin < action.time <= (end or times[-1])]
                    assert [action.time for action in state.actions(after=begin, until=end)] == wanted
                    assert state.action_count(after=begin, until=end) == len(wanted)

    def test_a_frozen_state_does_not_see_later_writes(self, store: GraphStore) -> None:
        create(store, dataset("a"))
        put(store, Record("reservation", "a", "name"), Record("reservation", "b", "name"))
        before = actions_of(store)
        with store.frozen() as state:
            at = state.at
            update(store, dataset("a"), {**TABLE, "rows": 9})
            create(store, dataset("b"))
            put(store, Record("reservation", "c", "name"))
            act(store, lambda t: t.remove_record("reservation", "a"))
            assert [content(action) for action in state.actions()] == [content(action) for action in before]
            assert [record.key for record in state.records("reservation")] == ["a", "b"]
            assert state.action_count() == 1
        assert [record.key for record in store.records("reservation")] == ["b", "c"]
        assert all(action.time > at for action in actions_of(store)[1:])

    def test_no_action_comes_later_with_an_earlier_time(self, store: GraphStore) -> None:
        def write(writer: int) -> None:
            for number in range(WRITES):
                create(store, dataset(f"{writer}-{number}"))

        seen = [(0, list[int]())]
        with ThreadPoolExecutor(WRITERS) as threads:
            writers = [threads.submit(write, number) for number in range(WRITERS)]
            while not all(writer.done() for writer in writers):
                seen.append(_seen(store, after=seen[-1][0]))
            for writer in writers:
                writer.result()
        seen.append(_seen(store, after=seen[-1][0]))
        whole = [action.time for action in actions_of(store)]
        for (before, _), (at, times) in pairwise(seen):
            assert times == [time for time in whole if before < time <= at]
        assert sum(len(times) for _, times in seen) == len(whole) == WRITERS * WRITES

    def test_two_streams_are_read_side_by_side(self, store: GraphStore) -> None:
        chain(store, 40)
        with store.frozen() as state:
            pairs = list(zip(state.actions(), state.actions(), strict=True))
        assert all(content(left) == content(right) for left, right in pairs)
        assert len(pairs) == 2

    def test_records_come_in_order(self, store: GraphStore) -> None:
        records = [Record("lease", key, group, due) for key in "cab" for group in ("y", "") for due in (3, -1)]
        records = [replace(record, key=f"{record.key}{number}") for number, record in enumerate(records)]
        put(store, *records, Record("worker", "other"))
        with store.frozen() as state:
            assert list(state.records("lease")) == sorted(records, key=lambda r: (r.group, r.due, r.key))

    # --- load -------------------------------------------------------------------------------------------------

    def test_what_was_loaded_is_what_was_there(self, store: GraphStore) -> None:
        source = MemoryStore()
        fill(source)
        replicate(source, store)
        assert contents(store) == contents(source)
        assert records_in(store) == records_in(source)
        ids = [dataset(key) for key in "abc"] + [run("train")]
        assert nodes_by_id(store.get_many(ids).values()) == nodes_by_id(source.get_many(ids).values())
        assert plain(list(store.history(dataset("a")))) == plain(list(source.history(dataset("a"))))
        assert [node.version for node in store.history(dataset("a"))] == [
            node.version for node in source.history(dataset("a"))
        ]
        for at in [None, *(action.time for action in actions_of(source))]:
            answers = [edges_by_id(each.edges_of(ids, Direction.BOTH, at=at)) for each in (store, source)]
            assert answers[0] == answers[1]
        assert found(store, kind="dataset") == found(source, kind="dataset") == {"b", "c"}
        assert found(store, kind="dataset", project="vision") == {"c"}
        assert store.schema() == source.schema()

    def test_what_is_written_afterwards_is_later(self, store: GraphStore) -> None:
        late = store.now() + 3_600_000_000
        source = MemoryStore(clock=lambda: late)
        create(source, dataset("a"), dataset("b"))
        replicate(source, store)
        before = store.change_number()
        update(store, dataset("a"), {**TABLE, "rows": 1})
        assert store.change_number() > before
        assert store.get(dataset("a")).version[:2] == (2, store.get(dataset("a")).version.valid_from)
        assert store.get(dataset("a")).version.valid_from > late
        assert store.history(dataset("a"))[0].version.valid_to == store.get(dataset("a")).version.valid_from

    def test_an_action_is_loaded_once(self, store: GraphStore) -> None:
        source = MemoryStore()
        fill(source)
        whole = actions_of(source)
        put(store, *source.records("kind"))
        assert store.load([]) == 0
        assert store.load(whole[:3]) == 3
        assert store.load(whole[:3]) == 0
        assert store.load(whole[1:]) == len(whole) - 3
        assert store.load(whole) == 0
        assert contents(store) == contents(source)

    def test_other_content_is_refused(self, store: GraphStore) -> None:
        source = MemoryStore()
        chain(source, 3)
        whole = actions_of(source)
        store.load(whole)
        other = whole[0].nodes[0]._replace(attributes={**TABLE, "rows": 1.0})
        for wrong in (
            whole[0]._replace(nodes=(other, *whole[0].nodes[1:])),
            whole[0]._replace(actor="eve"),
            whole[0]._replace(action_id="other"),
            whole[0]._replace(time=whole[0].time - 1),
        ):
            with pytest.raises(Conflict):
                store.load([wrong])
        create(source, dataset("later"))
        with pytest.raises(Conflict):
            store.load([whole[0]._replace(actor="eve"), *actions_of(source)[1:]])
        assert contents(store) == [content(action) for action in whole]

    def test_an_action_that_does_not_follow_is_refused_with_all_behind_it(self, store: GraphStore) -> None:
        source = MemoryStore()
        create(source, dataset("a"))
        create(source, dataset("b"))
        update(source, dataset("b"), {**TABLE, "rows": 1})
        create(source, dataset("c"))
        first, _, changed, last = actions_of(source)
        with pytest.raises(Conflict):
            store.load([first, changed, last])
        assert contents(store) == [content(first)]
        with pytest.raises(Conflict):
            store.load([last, changed])
        assert contents(store) == [content(first), content(last)]

    def test_an_unknown_kind_is_refused(self, store: GraphStore) -> None:
        source = MemoryStore()
        fill(source)
        whole = actions_of(source)
        with pytest.raises(InvalidInput):
            store.load(whole)
        known = [action for action in whole if not any(node.id.kind == "gadget" for node in action.nodes)]
        assert contents(store) == [content(action) for action in known][: len(contents(store))]

    def test_the_store_is_copied_out(self, store: GraphStore) -> None:
        fill(store)
        target = MemoryStore()
        replicate(store, target)
        assert contents(target) == contents(store)
        assert records_in(target) == records_in(store)

    def test_an_action_with_many_rows_is_one(self, store: GraphStore) -> None:
        source = MemoryStore()
        nodes = [dataset(f"d{number:04}") for number in range(1200)]
        create(source, *nodes)
        link(source, *(edge("derived_into", nodes[0], node) for node in nodes[1:]))
        assert store.load(actions_of(source)) == 2
        assert contents(store) == contents(source)
        assert [len(action.nodes) + len(action.edges) for action in actions_of(store)] == [1200, 1199]


def _seen(store: GraphStore, *, after: int) -> tuple[int, list[int]]:
    """Return the last time of a frozen state, and the times of the later actions in it."""
    with store.frozen() as state:
        return state.at, [action.time for action in state.actions(after=after)]


def _two_and_an_edge(transaction: Transaction) -> None:
    transaction.create(dataset("b"), None, TABLE)
    transaction.create(dataset("a"), None, TABLE)
    transaction.link(edge("derived_into", dataset("b"), dataset("a"), "half"))


def fill(store: GraphStore) -> None:
    """Write a history with everything in it: changes, tombstones, deleted and revived edges, kinds, exact values."""
    linked = edge("derived_into", dataset("b"), dataset("a"), "half")
    gadget, powers = NodeId("gadget", "g"), edge("powers", run("train"), NodeId("gadget", "g"))
    act(store, _two_and_an_edge, Caller("grace", "request-3"))
    act(store, lambda t: (t.declare_vertex_kind(GADGET), t.declare_edge_kind(POWERS)))
    create(store, dataset("c"), project="vision", attributes={**TABLE, "attributes": EXACT})
    create(store, run("train"))
    act(store, lambda t: t.create(gadget, None, {"size": 2, "note": EXACT}))
    link(store, edge("input_to", dataset("b"), run("train"), "training"), powers)
    update(store, dataset("a"), {**TABLE, "rows": 1})
    unlink(store, linked)
    update(store, gadget, {"size": 1})
    link(store, linked, attributes={"transformation": "whiten"})
    delete(store, dataset("a"), force=True)
    act(store, lambda t: (t.reserve("name", "ä/b", dataset("b")), t.next_number("versions"), t.next_number("versions")))
    put(store, Record("lease", "a", "umap 1", 5, {"progress": 0.5}), Record("blob", "b", "kept", 0, {"bytes": 3}))
