"""`arangovis schedule`, `webhook`, `retention` and `gc` on a home."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from arangovis.cli import group
from arangovis.settings import Settings
from arangovis.wiring import build


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARANGOVIS_WEBHOOK_HOSTS", "hooks.example.org")
    build(Settings(home=tmp_path / "home")).close()
    return tmp_path / "home"


def said(home: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(group, [*arguments, "--home", str(home), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_schedules(home: Path) -> None:
    node = said(home, "schedule", "set", "check", "verify", "--cron", "0 3 * * *", "--option", "deep=true")["node"]
    (listed,) = said(home, "schedule", "list")
    assert (listed["node"], listed["options"], listed["enabled"]) == (node, {"deep": True}, True)
    fired = said(home, "schedule", "fire", node)
    assert [run["run"] for run in said(home, "schedule", "runs", node)] == [fired["run"]]
    assert said(home, "schedule", "off", node)["enabled"] is False
    assert said(home, "schedule", "on", node)["enabled"] is True
    said(home, "schedule", "delete", node)
    assert said(home, "schedule", "list") == []


def test_webhooks(home: Path, tmp_path: Path) -> None:
    arguments = ("webhook", "set", "ops", "https://hooks.example.org/x", "--event", "run.failed")
    made = said(home, *arguments)
    assert made["secret"].startswith("whsec_")
    file = tmp_path / "secret"
    file.write_text("whsec_" + base64.b64encode(b"k" * 32).decode())
    assert said(home, *arguments, "--secret-file", str(file))["secret"] is None
    node = made["node"]
    ping = said(home, "webhook", "ping", node)
    assert [item["id"] for item in said(home, "webhook", "deliveries", node, "--state", "waiting")] == [ping["id"]]
    assert said(home, "webhook", "off", node)["enabled"] is False
    assert said(home, "webhook", "on", node)["enabled"] is True
    said(home, "webhook", "delete", node)
    assert said(home, "webhook", "list") == []


def test_retention_and_collection(home: Path) -> None:
    rule = ("--older-than", "0", "--tag", "old", "--keep-best", "2", "--metric", "f1", "--lowest", "--what", "runs")
    assert said(home, "retention", "plan", *rule)["dry_run"] is True
    assert said(home, "retention", "apply", *rule)["runs"] == []
    assert said(home, "gc", "--dry-run")["unused"] == 0


def test_what_is_wrong_is_one_line(home: Path) -> None:
    result = CliRunner().invoke(group, ["schedule", "set", "x", "dance", "--every", "5", "--home", str(home)])
    assert result.exit_code == 1
    assert "action" in str(result.exception)
