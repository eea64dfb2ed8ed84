"""What our projector adds to a plain umap-learn fit, warm, in one process.

    python tests/benchmarks/projection/umap_fit.py [--rows 5000] [--rounds 5] [--short]

`--short` runs only the first two contenders.

Rows: scikit-learn's digits (64 columns), sampled with replacement, with seeded Gaussian jitter of 0.5 so that none are
equal. Each round runs every contender once, in turning order; medians and ratios are printed. All contenders get the
same seed unless they say otherwise.

    ours            Umap().fit with neighbours given, to coordinates and transformer
    plain, given    umap.UMAP(...).fit with the same neighbours given            <- the goal: ours at most 1.15 of this
    plain, search   umap.UMAP(...).fit that searches its own neighbours (NN-descent)
    plain, no seed  the same on all threads, another result on every run
    search          our exact neighbours alone
    ours, bytes     the transformer of `ours` to bytes and back
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
from sklearn.datasets import load_digits

from arangovis.projections.base import Matrix, Neighbours, no_progress
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.umap_method import Umap
from arangovis.tabular.bundle import from_bytes, to_bytes

SEED = 7
OURS, GIVEN = "ours", "plain, given"
GOAL = 1.15


def digits_with_jitter(rows: int) -> Matrix:
    """Return the rows described above."""
    generator = np.random.default_rng(SEED)
    digits = load_digits().data
    sample = digits[generator.integers(0, len(digits), rows)]
    return np.asarray(sample + generator.normal(0, 0.5, sample.shape), dtype=np.float32)


def contenders(rows: Matrix, neighbours: Neighbours) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name."""
    import umap

    method = Umap()
    parameters = method.parameters.defaults()

    def fit() -> object:
        return method.fit(rows, parameters, neighbours=neighbours, seed=SEED, progress=no_progress)

    def fit_given() -> object:
        indices = np.column_stack([np.arange(len(rows)), neighbours.indices])
        distances = np.column_stack([np.zeros(len(rows), np.float32), neighbours.distances])
        return umap.UMAP(random_state=SEED, n_jobs=1, precomputed_knn=(indices, distances, None)).fit(rows)

    transformer = method.fit(rows, parameters, neighbours=neighbours, seed=SEED, progress=no_progress).transformer
    return {
        OURS: fit,
        GIVEN: fit_given,
        "plain, search": lambda: umap.UMAP(random_state=SEED, n_jobs=1).fit(rows),
        "plain, no seed": lambda: umap.UMAP().fit(rows),
        "search": lambda: nearest_neighbours(rows, 14),
        "ours, bytes": lambda: from_bytes(to_bytes(transformer)),
    }


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by the clock and of the processor (all threads)."""

    wall: float
    cpu: float


def timed(action: Callable[[], object]) -> Taken:
    """Run the action and return what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


def measure(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[Taken]]:
    """Return what each contender took in each round, after one round that is not counted."""
    taken: dict[str, list[Taken]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        turn = number % len(actions)
        for name in [*list(actions)[turn:], *list(actions)[:turn]]:
            found = timed(actions[name])
            taken[name].extend([found] if number > 0 else [])
    return taken


def show(taken: dict[str, list[Taken]]) -> None:
    """Print medians, and their ratios to the plain fit."""
    walls = {name: median(t.wall for t in rounds) for name, rounds in taken.items()}
    cpus = {name: median(t.cpu for t in rounds) for name, rounds in taken.items()}
    print(f"{'':16} {'wall s':>8} {'ratio':>6} {'cpu s':>8} {'ratio':>6}")
    for name, wall in walls.items():
        print(f"{name:16} {wall:8.3f} {wall / walls[GIVEN]:6.3f} {cpus[name]:8.3f} {cpus[name] / cpus[GIVEN]:6.3f}")
    ratio, cpu_ratio = walls[OURS] / walls[GIVEN], cpus[OURS] / cpus[GIVEN]
    print(json.dumps({"ratio": round(ratio, 3), "cpu_ratio": round(cpu_ratio, 3), "goal": GOAL, "met": ratio <= GOAL}))


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=5_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--short", action="store_true")
    options = arguments.parse_args()
    warnings.simplefilter("ignore")
    rows = digits_with_jitter(options.rows)
    actions = contenders(rows, nearest_neighbours(rows, 14))
    chosen = {name: action for name, action in actions.items() if not options.short or name in (OURS, GIVEN)}
    load = os.getloadavg()[0]
    print(f"{options.rows} x {rows.shape[1]}, {options.rounds} rounds, {os.cpu_count()} cores, load before {load:.1f}")
    show(measure(chosen, options.rounds))


if __name__ == "__main__":
    main()
