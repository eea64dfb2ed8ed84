"""How many are answered at once, how many wait, and what the others are told."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from falcon.testing import Result, TestClient

from arangovis.domain.errors import Overloaded
from arangovis.wiring import Arangovis
from arangovis_api.admission import RETRY_AFTER_MAX_S, Admission
from arangovis_api.app import App, create_app
from tests.acceptance.processes import until
from tests.api.contract import PROBLEM
from tests.backends import build_service, settings_of

PATIENCE_S = 15.0


def test_a_place_that_is_given_back_is_taken_again() -> None:
    admission = Admission(2, 0)
    for _ in range(5):
        admission.enter()
        admission.enter()
        assert admission.open == 2
        with pytest.raises(Overloaded):
            admission.enter()
        admission.leave()
        admission.leave()
    assert (admission.open, admission.waiting) == (0, 0)


def test_who_waits_comes_in_the_order_of_coming() -> None:
    admission, order = Admission(1, 5, PATIENCE_S), list[int]()
    admission.enter()

    def wait(number: int) -> None:
        admission.enter()
        order.append(number)
        admission.leave()

    with ThreadPoolExecutor(5) as pool:
        for number in range(5):
            pool.submit(wait, number)
            until(lambda number=number: admission.waiting == number + 1, what="a place in the queue")
        admission.leave()
    assert order == [0, 1, 2, 3, 4]
    assert (admission.open, admission.waiting) == (0, 0)


def test_who_waited_too_long_is_sent_away_and_takes_no_place() -> None:
    admission = Admission(1, 1, wait_max_s=0.01)
    admission.enter()
    with pytest.raises(Overloaded):
        admission.enter()
    assert (admission.open, admission.waiting) == (1, 0)
    admission.leave()
    assert admission.open == 0


def test_the_fuller_the_longer_one_is_sent_away() -> None:
    assert _retry_after(waiting_max=0, waiting=0) == 1
    assert _retry_after(waiting_max=1, waiting=1) == RETRY_AFTER_MAX_S


def _retry_after(*, waiting_max: int, waiting: int) -> int:
    admission = Admission(1, waiting_max, PATIENCE_S)
    admission.enter()
    with ThreadPoolExecutor(1) as pool:
        for _ in range(waiting):
            pool.submit(admission.enter)
        until(lambda: admission.waiting == waiting, what="the queue")
        with pytest.raises(Overloaded) as shed:
            admission.enter()
        admission.leave()
    return shed.value.retry_after_s


def test_many_threads_never_exceed_the_places_and_leave_none_taken() -> None:
    admission, lock = Admission(3, 4, wait_max_s=0.002), threading.Lock()
    inside, most, admitted, shed = 0, 0, 0, 0

    def ask() -> None:
        nonlocal inside, most, admitted, shed
        for _ in range(200):
            try:
                admission.enter()
            except Overloaded:
                with lock:
                    shed += 1
                continue
            with lock:
                inside, admitted = inside + 1, admitted + 1
                most = max(most, inside)
            threading.Event().wait(0.0005)
            with lock:
                inside -= 1
            admission.leave()

    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(ask) for _ in range(16)]:
            done.result()
    assert (admission.open, admission.waiting, inside) == (0, 0, 0)
    assert 1 <= most <= 3
    assert admitted + shed == 16 * 200
    assert min(admitted, shed) > 0


# --- of the app ---------------------------------------------------------------------------------------------------


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Arangovis]:
    """Return a service that answers one request at once and lets one wait."""
    service = build_service(settings_of(tmp_path, requests_at_once=1, requests_waiting=1))
    yield service
    service.close()


def local(app: App) -> TestClient:
    return TestClient(app, headers={"Host": "localhost"})


class SlowBody(BytesIO):
    """A body that arrives when it is let."""

    def __init__(self, project: str) -> None:
        super().__init__(orjson.dumps({"name": project}))
        self.awaited, self.arrived = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.awaited.set()
        assert self.arrived.wait(PATIENCE_S)
        return super().read(size)

    def send(self, client: TestClient) -> Result:
        length = str(len(self.getvalue()))
        headers = {"Content-Type": "application/json", "Content-Length": length}
        return client.simulate_post("/api/v1/projects", headers=headers, extras={"wsgi.input": self})


def test_what_is_too_much_is_shed_and_the_rest_answered(narrow: Arangovis) -> None:
    client = local(create_app(narrow))
    slow = SlowBody("slow")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow.send, client)
        assert slow.awaited.wait(PATIENCE_S)
        second = pool.submit(client.simulate_get, "/api/v1/projects")
        until(lambda: _waiting(client) == 1, what="the second in the queue")
        shed = client.simulate_post("/api/v1/projects", json={"name": "shed"})
        assert client.simulate_get("/health").status_code == 200
        slow.arrived.set()
        assert [first.result().status_code, second.result().status_code] == [201, 200]

    assert shed.status_code == 503
    assert 1 <= int(shed.headers["retry-after"]) <= RETRY_AFTER_MAX_S
    assert shed.headers["content-type"] == PROBLEM
    assert shed.headers["x-content-type-options"] == "nosniff"
    assert shed.json["type"] == "urn:arangovis:error:overloaded"
    assert shed.json["request_id"] == shed.headers["x-request-id"]
    assert 'arangovis_requests_shed_total{status="503"} 1.0' in client.simulate_get("/metrics").text
    assert _waiting(client) == 0
    projects = client.simulate_get("/api/v1/projects").text
    assert "slow" in projects
    assert "shed" not in projects, "something was done of what was shed"


@pytest.mark.parametrize("path", ["/api/v1/projects?limit=x", "/nowhere", "/api/v1/nodes/run/none", "/health"])
def test_a_failing_request_gives_its_place_back(narrow: Arangovis, path: str) -> None:
    client = local(create_app(narrow))
    for _ in range(5):
        client.simulate_get(path)
        client.simulate_delete(path)
        client.simulate_head(path)
    assert _gauge(client, "arangovis_requests_being_answered") == 0
    assert client.simulate_get("/api/v1/projects").status_code == 200


def test_nobody_is_shed_in_process(narrow: Arangovis) -> None:
    client = local(create_app(narrow, in_process=True))
    bodies = [SlowBody(f"project-{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(body.send, client) for body in bodies]
        for body in bodies:
            assert body.awaited.wait(PATIENCE_S)
        for body in bodies:
            body.arrived.set()
        assert [answer.result().status_code for answer in asked] == [201] * 6


def _waiting(client: TestClient) -> float:
    return _gauge(client, "arangovis_requests_waiting")


def _gauge(client: TestClient, name: str) -> float:
    text = client.simulate_get("/metrics").text
    return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1])
