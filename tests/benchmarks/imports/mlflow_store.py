"""How fast a tracking store of MLflow is taken over, from its SQLite file into a home.

    python -m tests.benchmarks.imports.mlflow_store [--runs 10000] [--metrics 4] [--entries 5] [--rounds 3]

The file has the tables that MLflow 3 makes (those of `tests/data/mlflow`) and rows in the shape of real ones: of each
run 10 parameters, 6 tags, some metrics with a history, and a data set that a hundred runs share; two children to a
parent. A round imports it into a new home, and once more, when nothing is new. The floor of the same round is the plain
copying of the same rows from one SQLite file to another, row by row, with a durable commit every 500 runs. The seconds
of the processor stand beside those of the clock: on a machine that others use, only they and the ratio say something.
"""

import argparse
import random
import sqlite3
import statistics
import tarfile
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import arangovis

DATA = Path(__file__).parents[2] / "data" / "mlflow" / "tracking.tar.gz"
START_MS = 1_767_225_600_000
COMMIT_RUNS = 500
REGISTRY = (
    "logged_model_params",
    "logged_model_tags",
    "logged_models",
    "model_version_tags",
    "model_versions",
    "registered_model_aliases",
    "registered_model_tags",
    "registered_models",
)
TABLES = ("runs", "params", "tags", "metrics", "latest_metrics", "inputs", "input_tags", "datasets")


def make_store(path: Path, runs: int, metrics: int, entries: int) -> None:
    """Write a store of MLflow with so many runs."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(DATA) as archive:
        archive.extract("mlflow.db", folder, filter="data")
        Path(folder, "mlflow.db").rename(path)
    with sqlite3.connect(path) as database:
        for table in (*REGISTRY, *TABLES):
            database.execute(f"DELETE FROM {table}")
        for table, rows in _rows(runs, metrics, entries).items():
            marks = ", ".join(f":{name}" for name in rows[0])
            database.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)
    database.close()


def _rows(runs: int, metrics: int, entries: int) -> dict[str, list[dict[str, object]]]:
    chance = random.Random(7)
    found: dict[str, list[dict[str, object]]] = {table: [] for table in TABLES}
    keys = [f"{chance.getrandbits(128):032x}" for _ in range(runs)]
    for number in range(max(1, runs // 100)):
        data = {
            "dataset_uuid": f"{number:032x}",
            "experiment_id": 1,
            "name": f"rows {number}",
            "digest": f"{number:08x}",
        }
        found["datasets"].append(
            {**data, "dataset_source_type": "local", "dataset_source": '{"uri": "/data/rows.csv"}'}
        )
    for number, key in enumerate(keys):
        start = START_MS + 1000 * number
        found["runs"].append(
            {"run_uuid": key, "name": f"run {number}", "status": "FINISHED", "lifecycle_stage": "active",
             "source_type": "UNKNOWN", "source_name": "", "entry_point_name": "", "source_version": "",
             "user_id": "ann", "start_time": start, "end_time": start + 900, "experiment_id": 1 + number % 2,
             "artifact_uri": f"s3://b/{key}"}
        )  # fmt: skip
        found["params"] += [{"run_uuid": key, "key": f"param_{at}", "value": repr(chance.random())} for at in range(10)]
        found["tags"] += [{"run_uuid": key, "key": name, "value": value} for name, value in _tags(number, keys)]
        for at in range(metrics):
            value: dict[str, object] = {"run_uuid": key, "key": f"metric_{at}", "is_nan": False}
            history = [
                {**value, "value": chance.random(), "timestamp": start + 100 * step, "step": step}
                for step in range(entries)
            ]
            found["metrics"] += history
            found["latest_metrics"].append(history[-1])
        link = uuid.UUID(int=chance.getrandbits(128)).hex
        found["inputs"].append(
            {"input_uuid": link, "source_type": "DATASET", "source_id": f"{number % max(1, runs // 100):032x}",
             "destination_type": "RUN", "destination_id": key}
        )  # fmt: skip
        found["input_tags"].append({"input_uuid": link, "name": "mlflow.data.context", "value": "training"})
    return found


def _tags(number: int, keys: list[str]) -> Iterator[tuple[str, str]]:
    yield from (("mlflow.user", "ann"), ("mlflow.source.name", "train.py"), ("mlflow.source.type", "LOCAL"))
    yield from (
        ("mlflow.source.git.commit", f"{number // 50:040x}"),
        ("team", ("risk", "growth", "search")[number % 3]),
    )
    yield ("mlflow.runName", f"run {number}")
    if number % 3:
        yield ("mlflow.parentRunId", keys[number - number % 3])


def imported(path: Path, home: Path) -> tuple[float, float, float]:
    """Import into a home; return how long it took, how long of it the processor worked, and how long doing it again."""
    with arangovis.connect(home=home) as client:
        times, worked = [], []
        for _ in range(2):
            begun, worked_before = time.perf_counter(), time.process_time()
            report = client.import_mlflow(path)
            times.append(time.perf_counter() - begun)
            worked.append(time.process_time() - worked_before)
        if report.counts["run"].unchanged == 0 or report.entries:
            raise AssertionError(f"the second import did something: {report}")
    return times[0], worked[0], times[1]


def copied(path: Path, target: Path) -> float:
    """Copy the rows from one SQLite file to another; return how long it took."""
    begun = time.perf_counter()
    source, copy = sqlite3.connect(path), sqlite3.connect(target)
    copy.execute("PRAGMA journal_mode = WAL")
    copy.execute("PRAGMA synchronous = FULL")
    for (statement,) in source.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    ):
        copy.execute(statement)
    keys = [key for (key,) in source.execute("SELECT run_uuid FROM runs ORDER BY start_time")]
    for start in range(0, len(keys), COMMIT_RUNS):
        for key in keys[start : start + COMMIT_RUNS]:
            for table in ("runs", "params", "tags", "metrics"):
                for row in source.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (key,)):
                    copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        copy.commit()
    source.close()
    copy.close()
    return time.perf_counter() - begun


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("runs", 10_000), ("metrics", 4), ("entries", 5), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "mlflow.db")
        make_store(store, wanted.runs, wanted.metrics, wanted.entries)
        rounds = []
        for number in range(wanted.rounds):
            found = imported(store, Path(folder, f"home{number}"))
            rounds.append((*found, copied(store, Path(folder, f"copy{number}.db"))))
    first, worked, again, floor = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(f"{wanted.runs} runs, {wanted.metrics} metrics of {wanted.entries} entries; median of {wanted.rounds} rounds")
    print(f"import         {first:7.2f} s  {wanted.runs / first:8.0f} runs/s  {first / floor:5.1f} times the floor")
    print(f"  processor    {worked:7.2f} s  {wanted.runs / worked:8.0f} runs/s")
    print(f"import again   {again:7.2f} s  {wanted.runs / again:8.0f} runs/s  {again / floor:5.1f} times the floor")
    print(f"copying rows   {floor:7.2f} s  {wanted.runs / floor:8.0f} runs/s")


if __name__ == "__main__":
    main()
