"""What idle processes weigh, and that they load nothing that computes."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from arangovis.workers.pool import WARM_BYTES_MAX
from tests.acceptance.processes import ROOT, Server, processes, register, until

pytestmark = pytest.mark.acceptance

MIB = 1 << 20
SUPERVISOR_BYTES_MAX = 60 * MIB
PARENT_BYTES_MAX = 30 * MIB
API_BYTES_MAX = 150 * MIB
HEAVY = {"numpy", "pyarrow", "umap", "sklearn", "scipy", "numba", "falcon", "gunicorn", "rich"}


def weight(process: psutil.Process) -> int:
    """Return the proportional memory of a process in bytes."""
    return int(process.memory_full_info().pss)


@pytest.mark.parametrize("module", ["arangovis.cli.worker", "arangovis.workers.worker", "arangovis.cli.processes"])
def test_supervisors_load_nothing_that_computes(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(name for name in sys.modules if '.' not in name))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert HEAVY & set(answer.stdout.split()) == set()


def test_idle_processes_are_small(server: Server, home: Path) -> None:
    number = register(server)
    task = server.task("plottable_embeddings/pca", number)
    until(lambda: server.state(task) == "SUCCESS", what="the plot")
    (worker,) = processes(home, "worker")
    assert weight(worker) <= SUPERVISOR_BYTES_MAX
    assert weight(psutil.Process(server.process.pid)) <= PARENT_BYTES_MAX
    assert sum(weight(process) for process in processes(home, "arangovis_api")) <= API_BYTES_MAX
    (compute,) = processes(home, "arangovis.workers.compute")
    assert compute.memory_info().rss <= WARM_BYTES_MAX
