"""What layouts cost: ours beside umap-learn, openTSNE and PaCMAP, each in a process of its own, in one run.

    python -m tests.benchmarks.projections.methods [--rounds 3] [--short] [--data patches]

Data are in `data.py`, contenders in `contenders.py`. Fresh: the first fit of a process, imports and compilation
counted; warm: the median of the further ones. Compare CPU seconds first, as they hardly depend on the machine's load.
The goals are checked at the end and printed as met or missed.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Measures: TypeAlias = Mapping[str, float]

RUNS: Mapping[str, Sequence[str]] = {
    "digits": (
        "umap-learn",
        "umap",
        "umap, stored neighbours",
        "densmap",
        "openTSNE",
        "tsne",
        "PaCMAP",
        "pacmap",
        "trimap",
        "pca",
    ),
    "large": ("umap-learn", "umap", "PaCMAP", "pacmap", "trimap"),
    "patches": (
        "umap-learn",
        "umap-learn, neighbours given",
        "umap, stored neighbours",
        "umap",
        "PaCMAP",
        "pacmap",
    ),
}
SHORT: Mapping[str, Sequence[str]] = {"digits": ("umap-learn", "umap"), "large": ("umap-learn", "umap")}
COLUMNS = ("fresh_cpu_s", "fresh_s", "warm_cpu_s", "warm_s", "peak_mb", "t15", "k10")


@dataclass(frozen=True, slots=True)
class Goal:
    """A measure of one contender, at most so much of that of another one; of nothing else if `beside` is None."""

    data: str
    contender: str
    measure: str
    most: float
    beside: str | None = "umap-learn"


GOALS = (
    Goal("digits", "umap", "warm_cpu_s", 0.5),
    Goal("large", "umap", "fresh_cpu_s", 0.25),
    Goal("patches", "umap, stored neighbours", "warm_cpu_s", 0.8),
    Goal("patches", "umap, stored neighbours", "peak_mb", 600, None),
)


def measure(name: str, data: str, rounds: int) -> Measures:
    """Measure a contender in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.projections.one", name, data, str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: Measures = json.loads(done.stdout.splitlines()[-1])
    return found


def table(data: str, names: Sequence[str], rounds: int) -> Mapping[str, Measures]:
    """Measure and print the contenders of one data set."""
    print(f"\n{data}, {rounds} warm rounds, load {os.getloadavg()[0]:.1f}")
    print("| | fresh CPU s | fresh s | warm CPU s | warm s | peak MB | T15 | k10 |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    found = {}
    for name in names:
        found[name] = measure(name, data, rounds)
        cells = [f"{found[name][c]:.3f}" if c in ("t15", "k10") else f"{found[name][c]:.2f}" for c in COLUMNS]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return found


def judge(found: Mapping[str, Mapping[str, Measures]]) -> None:
    """Print which goals are met."""
    print("\n| goal | at most | found | |\n|---|---:|---:|---|")
    for goal in GOALS:
        measures = found.get(goal.data, {})
        if goal.contender in measures:
            value = measures[goal.contender][goal.measure]
            value /= 1 if goal.beside is None else measures[goal.beside][goal.measure]
            beside = "" if goal.beside is None else f" of {goal.beside}'s"
            verdict = "met" if value <= goal.most else "MISSED"
            print(f"| {goal.data}: {goal.contender}, {goal.measure}{beside} | {goal.most} | {value:.2f} | {verdict} |")


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="only UMAP on the smaller data")
    parser.add_argument("--data", choices=RUNS, nargs="*", default=list(RUNS))
    asked = parser.parse_args()
    runs = SHORT if asked.short else RUNS
    judge({data: table(data, names, asked.rounds) for data, names in runs.items() if data in asked.data})


if __name__ == "__main__":
    main()
