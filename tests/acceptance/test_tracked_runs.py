"""Runs that log themselves, as real processes: each end is on record as what it was."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import arangovis as av
from arangovis.domain.errors import NotFound
from tests.acceptance.processes import ROOT, Server, environment_of, free_port, running_service, until

pytestmark = pytest.mark.acceptance

SCRIPT = Path(__file__).with_name("tracked_script.py")
OFFLINE = """
import arangovis as av
with av.run(project="wine", offline=True, tags=["offline"], params={"a": 1}) as run:
    for step in range(100):
        run.log({"loss": 1 / (step + 1)})
    run.log_artifact(b"weights", "w", role="model")
print(run.key)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_service(tmp_path_factory.mktemp("tracked") / "home", workers=0) as server:
        yield server


@pytest.fixture
def ada(served: Server) -> Iterator[av.Client]:
    with av.connect(served.url, actor="ada") as client:
        yield client


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Return a repository with the script in it, and a change that is not committed."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT.read_text("utf-8"), "utf-8")
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q", "-b", "trunk"), ("add", "."), ("commit", "-q", "-m", "first")):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    (folder / "train.py").write_text(SCRIPT.read_text("utf-8") + "# tuned by hand\n", "utf-8")
    return folder


def client_environment(home: Path, url: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "ARANGOVIS_HOME": str(home), "ARANGOVIS_URL": url}


def synchronise(home: Path, url: str) -> None:
    command = [sys.executable, "-m", "arangovis.cli", "sync"]
    subprocess.run(command, env=client_environment(home, url), check=True, capture_output=True, timeout=60)


class Script:
    """The training as a process of its own."""

    def __init__(self, folder: Path, how: str, home: Path, url: str) -> None:
        self.key = str(uuid.uuid4())
        self.id = av.NodeId("run", self.key)
        self.process = subprocess.Popen(
            [sys.executable, str(folder / "train.py"), how, self.key],
            env=client_environment(home, url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_logged(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "logged\n", self.process.communicate()[1]

    def end(self) -> tuple[int, str]:
        _, complaints = self.process.communicate(timeout=60)
        return self.process.returncode, complaints


@pytest.fixture
def scripts(code: Path, tmp_path: Path, served: Server) -> Iterator[Any]:
    begun: list[Script] = []

    def start(how: str, url: str = served.url) -> Script:
        begun.append(Script(code, how, tmp_path / "client", url))
        return begun[-1]

    yield start
    for script in begun:
        script.process.kill()
        script.process.communicate()


def attributes(client: av.Client, run: av.NodeId) -> dict[str, Any]:
    return dict(client.node(run).attributes)


def roles(client: av.Client, run: av.NodeId) -> set[str]:
    """Return as what the things are known that a run made."""
    return {neighbour.edge.id.role for neighbour in client.edges(run, direction="downstream")}


def test_a_script_that_ends_well_is_recorded_with_its_code(ada: av.Client, scripts: Any, code: Path) -> None:
    script = scripts("well")
    status, complaints = script.end()
    assert (status, complaints) == (0, "")

    found = attributes(ada, script.id)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=code, check=True, capture_output=True, text=True)
    assert found["code"]["commit"] == head.stdout.strip()
    assert (found["code"]["dirty"], len(found["code"]["dirty_digest"])) == (True, 64)
    assert found["environment"].keys() >= {"python", "numpy", "scikit-learn"}
    assert found["process"]["command"].endswith(f"train.py well {script.key}")
    assert (found["state"], found["process"]["exit_status"], found["params"]) == ("SUCCESS", 0, {"C": 0.5})
    assert roles(ada, script.id) == {"series", "model"}


def test_a_script_that_raises_ends_as_ever_and_says_why(ada: av.Client, scripts: Any) -> None:
    script = scripts("raises")
    status, complaints = script.end()
    assert status == 1
    assert "ValueError" in complaints
    found = attributes(ada, script.id)
    assert (found["state"], found["reason"], found["process"]["exception"]) == ("ERROR", "failed", "ValueError")
    assert found["message"].startswith("ValueError: X has 1 features")


def test_the_exit_status_is_on_record(ada: av.Client, scripts: Any) -> None:
    script = scripts("exits")
    assert script.end()[0] == 3
    found = attributes(ada, script.id)
    assert (found["state"], found["process"]["exit_status"]) == ("ERROR", 3)


def test_a_script_that_is_terminated_was_killed(ada: av.Client, scripts: Any) -> None:
    script = scripts("waits")
    script.wait_until_logged()
    script.process.send_signal(signal.SIGTERM)
    assert script.end()[0] == 128 + signal.SIGTERM
    found = attributes(ada, script.id)
    assert (found["state"], found["reason"], found["process"]["exit_status"]) == ("ERROR", "killed", 143)


def test_a_script_that_is_killed_is_lost_and_can_be_resumed(ada: av.Client, scripts: Any, served: Server) -> None:
    script = scripts("dies")
    script.wait_until_logged()
    assert script.end()[0] == -signal.SIGKILL
    assert attributes(ada, script.id)["state"] == "STARTED"

    due = ada.node(script.id).created + 2_000_000
    until(lambda: _now(ada) > due + 2_000_000, what="the time of its silence")
    with worker_on(served.home):
        until(lambda: attributes(ada, script.id)["state"] == "ERROR", what="the loss")
    found = attributes(ada, script.id)
    assert (found["reason"], found["message"]) == ("lost", "nothing was heard of its process")

    with av.run(run=script.key, url=served.url, capture=False) as resumed:
        resumed.metric("accuracy", 1.0)
    assert attributes(ada, script.id)["state"] == "SUCCESS"


@contextmanager
def worker_on(home: Path) -> Iterator[None]:
    """Run a worker beside the server of a home."""
    command = [sys.executable, "-m", "arangovis.cli", "worker"]
    worker = subprocess.Popen(command, env=environment_of(home), start_new_session=True)
    try:
        yield
        worker.terminate()
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.wait()


def _now(client: av.Client) -> int:
    """Return a time of the service's clock, from an action of its own."""
    return client.node(client.log_run(av.LoggedRun(method="clock"))).created


def test_what_a_killed_script_had_logged_arrives_when_the_service_is_back(scripts: Any, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    script = scripts("waits", url)
    waiting = tmp_path / "client" / "spool"
    until(lambda: _holds(waiting, b"/chunks?"), what="file and rows on disk")
    script.process.kill()
    script.end()

    with running_service(tmp_path / "late", workers=0, port=port), av.connect(url, actor="ada") as late:
        synchronise(tmp_path / "client", url)
        found = attributes(late, script.id)
        assert (found["state"], found["params"], found["name"]) == ("STARTED", {"C": 0.5}, "waits")
        assert roles(late, script.id) == {"series", "model"}


def _holds(folder: Path, content: bytes) -> bool:
    return any(content in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_run_that_nobody_ended_ends_with_its_process(ada: av.Client, served: Server, tmp_path: Path) -> None:
    ends = {"pass": ("SUCCESS", None), "raise ValueError": ("ERROR", "failed")}
    for last, expected in ends.items():
        code = f"import arangovis as av\nrun = av.run(project='wine', capture=False)\nprint(run.key)\n{last}"
        environment = client_environment(tmp_path / "client", served.url)
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        found = attributes(ada, av.NodeId("run", done.stdout.strip()))
        assert (found["state"], found.get("reason")) == expected, done.stderr


def test_an_offline_run_is_whole_after_a_sync(ada: av.Client, served: Server, tmp_path: Path) -> None:
    environment = client_environment(tmp_path / "client", served.url)
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    run = av.NodeId("run", done.stdout.strip())
    with pytest.raises(NotFound):
        ada.node(run)

    for _ in range(2):  # the second finds nothing to do
        synchronise(tmp_path / "client", served.url)
    found = attributes(ada, run)
    assert (found["state"], found["tags"], found["params"]) == ("SUCCESS", ["offline"], {"a": 1})
    assert roles(ada, run) == {"series", "model"}
