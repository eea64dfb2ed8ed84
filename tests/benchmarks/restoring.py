"""How long a backup and its restore take, beside copying the same files.

    python -m tests.benchmarks.restoring --runs 2000 --rounds 3

A home is filled with runs that each made a file of its own; the backup is made while another thread goes on logging,
and the restore is into an empty home and checked. The floor is `shutil.copytree` of the home, with fsync of each file.
"""

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.graph import Caller
from arangovis.services.copying.backups import back_up, restore, synced
from arangovis.services.copying.copying import Place
from arangovis.services.external.values import FileFacts
from arangovis.services.run_log import LoggedRun
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.stores.embedded import EmbeddedStore
from arangovis.wiring import Arangovis, build

WRITER = Caller("benchmark")
FILE_BYTES = 20_000


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        service = build(Settings(home=Path(scratch) / "home"))
        for number in range(arguments.runs):
            log(service, number)
        times = [measured(service, Path(scratch) / f"round-{number}") for number in range(arguments.rounds)]
        size = sum(path.stat().st_size for path in (Path(scratch) / "home").rglob("*") if path.is_file())
        service.close()
    print(f"{arguments.runs} runs with a file each, {size / 1e6:.1f} MB; medians of {arguments.rounds} rounds")
    for name, found in zip(
        ("backup beside a writer", "restore and check", "copy of the files"), zip(*times, strict=True), strict=True
    ):
        print(f"{name:24} {statistics.median(found):8.2f} s")


def log(service: Arangovis, number: int) -> None:
    """Log a run with a file of its own."""
    run = service.run_log.log(LoggedRun("script", metrics={"number": number}), WRITER).node
    data = number.to_bytes(8, "big") * (FILE_BYTES // 8)
    service.external_runs.log_file(run, BytesIO(data), FileFacts("weights"), WRITER)


def measured(service: Arangovis, folder: Path) -> tuple[float, float, float]:
    """Return the seconds of a backup, a restore and the floor."""
    folder.mkdir()
    done = threading.Event()
    writer = threading.Thread(target=write_until, args=(service, done))
    writer.start()
    source = Place(service.store, service.artifacts)
    backup_s = timed(lambda: back_up(source, folder / "backup"))
    done.set()
    writer.join()
    store = EmbeddedStore(folder / "restored.db")
    store.migrate()
    target = Place(store, LocalArtifactStore(folder / "artifacts"))
    restore_s = timed(lambda: restore(folder / "backup", target))
    assert check_store(store, target.artifacts) == []
    store.close()
    floor_s = timed(lambda: copied(folder / "backup", folder / "copy"))
    return backup_s, restore_s, floor_s


def write_until(service: Arangovis, done: threading.Event) -> None:
    """Log runs until it is enough."""
    number = 1 << 32
    while not done.wait(0.01):
        log(service, number)
        number += 1


def copied(source: Path, target: Path) -> None:
    """Copy a folder, each file durably."""
    shutil.copytree(source, target)
    for path in target.rglob("*"):
        synced(path)


def timed(do: Callable[[], object]) -> float:
    """Return how long something takes, in seconds."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
