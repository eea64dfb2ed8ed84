"""What quality costs: the whole set of measures on digits and on 20,000 rows, as the service asks for it.

    python -m tests.benchmarks.projections.quality [--short]

Goals: 1.5 s for digits, 15 s for 20,000 x 384, stability left out, which is three more fits. Layouts are by `umap`.
"""

import argparse
import os
import time

import numpy as np
from sklearn.datasets import load_digits

from arangovis.projections.base import Matrix
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.quality import DEFAULT_METRICS, Layout, QualityMetric, evaluate
from tests.benchmarks.projections.contenders import STORED, ours
from tests.benchmarks.projections.data import digits, patches


def measure(name: str, rows: Matrix, labels: list[str], goal_s: float) -> None:
    """Print a line a set of measures."""
    near = nearest_neighbours(rows, STORED)
    points = ours("umap")(rows, near)
    whole = [metric for metric in QualityMetric if metric is not QualityMetric.STABILITY_SCORE]
    for said, names in (
        ("whole set, first", whole),
        ("whole set, warm", whole),
        ("default set, warm", DEFAULT_METRICS),
    ):
        layout = Layout(rows, points, 0, labels, None, near.indices)
        cpu, wall = time.process_time(), time.perf_counter()
        evaluate(names, layout)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(f"| {name} | {said} | {cpu:.2f} | {wall:.2f} | {goal_s} |", flush=True)
    cpu, wall = time.process_time(), time.perf_counter()
    layout.local_trustworthiness()
    print(f"| {name} | point by point | {time.process_time() - cpu:.2f} | {time.perf_counter() - wall:.2f} | |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="digits only")
    short = parser.parse_args().short
    print(f"\nQuality, load {os.getloadavg()[0]:.1f}\n| | | CPU s | s | goal s |\n|---|---|---:|---:|---:|")
    measure("digits", digits(), [str(digit) for digit in load_digits().target], 1.5)
    if not short:
        rows = patches()
        bright = np.digitize(rows.mean(axis=1), np.quantile(rows.mean(axis=1), np.linspace(0.1, 0.9, 9)))
        measure("20,000 x 384", rows, [str(level) for level in bright], 15)


if __name__ == "__main__":
    main()
