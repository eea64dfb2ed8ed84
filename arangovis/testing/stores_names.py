"""Reservations, renames and sequences."""

from functools import partial

import pytest

from arangovis.domain.errors import AlreadyExists, Conflict
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import SAMPLES, act, create, edge, edge_ids, link, update, written_at

DIGITS, WINE = NodeId("dataset", "0123"), NodeId("dataset", "4567")


class NameContract(StoreContract):
    """Every sentence about names and numbers."""

    def test_the_first_to_reserve_a_name_holds_it(self, store: GraphStore) -> None:
        assert store.reserved("dataset", "digits") is None
        assert act(store, lambda t: t.reserve("dataset", "digits", DIGITS)) == DIGITS
        assert act(store, lambda t: t.reserve("dataset", "digits", WINE)) == DIGITS
        assert act(store, lambda t: t.reserve("dataset", "digits", DIGITS)) == DIGITS
        assert store.reserved("dataset", "digits") == DIGITS
        assert act(store, lambda t: t.reserved("dataset", "digits")) == DIGITS

    def test_a_name_space_does_not_see_another(self, store: GraphStore) -> None:
        act(store, lambda t: t.reserve("dataset", "digits", DIGITS))
        assert store.reserved("model", "digits") is None
        assert store.reserved("datasetd", "igits") is None
        assert act(store, lambda t: t.reserve("model", "digits", WINE)) == WINE

    def test_a_name_may_have_any_characters(self, store: GraphStore) -> None:
        names = ["", " ", "a/b", "Ä \U0001f600", "x" * 5000, "a\x00b", "%_'\""]
        for number, name in enumerate(names):
            node_id = NodeId("dataset", str(number))
            act(store, partial(Transaction.reserve, namespace="dataset", name=name, node_id=node_id))
        assert [store.reserved("dataset", name) for name in names] == [NodeId("dataset", str(n)) for n in range(7)]

    def test_an_action_sees_the_names_it_took(self, store: GraphStore) -> None:
        def action(transaction: Transaction) -> None:
            assert transaction.reserved("dataset", "digits") is None
            assert transaction.reserve("dataset", "digits", DIGITS) == DIGITS
            assert transaction.reserve("dataset", "digits", WINE) == DIGITS
            transaction.release("dataset", "digits")
            assert transaction.reserve("dataset", "digits", WINE) == WINE

        act(store, action)
        assert store.reserved("dataset", "digits") == WINE

    def test_a_released_name_is_free(self, store: GraphStore) -> None:
        act(store, lambda t: t.reserve("dataset", "digits", DIGITS))
        act(store, lambda t: t.release("dataset", "digits"))
        act(store, lambda t: t.release("dataset", "never taken"))
        assert store.reserved("dataset", "digits") is None
        assert act(store, lambda t: t.reserve("dataset", "digits", WINE)) == WINE

    def test_a_reservation_is_moved_whoever_held_it(self, store: GraphStore) -> None:
        act(store, lambda t: t.move_reservation("current", "umap", DIGITS))
        act(store, lambda t: t.move_reservation("current", "umap", WINE))
        assert store.reserved("current", "umap") == WINE

    def test_a_rename_swaps_the_reservation_and_keeps_the_node(self, store: GraphStore) -> None:
        run = NodeId("run", "train")
        create(store, DIGITS, run)
        link(store, edge("input_to", DIGITS, run))
        act(store, lambda t: t.reserve("dataset", "digits", DIGITS))
        before = written_at(store, DIGITS)

        def rename(transaction: Transaction) -> None:
            transaction.rename("dataset", "digits", "optical digits", DIGITS)
            transaction.update(DIGITS, {**transaction.get(DIGITS).attributes, "name": "optical digits"})

        act(store, rename)
        assert store.reserved("dataset", "optical digits") == DIGITS
        assert store.reserved("dataset", "digits") is None
        assert store.get(DIGITS).attributes["name"] == "optical digits"
        assert store.get(DIGITS, at=before).attributes["name"] == "digits"
        assert edge_ids(store.edges_of([DIGITS], Direction.BOTH)) == {edge("input_to", DIGITS, run)}

        create(store, WINE)
        assert act(store, lambda t: t.reserve("dataset", "digits", WINE)) == WINE
        update(store, WINE, {**SAMPLES["dataset"], "name": "digits"})
        assert len(store.history(DIGITS)) == 2

    def test_a_rename_to_the_same_name_keeps_it(self, store: GraphStore) -> None:
        act(store, lambda t: t.reserve("dataset", "digits", DIGITS))
        act(store, lambda t: t.rename("dataset", "digits", "digits", DIGITS))
        assert store.reserved("dataset", "digits") == DIGITS

    def test_a_rename_of_anothers_name_is_refused(self, store: GraphStore) -> None:
        act(store, lambda t: t.reserve("dataset", "digits", DIGITS))
        for old in ("digits", "never taken"):
            with pytest.raises(Conflict):
                act(store, partial(Transaction.rename, namespace="dataset", old=old, new="wine", node_id=WINE))
        assert store.reserved("dataset", "digits") == DIGITS
        assert store.reserved("dataset", "wine") is None

    def test_a_refused_rename_changes_nothing_even_if_the_action_goes_on(self, store: GraphStore) -> None:
        act(store, lambda t: (t.reserve("dataset", "digits", DIGITS), t.reserve("dataset", "wine", WINE)))

        def action(transaction: Transaction) -> None:
            with pytest.raises(AlreadyExists):
                transaction.rename("dataset", "digits", "wine", DIGITS)

        act(store, action)
        assert store.reserved("dataset", "digits") == DIGITS
        assert store.reserved("dataset", "wine") == WINE

    def test_a_sequence_counts_without_gaps(self, store: GraphStore) -> None:
        def failing(transaction: Transaction) -> None:
            transaction.next_number("versions")
            raise KeyError("refused")

        assert act(store, lambda t: [t.next_number("versions") for _ in range(3)]) == [1, 2, 3]
        with pytest.raises(KeyError):
            act(store, failing)
        assert act(store, lambda t: t.next_number("versions")) == 4
        assert act(store, lambda t: t.next_number("other")) == 1
