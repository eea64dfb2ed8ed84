"""`python -m tests.benchmarks.compatibility.recorded`: a sweep recorded in the graph, with one worker and with two."""

import argparse
import statistics
import tempfile
import time

import torch

import arangovis as av
from tests.benchmarks.compatibility.workload import OPTIONS, workload


def seconds(epochs: int, workers: int) -> float:
    """Return how long the sweep takes on a store of its own."""
    work = workload()
    with tempfile.TemporaryDirectory() as home, av.connect(home=home) as client:
        client.register_project("warm-up")
        begun = time.perf_counter()
        sweep = av.compatibility_sweep(
            None,
            epochs,
            work.h1,
            work.h2,
            work.train,
            work.test,
            optimizer_kwargs=dict(OPTIONS.optimizer_arguments),
            lambda_c_stepsize=0.25,
            workers=workers,
            client=client,
        )
        spent = time.perf_counter() - begun
        assert len(sweep.points) == len(OPTIONS.lambdas) * 2
    return spent


def main() -> None:
    """Print the rounds and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs="+", default=[5, 40])
    given = parser.parse_args()
    torch.set_num_threads(1)
    seconds(1, 1)
    for epochs in given.epochs:
        rounds = [(seconds(epochs, 1), seconds(epochs, 2)) for _ in range(given.rounds)]
        ratios = [two / one for one, two in rounds]
        print(f"{epochs} epochs: " + ", ".join(f"{one:.2f} s / {two:.2f} s" for one, two in rounds))
        print(f"  two workers to one: {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")


if __name__ == "__main__":
    main()
