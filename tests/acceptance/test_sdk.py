"""The SDK and the commands that ask, against a real server and its worker; and in process, by several at once."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import arangovis as av
from arangovis.services.catalogue import RegisteredVersion
from tests.acceptance.processes import ROOT, Server, digits, free_port, running_service, until
from tests.backends import settings_of
from tests.unit.test_readme import SERVED, run_snippets

pytestmark = pytest.mark.acceptance

SIGNATURE = av.Signature(outputs=(av.signature_field("embedding", "float32", shape=(1, 64)),))
TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_service(tmp_path_factory.mktemp("sdk") / "home", lease_s=30) as server:
        yield server


@pytest.fixture
def home_of_served(served: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the server's home, and let the environment name the stores that belong to it."""
    for name, value in settings_of(served.home).environment().items():
        if name in ("ARANGOVIS_STORE", "ARANGOVIS_STORE_PASSWORD", "ARANGOVIS_ARTIFACTS"):
            monkeypatch.setenv(name, value)
    return served.home


@pytest.fixture
def ada(served: Server) -> Iterator[av.Client]:
    with av.connect(served.url, actor="ada") as client:
        yield client


def registered(client: av.Client, model: str = "digits") -> RegisteredVersion:
    client.register_project("vision")
    client.register_model("vision", model)
    version = client.register_model_version("vision", model, SIGNATURE)
    client.append_production_data(version, list(digits()))
    return version


# --- a server ---------------------------------------------------------------------------------------------------


def test_a_worker_computes_what_the_sdk_asks_for(ada: av.Client, served: Server, home_of_served: Path) -> None:
    version = registered(ada)
    plot = ada.project(version, "pca")
    assert plot.coordinates.shape == (120, 2)
    origin = ada.origin(plot.plot)
    assert origin.run is not None
    assert origin.run.id == plot.run
    assert origin.requested is not None
    assert origin.requested.actor == "ada"
    assert ada.content(plot.plot)[-8:] != b""
    assert repr(ada) == f"Client({served.url})"
    with av.connect(home=home_of_served) as beside:
        assert beside.project(version, "pca").run == plot.run
        assert np.array_equal(beside.project(version, "pca").coordinates, plot.coordinates)


def test_many_threads_share_a_client(ada: av.Client) -> None:
    registered(ada)

    def log(number: int) -> av.NodeId:
        return ada.log_run(av.LoggedRun(method="threads", project="vision", params={"number": number}))

    with ThreadPoolExecutor(8) as threads:
        logged = list(threads.map(log, range(100)))
    found = ada.runs("method = 'threads'", limit=200).items
    assert {node.id for node in found} == set(logged)
    assert sorted(node.attributes["params"]["number"] for node in found) == list(range(100))  # type: ignore[index,call-overload]


def test_the_guide_of_a_service_runs(served: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_snippets(SERVED, tmp_path, served.url)
    assert capsys.readouterr().out == "ada\n"


def test_commands_ask_a_server_as_they_ask_a_home(ada: av.Client, served: Server, home_of_served: Path) -> None:
    plot = ada.project(registered(ada), "pca").plot
    command = [sys.executable, "-m", "arangovis.cli", "lineage", str(plot), "--json"]
    said = [
        subprocess.run([*command, *where], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for where in (("--url", served.url), ("--home", str(home_of_served)))
    ]
    assert said[0] == said[1]
    assert json.loads(said[0])["start"] == str(plot)
    environment = {**os.environ, "ARANGOVIS_URL": served.url}
    by_environment = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    assert by_environment.stdout == said[0]


def test_a_token_is_wanted_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "token"
    secret.write_text(TOKEN)
    with running_service(tmp_path / "home", workers=0, token_file=secret) as server:
        with av.connect(server.url) as stranger, pytest.raises(av.errors.Unauthorized):
            stranger.runs()
        with av.connect(server.url, token="wrong") as stranger, pytest.raises(av.errors.Unauthorized) as caught:
            stranger.runs()
        assert "wrong" not in caught.value.detail
        monkeypatch.setenv("ARANGOVIS_TOKEN", TOKEN)
        with av.connect(server.url) as friend:
            assert friend.runs().items == []
            assert TOKEN not in repr(friend)


def test_a_body_over_the_limit_is_refused_with_its_size(tmp_path: Path) -> None:
    with (
        running_service(tmp_path / "home", workers=0, body_max_mb=1) as server,
        av.connect(server.url) as client,
    ):
        version = registered(client)
        with pytest.raises(av.errors.TooLarge, match="at most 1048576 are read"):
            client.put_training_data(version, {"embedding": np.ones((40_000, 64), np.float32)})
        assert client.node(version.node).id == version.node


def test_a_wait_outlives_a_server_that_is_started_again(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with av.connect(f"http://127.0.0.1:{port}") as client:
        with running_service(home, workers=0, port=port):
            version = registered(client)
            answers: list[av.Projection] = []
            thread = threading.Thread(target=lambda: answers.append(client.project(version, "pca", timeout_s=60)))
            thread.start()
            until(lambda: len(client.runs().items) == 1, what="the request")
        assert thread.is_alive()
        with running_service(home, workers=1, port=port):
            thread.join(60)
            assert answers[0].coordinates.shape == (120, 2)


# --- in process -------------------------------------------------------------------------------------------------

LOGGING = """
import sys, threading
import arangovis as av
with av.connect(home=sys.argv[1], actor=sys.argv[2]) as client:
    client.register_project("p")
    def log():
        for number in range(20):
            client.log_run(av.LoggedRun(method="shared", project="p", params={"number": number}))
    threads = [threading.Thread(target=log) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_several_processes_and_threads_share_a_home(tmp_path: Path) -> None:
    actors = ("ada", "grace", "emmy")
    command = [sys.executable, "-c", LOGGING, str(tmp_path / "home")]
    processes = [subprocess.Popen([*command, actor], cwd=ROOT) for actor in actors]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    with av.connect(home=tmp_path / "home") as client:
        found = client.runs("method = 'shared'", limit=1000).items
    counted = {actor: sum(node.version.actor == actor for node in found) for actor in actors}
    assert counted == dict.fromkeys(actors, 60)


PROJECTING = """
import sys
import arangovis as av
with av.connect(home=sys.argv[1], actor="ada") as client:
    client.project(1, "umap")
"""


def test_an_interrupted_computation_is_given_back_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with av.connect(home=home, actor="ada") as client:
        registered(client)
        with subprocess.Popen(
            [sys.executable, "-c", PROJECTING, str(home)], cwd=ROOT, stderr=subprocess.PIPE
        ) as process:
            until(lambda: _states(client) == ["STARTED"], what="the start of the computation")
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        assert b"KeyboardInterrupt" in said
        assert _states(client) == ["PENDING"]
        assert client.project(1, "umap").coordinates.shape == (120, 2)


def _states(client: av.Client) -> list[object]:
    return [node.attributes["state"] for node in client.runs().items]
