"""Lineage benchmark: every target in turn within each round, ratios to the floor of the same round.

    python -m tests.benchmarks.lineage [--rounds 5] [--peer ml_metadata=/path/to/python] [--quick]

Prints one table. Answers are checked against a reference; a wrong one is marked and the exit status is 1.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.lineage.measure import BATCH, Bench, Measured
from tests.benchmarks.lineage.peer import Peer
from tests.benchmarks.lineage.writers import many_writers

FLOOR = "floor"
OWN = "embedded"
SERVICE = "rest"
WRITERS = 8
PEERS = {"ml_metadata": "ml_metadata", "mlflow": "mlflow"}
"""Target and the module that it needs."""
ONLY = {"mlflow": {"A durable, runs/s": ("ingest", (50, 1))}}
"""What is measured of a target that is too slow for the rest."""


class Local(Bench):
    """A target in this process."""

    def ask(self, measurement: str, *args: object) -> Measured:
        answer: Measured = getattr(self, measurement)(*args)
        return answer


def measurements(*, quick: bool) -> dict[str, tuple[str, tuple[object, ...]]]:
    """Return each line of the table: the measurement and its arguments."""
    runs, batched, questions, dense = (200, 1000, 20, 5) if quick else (1000, 5000, 100, 25)
    searched = 2000 if quick else 10_000
    return {
        "A durable, runs/s": ("ingest", (runs, 1)),
        f"A {BATCH} a commit, runs/s": ("ingest", (batched, BATCH)),
        "B local up, ms": ("lineage", ("local", "up", questions)),
        "B local down, ms": ("lineage", ("local", "down", questions)),
        "B dense up, ms": ("lineage", ("dense", "up", dense)),
        "B dense down, ms": ("lineage", ("dense", "down", dense)),
        "C search, ms": ("search", (searched, questions)),
    }


def main() -> int:
    """Run the rounds and print the table."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="lineage-benchmark-", dir=arguments.folder))
    try:
        targets = _targets(folder, dict(pair.split("=", 1) for pair in arguments.peer))
        lines = measurements(quick=arguments.quick)
        results: dict[str, dict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
        for number in range(arguments.rounds):
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
            for line in lines:
                for target in targets:
                    measured = ONLY.get(target.target, lines).get(line)
                    if measured is not None:
                        results[line][target.target].append(target.ask(measured[0], *measured[1]))
        for target in targets:
            target.close()
        print(_table(results))
        print(_writers_table(folder, seconds=1.0 if arguments.quick else 5.0))
        return 0 if all(m.right for line in results.values() for found in line.values() for m in found) else 1
    finally:
        shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.lineage", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", action="append", default=[], metavar="TARGET=PYTHON")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--folder", help="where the databases are made: the disk to measure")
    return parser.parse_args()


def _targets(folder: Path, peers: dict[str, str]) -> list[Local | Peer]:
    targets: list[Local | Peer] = [Local(FLOOR, folder), Local(OWN, folder), Local(SERVICE, folder)]
    for target, module in PEERS.items():
        python = peers.get(target, sys.executable)
        imports = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
        if imports.returncode == 0:
            targets.append(Peer(target, folder, python))
        else:
            print(f"{target} is left out: {module} cannot be imported; name its Python with --peer", file=sys.stderr)
    return targets


def _table(results: dict[str, dict[str, list[Measured]]]) -> str:
    """Return Markdown: median of the rounds' medians, the ratios to floor and embedded store of the same round, CPU."""
    out = [
        "| workload | target | median | p99 | ratio to the floor | ratio to embedded | CPU ms each | answers |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for line, by_target in results.items():
        for target, rounds in by_target.items():
            medians = _medians(rounds)
            p99 = statistics.median(percentile(measured.values, 99) for measured in rounds)
            cpu = statistics.median(measured.cpu_ms for measured in rounds)
            spreads = " | ".join(_spread(medians, _medians(by_target[other])) for other in (FLOOR, OWN))
            right = "right" if all(measured.right for measured in rounds) else "WRONG"
            shown = "" if len(rounds[0].values) == 1 else f"{p99:.2f}"
            out.append(
                f"| {line} | {target} | {statistics.median(medians):.2f} | {shown} | {spreads} | {cpu:.3f} | {right} |"
            )
    return "\n".join(out)


def _medians(rounds: Sequence[Measured]) -> list[float]:
    return [statistics.median(measured.values) for measured in rounds]


def _spread(values: Sequence[float], others: Sequence[float]) -> str:
    """Return the ratios within each round: their median, least and most."""
    ratios = [value / other for value, other in zip(values, others, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def _writers_table(folder: Path, *, seconds: float) -> str:
    out = [f"\n| {WRITERS} writing processes | commits/s | p50 ms | p99 ms | longest ms | fewest and most commits |"]
    out.append("|---|---|---|---|---|---|")
    for target in (FLOOR, OWN):
        place = Path(tempfile.mkdtemp(dir=folder))
        by_process = [m.values for m in many_writers(target, place, processes=WRITERS, seconds=seconds)]
        every = [value for values in by_process for value in values]
        counts = sorted(len(values) for values in by_process)
        shown: Callable[[float], str] = "{:.1f}".format
        cells = (len(every) / seconds, percentile(every, 50), percentile(every, 99), max(every))
        out.append(f"| {target} | {' | '.join(map(shown, cells))} | {counts[0]}-{counts[-1]} |")
    return "\n".join(out)


def percentile(values: list[float], percent: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


if __name__ == "__main__":
    sys.exit(main())
