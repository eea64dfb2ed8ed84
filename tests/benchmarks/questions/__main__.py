"""What each question of lineage costs over REST on a graph of about 10,000 nodes, beside the lineage of the same nodes.

    python -m tests.benchmarks.questions [--rounds 5] [--asked 100]

The graph is the local one of `tests.benchmarks.lineage`: 11 levels of 455 artifacts, each made by a run that reads
three. Every question is about random nodes of its last level (or its first, going down). Prints one table: the median
of the rounds' medians, the 99th percentile, and the ratio to the lineage of the same round.
"""

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.benchmarks.lineage import workload
from tests.benchmarks.lineage.targets.rest import Target

FLOOR = "lineage upstream"
BATCH = 500
WARM = 5


class Asker:
    """Asks about random nodes of the graph."""

    def __init__(self, target: Target, runs: Sequence[workload.Run]) -> None:
        self._chance = random.Random(11)
        self._target = target
        self._run_of = {run.output: run.key for run in runs}

    def last(self) -> str:
        return self._node(workload.LEVELS - 1)

    def first(self) -> str:
        return self._node(0)

    def run(self) -> str:
        place = self._chance.randrange(workload.WIDTH)
        return "run/" + self._run_of[workload.artifact("local", workload.LEVELS - 1, place)]

    def near(self) -> tuple[str, str]:
        """Return two nodes of the last level, side by side."""
        place = self._chance.randrange(workload.WIDTH - 2)
        level = workload.LEVELS - 1
        return tuple(self._made(workload.artifact("local", level, place + step)) for step in (0, 2))  # type: ignore[return-value]

    def chain(self) -> tuple[str, str]:
        """Return a node of the first level and one of the last that it leads to."""
        place = self._chance.randrange(20, workload.WIDTH - 20)
        ends = (0, place), (workload.LEVELS - 1, place + 9)
        return tuple(self._made(workload.artifact("local", *end)) for end in ends)  # type: ignore[return-value]

    def _node(self, level: int) -> str:
        return self._made(workload.artifact("local", level, self._chance.randrange(workload.WIDTH)))

    def _made(self, name: str) -> str:
        return self._target.node(name)


def questions(ask: Asker) -> Mapping[str, Callable[[], str]]:
    """Return each line of the table: how its next question is asked."""
    return {
        FLOOR: lambda: f"/lineage/{ask.last()}",
        "origin": lambda: f"/origin/{ask.last()}",
        "history": lambda: f"/history/{ask.run()}",
        "history of a field": lambda: f"/history/{ask.run()}/field?name=params.level",
        "impact": lambda: f"/impact/{ask.first()}",
        "impact, plots only": lambda: f"/impact/{ask.first()}?kinds=plot",
        "diff": lambda: "/diff?a={}&b={}".format(*ask.near()),
        "shortest chain of 20": lambda: "/paths?from={}&to={}".format(*ask.chain()),
        "common ancestors": lambda: "/lineage/common?a={}&b={}".format(*ask.near()),
        "stale": lambda: f"/stale/{ask.last()}",
        "leakage": lambda: f"/policies/leakage?model={ask.last()}",
        "running": lambda: "/running",
    }


def main() -> int:
    """Load the graph, ask in rounds, print the table."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="questions-benchmark-"))
    target = Target(folder)
    try:
        levels, runs = workload.layered("local")
        target.add_artifacts(levels)
        for first in range(0, len(runs), BATCH):
            target.commit(runs[first : first + BATCH])
        found = _measured(target, questions(Asker(target, runs)), arguments.rounds, arguments.asked)
    finally:
        target.close()
        shutil.rmtree(folder)
    print(_table(found))
    return 0


def _measured(
    target: Target, lines: Mapping[str, Callable[[], str]], rounds: int, asked: int
) -> Mapping[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {name: [] for name in lines}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for name, next_path in lines.items():
            times = [_timed(target, next_path()) for _ in range(WARM + asked)]
            found[name].append(times[WARM:])
    return found


def _timed(target: Target, path: str) -> float:
    begin = time.perf_counter()
    target.get(f"/api/v1{path}")
    return (time.perf_counter() - begin) * 1000


def _table(found: Mapping[str, list[list[float]]]) -> str:
    floors = [statistics.median(times) for times in found[FLOOR]]
    out = ["| question | median ms | p99 ms | ratio to the lineage |", "|---|---|---|---|"]
    for name, rounds in found.items():
        medians = [statistics.median(times) for times in rounds]
        p99 = statistics.median(sorted(times)[round(0.99 * (len(times) - 1))] for times in rounds)
        ratio = statistics.median(mine / floor for mine, floor in zip(medians, floors, strict=True))
        out.append(f"| {name} | {statistics.median(medians):.1f} | {p99:.1f} | {ratio:.2f} |")
    return "\n".join(out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.questions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--asked", type=int, default=100, help="questions of each kind in a round")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
