"""Several processes on one file: fair turns, forks."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.search import Search
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.embedded.turns import Turn
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, act, create, run

DEADLINE_S = 60
PROCESSES = 3

WRITER = """
import json, sys, time
from pathlib import Path
from arangovis.stores.embedded import EmbeddedStore
from arangovis.testing.samples import SAMPLES, act, run

store, name, end = EmbeddedStore(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])

def action(transaction):
    number = transaction.next_number("sequence")
    if number <= end:
        transaction.create(run(f"run-{name}-{number}"), None, SAMPLES["run"])
    return number

act(store, lambda transaction: transaction.next_number(f"ready {name}"))
print("ready", flush=True)
sys.stdin.readline()
numbers = []
while (number := act(store, action)) <= end:
    numbers.append(number)
store.close()
print(json.dumps(numbers))
"""


def started(path: Path, name: str, end: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(end)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_busy_processes_take_turns(store: EmbeddedStore, path: Path) -> None:
    """Each writes as fast as it can until all together have written so many: nobody is left out, nothing is lost."""
    end = 240
    processes = [started(path, str(number), end) for number in range(PROCESSES)]
    for process in processes:
        assert process.stdin is not None
        print("go", file=process.stdin, flush=True)
    by_process = [json.loads(process.communicate(timeout=DEADLINE_S)[0]) for process in processes]
    assert sorted(number for numbers in by_process for number in numbers) == list(range(1, end + 1))
    assert min(len(numbers) for numbers in by_process) >= end // PROCESSES // 2
    ids = [run(f"run-{name}-{number}") for name, numbers in enumerate(by_process) for number in numbers]
    assert len(store.get_many(ids)) == end


def test_a_turn_is_held_by_one_and_freed_when_its_holder_dies(store: EmbeddedStore, path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from arangovis.stores.embedded.turns import Turn\n"
            "with Turn(Path(sys.argv[1])): print('mine', flush=True); sys.stdin.readline()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "mine\n"
    writing = threading.Thread(target=create, args=(store, run("a")))
    writing.start()
    writing.join(0.1)
    assert writing.is_alive()
    assert store.find(run("a")) is None  # readers wait for nobody
    holder.kill()
    holder.communicate()
    writing.join(DEADLINE_S)
    assert store.find(run("a")) is not None


def test_a_turn_whose_files_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="lock files"), Turn(tmp_path / "nowhere" / "graph.db"):
        pytest.fail("it was taken")


def in_child(work: Callable[[], object]) -> int:
    """Run a function in a forked child and return its exit status: 0 if it returned."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_goes_on_with_the_store(store: EmbeddedStore) -> None:
    create(store, run("before"))
    assert store.find(run("before")) is not None

    def child() -> None:
        assert store.find(run("before")) is not None
        create(store, run("child"))
        assert store.find(run("child")) is not None
        store.close()

    assert in_child(child) == 0
    create(store, run("after"))
    assert set(store.get_many([run("before"), run("child"), run("after")])) == {
        run("before"),
        run("child"),
        run("after"),
    }


def test_no_connection_is_inherited(store: EmbeddedStore, path: Path) -> None:
    """SQLite in a child would believe that the child holds its parent's locks."""
    create(store, run("a"))
    store.get(run("a"))

    def child() -> None:
        opened = [str(link.resolve()) for link in Path("/proc/self/fd").iterdir()]
        assert not [name for name in opened if name.startswith(str(path))]

    if not Path("/proc/self/fd").exists():
        pytest.skip("this system does not show open files")
    assert in_child(child) == 0


def test_a_fork_waits_for_the_commit_under_way(store: EmbeddedStore) -> None:
    inside, go = threading.Event(), threading.Event()

    def action(transaction: Transaction) -> None:
        transaction.create(run("parent"), None, SAMPLES["run"])
        inside.set()
        assert go.wait(DEADLINE_S)

    statuses: list[int] = []
    leader = threading.Thread(target=act, args=(store, action))
    leader.start()
    assert inside.wait(DEADLINE_S)
    forking = threading.Thread(target=lambda: statuses.append(in_child(lambda: create(store, run("child")))))
    forking.start()
    forking.join(0.1)
    assert statuses == []
    go.set()
    leader.join(DEADLINE_S)
    forking.join(DEADLINE_S)
    assert statuses == [0]
    assert len(store.get_many([run("parent"), run("child")])) == 2


def test_forks_among_busy_threads(store: EmbeddedStore) -> None:
    stop = threading.Event()
    numbers = iter(range(1_000_000))

    def work() -> int:
        done = 0
        while not stop.is_set():
            key = f"run-{next(numbers)}"
            create(store, run(key))
            assert store.find(run(key)) is not None
            done += 1
        return done

    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(work) for _ in range(3)]
        statuses = [in_child(partial(create, store, run(f"child-{number}"))) for number in range(10)]
        stop.set()
        done = sum(future.result(DEADLINE_S) for future in futures)
    assert statuses == [0] * 10
    assert len(store.get_many([run(f"child-{number}") for number in range(10)])) == 10
    assert store.change_number() > 0
    assert len(store.search(Search("run", limit=1000)).items) == min(1000, done + 10)


def test_a_child_that_an_action_forks_does_not_write(store: EmbeddedStore) -> None:
    def child() -> None:
        with pytest.raises(StoreUnavailable):
            create(store, run("child"))

    assert act(store, lambda _: in_child(child)) == 0
    create(store, run("after"))
    assert store.find(run("child")) is None
