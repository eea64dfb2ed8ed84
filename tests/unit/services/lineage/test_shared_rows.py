"""Rows that two plots were both made from: samples of one stream of scikit-learn's digits."""

from pathlib import Path

from sklearn.datasets import load_digits

from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.common import Common
from arangovis.stores.transaction import Transaction
from arangovis.tabular import read_rows
from tests.unit.services.world import ADA, World


def report_on(world: World, sample: NodeId, name: str) -> NodeId:
    """Write a run that read a sample, and return what it made."""
    run, report = NodeId("run", name), NodeId("artifact", f"report-{name}")
    facts = {"role": "report", "digest": "0" * 64, "bytes": 1, "media_type": "text/plain"}

    def action(transaction: Transaction) -> None:
        transaction.create(run, None, {"method": "report", "state": "SUCCESS", "executor": "external"})
        transaction.create(report, None, facts)
        transaction.link(EdgeId("input_to", sample, run, "rows"))
        transaction.link(EdgeId("generated", run, report, "report"))

    world.service.store.transact(action, ADA)
    return report


def test_rows_of_two_samples_are_counted(tmp_path: Path) -> None:
    world = World.at(tmp_path)
    version = world.version(dimension=64)
    pixels = load_digits().data[:100]
    lines = [f"digit-{i}," + '"[' + ",".join(map(str, row)) + ']"' for i, row in enumerate(pixels)]
    body = "\n".join(["id,embedding", *lines]).encode()
    world.service.datasets.append_production(version, read_rows(body, "text/csv"), ADA)
    stream = world.service.datasets.production(version)
    assert stream is not None
    samples = []
    for seed in (1, 2):
        frozen = world.service.snapshots.freeze(stream, size=60, seed=seed, generation=seed, caller=ADA)
        world.service.store.transact(lambda tx, sample=frozen: world.service.snapshots.write(tx, sample), ADA)
        samples.append(frozen.node)
    reports = [report_on(world, sample, f"of-{number}") for number, sample in enumerate(samples)]

    found = Common(world.service.store, world.service.blobs).of(*reports)

    held = [set(world.service.snapshots.rows(world.service.datasets.find(node)).ids) for node in samples]  # type: ignore[arg-type]
    (shared,) = found.shared_rows
    assert {shared.first, shared.second} == set(samples)
    assert (shared.rows, shared.same) == (len(held[0] & held[1]), False)
    assert 0 < len(held[0] & held[1]) < 60
    assert [item.node for item in found.ancestors] == [stream.id]
