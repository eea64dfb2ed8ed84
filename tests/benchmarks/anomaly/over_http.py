"""Scoring over HTTP beside a real H2O: files of 10,000 and 100,000 rows, and one row.

    python -m tests.benchmarks.anomaly.over_http --peer h2o=PYTHON [--rounds 3] [--quick]

Both services run on loopback, one request at a time, in turns within each round; the detectors are of one shape and
learnt from the same rows. The sequence is import, set-up, parse (polled every 10 ms), predict, download, two deletes:
the very same requests to both. Each pass has a file of its own, which nobody has seen before. Ours keeps the lineage of
all of it. "One call" is our own way: the CSV in one POST,
scores back, kept with their lineage or not. Prints medians over rounds, and ratios with their spread.
"""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.anomaly.h2o_server import running_h2o
from tests.benchmarks.anomaly.sequence import CSV, STEPS, Calls, parse, predict, whole
from tests.benchmarks.anomaly.workload import EPOCHS, HIDDEN, matrix
from tests.benchmarks.service_process import running_service

NAMES = [f"c{place}" for place in range(30)]
SIZES = (10_000, 100_000)
PASSES = {10_000: 5, 100_000: 3}
CALLS = 100
Figures = dict[str, float]
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Workload:
    """Files by their rows, and how many single calls are timed."""

    files: dict[int, Path]
    calls: int

    @property
    def sizes(self) -> list[int]:
        """The sizes that are timed as files."""
        return [rows for rows in self.files if rows > 1]


def write_files(folder: Path, sizes: tuple[int, ...]) -> dict[int, Path]:
    """Write the data as CSV, six digits a number."""
    rows, found = matrix(max(sizes)), {}
    for size in sizes:
        found[size] = folder / f"rows_{size}.csv"
        np.savetxt(found[size], rows[:size], fmt="%.6g", delimiter=",", header=",".join(NAMES), comments="")
    return found


def train_ours(calls: Calls, path: Path) -> str:
    """Train over REST, and return the detector's integer id."""
    source = json_of(calls.send("POST", f"/api/v1/uploads?name={path.name}", path.read_bytes(), CSV))["node"]
    frame = made(calls, calls.json("/api/v1/frames", {"source": source})["id"], "dataset")
    parameters = {"hidden": HIDDEN, "epochs": EPOCHS}
    body = {"frame": frame, "name": "ae", "parameters": parameters, "seed": 1}
    made(calls, calls.json("/api/v1/anomaly-models", body)["id"], "model_version")
    return "1"


def made(calls: Calls, run: str, kind: str) -> str:
    """Wait for a run, and return what it made."""
    while (state := calls.get(f"/api/v1/{run.replace('run/', 'runs/')}")["attributes"]["state"]) != "SUCCESS":
        assert state in ("PENDING", "STARTED"), state
        time.sleep(0.02)
    edges = calls.get(f"/api/v1/lineage/{run}?direction=downstream&depth=1")["edges"]
    return next(str(edge["to"]) for edge in edges if edge["to"].startswith(f"{kind}/"))


def json_of(data: bytes) -> dict[str, str]:
    import json

    found: dict[str, str] = json.loads(data)
    return found


def train_h2o(calls: Calls, path: Path) -> str:
    """Train over REST, and return the model's name."""
    source = calls.form("/3/ImportFiles", path=str(path))["destination_frames"][0]
    parse(calls, source, calls.form("/3/ParseSetup", source_frames=[source]), "train.hex")
    fields = {"training_frame": "train.hex", "model_id": "ae", "autoencoder": True, "hidden": HIDDEN, "seed": 1}
    job = calls.form("/3/ModelBuilders/deeplearning", **fields, epochs=EPOCHS, activation="Tanh", stopping_rounds=0)
    name = job["job"]["key"]["name"]
    while (state := calls.get(f"/3/Jobs/{name.replace('$', '%24')}")["jobs"][0]["status"]) != "DONE":
        assert state in ("CREATED", "RUNNING"), state
        time.sleep(0.1)
    return "ae"


def timed(call: Callable[[], object], times: int) -> list[float]:
    """Return the seconds of each of so many calls."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return found


def sequence_round(calls: Calls, model: str, work: Workload) -> Figures:
    """Time the sequence at every size, and of one row."""
    found: Figures = {}
    for rows in work.sizes:
        passes = [one_pass(calls, work.files[rows], model, rows) for _ in range(PASSES.get(rows, 3))]
        found |= {f"{step} {rows}": statistics.median(one[step] for one in passes) for step in (*STEPS, "whole")}
    one = [one_pass(calls, work.files[1], model, 1)["whole"] for _ in range(work.calls)]
    return {**found, "one row p50": _percentile(one, 50), "one row p99": _percentile(one, 99)}


def one_pass(calls: Calls, path: Path, model: str, rows: int) -> dict[str, float]:
    """Time the sequence with a copy of a file that differs in its last number, and lies on the disk already."""
    number = next(_numbers)
    copy = path.with_name(f"{path.stem}_{number}.csv")
    with copy.open("wb") as file:
        file.write(path.read_bytes().rstrip(b"\n") + b"%05d\n" % number)
        file.flush()
        os.fsync(file.fileno())
    try:
        return whole(calls, copy, model, lines=rows)
    finally:
        copy.unlink()


def resident_round(calls: Calls, model: str, work: Workload) -> Figures:
    """Time the prediction alone, of one row that lies parsed."""
    source = calls.form("/3/ImportFiles", path=str(work.files[1]))["destination_frames"][0]
    parse(calls, source, calls.form("/3/ParseSetup", source_frames=[source]), "one.hex")
    taken = timed(lambda: predict(calls, model, "one.hex", "one"), work.calls)
    return {"predict p50": _percentile(taken, 50), "predict p99": _percentile(taken, 99)}


def one_call_round(calls: Calls, work: Workload) -> Figures:
    """Time our own call: a file in one POST, kept or not, and one row as JSON."""
    found: Figures = {}
    path = "/api/v1/anomaly-models/1/score"
    for rows in work.sizes:
        data = work.files[rows].read_bytes()
        for name, query in (("stateless", ""), ("kept", "?persist=true")):
            call = lambda data=data, query=query: calls.send("POST", path + query, data, CSV, CSV)  # noqa: E731
            found[f"{name} {rows}"] = statistics.median(timed(call, PASSES.get(rows, 3)))
    row = [dict(zip(NAMES, matrix(1)[0].tolist(), strict=True))]
    taken = timed(lambda: calls.json(path, row), work.calls * 5)
    return {**found, "call p50": _percentile(taken, 50), "call p99": _percentile(taken, 99)}


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    python = dict(pair.split("=", 1) for pair in arguments.peer).get("h2o")
    with tempfile.TemporaryDirectory(prefix="anomaly-http-") as name, ExitStack() as stack:
        folder = Path(name).resolve()
        (folder / "data").mkdir()
        sizes = (1, 1000) if arguments.quick else (1, *SIZES)
        work = Workload(write_files(folder / "data", sizes), 20 if arguments.quick else CALLS)
        os.environ["ARANGOVIS_IMPORT_ROOTS"] = str(folder / "data")
        ours = Calls(stack.enter_context(running_service(folder / "home")).url)
        own_model = train_ours(ours, work.files[max(sizes)])
        theirs = Calls(stack.enter_context(running_h2o(python))) if python else None
        their_model = train_h2o(theirs, work.files[max(sizes)]) if theirs else ""
        own, other = [], []
        for number in range(arguments.rounds + 1):  # the first is thrown away: both warm up
            found = {**sequence_round(ours, own_model, work), **one_call_round(ours, work)}
            beside = {}
            if theirs is not None:
                beside = sequence_round(theirs, their_model, work) | resident_round(theirs, their_model, work)
            if number:
                own.append(found)
                other.append(beside)
                print("\n".join(_lines(own[-1:], other[-1:], work.sizes)), file=sys.stderr, flush=True)
    print(f"load {os.getloadavg()[0]:.1f}\n" + "\n".join(_lines(own, other, work.sizes)))


def _lines(own: list[Figures], other: list[Figures], sizes: list[int]) -> list[str]:
    lines = ["| | ours | H2O | H2O / ours |", "|---|---|---|---|"]
    for rows in sizes:
        lines += [_line(f"{step}, {rows} rows, ms", own, other, f"{step} {rows}") for step in ("whole", *STEPS)]
        for name in ("kept", "stateless"):
            lines.append(_line(f"one call, {name}, {rows} rows, ms", own, other, f"{name} {rows}", f"whole {rows}"))
    lines.append(_line("one row, the sequence, p50, ms", own, other, "one row p50"))
    lines.append(_line("one row, one call, p50, ms, to the sequence's p50", own, other, "call p50", "one row p50"))
    lines.append(_line("one row, one call, p99, ms, to the sequence's p50", own, other, "call p99", "one row p50"))
    lines.append(_line("one row, one call, p50, ms, to predict alone", own, other, "call p50", "predict p50"))
    return lines


def _line(label: str, own: list[Figures], other: list[Figures], name: str, of: str | None = None) -> str:
    mine = statistics.median(found[name] for found in own)
    pairs = [(a[name], b[of or name]) for a, b in zip(own, other, strict=True) if b]
    if not pairs:
        return f"| {label} | {1e3 * mine:.3g} | | |"
    ratios = [theirs / ours for ours, theirs in pairs]
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    return f"| {label} | {1e3 * mine:.3g} | {1e3 * statistics.median(theirs for _, theirs in pairs):.3g} | {spread} |"


def _percentile(values: list[float], share: int) -> float:
    return float(np.percentile(values, share))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", action="append", default=[], metavar="h2o=PYTHON")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    return parser.parse_args()


if __name__ == "__main__":
    main()
