"""`python -m tests.benchmarks.compatibility`: our sweep beside the original's way, in CPU time of the same rounds."""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from arangovis.compatibility.pytorch.trainer import Models, TorchTrainer
from arangovis.compatibility.sweep import points, run_point
from tests.benchmarks.compatibility import plain
from tests.benchmarks.compatibility.workload import OPTIONS, Workload, workload


def ours(work: Workload, folder: Path) -> list[dict[str, float]]:
    """Run the sweep with all files written."""
    trainer = TorchTrainer(OPTIONS, Models(work.h1, work.h2), {"train": work.train, "test": work.test})
    splits, found = trainer.splits(by_batch=True), []
    for point in points(OPTIONS):
        result = run_point(trainer, point, splits, lambda fraction: None)
        (folder / f"{point.index}.safetensors").write_bytes(result.weights or b"")
        for name, evaluation in result.evaluations.items():
            (folder / f"{point.index}-{name}.json").write_text(json.dumps(evaluation.record()))
            scores = evaluation.scores
            found.append({"h2_performance": evaluation.h2_performance, "btc": scores.btc or 0, "bec": scores.bec or 0})
    return found


def measure(run: Callable[[Workload, Path], list[dict[str, float]]]) -> tuple[float, Workload, list[dict[str, float]]]:
    """Return the CPU seconds of a sweep, its workload with the counts, and what it found."""
    work = workload()
    work.asked.update(h1=0, h2=0)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        found = run(work, Path(folder))
        return time.process_time() - begun, work, found


def main() -> None:
    """Print the rounds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    measure(ours), measure(plain.sweep)
    ratios = []
    for number in range(rounds):
        own, work, found = measure(ours)
        other, plain_work, expected = measure(plain.sweep)
        apart = max(abs(a[name] - b[name]) for a, b in zip(found, expected, strict=True) for name in a)
        ratios.append(own / other)
        print(
            f"round {number + 1}: ours {own:.2f} CPU s, forward passes {work.asked}; "
            f"the original's way {other:.2f} CPU s, {plain_work.asked}; ratio {own / other:.2f}; "
            f"results differ by at most {apart:.1e}"
        )
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}); the goal is at most 0.50")


main()
