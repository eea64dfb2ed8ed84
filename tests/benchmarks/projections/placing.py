"""What placing new rows costs: 500 digits in a layout of the other 1,297, by every method, its process warm.

    python -m tests.benchmarks.projections.placing [--rounds 5]

The goal is one second. Rows are placed twice at first, to see that the same comes out.
"""

import argparse
import os
import time
from statistics import median

import numpy as np

from arangovis.projections.base import no_progress
from arangovis.projections.registry import names, projector
from tests.benchmarks.projections.data import digits

NEW = 500
GOAL_S = 1.0


def placed(method: str, rounds: int) -> tuple[float, float]:
    """Return the median CPU and wall seconds of placing."""
    chosen, rows = projector(method), digits()
    fitted = chosen.fit(rows[NEW:], {}, neighbours=None, seed=0, progress=no_progress).transformer
    points, spent = [], []
    for _ in range(rounds + 1):
        cpu, wall = time.process_time(), time.perf_counter()
        points.append(chosen.transform(fitted, rows[:NEW], seed=0, progress=no_progress))
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    assert np.isfinite(points[0]).all()
    assert all(np.array_equal(points[0], again) for again in points[1:])
    cpu_s, wall_s = zip(*spent[1:], strict=True)
    return median(cpu_s), median(wall_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    asked, _ = parser.parse_known_args()
    print(f"\n{NEW} digits placed, load {os.getloadavg()[0]:.1f}\n\n| method | CPU s | s | |\n|---|---:|---:|---|")
    for method in names():
        cpu_s, wall_s = placed(method, asked.rounds)
        print(f"| {method} | {cpu_s:.3f} | {wall_s:.3f} | {'met' if wall_s <= GOAL_S else 'MISSED'} |", flush=True)


if __name__ == "__main__":
    main()
