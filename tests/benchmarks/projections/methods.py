"""What fits cost: ours beside umap-learn and openTSNE used by hand, in the same process and round.

    python -m tests.benchmarks.projections.methods [--rounds 5] [--rows 20000]

All is loaded and compiled before anything is measured. Digits (1,797 x 64), and with `--rows` so many digits each
shifted by up to a pixel (64 columns), real pictures all of them. Lines are medians of CPU seconds of the process; the
ratio is to the line above that ends in `by hand`. The goals: UMAP of digits at most 0.5 of umap-learn's fit; 20,000
rows with stored neighbours at most 0.8. Trustworthiness(15) is beside each, since cheap and worse is no gain.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

from arangovis.projections.base import Matrix, no_progress
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.quality import trustworthiness
from arangovis.projections.registry import projector
from tests.shifted_digits import shifted_digits

Fit: TypeAlias = Callable[[], npt.NDArray[np.float32]]


def ours(method: str, rows: Matrix, **parameters: object) -> Fit:
    """Return a fit of one of our methods; the neighbours are found before, as a stored artifact is."""
    engine = projector(method)
    wanted = engine.neighbours_needed(parameters, len(rows))  # type: ignore[arg-type]
    near = nearest_neighbours(rows, wanted) if wanted else None
    return lambda: engine.fit(rows, parameters, neighbours=near, seed=0, progress=no_progress).coordinates  # type: ignore[arg-type]


def umap_by_hand(rows: Matrix) -> Fit:
    """Return a fit of umap-learn as its documentation begins."""
    ours("umap", rows[:100], engine="umap-learn")()  # imports it with its warnings held down
    import umap

    return lambda: umap.UMAP().fit(rows).embedding_


def tsne_by_hand(rows: Matrix) -> Fit:
    """Return a fit of openTSNE as its documentation begins."""
    from openTSNE import TSNE

    return lambda: np.asarray(TSNE(n_jobs=1).fit(rows), dtype=np.float32)


def measure(name: str, fit: Fit, rows: Matrix, rounds: int, *, floor: float | None) -> float:
    """Print a line, and return its CPU seconds."""
    points = fit()  # whatever is compiled is compiled now
    costs = []
    for _ in range(rounds):
        begin = time.process_time()
        fit()
        costs.append(time.process_time() - begin)
    cost = median(costs)
    ratio = "" if floor is None else f"{cost / floor:6.2f}"
    print(f"{name:36s} {cost:8.2f} s {ratio:6s}  T15 {trustworthiness(rows, points):.3f}", flush=True)
    return cost


def compare(rows: Matrix, rounds: int, methods: tuple[str, ...]) -> None:
    """Print the lines of one data set."""
    floor = measure("umap-learn by hand", umap_by_hand(rows), rows, rounds, floor=None)
    measure("umap (fastumap)", ours("umap", rows), rows, rounds, floor=floor)
    measure("umap (umap-learn)", ours("umap", rows, engine="umap-learn"), rows, rounds, floor=floor)
    if "tsne" in methods:
        beside = measure("openTSNE by hand", tsne_by_hand(rows), rows, rounds, floor=None)
        measure("tsne", ours("tsne", rows), rows, rounds, floor=beside)
    for method in methods:
        if method not in ("umap", "tsne"):
            measure(method, ours(method, rows), rows, rounds, floor=floor)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=0)
    asked = parser.parse_args()
    compare(load_digits().data.astype(np.float32), asked.rounds, ("umap", "densmap", "tsne", "trimap", "pacmap"))
    if asked.rows:
        print(f"{asked.rows:,} shifted digits")
        compare(shifted_digits(asked.rows), 1, ("umap", "trimap", "pacmap"))


if __name__ == "__main__":
    main()
