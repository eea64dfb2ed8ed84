"""A real H2O server for benchmarks: on loopback only, with a bounded heap, stopped after."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.anomaly.h2o_peer import free_port, wait

HEAP = "-Xmx2g"
THREADS = 2


@contextmanager
def running_h2o(python: str) -> Iterator[str]:
    """Serve until the context ends, and yield the URL; `python` is one that has the package `h2o`."""
    port = free_port()
    address = ["-ip", "127.0.0.1", "-web_ip", "127.0.0.1", "-port", str(port)]
    command = ["java", HEAP, "-jar", str(_jar(python)), *address, "-nthreads", str(THREADS), "-disable_flow"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _jar(python: str) -> Path:
    command = [python, "-c", "import h2o; print(h2o.__file__)"]
    package = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    return package.parent / "backend" / "bin" / "h2o.jar"
