"""Training 100,000 rows of 30 columns, and scoring them, beside a floor and H2O in turn.

    python -m tests.benchmarks.anomaly [--rounds 5] [--rows 100000] [--peer h2o=/path/to/python] [--quick]

The floor is the same matrix products in plain numpy. H2O is measured if a Python that has it is named. Prints a table;
the mean squared errors are of all rows, in the normalised space of each. Ours holds a tenth of the rows out.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from arangovis.anomaly.scoring import score
from arangovis.anomaly.training import TrainingOptions, train
from tests.benchmarks.anomaly import floor
from tests.benchmarks.anomaly.workload import EPOCHS, HIDDEN, matrix, table


def seconds(run: Callable[[], Any]) -> float:
    """Return the wall time of a call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


class Peer:
    """H2O in a process of its own: one line in and one out a round, so that the two never compute at once."""

    def __init__(self, python: str, rows: np.ndarray) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="anomaly-benchmark-")
        path = Path(self._folder.name) / "train.csv"
        header = ",".join(f"c{i}" for i in range(rows.shape[1]))
        np.savetxt(path, rows, fmt="%.17g", delimiter=",", header=header, comments="")
        command = [python, str(Path(__file__).with_name("h2o_peer.py")), str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        self._process.communicate()
        self._folder.cleanup()

    def round(self) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("H2O ended; its own output says why")
        found: dict[str, float] = json.loads(line)
        return found


def one_round(rows: np.ndarray, seed: int) -> dict[str, float]:
    """Measure ours and the floor once."""
    data, found = table(rows), {}
    options = TrainingOptions("autoencoder", {"hidden": HIDDEN, "epochs": EPOCHS}, seed)
    found["floor_training_s"] = seconds(lambda: floor.training(len(rows), EPOCHS))
    begun = time.perf_counter()
    model = train(data, options)
    found["training_s"] = time.perf_counter() - begun
    found["floor_scoring_s"] = seconds(lambda: floor.scoring(rows))
    found["scoring_s"] = seconds(lambda: score(model, data))
    found["mse"] = score(model, data).metrics.mse or 0.0
    return found


def main() -> None:
    """Print the rounds and their medians."""
    arguments = _arguments()
    rows = matrix(5_000 if arguments.quick else arguments.rows)
    python = dict(pair.split("=", 1) for pair in arguments.peer).get("h2o")
    peer = Peer(python, rows) if python else None
    if peer is None:
        print("H2O is left out; name a Python that has it with --peer h2o=PYTHON", file=sys.stderr)
    one_round(rows[:2000], seed=0)
    own, other = [], []
    try:
        for number in range(arguments.rounds):
            if peer is not None:
                other.append(peer.round())
            own.append(one_round(rows, seed=number))
    finally:
        if peer is not None:
            peer.close()
    print(_table(own, other, rows=len(rows)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.anomaly", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peer", action="append", default=[], metavar="h2o=PYTHON")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    return parser.parse_args()


def _table(own: list[dict[str, float]], other: list[dict[str, float]], *, rows: int) -> str:
    def median(rounds: list[dict[str, float]], name: str) -> str:
        return f"{statistics.median(found[name] for found in rounds):.3g}" if rounds else ""

    def ratio(name: str, rounds: list[dict[str, float]], of: str) -> str:
        ratios = [theirs[of] / ours[name] for ours, theirs in zip(own, rounds, strict=False)]
        return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})" if ratios else ""

    lines = ["| | ours | floor | floor / ours | H2O | H2O / ours |", "|---|---|---|---|---|---|"]
    for name, label in (("training_s", f"training {rows} x 30, {EPOCHS} passes, s"), ("scoring_s", "scoring, s")):
        floor_name = f"floor_{name}"
        cells = [median(own, name), median(own, floor_name), ratio(name, own, floor_name)]
        lines.append(f"| {label} | {' | '.join([*cells, median(other, name), ratio(name, other, name)])} |")
    errors = [median(own, "mse"), "", "", median(other, "mse"), ratio("mse", other, "mse")]
    lines.append(f"| mean squared error | {' | '.join(errors)} |")
    rates = [rows / found["scoring_s"] for found in own]
    lines.append(f"| scored rows/s | {statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f}) | | | | |")
    return "\n".join(lines)


main()
