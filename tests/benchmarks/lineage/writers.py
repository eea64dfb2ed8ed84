"""Several writing processes on one database: how long one durable commit takes, and whether each gets its turn.

`python -m tests.benchmarks.lineage.writers TARGET FOLDER NUMBER COUNT` is one of them.
"""

import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.benchmarks.lineage import workload
from tests.benchmarks.lineage.measure import Measured


def many_writers(target: str, folder: Path, *, processes: int, seconds: float) -> list[Measured]:
    """Return each process's latencies in milliseconds, over the same seconds."""
    store = import_module(f"tests.benchmarks.lineage.targets.{target}").Target(folder)
    store.add_artifacts(workload.shared_artifacts())
    store.close()
    command = [sys.executable, "-m", "tests.benchmarks.lineage.writers", target, str(folder)]
    started = [
        subprocess.Popen(
            [*command, str(number), str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    for process in started:
        assert process.stdin is not None
        print("go", file=process.stdin, flush=True)
    return [Measured(json.loads(process.communicate()[0]), 0.0) for process in started]


def main() -> None:
    target, folder, number, seconds = sys.argv[1:]
    store = import_module(f"tests.benchmarks.lineage.targets.{target}").Target(Path(folder))
    runs = list(workload.ingest_runs(20_000, seed=int(number), prefix=f"w{number}"))
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.perf_counter() + float(seconds)
    latencies = []
    for run in runs:
        begin = time.perf_counter()
        if begin > end:
            break
        store.commit([run])
        latencies.append((time.perf_counter() - begin) * 1000)
    store.close()
    print(json.dumps(latencies))


if __name__ == "__main__":
    main()
