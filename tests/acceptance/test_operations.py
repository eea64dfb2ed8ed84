"""Schedules and webhooks with real servers and workers that are killed: nothing is done twice, nothing is lost."""

import threading
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.processes import Server, ask, kill, processes, running_service, until
from tests.webhook_receiver import SECRET, Receiver, is_signed, receiving

pytestmark = pytest.mark.acceptance
RUNS = 40


def log_runs(server: Server, begin: int, count: int) -> None:
    for number in range(begin, begin + count):
        body = {"method": "script", "name": f"run {number}", "metrics": {"number": number}}
        assert server.post("/api/v1/runs", body).status in (200, 201)


def kill_workers(server: Server) -> int:
    found = processes(server.home, "arangovis.cli", "worker")
    for worker in found:
        kill(worker)
    return len(found)


def reached(receiver: Receiver, count: int) -> bool:
    return len(receiver.came) > count


def test_every_event_arrives_though_workers_are_killed(tmp_path: Path) -> None:
    """At least once each, with the same id each time, signed; some answers are errors, and workers die mid-way."""
    with receiving(*(503 if number % 7 == 3 else 204 for number in range(RUNS // 2))) as receiver:
        settings = {"webhook_hosts": "127.0.0.1", "lease_s": 3}
        with running_service(tmp_path / "home", workers=2, **settings) as server:
            hook = {"name": "all", "url": receiver.url, "events": ["run.finished"], "secret": SECRET}
            key = server.post("/api/v1/webhooks", hook).body["node"]
            killed = 0
            for begin in range(0, RUNS, 10):
                log_runs(server, begin, 10)
                until(partial(reached, receiver, begin // 2), what="a message")
                killed += kill_workers(server)
            numbers = set(range(RUNS))
            until(
                lambda: numbers <= {body["data"]["run"]["metrics"]["number"] for body in receiver.bodies},
                within_s=60,
                what="every message",
            )
            ids: dict[int, set[str]] = {}
            for body in receiver.bodies:
                ids.setdefault(body["data"]["run"]["metrics"]["number"], set()).add(body["id"])
            assert killed >= 4
            assert {len(found) for found in ids.values()} == {1}
            assert all(is_signed(headers, body) for headers, body in receiver.came)
            path = f"/api/v1/webhooks/{key.partition('/')[2]}/deliveries"
            until(lambda: not server.get(f"{path}?state=waiting").body["items"], within_s=60, what="an empty outbox")
            assert len(server.get(f"{path}?state=delivered").body["items"]) == RUNS


def test_schedules_fire_once_a_time_over_servers_and_workers(tmp_path: Path) -> None:
    """Two servers with two workers each on one home; whatever they do at once, each time makes one run."""
    home = tmp_path / "home"
    with running_service(home, workers=2) as first, running_service(home, workers=2):
        body = {"name": "often", "action": "verify", "every_s": 2}
        key = first.post("/api/v1/schedules", body).body["node"].partition("/")[2]
        path = f"/api/v1/schedules/{key}"
        until(lambda: first.get(path).body["fired"] >= 2, what="two fires")
        kill_workers(first)
        fired = first.get(path).body["fired"]
        until(lambda: first.get(path).body["fired"] >= fired + 2, what="two more fires")
        first_off = ask(f"{first.url}{path}", {"enabled": False}, method="PATCH")
        assert first_off.status == 200
        done = threading.Event()
        done.wait(0.5)
        shown, runs = first.get(path).body, first.get(f"{path}/runs").body["items"]
        assert shown["fired"] == len(runs)
        due = [run["scheduled_for"] for run in runs]
        assert len(set(due)) == len(due)
        assert {(moment - min(due)) % 2_000_000 for moment in due} == {0}
