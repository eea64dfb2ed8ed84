"""Who did what to a node, when, in which request."""

import pytest

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.services.stewardship.audit import Audit, AuditEntry, field_changes
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from tests.known_graph import build

ADA, BOB = Caller("ada", "request-1"), Caller("bob", "request-2")
DATA, RUN, EXPORT = NodeId("dataset", "iris"), NodeId("run", "fit"), NodeId("run", "export")


def deeds(entries: tuple[AuditEntry, ...]) -> list[tuple[str, str, str]]:
    return [(entry.deed, entry.actor, entry.request_id) for entry in entries]


@pytest.fixture
def store() -> GraphStore:
    return MemoryStore()


def test_every_change_of_a_node_and_its_edges_is_told(store: GraphStore) -> None:
    facts: Document = {"name": "iris", "form": "external", "attributes": {"owner": "ada", "rows": 150}}
    store.transact(lambda t: t.create(DATA, None, facts), ADA)
    changed: Document = {**facts, "attributes": {"owner": "bob", "rows": 150}, "url": "s3://bucket/iris"}
    store.transact(lambda t: t.update(DATA, changed), BOB)
    run: Document = {"method": "train", "state": "SUCCESS", "executor": "external"}
    edge = EdgeId("input_to", DATA, RUN, "train")
    store.transact(lambda t: (t.create(RUN, None, run), t.link(edge)), ADA)
    store.transact(lambda t: t.unlink(edge), BOB)
    store.transact(lambda t: t.delete(DATA), ADA)
    trail = Audit(store).trail(DATA)
    assert deeds(trail.entries) == [
        ("deleted", "ada", "request-1"),
        ("unlinked", "bob", "request-2"),
        ("read", "ada", "request-1"),
        ("changed", "bob", "request-2"),
        ("created", "ada", "request-1"),
    ]
    change = trail.entries[3]
    assert {c.name: (c.before, c.after) for c in change.changes} == {
        "attributes.owner": ("ada", "bob"),
        "url": (None, "s3://bucket/iris"),
    }
    read = trail.entries[2]
    assert (read.other, read.role, read.edge, read.method) == (RUN, "train", "input_to", "train")
    assert len({entry.action_id for entry in trail.entries}) == 5


def test_exports_decisions_and_deployments_are_named(store: GraphStore) -> None:
    model = NodeId("model_version", "m")
    runs = {"anomaly.export": "exported", "gate.check": "decided", "verify.bytes": "verified", "projection.pca": "read"}

    def action(transaction: object) -> None:
        create, link = transaction.create, transaction.link  # type: ignore[attr-defined]
        create(model, None, {"name": "m", "version": "1", "number": 1, "model": "model/m"})
        for number, method in enumerate(runs):
            create(NodeId("run", str(number)), None, {"method": method, "state": "SUCCESS", "executor": "external"})
            link(EdgeId("input_to", model, NodeId("run", str(number)), "model"))
        create(NodeId("deployment", "d"), None, {"name": "d", "state": "active"})
        link(EdgeId("deployed_as", model, NodeId("deployment", "d")))

    store.transact(action, BOB)
    found = {entry.method or entry.edge: entry.deed for entry in Audit(store).trail(model).entries}
    assert found == {**runs, "deployed_as": "deployed", None: "created"}


def test_pages_end_at_a_time(store: GraphStore) -> None:
    graph = build(store)
    trail = Audit(store).trail(graph["holdout"])
    assert trail.partial_reasons == ()
    first = Audit(store).trail(graph["holdout"], limit=1)
    newest = [entry for entry in trail.entries if entry.at == trail.entries[0].at]
    assert (list(first.entries), first.partial_reasons) == (newest, ("limit",))
    before = Audit(store).trail(graph["holdout"], at=graph.times["train-1"])
    assert [entry.other for entry in before.entries if entry.deed == "read"] == [graph["train-1"]]


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_whoever_reads_on_to_the_end_has_read_everything(store: GraphStore, limit: int) -> None:
    """Also where one action wrote more than a page holds: entries of one time are not torn apart."""
    runs = [NodeId("run", str(number)) for number in range(8)]
    facts: Document = {"method": "train", "state": "SUCCESS", "executor": "external"}
    store.transact(lambda t: t.create(DATA, None, {"name": "iris", "form": "external"}), ADA)
    for some in (runs[:5], runs[5:]):
        store.transact(lambda t, some=some: [t.create(run, None, facts) for run in some], ADA)  # type: ignore[misc]
        edges = [EdgeId("input_to", DATA, run, "train") for run in some]
        store.transact(lambda t, edges=edges: [t.link(edge) for edge in edges], BOB)  # type: ignore[misc]
    whole = Audit(store).trail(DATA)
    read: list[AuditEntry] = []
    at: int | None = None
    while True:
        page = Audit(store).trail(DATA, at=at, limit=limit)
        read += page.entries
        if "limit" not in page.partial_reasons:
            break
        at = page.entries[-1].at - 1
    assert (len(whole.entries), whole.partial_reasons) == (len(runs) + 1, ())
    assert read == list(whole.entries)


def test_bad_questions(store: GraphStore) -> None:
    with pytest.raises(NotFound):
        Audit(store).trail(NodeId("dataset", "nothing"))
    with pytest.raises(InvalidInput, match="limit"):
        Audit(store).trail(DATA, limit=0)


def test_changes_are_told_by_name() -> None:
    before: Document = {"params": {"alpha": 1, "beta": 2}, "tags": ["a"], "same": 15}
    after: Document = {"params": {"alpha": 1.5}, "tags": ["a", "b"], "same": 15.0}
    found = {change.name: (change.before, change.after) for change in field_changes(before, after)}
    assert found == {"params.alpha": (1, 1.5), "params.beta": (2, None), "tags": (["a"], ["a", "b"])}
