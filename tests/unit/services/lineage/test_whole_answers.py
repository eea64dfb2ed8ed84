"""What has more edges than a store gives in one answer is still read whole, or the answer says that it is not."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from arangovis.domain.graph import Direction, Edge, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.services.lineage import bulk, running
from arangovis.services.lineage.fields import FieldHistories, FieldQuestion
from arangovis.services.lineage.leakage import Leakage, LeakageQuestion
from arangovis.services.lineage.origin import Origins
from arangovis.services.lineage.reach import Budget
from arangovis.services.lineage.running import Running
from arangovis.services.lineage.staleness import StaleAnswers
from arangovis.services.lineage.timeline import Timelines
from arangovis.services.recomputing.recompute import RecomputeQuestion
from arangovis.services.searching import failures
from arangovis.services.searching.failures import Failures
from arangovis.stores.arango import ArangoStore
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, create, dataset, link, run
from tests.unit.services.world import ADA, World

TABLE, WORKED = SAMPLES["dataset"], {"method": "train", "state": "SUCCESS", "executor": "worker"}
MODEL, VERSION = NodeId("model", "m"), NodeId("model_version", "v1")


def versions(*numbers: int) -> Sequence[tuple[NodeId, Document]]:
    facts: Document = {"name": "m", "model": str(MODEL)}
    return [(NodeId("model_version", f"v{n}"), {**facts, "version": str(n), "number": n}) for n in numbers]


def write(store: GraphStore, nodes: Iterable[tuple[NodeId, Document]], edges: Iterable[EdgeId]) -> None:
    """Write nodes and edges in one action."""

    def action(transaction: Transaction) -> None:
        for node, attributes in nodes:
            transaction.create(node, None, attributes)
        for edge_id in edges:
            transaction.link(edge_id)

    store.transact(action, ADA)


# --- on every store ---------------------------------------------------------------------------------------------


@pytest.fixture
def many(any_store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many edges are more than a store gives at once: its true limit, but where writing them takes long."""
    if isinstance(any_store, ArangoStore):
        monkeypatch.setattr(bulk, "SCAN_LIMIT_MAX", 20)
    return bulk.SCAN_LIMIT_MAX + 50


def test_a_leak_is_found_whatever_else_reads_the_data(any_store: GraphStore, many: int) -> None:
    """One of ten thousand readers, the last, tests with the data that a model was trained on."""
    data, trained, tests = dataset("hub"), run("trained"), run("z")
    readers = [run(f"r{number:05}") for number in range(many)]
    everyone = [*readers, trained, tests]
    write(
        any_store,
        [(data, TABLE), *((reader, WORKED) for reader in everyone), *versions(1)],
        [
            *(EdgeId("input_to", data, reader, "test" if reader == tests else "train") for reader in everyone),
            EdgeId("generated", trained, VERSION, "model"),
        ],
    )
    report = Leakage(any_store).of(LeakageQuestion(VERSION))
    assert [(leak.data, leak.run, leak.because, leak.witness) for leak in report.leaks] == [
        (data, trained, "role", tests)
    ]
    assert not report.clean


def test_all_causes_of_staleness_are_told(any_store: GraphStore, many: int) -> None:
    old, new, reader = [dataset(f"d{number:05}") for number in range(many)], dataset("new"), run("reads-all")
    write(
        any_store,
        [*((data, TABLE) for data in (*old, new)), (reader, WORKED)],
        [
            *(EdgeId("succeeded_by", data, new) for data in old),
            *(EdgeId("input_to", data, reader, f"part-{data.key}") for data in old),
        ],
    )
    found = StaleAnswers(any_store).of(reader, Budget(limit=2 * many))
    assert [cause.input for cause in found.causes] == old
    assert found.partial_reasons == ()


# --- on a store that gives few edges at once --------------------------------------------------------------------


class FewAtOnce(MemoryStore):
    """A store whose answers have three edges at most, unless more are asked for."""

    def edges_of(
        self,
        ids: Sequence[NodeId],
        direction: Direction,
        kinds: Iterable[str] | None = None,
        *,
        at: int | None = None,
        limit: int = 3,
    ) -> Sequence[Edge]:
        return super().edges_of(ids, direction, kinds, at=at, limit=limit)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> FewAtOnce:
    monkeypatch.setattr(bulk, "SCAN_LIMIT_MAX", 3)
    return FewAtOnce()


def numbered(kind: str, count: int, attributes: Document) -> list[tuple[NodeId, Document]]:
    return [(NodeId(kind, f"{kind}-{number}"), attributes) for number in range(count)]


def test_the_runs_of_every_value(few: FewAtOnce) -> None:
    params = [
        (NodeId("params", str(n)), {"method": "umap", "revision": n, "values": {"n_neighbours": 10 + n}})
        for n in range(1, 4)
    ]
    runs, plots = numbered("run", 9, WORKED), numbered("artifact", 9, SAMPLES["artifact"])
    edges = [EdgeId("contains", VERSION, node, "umap") for node, _ in params]
    edges += [EdgeId("input_to", params[n % 3][0], node, "params") for n, (node, _) in enumerate(runs)]
    edges += [EdgeId("generated", reader, plot, "plot") for (reader, _), (plot, _) in zip(runs, plots, strict=True)]
    write(few, [*versions(1), *params, *runs, *plots], edges)
    found = FieldHistories(few).of(FieldQuestion(VERSION, "params.n_neighbours"))
    assert [[node.key for node in change.runs] for change in found.changes] == [
        [f"run-{n}" for n in range(first, 9, 3)] for first in range(3)
    ]
    assert [len(change.plots) for change in found.changes] == [3, 3, 3]


def test_the_newest_of_many_runs_says_the_metric(few: FewAtOnce) -> None:
    readers = numbered("run", 6, WORKED)
    last = run("last"), {**WORKED, "metrics": {"accuracy": 0.9}}
    write(few, [(MODEL, {"name": "m"}), *versions(1)], [EdgeId("contains", MODEL, VERSION)])
    write(few, readers, [EdgeId("input_to", VERSION, reader, "model") for reader, _ in readers])
    write(few, [last], [EdgeId("input_to", VERSION, last[0], "model")])
    (point,) = Timelines(few).of(MODEL, "accuracy").points
    assert (point.value, point.measured_by) == (0.9, last[0])


def test_everything_that_open_runs_hold(few: FewAtOnce) -> None:
    data = [dataset(f"d{n}") for n in range(4)]
    works = numbered("run", 3, {**WORKED, "state": RunState.PENDING.value})
    write(
        few,
        [*((node, TABLE) for node in data), *works],
        [EdgeId("input_to", node, work, "train") for node in data for work, _ in works],
    )
    assert [[held.node for held in work.holds] for work in Running(few).now().work] == [data] * 3


def test_open_runs_beyond_those_looked_at_are_told(few: FewAtOnce, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest waited longest: the newest are left out, and the answer says so."""
    monkeypatch.setattr(running, "SCAN_MAX", 2)
    waiting = {**WORKED, "state": RunState.PENDING.value}
    for number in range(3):
        create(few, run(f"waits-{number}"), attributes=waiting)
    found = Running(few).now()
    assert [work.run for work in found.work] == [run("waits-0"), run("waits-1")]
    assert found.partial_reasons == ("scan",)
    assert Running(few).now(limit=1).partial_reasons == ("limit", "scan")


def test_every_input_of_a_run_is_its_origin(few: FewAtOnce) -> None:
    data = [dataset(f"d{n}") for n in range(7)]
    write(
        few,
        [*((node, TABLE) for node in data), (run("r"), WORKED)],
        [EdgeId("input_to", node, run("r"), "train") for node in data],
    )
    assert [item.node.id for item in Origins(few).of(run("r")).inputs] == data


def test_a_run_waits_for_all_that_it_reads(tmp_path: Path, few: FewAtOnce) -> None:
    """The product of the first run is the last of the many inputs of the second."""
    world = World.over(few, tmp_path)
    data, wrong, right, middle = [dataset(f"a{n}") for n in range(5)], dataset("wrong"), dataset("z"), dataset("y")
    create(few, *data, wrong, right, middle)
    create(few, run("first"), run("second"), attributes={**WORKED, "method": "frame.parse"})
    link(few, EdgeId("succeeded_by", wrong, right), EdgeId("generated", run("first"), middle, "frame"))
    link(few, *(EdgeId("input_to", node, run("first"), "train") for node in (*data, wrong)))
    link(few, *(EdgeId("input_to", node, run("second"), "train") for node in (*data, middle)))
    found = world.service.questions.recomputing.plan(RecomputeQuestion(wrong))
    assert {planned.run.key: planned.waits_for for planned in found.runs} == {"first": (), "second": ("again-1",)}


def test_the_newest_successor_is_found_however_many_there_are(tmp_path: Path, few: FewAtOnce) -> None:
    world = World.over(few, tmp_path)
    nodes = [dataset(f"d{n:04}") for n in range(1100)]
    write(
        few,
        [(node, TABLE) for node in nodes],
        [EdgeId("succeeded_by", *pair) for pair in pairwise(nodes)],
    )
    found = world.service.questions.recomputing.plan(RecomputeQuestion(nodes[0]))
    assert [(pair.old, pair.new) for pair in found.replaced] == [(nodes[0], nodes[-1])]


def test_twins_beyond_those_looked_at_are_told(any_store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arangovis.services.lineage.leakage.TWINS_MAX", 2)
    same = {**TABLE, "digest": "1" * 64}
    write(
        any_store,
        [*numbered("dataset", 4, same), (run("trains"), WORKED), *versions(1)],
        [EdgeId("input_to", dataset("dataset-0"), run("trains"), "train"), EdgeId("generated", run("trains"), VERSION)],
    )
    report = Leakage(any_store).of(LeakageQuestion(VERSION))
    assert (report.clean, report.partial_reasons) == (True, ("twins",))


# --- failures ---------------------------------------------------------------------------------------------------


def test_the_newest_failures_are_shown_of_many(any_store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the store orders edges, those left out are the oldest."""
    monkeypatch.setattr(failures, "RUNS_MAX", 4)
    create(any_store, dataset("d"))
    names = ["m", "c", "x", "a", "k", "b", "y", "e"]
    for name in names:
        write(any_store, [(run(name), {**WORKED, "state": "ERROR"})], [EdgeId("input_to", dataset("d"), run(name))])
    found = Failures(any_store).with_input(dataset("d"), limit=3)
    assert [item.run.key for item in found.failed] == ["e", "y", "b"]
    assert set(found.partial_reasons) == {"runs", "limit"}


def test_a_retry_of_a_retry_is_one(any_store: GraphStore) -> None:
    """Also over a retry that read something else."""
    create(any_store, dataset("d"))
    work = [("first", None, "ERROR"), ("second", "first", "ERROR"), ("third", "second", "ERROR")]
    for name, before, state in [*work, ("fourth", "third", "SUCCESS")]:
        facts = {**WORKED, "state": state, "params": {"try": name}}
        named = facts if before is None else {**facts, "retry_of": str(run(before))}
        edges = () if name == "third" else [EdgeId("input_to", dataset("d"), run(name))]
        write(any_store, [(run(name), named)], edges)
    found = {item.run.key: item for item in Failures(any_store).with_input(dataset("d")).failed}
    assert [retry.run.key for retry in found["first"].retries] == ["second", "fourth"]
    assert [retry.run.key for retry in found["second"].retries] == ["fourth"]
    assert found["first"].recovered
    assert found["second"].recovered
