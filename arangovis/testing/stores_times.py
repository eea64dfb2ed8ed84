"""Times: what a reader of the past sees."""

from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document, digest_of
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import (
    SAMPLES,
    act,
    create,
    dataset,
    delete,
    depths,
    edge,
    edge_ids,
    follow,
    link,
    run,
    unlink,
    update,
    written_at,
)

TABLE = SAMPLES["dataset"]
STREAM: Document = {**TABLE, "form": "stream"}


class TimeContract(StoreContract):
    """Every sentence about `at` and about the versions of one action."""

    def test_all_rows_of_an_action_share_time_and_action(self, store: GraphStore) -> None:
        def action(transaction: Transaction) -> None:
            transaction.create(dataset("digits"), None, TABLE)
            transaction.create(run("train"), None, SAMPLES["run"])
            transaction.link(edge("input_to", dataset("digits"), run("train")))

        act(store, action, Caller("grace", "request-3"))
        (linked,) = store.edges_of([run("train")], Direction.UPSTREAM)
        versions = {
            linked.version,
            *(node.version for node in store.get_many([dataset("digits"), run("train")]).values()),
        }
        assert len(versions) == 1
        create(store, dataset("wine"))
        assert store.get(dataset("wine")).version.action_id != linked.version.action_id

    def test_each_action_is_later_than_what_it_replaces(self, store: GraphStore) -> None:
        create(store, dataset("digits"))
        for rows in range(50):
            update(store, dataset("digits"), {**TABLE, "rows": rows})
        versions = [node.version for node in store.history(dataset("digits"))]
        begins = [version.valid_from for version in versions]
        assert begins == sorted(set(begins))
        assert [version.valid_to for version in versions] == [*begins[1:], None]

    def test_the_past_is_read_as_it_was(self, store: GraphStore) -> None:
        create(store, dataset("digits"), project="vision")
        update(store, dataset("digits"), STREAM)
        delete(store, dataset("digits"))
        create(store, dataset("digits"), project="speech")
        versions = store.history(dataset("digits"))
        for node in versions:
            assert store.get(dataset("digits"), at=node.version.valid_from) == node
            if node.version.valid_to is not None:
                assert store.get(dataset("digits"), at=node.version.valid_to - 1) == node
        assert store.find(dataset("digits"), at=versions[0].version.valid_from - 1) is None
        assert store.find(dataset("digits"), at=0) is None
        assert store.get(dataset("digits"), at=store.now() + 10**9) == versions[-1]

    def test_the_past_shows_whole_actions_only(self, store: GraphStore) -> None:
        create(store, dataset("left"), dataset("right"))
        for rows in range(20):

            def action(transaction: Transaction, rows: int = rows) -> None:
                transaction.update(dataset("left"), {**TABLE, "rows": rows})
                transaction.update(dataset("right"), {**TABLE, "rows": rows})

            act(store, action)
        times = [node.version.valid_from for node in store.history(dataset("left"))]
        assert [node.version.valid_from for node in store.history(dataset("right"))] == times
        for time in (moment for begin in times for moment in (begin - 1, begin, begin + 1)):
            nodes = store.get_many([dataset("left"), dataset("right")], at=time)
            assert len(nodes) in (0, 2)
            assert len({node.attributes.get("rows") for node in nodes.values()}) <= 1

    def test_edges_of_the_past_are_read_as_they_were(self, store: GraphStore) -> None:
        linked = edge("derived_into", dataset("digits"), dataset("scaled"))
        create(store, dataset("digits"), dataset("scaled"))
        link(store, linked, attributes={"transformation": "scale"})
        first = store.edges_of([dataset("digits")], Direction.BOTH)
        link(store, linked, attributes={"transformation": "whiten"})
        second = store.edges_of([dataset("digits")], Direction.BOTH)
        unlink(store, linked)
        update(store, dataset("digits"), STREAM)
        gone = written_at(store, dataset("digits"))
        link(store, linked)

        def at(time: int) -> list[object]:
            return [
                found.attributes.get("transformation")
                for found in store.edges_of([dataset("digits")], Direction.BOTH, at=time)
            ]

        begins = [found[0].version.valid_from for found in (first, second)]
        assert begins[0] < begins[1] < gone
        assert [at(begins[0] - 1), at(begins[0]), at(begins[1] - 1)] == [[], ["scale"], ["scale"]]
        assert [at(begins[1]), at(gone), at(store.now() + 10**9)] == [["whiten"], [], [None]]
        (revived,) = store.edges_of([dataset("digits")], Direction.BOTH)
        assert revived.version.number == 4

    def test_a_walk_shows_the_past(self, store: GraphStore) -> None:
        linked = edge("input_to", dataset("digits"), run("train"))
        create(store, dataset("digits"), run("train"))
        created = written_at(store, run("train"))
        link(store, linked)
        delete(store, dataset("digits"), force=True)
        deleted = written_at(store, dataset("digits"))
        update(store, run("train"), {**SAMPLES["run"], "state": "SUCCESS"})
        unlink(store, linked)

        assert depths(follow(store, dataset("digits"), at=created - 1)) == {}
        assert depths(follow(store, dataset("digits"), at=created)) == {dataset("digits"): 0}
        both = {dataset("digits"): 0, run("train"): 1}
        before, after = (follow(store, dataset("digits"), at=time) for time in (deleted - 1, deleted))
        assert depths(before) == depths(after) == both
        assert edge_ids(before.edges) == edge_ids(after.edges) == {linked}
        assert [visit.node.version.deleted for visit in (before.visits[0], after.visits[0])] == [False, True]
        assert after.visits[1].node.attributes["state"] == "PENDING"
        assert depths(follow(store, dataset("digits"))) == {dataset("digits"): 0}

    def test_going_back_to_old_parameters_is_a_new_revision(self, store: GraphStore) -> None:
        """A, then B, then A again: an auditor sees three revisions, who set each, and when."""
        settings = [("ada", {"n_neighbours": 15}), ("grace", {"n_neighbours": 50}), ("edsger", {"n_neighbours": 15})]
        revisions = [self._set_parameters(store, actor, values) for actor, values in settings]
        assert len(set(revisions)) == 3

        chain = follow(store, revisions[0], kinds=["succeeded_by"])
        assert depths(chain) == {revision: depth for depth, revision in enumerate(revisions)}
        nodes = [visit.node for visit in chain.visits]
        assert [node.attributes["values"] for node in nodes] == [values for _, values in settings]
        assert [node.attributes["revision"] for node in nodes] == [1, 2, 3]
        assert nodes[0].attributes["digest"] == nodes[2].attributes["digest"] != nodes[1].attributes["digest"]
        assert [node.version.actor for node in nodes] == ["ada", "grace", "edsger"]
        times = [node.created for node in nodes]
        assert times == sorted(set(times))
        assert all(len(store.history(revision)) == 1 for revision in revisions)
        for known, time in enumerate(times, start=1):
            assert set(depths(follow(store, revisions[0], kinds=["succeeded_by"], at=time))) == set(revisions[:known])
        first_again = follow(store, revisions[2], kinds=["succeeded_by"], direction=Direction.UPSTREAM)
        assert depths(first_again) == {revision: depth for depth, revision in enumerate(reversed(revisions))}

    @staticmethod
    def _set_parameters(store: GraphStore, actor: str, values: Document) -> NodeId:
        owner = "model_version/7"

        def action(transaction: Transaction) -> NodeId:
            revision = transaction.next_number(f"params {owner} umap")
            node_id = named_id("params", "vision", f"{owner} umap", str(revision))
            transaction.create(
                node_id,
                "vision",
                {"method": "umap", "revision": revision, "owner": owner, "values": values, "digest": digest_of(values)},
            )
            if revision > 1:
                previous = named_id("params", "vision", f"{owner} umap", str(revision - 1))
                transaction.link(edge("succeeded_by", previous, node_id), {"reason": "set by a user"})
            return node_id

        return act(store, action, Caller(actor))
