"""The search for neighbours, beside the floor of any exact one and beside libraries.

    python -m tests.benchmarks.projections.neighbours [--rounds 5] [--short]

    floor        a float32 matrix product a block, argpartition, sort: rounding decides   <- ours at most 1.3
    ours         nearest_neighbours: exact, ties by position, distances measured again
    faiss        faiss.IndexFlatL2, where faiss-cpu is installed
    pynndescent  NNDescent, warm (its first call compiles for some 30 CPU s)

Rows: 5,000 x 100 (random normal values: the hardest data for a search that must be exact, and all the same to a floor),
and scikit-learn's digits with seeded jitter, 60,000 x 64, of which ours looks through the cells near by. Each round
runs every contender once; medians of CPU seconds and ratios are printed, as CPU hardly depends on the machine's load.
"""

import argparse
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median

import numpy as np

from arangovis.projections.base import Matrix
from arangovis.projections.neighbours import NeighbourIndex
from tests.benchmarks.projection.umap_fit import digits_with_jitter

BLOCK_BYTES = 32 << 20


def floor(rows: Matrix, count: int) -> None:
    """Search all neighbours by the least that an exact search does."""
    squares = np.einsum("ij,ij->i", rows, rows)
    step = max(1, BLOCK_BYTES // (8 * len(rows)))
    for start in range(0, len(rows), step):
        block = rows[start : start + step] @ rows.T
        block *= -2
        block += squares
        near = np.argpartition(block, count - 1, axis=1)[:, :count]
        distances = np.take_along_axis(block, near, axis=1)
        np.take_along_axis(near, np.argsort(distances, axis=1), axis=1)


def ours(rows: Matrix, count: int) -> None:
    """Search as a projection does."""
    found = NeighbourIndex(rows).among(count)
    print(f"    ours: by {found.search}, recall {found.recall:.3f}", flush=True)


def by_faiss(rows: Matrix, count: int) -> None:
    """Search by faiss."""
    import faiss

    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows)
    index.search(rows, count + 1)


def by_pynndescent(rows: Matrix, count: int) -> None:
    """Search by pynndescent."""
    from pynndescent import NNDescent

    found = NNDescent(rows, n_neighbors=count + 1, random_state=1)
    assert found.neighbor_graph[0].shape == (len(rows), count + 1)


CONTENDERS: dict[str, Callable[[Matrix, int], None]] = {
    "floor": floor,
    "ours": ours,
    **({"faiss": by_faiss} if find_spec("faiss") else {}),
    **({"pynndescent": by_pynndescent} if find_spec("pynndescent") else {}),
}


def compare(rows: Matrix, count: int, *, rounds: int, names: tuple[str, ...]) -> None:
    """Measure and print one table."""
    spent: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        for name in names:
            begin = time.process_time()
            CONTENDERS[name](rows, count)
            if turn:  # the first round compiles and fills caches
                spent[name].append(time.process_time() - begin)
    print(f"\n{rows.shape[0]:,} x {rows.shape[1]}, {count} neighbours, {rounds} rounds, load {os.getloadavg()[0]:.1f}")
    print("| | CPU s | of the floor's |\n|---|---|---|")
    for name in names:
        ratios = [own / base for own, base in zip(spent[name], spent["floor"], strict=True)]
        print(f"| {name} | {median(spent[name]):.2f} | {median(ratios):.2f} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="only the floor and ours, only the first data")
    options = parser.parse_args()
    names = ("floor", "ours") if options.short else tuple(CONTENDERS)
    normal = np.random.default_rng(0).normal(size=(5_000, 100)).astype(np.float32)
    compare(normal, 100, rounds=options.rounds, names=names)
    compare(normal, 15, rounds=options.rounds, names=names)
    if not options.short:
        compare(digits_with_jitter(60_000), 15, rounds=min(2, options.rounds), names=names)


if __name__ == "__main__":
    main()
