"""OpenLineage between real processes: the real client tells us of its runs, and we tell a receiver of ours."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.processes import Server, running_service, until
from tests.openlineage_server import running_receiver

pytestmark = pytest.mark.acceptance

PRODUCER = Path(__file__).with_name("openlineage_producer.py")


def produce(server: Server, run: str, *kinds: str, **environment: str) -> None:
    """Run the job, with the configuration that the client reads from its environment."""
    assert find_spec("openlineage"), "the extra `test` brings openlineage-python"
    own = {"OPENLINEAGE_URL": server.url, **environment}
    subprocess.run([sys.executable, str(PRODUCER), run, *kinds], env={**os.environ, **own}, check=True, timeout=60)


def facts(server: Server, run: str) -> dict[str, object]:
    found: dict[str, object] = server.get(f"/api/v1/nodes/run/{run}").body["attributes"]
    return found


def test_the_real_client_tells_of_its_runs(server: Server) -> None:
    good, bad = str(uuid4()), str(uuid4())
    produce(server, good, "START", "RUNNING", "COMPLETE", "START")
    produce(server, bad, "START", "FAIL")
    assert facts(server, good)["state"] == "SUCCESS"
    assert (facts(server, bad)["state"], facts(server, bad)["message"]) == ("ERROR", "no room")
    lineage = server.get(f"/api/v1/lineage/run/{good}?direction=both").body
    assert {node["attributes"]["name"] for node in lineage["nodes"]} == {"load", "raw/wine.csv", "wine"}


def test_the_client_may_pack_its_events_and_name_a_project(server: Server) -> None:
    server.post("/api/v1/projects", {"name": "cellar"})
    run = str(uuid4())
    packed = {
        "OPENLINEAGE__TRANSPORT__TYPE": "http",
        "OPENLINEAGE__TRANSPORT__URL": server.url,
        "OPENLINEAGE__TRANSPORT__ENDPOINT": "api/v1/lineage?project=cellar",
        "OPENLINEAGE__TRANSPORT__COMPRESSION": "gzip",
    }
    produce(server, run, "COMPLETE", **packed)
    assert server.get(f"/api/v1/nodes/run/{run}").body["project"] is not None


def test_what_runs_here_is_told_to_a_receiver_that_comes_and_goes(home: Path) -> None:
    with running_receiver() as receiver, running_service(home, openlineage_url=receiver.url) as server:
        first, second, third = (str(uuid4()) for _ in range(3))
        _log(server, first)
        until(lambda: receiver.types(first) == ["START", "COMPLETE"], what="the first run at the receiver")
        receiver.stop()
        _log(server, second)
        _kill_workers(server)
        _log(server, third)
        receiver.start()
        for run in (second, third):
            until(lambda run=run: set(receiver.types(run)) == {"START", "COMPLETE"}, what=f"{run} at the receiver")  # type: ignore[misc]


def _log(server: Server, key: str) -> None:
    """Log a run as the SDK does: the answer does not wait for the receiver."""
    body = {"method": "train", "key": key, "started": 1_767_268_800_000_000, "ended": 1_767_268_860_000_000}
    assert server.post("/api/v1/runs", body).status == 201


def _kill_workers(server: Server) -> None:
    """Kill the worker in the midst of its work; the service starts another."""
    import psutil

    children = psutil.Process(server.process.pid).children(recursive=True)
    workers = [child for child in children if "worker" in child.cmdline()]
    assert workers
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
