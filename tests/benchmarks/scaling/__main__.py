"""Scaling benchmark: what each question costs on the embedded store as everything grows, beside plain SQLite.

    python -m tests.benchmarks.scaling [--runs 1000 10000 100000] [--degrees ...] [--depths ...] [--chart FILE.svg]

Each part grows one store from size to size and measures at each. Answers are checked; a wrong one ends with status 1.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tests.benchmarks.scaling.chart import chart
from tests.benchmarks.scaling.graph import Growing
from tests.benchmarks.scaling.history import History
from tests.benchmarks.scaling.hub import Hub
from tests.benchmarks.scaling.measured import Figure
from tests.benchmarks.scaling.queue import Queue
from tests.benchmarks.scaling.report import table

CHARTED = ("ms",)


class Part(Protocol):
    """What is grown and measured."""

    def grown_to(self, size: int, *, rounds: int) -> tuple[list[Figure], bool]:
        """Grow to a size and measure there; say too whether all answers were right."""

    def close(self) -> None:
        """Release everything."""


def main() -> int:
    """Grow, measure, and print the tables."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="scaling-benchmark-", dir=arguments.folder))
    try:
        runs, right = _grown(Growing(folder), arguments.runs, arguments.rounds, "runs")
        if arguments.chart:
            Path(arguments.chart).write_text(_chart(runs), encoding="utf-8")
        print(table(runs, heading="by runs in the store"), flush=True)
        for part, sizes, heading in (
            (Hub(folder), arguments.degrees, "by consumers of a hub"),
            (History(folder), arguments.versions, "by versions of a node"),
            (Queue(folder), arguments.depths, "by runs that wait"),
        ):
            figures, good = _grown(part, sizes, arguments.rounds, heading)
            right &= good
            print(f"\n{table(figures, heading=heading)}", flush=True)
        print(f"\nAll answers are {'right' if right else 'NOT RIGHT'}.")
        return 0 if right else 1
    finally:
        shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.scaling", description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--degrees", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--versions", type=int, nargs="+", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--depths", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chart", help="write the curves by runs there, as SVG")
    parser.add_argument("--folder", help="where the databases are made: the disk to measure")
    return parser.parse_args()


def _grown(part: Part, sizes: Sequence[int], rounds: int, what: str) -> tuple[list[Figure], bool]:
    figures: list[Figure] = []
    right = True
    begin = time.perf_counter()
    try:
        for size in sorted(sizes):
            found, good = part.grown_to(size, rounds=rounds)
            figures += found
            right &= good
            print(f"{what}: {size:,} after {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
    finally:
        part.close()
    return figures, right


def _chart(figures: Sequence[Figure]) -> str:
    questions = list(dict.fromkeys(figure.question for figure in figures if figure.unit in CHARTED))
    lines = {
        question: [(float(figure.size), figure.median) for figure in figures if figure.question == question]
        for question in questions
    }
    return chart(lines, title="Embedded store: cost by size", across="runs in the store", up="milliseconds")


if __name__ == "__main__":
    sys.exit(main())
