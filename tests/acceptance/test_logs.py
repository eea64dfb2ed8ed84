"""One request's id, followed through the API, the worker and the compute process of the run that came of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.processes import Server, register, until

pytestmark = pytest.mark.acceptance
REQUEST = "followed-request-1"


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]


def test_an_id_is_followed_from_the_request_to_the_computation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, start = tmp_path / "log", subprocess.Popen
    with log.open("wb") as sink:
        monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: start(*a, **{**k, "stderr": sink}))
        server = Server(tmp_path / "home", log_format="json")
        monkeypatch.undo()
        try:
            server.wait_until_ready()
            number = register(server)
            body = {"model_version_id": number}
            answer = server.post("/visualization/plottable_embeddings/pca", body, **{"X-Request-Id": REQUEST})
            task = answer.body["task_id"]
            until(lambda: server.state(task) == "SUCCESS", what="the projection")
            server.stop()
        finally:
            server.process.kill()
            server.process.wait()
    about = [line for line in lines(log) if line.get("request_id") == REQUEST]
    assert {line["logger"] for line in about} >= {"arangovis.access", "arangovis.worker", "arangovis.compute"}
    (answered,) = [line for line in about if line["logger"] == "arangovis.access"]
    assert (answered["status"], answered["route"]) == (202, "/visualization/plottable_embeddings/{method}")
    assert {line["run"] for line in about if "run" in line} == {f"run/{task}"}
    assert len({line["pid"] for line in about}) == 3
    assert sys.executable not in log.read_text("utf-8")
