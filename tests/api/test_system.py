import json
import re
from pathlib import Path

import pytest
from falcon.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Caller, Record
from arangovis.services.housekeeping import Housekeeping
from arangovis.wiring import Arangovis
from tests.api.contract import PROBLEM
from tests.api.samples import register
from tests.api.working import ask, take


def counters(client: TestClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.simulate_get("/metrics").text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_health(client: TestClient) -> None:
    result = client.simulate_get("/health")

    assert (result.status_code, result.text) == (200, "Ok")
    assert result.headers["content-type"].startswith("text/plain")


def test_requests_are_counted_by_route(client: TestClient) -> None:
    register(client)
    client.simulate_get("/api/v1/model-versions/1")
    client.simulate_get("/api/v1/model-versions/2")
    client.simulate_get("/nowhere/at/all")

    counted = counters(client)

    route = "/api/v1/model-versions/{number}"
    assert counted["arangovis_requests_total", "GET", route, "200"] == 1
    assert counted["arangovis_requests_total", "GET", route, "404"] == 1
    assert counted["arangovis_requests_total", "GET", "none", "404"] == 1
    assert counted["arangovis_request_seconds_count", "GET", route] == 2


def test_the_queue_is_counted(client: TestClient, service: Arangovis, caller: Caller) -> None:
    for _ in range(3):
        ask(service, caller)
    take(service)

    counted = counters(client)

    assert counted["arangovis_open_runs", "pending"] == 2
    assert counted["arangovis_open_runs", "started"] == 1


def test_an_unknown_path_is_a_problem(client: TestClient) -> None:
    result = client.simulate_get("/api/v1/nowhere", headers={"X-Request-Id": "r-1"})

    assert (result.status_code, result.headers["content-type"]) == (404, PROBLEM)
    assert set(result.json) >= {"type", "title", "status", "detail", "request_id"}
    assert result.json["request_id"] == result.headers["x-request-id"] == "r-1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb"])
def test_a_request_id_that_is_none_is_replaced(client: TestClient, given: str) -> None:
    assert client.simulate_get("/health", headers={"X-Request-Id": given}).headers["x-request-id"] != given


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/projects", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/api/v1/runs/some", {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"}),
        ("GET", "/api/v1/batch", {"OPTIONS", "POST"}),
        ("POST", "/health", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_another_method(client: TestClient, method: str, path: str, allowed: set[str]) -> None:
    result = client.simulate_request(method, path)

    assert (result.status_code, result.headers["content-type"]) == (405, PROBLEM)
    assert set(result.headers["allow"].replace(" ", "").split(",")) == allowed
    options = client.simulate_options(path)
    assert (options.status_code, options.content) == (200, b"")
    assert set(options.headers["allow"].replace(" ", "").split(",")) | {"OPTIONS"} == allowed


@pytest.mark.parametrize("path", ["/health", "/", "/api/v1/runs", "/api/v1/nodes/run/nothing", "/api/v1/openapi.json"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    get, head = client.simulate_get(path), client.simulate_head(path)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == str(len(get.content))


def test_a_slash_too_many_is_forgiven(client: TestClient) -> None:
    assert client.simulate_get("/api/v1/runs/").status_code == 200


def test_a_store_that_does_not_answer(client: TestClient, service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailable("the store does not answer")

    monkeypatch.setattr(type(service.store), "change_number", unavailable)

    result = client.simulate_get("/api/v1/runs")

    assert (result.status_code, result.headers["retry-after"]) == (503, "2")


def test_a_bug_of_ours_shows_nothing(
    client: TestClient, service: Arangovis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(type(service.store), "change_number", broken)

    result = client.simulate_get("/api/v1/runs", headers={"X-Request-Id": "r-2"})

    assert result.status_code == 500
    assert "secret" not in result.text
    assert "RuntimeError" not in result.text
    assert "r-2" in result.json["detail"]
    assert "/secret/path" in caplog.text


def test_every_figure_is_shown(client: TestClient, service: Arangovis, caller: Caller) -> None:
    ask(service, caller)
    Housekeeping(service.store, service.blobs)()
    service.store.transact(lambda tx: tx.put_record(_worker(service.store.now())), caller)
    for etag in (None, client.simulate_get("/api/v1/projects").headers.get("ETag")):
        client.simulate_get("/api/v1/projects", headers={} if etag is None else {"If-None-Match": etag})

    counted = counters(client)

    method = service.store.records("lease")[0].data["method"]
    assert counted["arangovis_queue_runs", str(method)] == 1
    assert counted["arangovis_queue_age_seconds", str(method)] >= 0
    assert counted["arangovis_runs", "PENDING"] == 1
    assert (counted["arangovis_workers",], counted["arangovis_worker_slots",]) == (1, 3)
    assert counted["arangovis_store_commit_seconds_count",] > 0
    assert counted["arangovis_cached_answers_total", "/api/v1/projects"] == 1
    assert counted["arangovis_housekeeping_timestamp_seconds",] > 1.7e9
    assert counted["arangovis_webhook_messages", "waiting"] == 0


def test_shed_requests_are_counted(client: TestClient, service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailable("the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(service.store.inner, "search", refuse)  # type: ignore[attr-defined]
        assert client.simulate_get("/api/v1/projects").status_code == 503
    assert counters(client)["arangovis_requests_shed_total", "503"] == 1


def test_the_dashboard_shows_what_is_exported(client: TestClient, service: Arangovis) -> None:
    """Every metric that a panel asks for is one of ours; of labelled counters, the declarations count."""
    client.simulate_get("/health")
    exported = {name.partition(" ")[0] for name in _declared(client.simulate_get("/metrics").text)}
    dashboard = json.loads((Path(__file__).parents[2] / "deploy" / "grafana" / "arangovis.json").read_text("utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
        for name in re.findall(r"arangovis_[a-z_]+", target["expr"])
    }
    assert len(asked) >= 20
    assert {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in asked} <= {
        re.sub(r"_total$", "", name) for name in exported
    }


def _declared(text: str) -> list[str]:
    return [line.removeprefix("# TYPE ") for line in text.splitlines() if line.startswith("# TYPE ")]


def _worker(now: int) -> Record:
    return Record("worker", "w", due=now + 60_000_000, data={"methods": [], "slots": 3, "pid": 1})
