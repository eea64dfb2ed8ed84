"""What may be deleted, what nobody uses, and whether the bytes are sound."""

from pathlib import Path

import pytest

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import decode
from arangovis.domain.work import Input, Made, Outcome
from arangovis.services.stewardship.deletion import DeletePlan, Deletions
from arangovis.services.stewardship.retention import DAY_US, RetentionQuestion
from arangovis.services.stewardship.verifying import ByteQuestion
from arangovis.stores.memory import MemoryStore
from arangovis.wiring import worker_context
from arangovis.workers.inline import drain
from tests.period_graph import build_periods
from tests.unit.services.world import ADA, BOB, World, rows

CSV = "_id,embedding_0,embedding_1\n" + "".join(f"r{n},{n},{n * n}\n" for n in range(30))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def chain(world: World) -> dict[str, NodeId]:
    """Make file -> run -> result, and a file of the same bytes as the result."""
    first = world.ask()
    world.succeed(world.claim(), "file")
    file = world.made(first.id)["file"]
    second = world.ask(inputs=(Input(file, "file"),))
    world.runs.succeed(world.claim(), Outcome((Made("result", b"same", "text/plain"),)), ADA)
    third = world.ask()
    world.runs.succeed(world.claim(), Outcome((Made("twin", b"same", "text/plain"),)), ADA)
    found = {"first": first.id, "file": file, "second": second.id}
    return found | {"result": world.made(second.id)["result"], "twin": world.made(third.id)["twin"]}


def plan(world: World, node: NodeId) -> DeletePlan:
    return world.service.stewardship.deletions.plan(node)


# --- deleting ---------------------------------------------------------------------------------------------------------


def test_a_delete_plan_names_what_breaks_and_what_is_freed(world: World) -> None:
    nodes = chain(world)
    found = plan(world, nodes["file"])
    assert [(e.node, e.depth, e.is_direct) for e in found.breaks] == [
        (nodes["second"], 1, True),
        (nodes["result"], 2, False),
    ]
    assert (found.is_refused, found.upstream) == (True, (nodes["first"],))
    size = world.service.store.get(nodes["file"]).attributes["bytes"]
    assert (found.bytes_freed, [f.bytes for f in found.freed], found.retained) == (size, [size], ())


def test_bytes_that_another_node_refers_to_are_retained(world: World) -> None:
    nodes = chain(world)
    found = plan(world, nodes["result"])
    assert (found.is_refused, found.bytes_freed) == (False, 0)
    assert [(kept.by, kept.bytes) for kept in found.retained] == [(nodes["twin"], 4)]
    world.service.store.transact(lambda t: t.delete(nodes["twin"]), ADA)
    assert plan(world, nodes["result"]).bytes_freed == 4


def test_segments_and_samples_of_a_stream_are_counted(world: World) -> None:
    version = world.version()
    world.service.datasets.append_production(version, rows(CSV), ADA)
    stored = world.service.datasets.production(version)
    assert stored is not None
    found = plan(world, stored.id)
    (record,) = world.service.store.records("segment", stored.id.key)
    assert found.bytes_freed == record.data["bytes"]
    twin = world.service.datasets.put_training(version, rows(CSV), ADA).node
    again = plan(world, stored.id)
    assert (again.bytes_freed, [kept.by for kept in again.retained]) == (0, [twin])


def test_active_deployments_are_marked() -> None:
    graph = build_periods(MemoryStore())
    found = Deletions(graph.store).plan(graph["holdout"])
    active = {effect.node for effect in found.breaks if effect.is_active}
    assert active == {graph["service-21"], graph["service-22"]}
    cut = Deletions(graph.store).plan(graph["holdout"], limit=5)
    assert (len(cut.breaks), cut.partial_reasons) == (4, ("limit",))
    with pytest.raises(InvalidInput, match="limit"):
        Deletions(graph.store).plan(graph["holdout"], limit=0)
    with pytest.raises(NotFound):
        Deletions(graph.store).plan(NodeId("dataset", "none"))


# --- retention --------------------------------------------------------------------------------------------------------


def candidates(world: World, **fields: object) -> dict[NodeId, int]:
    page = world.service.stewardship.retention.candidates(RetentionQuestion(**fields))  # type: ignore[arg-type]
    assert page.bytes == sum(item.bytes for item in page.items)
    return {item.node: item.bytes for item in page.items}


def test_what_nobody_uses_is_a_candidate_once_it_is_old(world: World) -> None:
    nodes = chain(world)
    assert candidates(world) == {}
    world.clock.now += 31 * DAY_US
    assert candidates(world) == {nodes["result"]: 4, nodes["twin"]: 4}
    assert candidates(world, older_than_days=32) == {}
    facts = dict(world.service.store.get(nodes["twin"]).attributes)
    world.service.store.transact(lambda t: t.update(nodes["twin"], {**facts, "tags": ["pinned"]}), ADA)
    assert candidates(world) == {nodes["result"]: 4}
    world.service.store.transact(lambda t: t.delete(nodes["result"]), ADA)
    world.service.store.transact(lambda t: t.delete(nodes["second"], force=True), ADA)
    assert list(candidates(world)) == [nodes["file"]], "its only consumer was deleted"


def test_the_newest_answer_to_a_question_is_kept(world: World) -> None:
    runs = []
    for _ in range(2):
        runs.append(world.ask(question="q" * 64).id)
        world.succeed(world.claim(), "plot")
        world.clock.now += 1
    world.clock.now += 31 * DAY_US
    assert list(candidates(world)) == [world.made(runs[0])["plot"]]


def test_data_in_force_are_kept_and_what_they_succeeded_is_not(world: World) -> None:
    version = world.version()
    old = world.service.datasets.put_training(version, rows(CSV), ADA).node
    world.clock.now += 1
    new = world.service.datasets.put_training(version, rows(CSV.replace("r1,", "s1,")), ADA).node
    world.clock.now += 31 * DAY_US
    found = candidates(world, project="demo")
    assert old in found
    assert new not in found
    assert found[old] > 0
    with pytest.raises(NotFound, match="nowhere"):
        candidates(world, project="nowhere")


def test_pages_of_candidates_hold_each_once(world: World) -> None:
    for _ in range(7):
        world.ask()
        world.succeed(world.claim(), "file")
        world.clock.now += 1
    world.clock.now += 31 * DAY_US
    retention, seen, cursor = world.service.stewardship.retention, list[NodeId](), None
    while True:
        page = retention.candidates(RetentionQuestion(limit=2, cursor=cursor))
        seen += [item.node for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"limit": 0}, "limit"), ({"older_than_days": -1}, "older_than_days"), ({"cursor": "run:1"}, "cursor")],
)
def test_bad_questions_of_retention_name_the_field(world: World, fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        candidates(world, **fields)
    assert [fault.field for fault in refused.value.faults] == [field]


# --- bytes ------------------------------------------------------------------------------------------------------------


def damage(world: World, node: NodeId) -> str:
    digest = str(world.service.store.get(node).attributes["digest"])
    path = world.service.settings.home / "artifacts" / "blobs" / digest[:2] / digest
    path.chmod(0o644)
    path.write_bytes(b"something else")
    return digest


def test_sound_bytes_upstream_are_counted(world: World) -> None:
    nodes = chain(world)
    report = world.service.stewardship.checks.verify(ByteQuestion(nodes["result"]), ADA)
    assert (report.checked, report.damaged, report.state, report.run) == (2, (), "SUCCESS", None)
    alone = world.service.stewardship.checks.verify(ByteQuestion(nodes["result"], is_upstream=False), ADA)
    assert (alone.checked, alone.bytes) == (1, 4)


def test_damaged_and_missing_bytes_are_named_and_left_as_they_are(world: World) -> None:
    nodes = chain(world)
    digest = damage(world, nodes["file"])
    checks = world.service.stewardship.checks
    for _ in range(2):
        report = checks.verify(ByteQuestion(nodes["result"]), ADA)
        assert [(d.node, d.digest, d.problem) for d in report.damaged] == [(nodes["file"], digest, "damaged")]
    world.service.artifacts.remove(digest)
    report = checks.verify(ByteQuestion(nodes["result"]), ADA)
    assert [d.problem for d in report.damaged] == ["missing"]


def test_a_report_can_be_recorded(world: World) -> None:
    nodes = chain(world)
    report = world.service.stewardship.checks.verify(ByteQuestion(nodes["result"], is_recorded=True), BOB)
    assert report.run is not None
    run = world.runs.get(report.run)
    assert (run.method, run.state.value, run.metrics["damaged"]) == ("verify.bytes", "SUCCESS", 0)
    stored = world.service.store.get(world.made(run.id)["report"]).attributes
    assert decode(world.service.blobs.read(str(stored["digest"])))["checked"] == 2
    audited = world.service.stewardship.audit.trail(nodes["result"])
    assert [(e.deed, e.actor) for e in audited.entries if e.other == run.id] == [("verified", "bob")]


def test_more_than_the_budget_is_left_to_a_worker(world: World) -> None:
    nodes = chain(world)
    digest = damage(world, nodes["file"])
    report = world.service.stewardship.checks.verify(ByteQuestion(nodes["result"], budget=3), ADA)
    assert (report.state, report.damaged) == ("PENDING", ())
    assert report.run is not None
    assert drain(worker_context(world.service)) == 1
    run = world.runs.get(report.run)
    assert (run.state.value, run.metrics["damaged"]) == ("SUCCESS", 1)
    made = world.service.store.edges_of((run.id,), Direction.DOWNSTREAM, ("generated",))
    stored = world.service.store.get(made[0].id.target).attributes
    assert decode(world.service.blobs.read(str(stored["digest"])))["damaged"][0]["digest"] == digest  # type: ignore[index,call-overload]


def test_bad_questions_of_bytes(world: World) -> None:
    checks = world.service.stewardship.checks
    with pytest.raises(InvalidInput, match="budget_bytes"):
        checks.verify(ByteQuestion(NodeId("run", "x"), budget=-1), ADA)
    with pytest.raises(NotFound):
        checks.verify(ByteQuestion(NodeId("run", "x")), ADA)
    run = world.ask(inputs=(Input(chain(world)["file"], "file"),))
    with pytest.raises(InvalidInput, match="cannot read a run"):
        checks.verify(ByteQuestion(run.id, budget=0), ADA)
