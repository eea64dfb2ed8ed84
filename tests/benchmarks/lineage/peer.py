"""A target in a process of its own, for libraries that cannot live in ours: one JSON line in, one out.

`python -m tests.benchmarks.lineage.peer TARGET FOLDER` in the peer's environment.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.lineage.measure import Bench, Measured

REPOSITORY = Path(__file__).resolve().parents[3]


class Peer:
    """The measurements of `Bench`, made in another Python."""

    def __init__(self, target: str, folder: Path, python: str) -> None:
        self.target = target
        command = [python, "-m", "tests.benchmarks.lineage.peer", target, str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, measurement: str, *args: object) -> Measured:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([measurement, *args]), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.target} ended")
        return Measured(**json.loads(line))

    def close(self) -> None:
        self._process.communicate()


def main() -> None:
    bench = Bench(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin:
        measurement, *args = json.loads(line)
        print(json.dumps(asdict(getattr(bench, measurement)(*args))), flush=True)
    bench.close()


if __name__ == "__main__":
    main()
