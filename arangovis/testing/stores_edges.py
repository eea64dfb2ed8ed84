"""Edges: linking, unlinking, and what is refused."""

import pytest

from arangovis.domain.errors import Gone, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.stores import base
from arangovis.stores.base import GraphStore
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import act, create, dataset, delete, edge, edge_ids, link, run, unlink

READ = edge("input_to", dataset("digits"), run("train"))
DERIVED = edge("derived_into", dataset("digits"), dataset("scaled"))


class EdgeContract(StoreContract):
    """Every sentence about edges."""

    def test_a_linked_edge_is_read_as_written(self, store: GraphStore) -> None:
        create(store, dataset("digits"), dataset("scaled"))
        attributes: Document = {
            "transformation": "scale",
            "columns": [{"to": "x", "from": ["a", "b"], "transform": None}],
        }
        assert act(store, lambda t: t.link(DERIVED, attributes), Caller("grace", "request-2")) is True
        (found,) = store.edges_of([dataset("digits")], Direction.DOWNSTREAM)
        assert (found.id, found.attributes) == (DERIVED, attributes)
        assert (found.version.number, found.version.valid_to, found.version.deleted) == (1, None, False)
        assert (found.version.actor, found.version.request_id) == ("grace", "request-2")

    def test_linking_again_writes_nothing(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"))
        link(store, READ)
        before = store.change_number()
        assert act(store, lambda t: t.link(READ)) is False
        assert store.change_number() == before

    def test_changed_attributes_are_a_new_version(self, store: GraphStore) -> None:
        create(store, dataset("digits"), dataset("scaled"))
        link(store, DERIVED, attributes={"transformation": "scale"})
        (old,) = store.edges_of([dataset("digits")], Direction.BOTH)
        assert act(store, lambda t: t.link(DERIVED, {"transformation": "whiten"})) is True
        (new,) = store.edges_of([dataset("digits")], Direction.BOTH)
        assert (new.version.number, new.attributes) == (2, {"transformation": "whiten"})
        assert new.version.valid_from > old.version.valid_from

    def test_the_role_tells_edges_apart(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"))
        roles = {edge("input_to", dataset("digits"), run("train"), role) for role in ("", "training", "validation")}
        link(store, *roles)
        assert edge_ids(store.edges_of([run("train")], Direction.UPSTREAM)) == roles
        unlink(store, edge("input_to", dataset("digits"), run("train"), "training"))
        left = {found.id.role for found in store.edges_of([run("train")], Direction.UPSTREAM)}
        assert left == {"", "validation"}

    def test_an_unlinked_edge_is_gone_and_may_come_back(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"))
        link(store, READ)
        unlink(store, READ)
        assert list(store.edges_of([dataset("digits"), run("train")], Direction.BOTH)) == []
        with pytest.raises(NotFound):
            unlink(store, READ)
        assert act(store, lambda t: t.link(READ)) is True
        (found,) = store.edges_of([run("train")], Direction.BOTH)
        assert found.version.number == 3

    def test_unlinking_nothing_is_refused(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"))
        with pytest.raises(NotFound):
            unlink(store, READ)

    @pytest.mark.parametrize("present", [(), (dataset("digits"),), (run("train"),)])
    def test_an_edge_to_nothing_is_refused(self, store: GraphStore, present: tuple[NodeId, ...]) -> None:
        create(store, *present)
        with pytest.raises(NotFound) as refusal:
            link(store, READ)
        assert not isinstance(refusal.value, Gone)
        assert list(store.edges_of([dataset("digits"), run("train")], Direction.BOTH)) == []

    @pytest.mark.parametrize("deleted", [dataset("digits"), run("train")])
    def test_an_edge_to_a_tombstone_is_refused(self, store: GraphStore, deleted: NodeId) -> None:
        create(store, dataset("digits"), run("train"))
        delete(store, deleted)
        with pytest.raises(Gone):
            link(store, READ)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            (edge("input_to", run("train"), dataset("digits")), "kind"),
            (edge("generated", dataset("digits"), run("train")), "kind"),
            (edge("invented", dataset("digits"), run("train")), "kind"),
        ],
    )
    def test_an_edge_that_does_not_join_these_kinds_is_refused(
        self, store: GraphStore, wrong: EdgeId, field: str
    ) -> None:
        create(store, dataset("digits"), run("train"))
        with pytest.raises(InvalidInput) as refusal:
            link(store, wrong)
        assert [fault.field for fault in refusal.value.faults] == [field]

    @pytest.mark.parametrize(
        ("field", "attributes"), [("colour", {"colour": "red"}), ("transformation", {"transformation": 5})]
    )
    def test_attributes_that_do_not_fit_name_the_field(
        self, store: GraphStore, field: str, attributes: Document
    ) -> None:
        create(store, dataset("digits"), dataset("scaled"))
        with pytest.raises(InvalidInput) as refusal:
            link(store, DERIVED, attributes=attributes)
        assert [fault.field for fault in refusal.value.faults] == [field]
        assert list(store.edges_of([dataset("digits")], Direction.BOTH)) == []

    def test_a_forced_deletion_keeps_the_edges(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"), dataset("out"))
        link(store, READ, edge("generated", run("train"), dataset("out")))
        delete(store, run("train"), force=True)
        found = edge_ids(store.edges_of([run("train")], Direction.BOTH))
        assert found == {READ, edge("generated", run("train"), dataset("out"))}
        unlink(store, READ)
        assert edge_ids(store.edges_of([dataset("digits")], Direction.BOTH)) == set()

    def test_edges_are_read_by_direction_and_kind(self, store: GraphStore) -> None:
        create(store, dataset("digits"), dataset("scaled"), run("train"))
        made, loop = (
            edge("generated", run("train"), dataset("digits")),
            edge("linked", dataset("digits"), dataset("digits")),
        )
        link(store, READ, DERIVED, made, loop)
        at = [dataset("digits"), dataset("digits"), dataset("unknown")]
        assert edge_ids(store.edges_of(at, Direction.DOWNSTREAM)) == {READ, DERIVED, loop}
        assert edge_ids(store.edges_of(at, Direction.UPSTREAM)) == {made, loop}
        assert edge_ids(store.edges_of(at, Direction.BOTH)) == {READ, DERIVED, made, loop}
        assert edge_ids(store.edges_of(at, Direction.BOTH, ["generated", "linked"])) == {made, loop}
        assert edge_ids(store.edges_of(at, Direction.BOTH, iter(["generated"]))) == {made}
        assert edge_ids(store.edges_of(at, Direction.BOTH, ["invented"])) == set()
        assert edge_ids(store.edges_of(at, Direction.BOTH, [])) == set()
        assert edge_ids(store.edges_of([], Direction.BOTH)) == set()

    def test_an_edge_between_two_asked_nodes_comes_once(self, store: GraphStore) -> None:
        create(store, dataset("digits"), run("train"))
        link(store, READ)
        assert edge_ids(store.edges_of([dataset("digits"), run("train")], Direction.BOTH)) == {READ}

    def test_edges_of_many_nodes_are_read_at_once(self, store: GraphStore) -> None:
        runs = [run(f"train-{number}") for number in range(30)]
        create(store, dataset("digits"), *runs)
        edges = {edge("input_to", dataset("digits"), target) for target in runs}
        link(store, *edges)
        many = [*runs, *(run(f"unknown-{number}") for number in range(40_000))]
        assert edge_ids(store.edges_of(many, Direction.UPSTREAM)) == edges
        some = store.edges_of(many, Direction.UPSTREAM, limit=7)
        assert len(some) == 7
        assert edge_ids(some) < edges

    # --- history ----------------------------------------------------------------------------------------------

    def test_every_version_of_the_edges_at_a_node_is_kept(self, store: GraphStore) -> None:
        create(store, dataset("digits"), dataset("scaled"), run("train"))
        loop = edge("linked", dataset("digits"), dataset("digits"))
        act(store, lambda t: t.link(DERIVED, {"transformation": "scale"}), Caller("grace", "request-2"))
        link(store, DERIVED, attributes={"transformation": "whiten"})
        link(store, READ, loop)
        unlink(store, READ)
        act(store, lambda t: t.link(READ))
        history = store.edge_history(dataset("digits"))
        versions = {found: [e.version for e in history if e.id == found] for found in (DERIVED, READ, loop)}
        assert sum(map(len, versions.values())) == len(history) == 6
        assert [(v.number, v.deleted) for v in versions[READ]] == [(1, False), (2, True), (3, False)]
        assert [v.valid_to for v in versions[READ]] == [*(v.valid_from for v in versions[READ][1:]), None]
        first, second = (e for e in history if e.id == DERIVED)
        assert (first.attributes["transformation"], first.version.actor) == ("scale", "grace")
        assert (second.attributes["transformation"], second.version.valid_to) == ("whiten", None)
        assert [e.id for e in store.edge_history(run("train"))] == [READ] * 3
        assert len(store.edge_history(dataset("digits"), limit=2)) == 2
        assert list(store.edge_history(dataset("nowhere"))) == []

    # --- pages ------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("direction", [Direction.DOWNSTREAM, Direction.UPSTREAM])
    def test_pages_of_a_hub_hold_every_edge_once(self, store: GraphStore, direction: Direction) -> None:
        hub, others = self._hub(store, direction)
        ids = {edge("derived_into", *_ends(hub, other, direction)) for other in others}
        seen: list[EdgeId] = []
        while page := store.edge_page(hub, direction, "derived_into", after=seen[-1] if seen else None, limit=7):
            assert len(page) <= 7
            seen += [found.id for found in page]
        assert len(seen) == len(others)
        assert set(seen) == ids
        again = [found.id for found in store.edge_page(hub, direction, "derived_into")]
        assert again == seen

    def test_a_page_is_of_one_kind_and_time(self, store: GraphStore) -> None:
        hub, others = self._hub(store, Direction.DOWNSTREAM)
        before = max(found.version.valid_from for found in store.edges_of([hub], Direction.DOWNSTREAM))
        gone = edge("derived_into", hub, others[0])
        link(store, edge("linked", hub, others[1]))
        act(store, lambda transaction: transaction.unlink(gone))
        now = store.edge_page(hub, Direction.DOWNSTREAM, "derived_into")
        assert edge_ids(now) == {edge("derived_into", hub, other) for other in others[1:]}
        then = store.edge_page(hub, Direction.DOWNSTREAM, "derived_into", at=before)
        assert edge_ids(then) == {edge("derived_into", hub, other) for other in others}
        assert store.edge_page(hub, Direction.DOWNSTREAM, "derived_into", at=1) == []
        cut = store.edge_page(hub, Direction.DOWNSTREAM, "derived_into", at=before, after=then[4].id, limit=3)
        assert [found.id for found in cut] == [found.id for found in then[5:8]]

    def test_a_page_goes_on_behind_an_edge_that_is_gone(self, store: GraphStore) -> None:
        hub, _ = self._hub(store, Direction.DOWNSTREAM)
        first = store.edge_page(hub, Direction.DOWNSTREAM, "derived_into", limit=5)
        rest = store.edge_page(hub, Direction.DOWNSTREAM, "derived_into", after=first[-1].id)
        act(store, lambda transaction: transaction.unlink(first[-1].id))
        assert store.edge_page(hub, Direction.DOWNSTREAM, "derived_into", after=first[-1].id) == rest

    def test_all_edges_come_over_many_pages(self, store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(base, "EDGE_PAGE_MAX", 4)  # five full pages: the end is only seen behind the last
        hub, others = self._hub(store, Direction.DOWNSTREAM)
        every = {edge("derived_into", hub, other) for other in others}
        assert edge_ids(store.all_edges(hub, Direction.DOWNSTREAM, "derived_into")) == every
        before = store.get(others[-1]).version.valid_from
        assert list(store.all_edges(hub, Direction.DOWNSTREAM, "derived_into", at=before)) == []
        assert list(store.all_edges(hub, Direction.UPSTREAM, "derived_into")) == []
        unlink(store, edge("derived_into", hub, others[7]))
        left = every - {edge("derived_into", hub, others[7])}
        assert edge_ids(store.all_edges(hub, Direction.DOWNSTREAM, "derived_into")) == left

    @pytest.mark.parametrize("scan_limit", [10_000, 20, 7])
    def test_all_edges_of_many_nodes_are_never_cut(
        self, store: GraphStore, monkeypatch: pytest.MonkeyPatch, scan_limit: int
    ) -> None:
        monkeypatch.setattr(base, "SCAN_LIMIT_MAX", scan_limit)
        hub, others = self._hub(store, Direction.DOWNSTREAM)
        onward = edge("derived_into", others[0], others[1])
        link(store, onward, edge("linked", hub, others[1]))
        ids = [hub, others[0], hub, dataset("nowhere")]
        every = {edge("derived_into", hub, other) for other in others} | {onward}
        assert edge_ids(store.all_edges_of(ids, Direction.DOWNSTREAM, "derived_into")) == every
        assert list(store.all_edges_of([], Direction.DOWNSTREAM, "derived_into")) == []

    def test_there_are_no_pages_of_both_directions_or_of_nothing(self, store: GraphStore) -> None:
        with pytest.raises(InvalidInput, match="direction"):
            store.edge_page(dataset("nowhere"), Direction.BOTH, "derived_into")
        with pytest.raises(InvalidInput, match="direction"):
            store.all_edges_of([dataset("nowhere")], Direction.BOTH, "derived_into")
        assert list(store.edge_page(dataset("nowhere"), Direction.UPSTREAM, "derived_into")) == []

    @staticmethod
    def _hub(store: GraphStore, direction: Direction) -> tuple[NodeId, list[NodeId]]:
        hub, others = dataset("hub"), [dataset(f"spoke-{number}") for number in range(20)]
        create(store, hub, *others)
        for other in others:
            link(store, edge("derived_into", *_ends(hub, other, direction)))
        return hub, others


def _ends(hub: NodeId, other: NodeId, direction: Direction) -> tuple[NodeId, NodeId]:
    return (hub, other) if direction is Direction.DOWNSTREAM else (other, hub)
