"""One contender in a process of its own: `python -m tests.benchmarks.projections.one CONTENDER DATA ROUNDS`.

Writes JSON: CPU and wall seconds of the first fit with its imports (fresh), the median of the further ones (warm), the
peak memory in MB up to then, and trustworthiness(15) and the share of the ten nearest rows that are kept.
"""

import json
import resource
import sys
import time
from statistics import median
from typing import Any

import numpy as np

from arangovis.projections.base import Matrix, Neighbours
from tests.benchmarks.projections.contenders import CONTENDERS, STORED
from tests.benchmarks.projections.data import rows_of


def stored_neighbours(rows: Matrix) -> Neighbours:
    """Return what a stored artifact would hold; searched by another process, so that it costs this one nothing."""
    from multiprocessing import get_context

    with get_context("spawn").Pool(1) as pool:
        return Neighbours(*pool.apply(_searched, (rows,)))


def _searched(rows: Matrix) -> tuple[Any, Any]:
    from arangovis.projections.neighbours import nearest_neighbours

    found = nearest_neighbours(rows, STORED)
    return found.indices, found.distances


def kept_of_ten(rows: Matrix, points: Matrix) -> float:
    """Return the share of the ten nearest rows that are among the ten nearest points; of 2,000 rows, if more."""
    from arangovis.projections.neighbours import NeighbourIndex

    asked = np.sort(np.random.default_rng(0).permutation(len(rows))[:2_000])
    near = [NeighbourIndex(table).query(table[asked], 11).indices[:, 1:] for table in (rows, points)]
    return float(np.mean([len(np.intersect1d(*pair)) / 10 for pair in zip(*near, strict=True)]))


def measured(name: str, data: str, rounds: int) -> dict[str, float]:
    """Measure a contender."""
    rows, contender = rows_of(data), CONTENDERS[name]
    stored = stored_neighbours(rows) if contender.stored else None
    spent = []
    for _ in range(rounds + 1):
        cpu, wall = time.process_time(), time.perf_counter()
        points = contender.fit(rows, stored)
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    from arangovis.projections.quality import trustworthiness

    points = np.ascontiguousarray(points, dtype=np.float32)
    return {
        "fresh_cpu_s": spent[0][0],
        "fresh_s": spent[0][1],
        "warm_cpu_s": median(cpu for cpu, _ in spent[1:]),
        "warm_s": median(wall for _, wall in spent[1:]),
        "peak_mb": peak,
        "t15": trustworthiness(rows, points),
        "k10": kept_of_ten(rows, points),
    }


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
