"""Acceptance check 4: a writer that is killed at any write leaves a whole run or nothing, on every store."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arangovis.client.connection import connect_to
from arangovis.compat.arangopipe import ArangoPipe
from arangovis.domain import errors
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.wiring import Arangovis
from tests.backends import STORE, Backends, build_service
from tests.unit.compat.arangopipe.worlds import registered, run_info

PARTS = {"dataset", "featureset", "model_version", "params"}
LOGGER = """
import json, os, signal, sqlite3, sys
import arangovis.wiring, arangovis_api.app, arangovis_api.resources.native  # once, for all children
from arangovis.client import connect
from arangovis.compat.arangopipe import ArangoPipe

home, jobs = sys.argv[1], json.load(sys.stdin)
plain, armed, seen = sqlite3.connect, [False], [0]


def traced(*given, **named):
    connection = plain(*given, **named)
    connection.set_trace_callback(count)
    return connection


def count(statement):
    text = statement.lstrip().upper()
    if armed[0] and (text.startswith("INSERT INTO") or (seen[0] and text == "COMMIT")):
        seen[0] += 1
        if seen[0] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


sqlite3.connect = traced
for kill_at, info in enumerate(jobs, start=1):
    child = os.fork()
    if child == 0:
        with connect(home=home) as client:
            ap = ArangoPipe(client, "enterprise_ml_graph")
            armed[0] = True
            ap.log_run(info)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(code, flush=True)
    if code == 0:
        break
"""


def pieces(service: Arangovis, key: str) -> set[str]:
    """Return the kinds that a run is linked to, and itself; empty if it is not there."""
    run = NodeId("run", key)
    if service.store.find(run) is None:
        return set()
    read = {edge.id.source.kind for edge in service.store.all_edges(run, Direction.UPSTREAM, "input_to")}
    made = {edge.id.target.kind for edge in service.store.all_edges(run, Direction.DOWNSTREAM, "generated")}
    return {"run", *read, *made}


def jobs_of(service: Arangovis, count: int) -> list[dict[str, Any]]:
    given = registered(ArangoPipe(connect_to(service, actor="ada"), "enterprise_ml_graph"))
    return [run_info(given, tag=f"t{number}", deployment_tag="ward") for number in range(count)]


@pytest.mark.skipif(STORE != "sqlite", reason="kills a process inside SQLite's statements")
def test_04_a_killed_writer_leaves_all_or_nothing(settings: Settings, tmp_path: Path) -> None:
    first = build_service(settings)
    jobs = jobs_of(first, 20)
    first.close()
    logger = [sys.executable, "-W", "ignore", "-c", LOGGER, str(settings.home)]
    done = subprocess.run(logger, input=json.dumps(jobs), capture_output=True, text=True, check=True, timeout=240)
    codes = [int(line) for line in done.stdout.split()]
    assert len(codes) > 8, done.stderr
    assert codes == [-9] * (len(codes) - 1) + [0]
    service = build_service(settings)
    try:
        for info in jobs[: len(codes)]:
            assert pieces(service, info["run_id"]) in (set(), {"run", "evaluation", *PARTS})
        assert pieces(service, jobs[0]["run_id"]) == set()
        assert pieces(service, jobs[len(codes) - 1]["run_id"]) == {"run", "evaluation", *PARTS}
        assert check_store(service.store, service.artifacts) == []
        ap = ArangoPipe(connect_to(service, actor="ada"), "enterprise_ml_graph")
        for info in jobs[: len(codes)]:
            ap.log_run(info)  # what was cut off is completed by logging it again
            assert pieces(service, info["run_id"]) == {"run", "evaluation", *PARTS}
    finally:
        service.close()


@pytest.mark.skipif(STORE != "arango", reason="cuts the connection to ArangoDB")
@pytest.mark.parametrize("kind", ["drop", "do_then_drop"])
def test_04_a_connection_that_is_cut_leaves_all_or_nothing(service: Arangovis, backends: Backends, kind: str) -> None:
    server = backends._arango
    if server is None or server.simulator is None:
        pytest.skip("only the simulator has faults on demand")
    ap = ArangoPipe(connect_to(service, actor="ada"), "enterprise_ml_graph")
    for skip, info in enumerate(jobs_of(service, 5)):
        server.simulator.fault(kind, method="POST", skip=skip, times=1000)
        try:
            ap.log_run(info)
            whole = True
        except errors.StoreUnavailable:
            whole = False
        server.simulator.clear_faults()
        found = pieces(service, info["run_id"])
        assert found in (set(), {"run", "evaluation", *PARTS})
        assert found or not whole
        ap.log_run(info)
        assert pieces(service, info["run_id"]) == {"run", "evaluation", *PARTS}
    assert check_store(service.store, service.artifacts) == []
