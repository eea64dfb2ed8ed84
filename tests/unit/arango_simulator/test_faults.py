"""What the simulator does wrong on demand, so that a store can be shown to bear it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.arango_simulator.process import ROOT, Simulator, running_simulator


@pytest.fixture(scope="module")
def faulty() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def ask(faulty: Simulator) -> Iterator["Ask"]:
    faulty.clear_faults()
    with requests.Session() as session:
        session.auth = ("root", faulty.root_password)
        ask = Ask(session, faulty.url)
        ask("POST", "/_api/collection", {"name": "docs"})
        yield ask
        faulty.clear_faults()
        ask("DELETE", "/_api/collection/docs")


class Ask:
    def __init__(self, session: requests.Session, url: str) -> None:
        self._session, self._url = session, url

    def __call__(self, method: str, path: str, body: object = None, timeout_s: float = 20.0) -> requests.Response:
        return self._session.request(method, self._url + path, json=body, timeout=timeout_s)

    def has(self, key: str) -> bool:
        return self("GET", f"/_api/document/docs/{key}").status_code == 200


def test_a_dropped_connection_before(faulty: Simulator, ask: Ask) -> None:
    faulty.fault("drop", method="POST", path="/_api/document")
    with pytest.raises(requests.ConnectionError):
        ask("POST", "/_api/document/docs", {"_key": "a"})
    assert not ask.has("a")
    assert ask("POST", "/_api/document/docs", {"_key": "a"}).status_code == 202


def test_a_dropped_connection_after(faulty: Simulator, ask: Ask) -> None:
    faulty.fault("do_then_drop", method="POST", path="/_api/document")
    with pytest.raises(requests.ConnectionError):
        ask("POST", "/_api/document/docs", {"_key": "a"})
    assert ask.has("a")


def test_unavailable_for_some_requests(faulty: Simulator, ask: Ask) -> None:
    faulty.fault("unavailable", path="/_api/document", times=2, skip=1)
    answers = [ask("GET", "/_api/document/docs/a") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 503, 503, 404]
    assert answers[1].json()["errorNum"] == 503
    assert ask("GET", "/_api/version").status_code == 200


def test_a_hang(faulty: Simulator, ask: Ask) -> None:
    faulty.fault("hang", method="GET", path="/_api/version", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        ask("GET", "/_api/version", timeout_s=0.2)
    began = time.monotonic()
    faulty.clear_faults()  # wakes the hanging request too, so that it holds no thread
    assert ask("GET", "/_api/version").status_code == 200
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(("number", "status"), [(1200, 409), (18, 500), (1579, 400)])
def test_an_error_on_demand(faulty: Simulator, ask: Ask, number: int, status: int) -> None:
    faulty.fault("error", method="POST", path="/_api/document", number=number)
    answer = ask("POST", "/_api/document/docs", {"_key": "a"})
    assert (answer.status_code, answer.json()["errorNum"]) == (status, number)
    assert not ask.has("a")


def test_an_unknown_fault(faulty: Simulator) -> None:
    answer = requests.post(f"{faulty.url}/_simulator/faults", json={"kind": "explode"}, timeout=10)
    assert answer.status_code == 400
    assert "do_then_drop" in answer.json()["errorMessage"]


def test_requests_are_counted(faulty: Simulator, ask: Ask) -> None:
    faulty.reset_requests()
    ask("POST", "/_api/document/docs", {"_key": "a"})
    ask.has("a")
    ask.has("a")
    expected = {("POST", "/_api/document/docs"): 1, ("GET", "/_api/document/docs/a"): 2}
    assert faulty.requests() == faulty.requests("_system") == expected
    assert faulty.requests("other") == {}


def test_a_restart_cuts_connections_and_keeps_data(faulty: Simulator, ask: Ask) -> None:
    ask("POST", "/_api/document/docs", {"_key": "a"})
    begun = ask("POST", "/_api/transaction/begin", {"collections": {"write": ["docs"]}}).json()
    faulty.restart()
    assert ask.has("a")
    lost = ask("PUT", f"/_api/transaction/{begun['result']['id']}")
    assert (lost.status_code, lost.json()["errorNum"]) == (404, 1655)


def test_transactions_can_be_aborted_from_outside(faulty: Simulator, ask: Ask) -> None:
    begun = ask("POST", "/_api/transaction/begin", {"collections": {"write": ["docs"]}}).json()
    faulty.abort_transactions()
    status = ask("GET", f"/_api/transaction/{begun['result']['id']}").json()
    assert status["result"]["status"] == "aborted"


def test_it_starts_alone_and_stops_on_a_signal() -> None:
    with running_simulator(root_password="x") as simulator:
        answer = requests.get(f"{simulator.url}/_api/version", auth=("root", "x"), timeout=10)
        assert answer.json()["server"] == "arango"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{simulator.url}/_api/version", auth=("root", "x"), timeout=10)


def test_it_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    words = ["-m", "tests.arango_simulator", "--root-password", "x", "--port-file", str(port_file)]
    command = [sys.executable, *words, "--until-stdin-ends"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
