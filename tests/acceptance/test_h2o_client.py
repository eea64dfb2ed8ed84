"""H2O's own Python client against a server of ours, if the package `h2o` is installed."""

import importlib.util
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.processes import Server, running_service, until
from tests.api.detecting import QUICK, benign, everything

CLIENT = """
import sys, time, json
from h2o.backend import H2OConnection
from h2o.exceptions import H2OResponseError
connection = H2OConnection.open(url=sys.argv[1], verbose=False, strict_version_check=False)
call = connection.request
raw = call("POST /3/PostFile", filename=sys.argv[2])["destination_frame"]
setup = call("POST /3/ParseSetup", data={"source_frames": [raw], "check_header": 1})
same = ("column_names", "column_types", "separator", "check_header", "number_columns", "parse_type", "chunk_size")
asked = {name: setup[name] for name in same}
asked |= {"source_frames": [raw], "destination_frame": "f.hex", "delete_on_done": True, "blocking": False}
job = call("POST /3/Parse", data=asked)["job"]["key"]["name"]
while (found := call("GET /3/Jobs/%s" % job)["jobs"][0])["status"] == "RUNNING":
    time.sleep(0.05)
wanted = {"predictions_frame": "p", "reconstruction_error": True}
call("POST /3/Predictions/models/ae/frames/f.hex", data=wanted)
scores = call("GET /3/Frames/p?row_count=1000")["frames"][0]["columns"][0]["data"]
call("DELETE /3/Frames/p")
try:
    call("GET /3/Frames/p")
except H2OResponseError as error:
    gone = error.args[0].http_status
connection.close()
print("ANSWER", json.dumps({"status": found["status"], "rows": len(scores), "gone": gone}))
"""


def h2o_python() -> str:
    """Return a Python that has the package, that of ARANGOVIS_TEST_H2O_PYTHON or this one, or skip."""
    given = os.environ.get("ARANGOVIS_TEST_H2O_PYTHON")
    if given is None and importlib.util.find_spec("h2o") is None:
        pytest.skip("the package h2o is installed neither here nor beside ARANGOVIS_TEST_H2O_PYTHON")
    return given or sys.executable


@pytest.mark.acceptance
def test_the_sequence_by_its_own_client(tmp_path: Path) -> None:
    python = h2o_python()
    (tmp_path / "all.csv").write_bytes(everything())
    with running_service(tmp_path / "home") as server:
        train(server)
        command = [python, "-c", CLIENT, server.url, str(tmp_path / "all.csv")]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    answer = next(line for line in said.splitlines() if line.startswith("ANSWER"))
    assert json.loads(answer.partition(" ")[2]) == {"status": "DONE", "rows": 569, "gone": 404}


@pytest.mark.acceptance
def test_a_server_and_its_worker_train_and_score(tmp_path: Path) -> None:
    with running_service(tmp_path / "home") as server:
        train(server)
        rows = [dict.fromkeys(["mean radius", "mean area"], 1.0)]
        answer = server.post("/api/v1/anomaly-models/1/score?persist=true", rows)
    assert answer.status == 200
    assert answer.body["rows"][0]["status"] == "ok"
    assert answer.body["run"].startswith("run/")


def train(server: Server) -> None:
    """Train the detector `ae` through the service."""
    headers = {"Content-Type": "text/csv"}
    request = urllib.request.Request(f"{server.url}/api/v1/uploads?name=benign.csv", benign(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        source = json.loads(answer.read())["node"]
    run = done(server, server.post("/api/v1/frames", {"source": source}).body["id"])
    body = {"frame": made(server, run, "dataset"), "name": "ae", "parameters": QUICK}
    done(server, server.post("/api/v1/anomaly-models", body).body["id"])


def done(server: Server, run: str) -> str:
    path = f"/api/v1/runs/{run.partition('/')[2]}"
    until(lambda: server.get(path).body["attributes"]["state"] == "SUCCESS", what=run)
    return run


def made(server: Server, run: str, kind: str) -> str:
    nodes = server.get(f"/api/v1/lineage/{run}?direction=downstream&depth=1").body["nodes"]
    return next(str(node["id"]) for node in nodes if node["kind"] == kind)
