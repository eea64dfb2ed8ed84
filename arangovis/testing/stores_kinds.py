"""Kinds that users declare at run time."""

from dataclasses import replace

import pytest

from arangovis.domain.errors import AlreadyExists, InvalidInput
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Comparison, Operator, Present
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import act, create, dataset, delete, depths, edge, edge_ids, follow, found, link
from arangovis_schema import BUILT_IN, EdgeKind, Field, FieldType, KeyRule, VertexKind

_SIZE = Field("size", FieldType.INTEGER, "How big.", required=True, searchable=True)
_COLOUR = Field("colour", FieldType.TEXT, "Which colour.", searchable=True, choices=("red", "blue"))
_WEIGHT = Field("weight", FieldType.NUMBER, "How strong.")

GADGET = VertexKind("gadget", "A thing of the user's.", KeyRule.NAMED, (_SIZE,), custom=True)
POWERS = EdgeKind("powers", "What feeds what.", ("gadget", "dataset"), ("gadget",), lineage=True, custom=True)

ONE, TWO = NodeId("gadget", "one"), NodeId("gadget", "two")


def declare(store: GraphStore, *kinds: VertexKind | EdgeKind) -> list[bool]:
    """Declare kinds in one action, and return which of them changed anything."""

    def action(transaction: Transaction) -> list[bool]:
        return [
            transaction.declare_vertex_kind(kind)
            if isinstance(kind, VertexKind)
            else transaction.declare_edge_kind(kind)
            for kind in kinds
        ]

    return act(store, action)


class KindContract(StoreContract):
    """Every sentence about declared kinds."""

    def test_a_declared_kind_is_in_force(self, store: GraphStore) -> None:
        assert declare(store, GADGET, POWERS) == [True, True]
        assert store.schema() == BUILT_IN.extended([GADGET], [POWERS])
        assert act(store, lambda t: (t.vertex_kind("gadget"), t.edge_kind("powers"))) == (GADGET, POWERS)
        assert declare(store, GADGET, POWERS) == [False, False]

    def test_nodes_and_edges_of_a_declared_kind_behave_as_the_built_in(self, store: GraphStore) -> None:
        declare(store, GADGET, POWERS)
        create(store, ONE, TWO, attributes={"size": 3})
        create(store, dataset("digits"))
        feeds, powers = edge("powers", dataset("digits"), ONE), edge("powers", ONE, TWO)
        link(store, feeds, powers)
        assert edge_ids(store.edges_of([ONE], Direction.BOTH)) == {feeds, powers}
        assert depths(follow(store, dataset("digits"), kinds=["powers"])) == {dataset("digits"): 0, ONE: 1, TWO: 2}
        assert found(store, Comparison("size", Operator.GREATER, 2), "gadget") == {"one", "two"}
        act(store, lambda t: t.update(TWO, {"size": 1}))
        assert found(store, Comparison("size", Operator.GREATER, 2), "gadget") == {"one"}
        delete(store, TWO)
        assert found(store, kind="gadget") == {"one"}

    def test_a_declared_lineage_edge_counts_as_use(self, store: GraphStore) -> None:
        declare(store, GADGET, POWERS)
        create(store, ONE, TWO, attributes={"size": 3})
        link(store, edge("powers", ONE, TWO))
        with pytest.raises(AlreadyExists):
            create(store, ONE, attributes={"size": 3})
        with pytest.raises(Exception, match="in use") as refusal:
            delete(store, ONE)
        assert getattr(refusal.value, "dependants", None) == ("gadget/two",)

    def test_a_declaration_and_its_first_use_fit_into_one_action(self, store: GraphStore) -> None:
        def action(transaction: Transaction) -> None:
            transaction.declare_vertex_kind(GADGET)
            transaction.declare_edge_kind(POWERS)
            transaction.create(ONE, None, {"size": 3})
            transaction.create(TWO, None, {"size": 4})
            transaction.link(edge("powers", ONE, TWO))

        act(store, action)
        assert found(store, Comparison("size", Operator.EQUAL, 3), "gadget") == {"one"}
        assert edge_ids(store.edges_of([ONE], Direction.DOWNSTREAM)) == {edge("powers", ONE, TWO)}

    def test_undeclared_kinds_are_refused(self, store: GraphStore) -> None:
        create(store, dataset("digits"))
        with pytest.raises(InvalidInput) as refusal:
            create(store, ONE, attributes={"size": 3})
        assert [fault.field for fault in refusal.value.faults] == ["kind"]
        with pytest.raises(InvalidInput) as refusal:
            link(store, edge("powers", dataset("digits"), dataset("digits")))
        assert [fault.field for fault in refusal.value.faults] == ["kind"]
        assert found(store, kind="gadget") == set()

    def test_declared_fields_are_checked_and_others_are_free(self, store: GraphStore) -> None:
        declare(store, GADGET, POWERS)
        for attributes, field in (({}, "size"), ({"size": "big"}, "size"), ({"size": 1.5, "note": 1}, "size")):
            with pytest.raises(InvalidInput) as refusal:
                create(store, ONE, attributes=attributes)
            assert [fault.field for fault in refusal.value.faults] == [field]
        create(store, ONE, attributes={"size": 3, "note": {"any": ["thing"]}})
        assert store.get(ONE).attributes == {"size": 3, "note": {"any": ["thing"]}}
        assert found(store, Present("note"), "gadget") == set()

    def test_a_declaration_may_gain_fields(self, store: GraphStore) -> None:
        declare(store, GADGET, POWERS)
        create(store, ONE, attributes={"size": 3})
        grown, stronger = replace(GADGET, fields=(_SIZE, _COLOUR)), replace(POWERS, fields=(_WEIGHT,))
        assert declare(store, grown, stronger) == [True, True]
        assert store.schema() == BUILT_IN.extended([grown], [stronger])
        create(store, TWO, attributes={"size": 4, "colour": "red"})
        assert found(store, Comparison("colour", Operator.EQUAL, "red"), "gadget") == {"two"}
        assert found(store, Present("size"), "gadget") == {"one", "two"}
        link(store, edge("powers", ONE, TWO), attributes={"weight": 0.5})
        with pytest.raises(InvalidInput) as refusal:
            act(store, lambda t: t.update(TWO, {"size": 4, "colour": "green"}))
        assert [fault.field for fault in refusal.value.faults] == ["colour"]

    @pytest.mark.parametrize(
        "other",
        [
            replace(GADGET, fields=()),
            replace(GADGET, fields=(_COLOUR,)),
            replace(GADGET, fields=(_COLOUR, _SIZE)),
            replace(GADGET, fields=(replace(_SIZE, type=FieldType.TEXT),)),
            replace(GADGET, description="Another thing."),
        ],
    )
    def test_a_declaration_may_not_drop_or_change_fields(self, store: GraphStore, other: VertexKind) -> None:
        declare(store, GADGET)
        with pytest.raises(AlreadyExists):
            declare(store, other)
        assert store.schema().vertices["gadget"] == GADGET

    @pytest.mark.parametrize("other", [replace(POWERS, targets=("run",)), replace(POWERS, lineage=False)])
    def test_an_edge_kind_may_not_change_what_it_joins(self, store: GraphStore, other: EdgeKind) -> None:
        declare(store, POWERS)
        with pytest.raises(AlreadyExists):
            declare(store, other)
        assert store.schema().edges["powers"] == POWERS

    def test_nothing_new_is_of_a_retired_kind_and_what_was_is_read(self, store: GraphStore) -> None:
        declare(store, GADGET, POWERS)
        create(store, ONE, TWO, attributes={"size": 3})
        link(store, edge("powers", ONE, TWO))
        before = store.get(ONE).version.valid_from

        def retire(transaction: Transaction) -> None:
            transaction.unlink(edge("powers", ONE, TWO))
            transaction.delete(TWO)
            transaction.retire_kind("vertex", "gadget")
            transaction.retire_kind("edge", "powers")

        act(store, retire)
        assert store.schema().vertices["gadget"].retired
        assert store.schema().edges["powers"].retired
        for refused in (
            lambda: create(store, TWO, attributes={"size": 3}),
            lambda: act(store, lambda t: t.update(ONE, {"size": 4})),
            lambda: link(store, edge("powers", ONE, TWO)),
            lambda: act(store, lambda t: t.retire_kind("vertex", "gadget")),
        ):
            with pytest.raises(InvalidInput) as refusal:
                refused()
            assert [fault.field for fault in refusal.value.faults] == ["kind"]
        assert store.get(TWO, at=before).attributes == {"size": 3}
        assert [node.version.deleted for node in store.history(TWO)] == [False, True]
        assert found(store, kind="gadget") == {"one"}

    def test_a_retired_kind_may_be_declared_anew(self, store: GraphStore) -> None:
        declare(store, GADGET)
        act(store, lambda t: t.retire_kind("vertex", "gadget"))
        other = replace(GADGET, fields=(_COLOUR,), description="Another thing.")
        assert declare(store, other) == [True]
        assert store.schema().vertices["gadget"] == other
        create(store, ONE, attributes={"colour": "red"})
        assert found(store, kind="gadget") == {"one"}

    def test_built_in_kinds_are_not_declared_again(self, store: GraphStore) -> None:
        for kind in (replace(GADGET, name="run"), replace(POWERS, name="input_to")):
            with pytest.raises(AlreadyExists):
                declare(store, kind)
        assert store.schema() == BUILT_IN
