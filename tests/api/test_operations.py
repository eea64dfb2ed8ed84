"""Schedules, webhooks and retention over REST and the SDK."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

import arangovis as av
from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.views import integer, mapping
from arangovis.services.copying.backups import check_backup
from arangovis.services.external.values import FileFacts
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.api.visualization import World, digits
from tests.unit.services.world import ADA
from tests.webhook_receiver import SECRET

VERIFY = {"name": "nightly", "action": "verify", "every_s": 3600}
HOOK = {"name": "ops", "url": "https://hooks.example.org/a", "events": ["run.failed"]}


@pytest.fixture
def settings(settings: Any) -> Any:
    """Let messages be sent to a host."""
    return replace(settings, webhook_hosts="hooks.example.org")


@pytest.fixture
def sdk(service: Arangovis) -> av.Client:
    """Return the SDK over the same service."""
    return Client(LocalBackend(service, "ada"))


# --- schedules ------------------------------------------------------------------------------------------------------


def test_a_schedule_is_made_read_switched_fired_and_removed(client: TestClient, service: Arangovis) -> None:
    made = client.simulate_post("/api/v1/schedules", json=VERIFY)
    assert made.status_code == 201
    path = f"/api/v1/schedules/{made.json['node'].partition('/')[2]}"
    assert client.simulate_post("/api/v1/schedules", json=VERIFY).status_code == 200
    shown = client.simulate_get(path).json
    assert (shown["name"], shown["every_s"], shown["enabled"], shown["fired"]) == ("nightly", 3600, True, 0)
    assert [item["node"] for item in client.simulate_get("/api/v1/schedules").json["items"]] == [made.json["node"]]
    off = client.simulate_patch(path, json={"enabled": False})
    assert (off.json["enabled"], off.json["next_at"]) == (False, None)
    fired = client.simulate_post(f"{path}/runs")
    assert (fired.status_code, fired.json["state"]) == (202, "PENDING")
    assert drain(worker_context(service)) == 1
    (run,) = client.simulate_get(f"{path}/runs").json["items"]
    assert (run["run"], run["state"], run["message"]) == (fired.json["run"], "SUCCESS", None)
    assert client.simulate_delete(path).status_code == 204
    assert client.simulate_get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**VERIFY, "cron": "0 3 * * *"}, "cron"),
        ({"name": "n", "action": "verify"}, "cron"),
        ({**VERIFY, "action": "dance"}, "action"),
        ({**VERIFY, "options": {"deep": "yes"}}, "options.deep"),
        ({**VERIFY, "options": [1]}, "options"),
        ({**VERIFY, "every_s": 1.5}, "every_s"),
        ({"name": "n", "action": "verify", "cron": "* * * * *", "zone": "Nowhere"}, "zone"),
        ({**VERIFY, "name": ""}, "name"),
        ({**VERIFY, "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(client: TestClient, body: dict[str, Any], field: str) -> None:
    answer = client.simulate_post("/api/v1/schedules", json=body)
    assert answer.status_code == 400
    assert field in {fault["field"].partition("[")[0] for fault in answer.json["errors"]}
    assert client.simulate_get("/api/v1/schedules").json["items"] == []


def test_the_sdk_has_the_same_calls(sdk: av.Client) -> None:
    sdk.register_project("p")
    node = sdk.schedule("weekly", "retention", {"older_than_days": 90.0}, cron="0 4 * * SUN", project="p")
    (shown,) = sdk.schedules(project="p")
    assert (shown.node, shown.cron, shown.options) == (node, "0 4 * * SUN", {"older_than_days": 90.0})
    assert sdk.switch_schedule(node, enabled=False).next_at is None
    fired = sdk.fire_schedule(node)
    assert [run.run for run in sdk.scheduled_runs(node)] == [fired.run]
    sdk.delete_schedule(node)
    assert sdk.schedules() == []
    with pytest.raises(InvalidInput):
        sdk.schedule("x", "retention", {"older": 1}, every_s=60)


# --- what schedules do ----------------------------------------------------------------------------------------------


def test_a_scheduled_projection_samples_anew_and_is_linked_to_its_schedule(world: World, sdk: av.Client) -> None:
    number = world.model(production=digits(0, 60))
    world.finished(world.start(number))
    world.send(number, digits(60, 90))
    node = sdk.schedule("plot", "projection", {"version": number, "method": "pca"}, every_s=3600, project="demo")
    fired = sdk.fire_schedule(node)
    assert world.work() == 2
    store = world.service.store
    (made,) = [e.id.target for e in store.edges_of((fired.run,), Direction.DOWNSTREAM, ("linked",))]
    run = store.get(made)
    assert (run.attributes["method"], run.attributes["state"]) == ("projection.pca", "SUCCESS")
    assert store.history(made)[0].version.request_id == f"schedule.{node.key[:12]}"


def test_scheduled_recomputation_does_again_what_is_stale(world: World, sdk: av.Client) -> None:
    number = world.model(production=digits(0, 60))
    world.finished(world.start(number))
    world.send(number, digits(60, 90))
    node = sdk.schedule("fresh", "recompute", {"project": "demo"}, every_s=3600)
    fired = sdk.fire_schedule(node)
    assert world.work() >= 2
    facts = sdk.run(fired.run).attributes
    metrics = mapping(facts, "metrics")
    assert (facts["state"], metrics["outdated"]) == ("SUCCESS", 1)
    assert integer(metrics, "runs") >= 1


def test_a_scheduled_backup_is_whole_and_old_ones_go(service: Arangovis, sdk: av.Client, tmp_path: Path) -> None:
    root = tmp_path / "backups"
    for name in ("nightly-20200101T000000Z", "nightly-20200102T000000Z"):
        (root / name).mkdir(parents=True)
        (root / name / "manifest.json").write_text("{}")
    (root / "nightly-notes").mkdir()
    hands = replace(service, settings=replace(service.settings, backup_root=root))
    node = sdk.schedule("backup", "backup", {"prefix": "nightly", "keep": 2}, cron="0 3 * * *")
    sdk.fire_schedule(node)
    assert drain(worker_context(hands)) == 1
    (run,) = sdk.scheduled_runs(node)
    assert (run.state, run.message) == ("SUCCESS", None)
    left = sorted(path.name for path in root.iterdir())
    assert len(left) == 3
    assert left[:1] == ["nightly-20200102T000000Z"]
    assert "nightly-notes" in left
    assert check_backup(root / left[1]).actions > 0


def test_without_a_folder_for_backups_there_is_none(service: Arangovis, sdk: av.Client) -> None:
    sdk.fire_schedule(sdk.schedule("backup", "backup", every_s=60))
    drain(worker_context(service))
    (run,) = sdk.scheduled_runs(sdk.schedules()[0].node)
    assert (run.state, run.message) == ("NOT_SUPPORTED", "no folder for backups is configured: set backup_root")


def test_a_scheduled_check_fails_when_something_is_wrong(service: Arangovis, sdk: av.Client) -> None:
    run = sdk.log_run(av.LoggedRun(method="train"))
    file, _ = service.external_runs.log_file(run, io.BytesIO(b"weights"), FileFacts("weights"), ADA)
    service.artifacts.remove(str(service.store.get(file.node).attributes["digest"]))
    sdk.fire_schedule(sdk.schedule("check", "verify", {"deep": True}, every_s=60))
    drain(worker_context(service))
    (made,) = sdk.scheduled_runs(sdk.schedules()[0].node)
    assert made.state == "ERROR"
    assert made.message is not None
    assert "missing-blob" in made.message


def test_a_schedule_of_a_project_reaches_no_other_one(client: TestClient, service: Arangovis) -> None:
    for name in ("mine", "theirs"):
        client.simulate_post("/api/v1/projects", json={"name": name})
    body = {"name": "r", "action": "retention", "every_s": 60, "project": "mine", "options": {"project": "theirs"}}
    key = client.simulate_post("/api/v1/schedules", json=body).json["node"].partition("/")[2]
    client.simulate_post(f"/api/v1/schedules/{key}/runs")
    drain(worker_context(service))
    (run,) = client.simulate_get(f"/api/v1/schedules/{key}/runs").json["items"]
    assert (run["state"], run["message"]) == ("ERROR", "there is no project 'theirs'")


def test_a_threshold_is_told_once_it_is_crossed_and_not_again(client: TestClient, service: Arangovis) -> None:
    options = {"metric": "f1", "below": 0.8, "where": "method = 'evaluate'"}
    body = {"name": "watch", "action": "threshold", "every_s": 3600, "options": options}
    key = client.simulate_post("/api/v1/schedules", json=body).json["node"].partition("/")[2]
    seen = []
    for f1 in (None, 0.9, 0.7, 0.6, 0.9, 0.5):
        if f1 is not None:
            service.run_log.log(av.LoggedRun(method="evaluate", metrics={"f1": f1}), ADA)
        client.simulate_post(f"/api/v1/schedules/{key}/runs")
        drain(worker_context(service))
        run = client.simulate_get(f"/api/v1/schedules/{key}/runs").json["items"][0]
        facts = client.simulate_get(f"/api/v1/nodes/{run['run']}").json["attributes"]
        seen.append((run["state"], (facts.get("metrics") or {}).get("newly_crossed")))
    success = "SUCCESS"
    assert seen == [("NO_DATA", None), *((success, new) for new in (False, True, False, False, True))]


# --- webhooks -------------------------------------------------------------------------------------------------------


def test_a_webhook_shows_its_secret_once(client: TestClient) -> None:
    made = client.simulate_post("/api/v1/webhooks", json=HOOK)
    assert made.status_code == 201
    secret = made.json["secret"]
    assert secret.startswith("whsec_")
    assert made.headers["Cache-Control"] == "no-store"
    path = f"/api/v1/webhooks/{made.json['node'].partition('/')[2]}"
    key = made.json["node"]
    asked = [path, "/api/v1/webhooks", f"/api/v1/nodes/{key}", f"/api/v1/history/{key}", f"/api/v1/audit/{key}"]
    for place in asked:
        answer = client.simulate_get(place)
        assert answer.status_code == 200
        assert secret not in answer.text
    again = client.simulate_post("/api/v1/webhooks", json={**HOOK, "secret": SECRET})
    assert (again.status_code, again.json["secret"]) == (200, None)


def test_a_webhook_is_tried_switched_listed_and_removed(client: TestClient) -> None:
    key = client.simulate_post("/api/v1/webhooks", json=HOOK).json["node"].partition("/")[2]
    path = f"/api/v1/webhooks/{key}"
    assert client.simulate_post(f"{path}/ping").status_code == 202
    (waiting,) = client.simulate_get(f"{path}/deliveries", query_string="state=waiting").json["items"]
    assert (waiting["event"], waiting["attempts"]) == ("ping", 0)
    assert client.simulate_get(f"{path}/deliveries", query_string="state=dead").json["items"] == []
    assert client.simulate_post(f"{path}/deliveries/{waiting['id']}/retry").status_code == 404
    assert client.simulate_patch(path, json={"enabled": False}).json["enabled"] is False
    assert client.simulate_delete(path).status_code == 204
    assert client.simulate_get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "https://elsewhere.example.org/"}, "url"),
        ({"url": "http://hooks.example.org/"}, "url"),
        ({"url": "https://user:word@hooks.example.org/"}, "url"),
        ({"events": ["run.began"]}, "events"),
        ({"events": []}, "events"),
        ({"filter": "metrics.x <"}, "filter"),
        ({"secret": "word"}, "secret"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(client: TestClient, changes: dict[str, Any], field: str) -> None:
    answer = client.simulate_post("/api/v1/webhooks", json={**HOOK, **changes})
    assert answer.status_code == 400
    assert field in answer.text
    assert client.simulate_get("/api/v1/webhooks").json["items"] == []


def test_webhooks_by_the_sdk(sdk: av.Client) -> None:
    made = sdk.webhook("ops", "https://hooks.example.org/a", ["run.failed", "drift.found"], filter="method = 'x'")
    assert made.created
    (hook,) = sdk.webhooks()
    assert (hook.node, hook.events) == (made.node, ("drift.found", "run.failed"))
    ping = sdk.ping_webhook(made.node)
    assert [delivery.id for delivery in sdk.deliveries(made.node, state="waiting")] == [ping.id]
    with pytest.raises(NotFound):
        sdk.retry_delivery(made.node, ping.id)
    assert not sdk.switch_webhook(made.node, enabled=False).enabled
    sdk.delete_webhook(made.node)
    assert sdk.webhooks() == []


# --- retention ------------------------------------------------------------------------------------------------------


def test_a_rule_is_planned_applied_and_collected(service: Arangovis, sdk: av.Client) -> None:
    sdk.register_project("p")
    node = sdk.log_run(av.LoggedRun(method="train", project="p"))
    service.external_runs.log_file(node, io.BytesIO(b"weights"), FileFacts("weights"), ADA)
    plan = sdk.plan_retention(project="p", older_than_days=0)
    assert (plan.dry_run, [item.run for item in plan.runs], plan.files) == (True, [node], 1)
    done = sdk.apply_retention(project="p", older_than_days=0)
    assert (done.dry_run, done.files, done.failed) == (False, 1, {})
    assert sdk.collect_bytes().unused == 1
    assert sdk.collect_bytes(dry_run=False).unused == 1
    assert sdk.plan_retention(project="p", older_than_days=0).runs == ()
    with pytest.raises(InvalidInput):
        sdk.plan_retention(keep_best=1)
