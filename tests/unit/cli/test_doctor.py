"""`arangovis doctor` finds what is made to be wrong."""

import importlib.metadata
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from arangovis.cli import checkup
from arangovis.cli.checkup import Status, check_up
from arangovis.cli.doctor import command
from arangovis.cli.installed import NOT_FOR_USERS
from arangovis.domain.graph import Caller, Record
from arangovis.domain.runs import Lease, Run
from arangovis.domain.work import RunRequest
from arangovis.settings import Settings
from arangovis.wiring import Arangovis, build

ROOT = Path(__file__).parents[3]
ADA = Caller("ada")
HOUR_US = 3600 * 1_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def service(settings: Settings) -> Iterator[Arangovis]:
    built = build(settings)
    yield built
    built.close()


def statuses(settings: Settings) -> dict[str, Status]:
    return {finding.check: finding.status for finding in check_up(settings)}


def wrong(settings: Settings) -> dict[str, str]:
    return {finding.check: finding.text for finding in check_up(settings) if finding.status is Status.WRONG}


def put(service: Arangovis, record: Record) -> None:
    service.store.transact(lambda tx: tx.put_record(record), ADA)


def request(service: Arangovis) -> Run:
    wanted = RunRequest("toy", None, (), {})
    return service.store.transact(lambda tx: service.runs.request(tx, wanted)[0], ADA)


def worker(service: Arangovis, *methods: str) -> None:
    due = service.store.now() + HOUR_US
    put(service, Record("worker", "w", due=due, data={"methods": list(methods), "slots": 2, "pid": 1}))


def test_a_sound_installation(settings: Settings, service: Arangovis) -> None:
    before = service.store.change_number(), len(list(service.artifacts.blobs()))
    assert wrong(settings) == {}
    assert statuses(settings)["workers"] is Status.NOTE
    assert (service.store.change_number(), len(list(service.artifacts.blobs()))) == before
    assert service.store.records("worker") == []


def test_a_home_that_is_not_there_is_not_made(settings: Settings) -> None:
    assert list(wrong(settings)) == ["home"]
    assert not settings.home.exists()


def test_a_store_that_was_not_set_up(settings: Settings) -> None:
    settings.home.mkdir()
    assert "set up" in wrong(settings)["store"]


def test_a_store_and_artifacts_that_are_not_known(settings: Settings, service: Arangovis) -> None:
    assert "not a known store" in wrong(replace(settings, store="mysql://x"))["store"]
    assert "not a known scheme" in wrong(replace(settings, artifacts="ftp://x"))["artifacts"]


def test_a_file_that_is_no_store(settings: Settings, service: Arangovis, tmp_path: Path) -> None:
    (tmp_path / "odd.db").write_text("not a database " * 100)
    assert "not an SQLite database" in wrong(replace(settings, store=f"sqlite:///{tmp_path / 'odd.db'}"))["store"]


def test_a_token_that_others_may_read(settings: Settings, service: Arangovis, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret")
    file.chmod(0o644)
    assert "make it 600" in wrong(replace(settings, token_file=file))["access"]
    file.chmod(0o600)
    assert wrong(replace(settings, token_file=file)) == {}
    assert "cannot be read" in wrong(replace(settings, token_file=tmp_path / "none"))["access"]
    assert "other machines" in wrong(replace(settings, host="0.0.0.0"))["access"]


def test_a_bucket_that_nobody_serves(settings: Settings, service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    found = wrong(replace(settings, artifacts="s3://bucket", s3_endpoint="http://127.0.0.1:1"))
    assert list(found) == ["artifacts"]
    assert "ARANGOVIS_S3_ENDPOINT" in found["artifacts"]
    assert "user:password" not in wrong(replace(settings, artifacts="s3://user:password@bucket"))["artifacts"]


def test_a_full_disk(settings: Settings, service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "FREE_BYTES_MIN", 1 << 60)
    assert "are free" in wrong(settings)["disk"]


def test_a_queue_without_workers(settings: Settings, service: Arangovis) -> None:
    request(service)
    found = wrong(settings)
    assert "`arangovis worker` starts one" in found["workers"]
    assert "no worker takes toy" in found["queue"]


def test_a_worker_that_takes_other_methods_or_is_gone(settings: Settings, service: Arangovis) -> None:
    request(service)
    worker(service, "other")
    assert "no worker takes toy" in wrong(settings)["queue"]
    worker(service, "other", "toy")
    assert wrong(settings) == {}
    put(service, Record("worker", "w", due=1, data={"methods": ["toy"], "slots": 1, "pid": 1}))
    assert set(wrong(settings)) == {"workers", "queue"}


def test_a_run_that_waits_too_long(settings: Settings, service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    request(service)
    worker(service, "toy")
    monkeypatch.setattr(checkup, "PENDING_US_MAX", -1)
    assert "1 runs wait" in wrong(settings)["queue"]


def test_a_lease_that_ran_out(settings: Settings, service: Arangovis) -> None:
    run = request(service)
    put(service, Lease(run.id, "toy", due=1, queued=1, owner="gone", attempt=1).record())
    assert "1 of 1 ran out" in wrong(settings)["leases"]
    worker(service, "toy")
    assert statuses(settings)["leases"] is Status.NOTE


def test_a_clock_that_was_set_back(settings: Settings, service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    request(service)
    worker(service, "toy")
    from arangovis.stores.embedded import EmbeddedStore

    now = service.store.now()
    monkeypatch.setattr(EmbeddedStore, "now", lambda self: now - HOUR_US)
    assert "set back" in wrong(settings)["clock"]


def test_missing_libraries_are_a_note(settings: Settings, service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, networkx=None)
    assert statuses(settings)["extra memory"] is Status.NOTE


def test_a_library_of_another_version_is_wrong(
    settings: Settings, service: Arangovis, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pretend(monkeypatch, falcon="1.0.0")
    assert "falcon 1.0.0, where <5,>=4.1 is wanted" in wrong(settings)["base"]


def test_every_extra_of_the_package_is_looked_at(settings: Settings, service: Arangovis) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    shown = {name.removeprefix("extra ") for name in statuses(settings) if name.startswith("extra ")}
    assert shown == set(declared) - NOT_FOR_USERS


def _pretend(monkeypatch: pytest.MonkeyPatch, **versions: str | None) -> None:
    """Have the metadata of some distributions say another version, or that they are not installed."""
    known = importlib.metadata.version

    def version(name: str) -> str:
        told = versions.get(name, "")
        if told is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return told or known(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


def test_the_command_says_it_in_words_and_in_its_exit_code(settings: Settings, service: Arangovis) -> None:
    fine = CliRunner().invoke(command, ["--home", str(settings.home)])
    assert (fine.exit_code, "disk" in fine.output) == (0, True)
    request(service)
    sick = CliRunner().invoke(command, ["--home", str(settings.home), "--json"])
    assert sick.exit_code == 1
    found = {finding["check"]: finding for finding in json.loads(sick.output)["findings"]}
    assert found["queue"]["status"] == "wrong"
    assert found["software"]["status"] == "fine"


def test_a_schedule_that_nobody_fires_is_wrong(settings: Settings) -> None:
    service = build(settings)
    late = service.store.now() - 3600 * 1_000_000
    service.store.transact(lambda tx: tx.put_record(Record("schedule", "s", "on", late)), Caller("ada"))
    service.store.transact(lambda tx: tx.put_record(Record("delivery", "d", due=late)), Caller("ada"))
    service.close()
    found = wrong(settings)
    assert "no worker fires them" in found["schedules"]
    assert "no worker sends them" in found["webhooks"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"webhook_hosts": "https://a.org"}, "webhook_hosts"),
        ({"import_roots": "relative"}, "import_roots"),
        ({"log_format": "xml"}, "log_format"),
        ({"backup_root": Path(__file__)}, "backup_root"),
    ],
)
def test_settings_that_would_fail_when_they_are_needed_are_told(
    settings: Settings, changes: dict[str, object], text: str
) -> None:
    assert text in wrong(replace(settings, **changes))["settings"]  # type: ignore[arg-type]


def test_a_home_that_everybody_may_write_in_is_wrong(settings: Settings) -> None:
    build(settings).close()
    settings.home.chmod(0o777)
    assert "everybody may write" in wrong(settings)["home"]
