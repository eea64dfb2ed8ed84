"""A writing process is killed at random points: what it was told is durable is there, and nothing is half there."""

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.stores.embedded import EmbeddedStore
from arangovis.testing.samples import create, dataset, run

pytestmark = pytest.mark.acceptance

TRIALS = 5
THREADS = 3

WRITER = """
import sys, threading
from pathlib import Path
from arangovis.stores.embedded import EmbeddedStore
from arangovis.testing.samples import SAMPLES, act, dataset, edge, run

store, trial = EmbeddedStore(Path(sys.argv[1])), sys.argv[2]

def write(transaction, key):
    transaction.create(run(key), None, SAMPLES["run"])
    transaction.create(dataset(key), None, SAMPLES["dataset"])
    transaction.link(edge("input_to", dataset("shared"), run(key)))
    transaction.link(edge("generated", run(key), dataset(key)))
    transaction.update(run("counter"), {**SAMPLES["run"], "name": key})
    transaction.next_number("sequence")

def work(thread):
    for number in range(1_000_000):
        key = f"{trial}-{thread}-{number}"
        act(store, lambda transaction: write(transaction, key))
        sys.stdout.write(key + "\\n")
        sys.stdout.flush()

for thread in range(int(sys.argv[3])):
    threading.Thread(target=work, args=(thread,)).start()
"""


def killed(path: Path, trial: int, acknowledgements: int) -> list[str]:
    """Start a writer, kill it after so many acknowledgements, and return all that it gave."""
    command = [sys.executable, "-c", WRITER, str(path), str(trial), str(THREADS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    keys = [process.stdout.readline().strip() for _ in range(acknowledgements)]
    process.kill()
    rest, _ = process.communicate()
    whole = rest[: rest.rfind("\n") + 1]  # the last line may have been cut off
    return keys + whole.split()


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    store = EmbeddedStore(path)
    store.migrate()
    create(store, dataset("shared"), run("counter"))
    chance = random.Random(20261121)
    acknowledged: list[str] = []
    for trial in range(TRIALS):
        acknowledged += killed(path, trial, chance.randrange(5, 150))
        _check_whole(store, acknowledged)
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def _check_whole(store: EmbeddedStore, acknowledged: list[str]) -> None:
    """Each acknowledged run is there; each run that is there has all its parts; the counters agree."""
    assert set(store.get_many([run(key) for key in acknowledged])) == {run(key) for key in acknowledged}
    edges = store.edges_of([dataset("shared")], Direction.DOWNSTREAM, limit=100_000)
    runs = [found.id.target for found in edges]
    outputs = {NodeId("dataset", node_id.key) for node_id in runs}
    assert set(store.get_many(runs)) == set(runs) >= {run(key) for key in acknowledged}
    assert set(store.get_many(sorted(outputs))) == outputs
    made = store.edges_of(runs, Direction.DOWNSTREAM, ["generated"], limit=100_000)
    assert {found.id.target for found in made} == outputs
    versions = store.history(run("counter"))
    assert len(versions) == len(runs) + 1
    assert [node.version.number for node in versions] == list(range(1, len(versions) + 1))
    last = store.record("sequence", store.records("sequence")[0].key)
    assert last is not None
    assert last.data["last"] == len(runs)
