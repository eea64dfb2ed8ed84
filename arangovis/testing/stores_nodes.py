"""Nodes: creating, changing, deleting, and their documents."""

import math

import pytest

from arangovis.domain.errors import AlreadyExists, Gone, InUse, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, digest_of
from arangovis.stores import transaction
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import SAMPLES, act, create, dataset, delete, edge, link, run, unlink, update

TABLE = SAMPLES["dataset"]
STREAM: Document = {**TABLE, "form": "stream"}


class NodeContract(StoreContract):
    """Every sentence about nodes."""

    # --- reading ----------------------------------------------------------------------------------------------

    def test_a_created_node_is_read_as_written(self, store: GraphStore) -> None:
        act(store, lambda t: t.create(dataset("digits"), "vision", TABLE), Caller("grace", "request-7"))
        node = store.get(dataset("digits"))
        assert (node.id, node.project, node.attributes) == (dataset("digits"), "vision", TABLE)
        assert (node.version.number, node.version.valid_to, node.version.deleted) == (1, None, False)
        assert (node.version.actor, node.version.request_id) == ("grace", "request-7")
        assert node.version.action_id
        assert node.created == node.version.valid_from

    def test_a_node_may_belong_to_no_project(self, store: GraphStore) -> None:
        create(store, dataset("digits"), project=None)
        assert store.get(dataset("digits")).project is None

    def test_an_unknown_node_is_not_found(self, store: GraphStore) -> None:
        assert store.find(dataset("digits")) is None
        with pytest.raises(NotFound):
            store.get(dataset("digits"))
        assert store.history(dataset("digits")) in ([], ())

    def test_many_nodes_are_read_at_once_and_unknown_ones_left_out(self, store: GraphStore) -> None:
        known = [dataset(f"known-{number}") for number in range(30)]
        create(store, *known)
        unknown = [dataset(f"unknown-{number}") for number in range(40_000)]
        nodes = store.get_many([*known, *unknown, *known])
        assert set(nodes) == set(known)
        assert all(node.id == node_id for node_id, node in nodes.items())
        assert store.get_many([]) == {}

    def test_equal_keys_of_two_kinds_are_two_nodes(self, store: GraphStore) -> None:
        create(store, dataset("same"), run("same"))
        delete(store, run("same"))
        assert not store.get(dataset("same")).version.deleted
        assert store.get(run("same")).version.deleted

    # --- creating ---------------------------------------------------------------------------------------------

    def test_creating_what_is_there_is_refused(self, store: GraphStore) -> None:
        create(store, dataset("digits"))
        with pytest.raises(AlreadyExists):
            create(store, dataset("digits"))
        assert len(store.history(dataset("digits"))) == 1

    def test_a_node_with_a_fresh_id_is_created_without_a_look_up(self, store: GraphStore) -> None:
        act(store, lambda t: t.create_new(run("fresh"), "vision", SAMPLES["run"]))
        assert store.get(run("fresh")).attributes == SAMPLES["run"]

    def test_ensure_creates_once(self, store: GraphStore) -> None:
        assert act(store, lambda t: t.ensure(dataset("digits"), "vision", TABLE)) is True
        before = store.change_number()
        assert act(store, lambda t: t.ensure(dataset("digits"), "vision", TABLE)) is False
        assert store.change_number() == before
        assert len(store.history(dataset("digits"))) == 1

    @pytest.mark.parametrize(("project", "attributes"), [("vision", STREAM), ("speech", TABLE), (None, TABLE)])
    def test_ensure_refuses_other_content(self, store: GraphStore, project: str, attributes: Document) -> None:
        create(store, dataset("digits"), project="vision")
        with pytest.raises(AlreadyExists):
            act(store, lambda t: t.ensure(dataset("digits"), project, attributes))
        assert store.get(dataset("digits")).attributes == TABLE

    def test_ensure_compares_values_and_not_their_spelling(self, store: GraphStore) -> None:
        spelled: Document = {"name": "digits", "form": "table", "tags": ["a", "b"], "attributes": {"rate": 15}}
        again: Document = {"attributes": {"rate": 15.0}, "tags": ("a", "b"), "form": "table", "name": "digits"}
        create(store, dataset("digits"), attributes=spelled)
        assert act(store, lambda t: t.ensure(dataset("digits"), None, again)) is False

    # --- changing ---------------------------------------------------------------------------------------------

    def test_an_update_writes_a_new_version(self, store: GraphStore) -> None:
        create(store, dataset("digits"), project="vision")
        act(store, lambda t: t.update(dataset("digits"), STREAM), Caller("grace"))
        old, new = store.history(dataset("digits"))
        assert (old.attributes, new.attributes) == (TABLE, STREAM)
        assert (old.version.number, new.version.number) == (1, 2)
        assert old.version.valid_from < new.version.valid_from == old.version.valid_to
        assert new.version.valid_to is None
        assert (old.version.actor, new.version.actor) == ("ada", "grace")
        assert old.version.action_id != new.version.action_id
        assert new.created == old.created == old.version.valid_from
        assert new.project == "vision"
        assert store.get(dataset("digits")) == new

    def test_an_update_replaces_all_attributes(self, store: GraphStore) -> None:
        create(store, dataset("digits"), attributes={**TABLE, "rows": 1797})
        update(store, dataset("digits"), TABLE)
        assert "rows" not in store.get(dataset("digits")).attributes

    def test_an_update_with_equal_content_writes_nothing(self, store: GraphStore) -> None:
        create(store, dataset("digits"), attributes={**TABLE, "attributes": {"rate": 15, "loss": math.nan}})
        before = store.change_number()
        update(store, dataset("digits"), {"attributes": {"loss": math.nan, "rate": 15.0}, **TABLE})
        assert len(store.history(dataset("digits"))) == 1
        assert store.change_number() == before

    def test_an_update_of_nothing_is_refused(self, store: GraphStore) -> None:
        create(store, dataset("deleted"))
        delete(store, dataset("deleted"))
        with pytest.raises(NotFound):
            update(store, dataset("digits"), TABLE)
        with pytest.raises(Gone):
            update(store, dataset("deleted"), TABLE)

    # --- deleting ---------------------------------------------------------------------------------------------

    def test_a_deleted_node_leaves_a_tombstone(self, store: GraphStore) -> None:
        create(store, dataset("digits"), project="vision")
        act(store, lambda t: t.delete(dataset("digits")), Caller("grace", "request-9"))
        tombstone = store.get(dataset("digits"))
        assert tombstone.version.deleted
        assert tombstone.version.number == 2
        assert (tombstone.version.actor, tombstone.version.request_id) == ("grace", "request-9")
        assert tombstone.attributes == {"content_digest": digest_of(TABLE)}
        assert tombstone.project == "vision"
        assert [node.version.deleted for node in store.history(dataset("digits"))] == [False, True]

    def test_deleting_nothing_is_refused(self, store: GraphStore) -> None:
        with pytest.raises(NotFound):
            delete(store, dataset("digits"))
        create(store, dataset("digits"))
        delete(store, dataset("digits"))
        with pytest.raises(Gone):
            delete(store, dataset("digits"))
        assert len(store.history(dataset("digits"))) == 2

    @pytest.mark.parametrize("verb", ["create", "ensure"])
    def test_a_node_is_revived_over_its_tombstone(self, store: GraphStore, verb: str) -> None:
        create(store, dataset("digits"), project="vision")
        delete(store, dataset("digits"))
        act(store, lambda t: getattr(t, verb)(dataset("digits"), "speech", STREAM))
        versions = store.history(dataset("digits"))
        assert [node.version.deleted for node in versions] == [False, True, False]
        assert [node.version.number for node in versions] == [1, 2, 3]
        assert {node.created for node in versions} == {versions[0].version.valid_from}
        assert (versions[-1].attributes, versions[-1].project) == (STREAM, "speech")

    def test_deleting_something_in_use_names_its_dependants(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"), run("score"))
        link(store, *(edge("input_to", dataset("digits"), run(key)) for key in ("train", "score")))
        with pytest.raises(InUse) as refusal:
            delete(store, dataset("digits"))
        assert refusal.value.dependants == ("run/score", "run/train")
        assert not store.get(dataset("digits")).version.deleted

    def test_a_part_keeps_its_whole_and_a_users_link_keeps_nothing(self, store: GraphStore) -> None:
        project = NodeId("project", "vision")
        create(store, project, dataset("digits"), dataset("wine"))
        link(store, edge("contains", project, dataset("digits")))
        link(store, edge("linked", dataset("digits"), dataset("wine")))
        with pytest.raises(InUse):
            delete(store, project)
        delete(store, dataset("digits"))
        delete(store, project)

    def test_dependants_that_are_deleted_or_unlinked_do_not_count(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"), run("score"))
        train = edge("input_to", dataset("digits"), run("train"))
        link(store, train, edge("input_to", dataset("digits"), run("score")))
        delete(store, run("score"))
        unlink(store, train)
        delete(store, dataset("digits"))
        assert store.get(dataset("digits")).version.deleted

    @pytest.mark.parametrize("living", [0, 11, None])
    def test_a_hub_is_kept_by_one_live_consumer_wherever_it_is(
        self, store: GraphStore, monkeypatch: pytest.MonkeyPatch, living: int | None
    ) -> None:
        monkeypatch.setattr(transaction, "DEPENDANTS_READ_MAX", 5)
        consumers = self._consumers(store, 12)
        for number, consumer in enumerate(consumers):
            if number != living:
                delete(store, consumer, force=True)
        if living is None:
            delete(store, dataset("hub"))
            assert store.get(dataset("hub")).version.deleted
            return
        with pytest.raises(InUse) as refusal:
            delete(store, dataset("hub"))
        assert refusal.value.dependants == (str(consumers[living]),)

    def test_so_many_edges_of_a_hub_are_read_as_an_action_wants(self, store: GraphStore) -> None:
        consumers = self._consumers(store, 12)
        link(store, edge("derived_into", dataset("hub"), dataset("hub")))

        def counts(transaction: Transaction) -> list[int]:
            hub = dataset("hub")
            reads: list[tuple[Direction, tuple[str, ...] | None, int | None]] = [
                (Direction.DOWNSTREAM, ("input_to",), None),
                (Direction.DOWNSTREAM, ("input_to",), 5),
                (Direction.BOTH, None, 7),
                (Direction.BOTH, None, 100),
                (Direction.UPSTREAM, (), 5),
            ]
            return [
                len({found.id for found in transaction._read_edges(hub, way, kinds, limit=limit)})  # noqa: SLF001
                for way, kinds, limit in reads
            ]

        assert act(store, counts) == [len(consumers), 5, 7, len(consumers) + 1, 0]

    @staticmethod
    def _consumers(store: GraphStore, count: int) -> list[NodeId]:
        consumers = [run(f"consumer-{number:02}") for number in range(count)]
        create(store, dataset("hub"), *consumers)
        link(store, *(edge("input_to", dataset("hub"), consumer) for consumer in consumers))
        return consumers

    def test_a_node_is_no_dependant_of_itself(self, store: GraphStore) -> None:
        create(store, dataset("digits"))
        link(store, edge("derived_into", dataset("digits"), dataset("digits")))
        delete(store, dataset("digits"))
        assert store.get(dataset("digits")).version.deleted

    # --- documents --------------------------------------------------------------------------------------------

    def test_documents_come_back_value_for_value(self, store: GraphStore) -> None:
        facts: Document = {
            "infinite": math.inf,
            "negative": -math.inf,
            "long": 2**63 - 1,
            "longest": 2**64 - 1,
            "small": -(2**63),
            "float": 15.0,
            "tiny": 5e-324,
            "true": True,
            "nothing": None,
            "text": 'ä \U0001f600 \x00 \n " $number',
            "$number": "nan",
            "list": [1, 2.5, "three", None, True],
        }
        columns: Document = {"nested": [{"deep": [{"$number": "inf"}, {"$number": 3}, []]}], "": {}}
        attributes: Document = {**TABLE, "attributes": facts, "columns": columns}
        create(store, dataset("digits"), attributes=attributes)
        read = store.get(dataset("digits")).attributes
        assert read == attributes
        kept = read["attributes"]
        assert isinstance(kept, dict)
        assert [type(kept[name]) for name in facts] == [type(value) for value in facts.values()]

    def test_nan_is_kept(self, store: GraphStore) -> None:
        create(store, dataset("digits"), attributes={**TABLE, "attributes": {"loss": math.nan}})
        kept = store.get(dataset("digits")).attributes["attributes"]
        assert isinstance(kept, dict)
        assert math.isnan(kept["loss"])

    def test_a_stored_document_does_not_follow_the_callers(self, store: GraphStore) -> None:
        tags: list[JsonValue] = ["first"]
        create(store, dataset("digits"), attributes={**TABLE, "tags": tags})
        tags.append("second")
        assert store.get(dataset("digits")).attributes["tags"] == ["first"]

    @pytest.mark.parametrize("columns", [{1, 2}, b"bytes", 2**64, {"a": object()}, {1: "a"}, "\ud800"])
    def test_what_is_not_json_is_refused(self, store: GraphStore, columns: object) -> None:
        create(store, dataset("digits"))
        attributes: Document = {**TABLE, "columns": columns}  # type: ignore[dict-item]
        for action in (
            lambda t: t.create(dataset("wine"), None, attributes),
            lambda t: t.ensure(dataset("digits"), None, attributes),
            lambda t: t.update(dataset("digits"), attributes),
        ):
            with pytest.raises(InvalidInput):
                act(store, action)
        assert store.find(dataset("wine")) is None
        assert len(store.history(dataset("digits"))) == 1

    @pytest.mark.parametrize(
        ("field", "attributes"),
        [
            ("form", {"name": "digits"}),
            ("form", {"name": "digits", "form": "cube"}),
            ("name", {"name": 5, "form": "table"}),
            ("name", {"name": None, "form": "table"}),
            ("rows", {**TABLE, "rows": "many"}),
            ("rows", {**TABLE, "rows": True}),
            ("tags", {**TABLE, "tags": ("a", 5)}),
            ("attributes", {**TABLE, "attributes": {"nested": {"a": 1}}}),
            ("colour", {**TABLE, "colour": "red"}),
        ],
    )
    def test_a_document_that_does_not_fit_names_the_field(
        self, store: GraphStore, field: str, attributes: Document
    ) -> None:
        create(store, dataset("wine"))

        def updating(transaction: Transaction) -> None:
            transaction.update(dataset("wine"), attributes)

        def creating(transaction: Transaction) -> None:
            transaction.create(dataset("digits"), None, attributes)

        for action in (creating, updating):
            with pytest.raises(InvalidInput) as refusal:
                act(store, action)
            assert [fault.field for fault in refusal.value.faults] == [field]
        assert store.find(dataset("digits")) is None
        assert store.get(dataset("wine")).attributes == TABLE
