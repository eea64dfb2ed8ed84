"""Sending what was left behind."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from arangovis.cli.sync import command
from arangovis.client.outbox import Outbox, OutboxOptions, Target
from arangovis.client.outbox.spool import Spool
from arangovis.client.outbox.sync import Synced, SyncOptions, synchronise
from tests.unit.client.outbox.services import Service, answered

TARGET = Target(url="http://127.0.0.1:1", actor="ada")


def leave(folder: Path, *numbers: int, target: Target = TARGET) -> None:
    with Outbox(target, OutboxOptions(folder, offline=True)) as outbox:
        for number in numbers:
            outbox.put("POST", f"/{number}")


def sync(folder: Path, service: Service, **options: bool) -> list[Synced]:
    return list(synchronise(folder, SyncOptions(lambda target: service, patience_s=0.2, **options)))


def test_all_that_was_left_is_sent_oldest_first(tmp_path: Path) -> None:
    leave(tmp_path, 0, 1)
    leave(tmp_path, 2)
    service = Service()
    found = sync(tmp_path, service)
    assert [(report.delivered, report.waiting, report.refused, report.problem) for report in found] == [
        (2, 0, 0, None),
        (1, 0, 0, None),
    ]
    assert service.paths == ["/0", "/1", "/2"]
    assert sync(tmp_path, service) == []


def test_each_goes_where_its_run_was_to_go(tmp_path: Path) -> None:
    other = Target(home=str(tmp_path / "home"), actor="bob")
    leave(tmp_path, 0)
    leave(tmp_path, 1, target=other)
    services = {TARGET: Service(), other: Service()}
    reports = list(synchronise(tmp_path, SyncOptions(services.__getitem__)))
    assert [report.target for report in reports] == ["http://127.0.0.1:1", str(tmp_path / "home")]
    assert [service.paths for service in services.values()] == [["/0"], ["/1"]]


def test_a_service_that_stays_away_leaves_all_as_it_is(tmp_path: Path) -> None:
    leave(tmp_path, 0, 1)
    service = Service()
    service.is_away = True
    (report,) = sync(tmp_path, service)
    assert (report.waiting, report.delivered, report.problem) == (2, 0, "nobody is there")
    service.is_away = False
    assert [found.delivered for found in sync(tmp_path, service)] == [2]


def test_what_was_refused_is_kept_and_tried_again_if_told_so(tmp_path: Path) -> None:
    leave(tmp_path, 0, 1)
    refusing = Service(lambda sent: answered(409 if sent.path == "/0" else 200))
    (report,) = sync(tmp_path, refusing)
    assert (report.delivered, report.refused, report.problem) == (1, 1, "the server answered 409")
    (report,) = sync(tmp_path, Service())
    assert (report.delivered, report.refused) == (0, 1)
    (report,) = sync(tmp_path, Service(), again=True)
    assert (report.delivered, report.refused) == (1, 0)
    assert sync(tmp_path, Service()) == []


def test_the_spool_of_a_living_process_is_left_to_it(tmp_path: Path) -> None:
    outbox = Outbox(TARGET, OutboxOptions(tmp_path, offline=True))
    outbox.put("POST", "/0")
    service = Service()
    (report,) = sync(tmp_path, service)
    assert (report.problem, service.sent) == ("its process lives, and delivers it", [])
    outbox.close()


def test_a_folder_that_is_no_spool_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "something").mkdir()
    (tmp_path / "file").write_text("x")
    assert sync(tmp_path, Service()) == []


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_says_that_nothing_waits(tmp_path: Path) -> None:
    answer = CliRunner().invoke(command, ["--spool", str(tmp_path)])
    assert (answer.exit_code, answer.output) == (0, "Nothing waits.\n")
    answer = CliRunner().invoke(command, ["--home", str(tmp_path), "--json"])
    assert (answer.exit_code, orjson.loads(answer.output)) == (0, {"spools": []})


def test_the_command_fails_while_something_waits(tmp_path: Path) -> None:
    leave(tmp_path / "spool", 0)
    (spool,) = (tmp_path / "spool").iterdir()
    answer = CliRunner().invoke(command, ["--home", str(tmp_path), "--patience", "0", "--json"])
    (report,) = orjson.loads(answer.output)["spools"]
    assert answer.exit_code == 1
    assert report | {"problem": ""} == {
        "spool": spool.name,
        "target": TARGET.url,
        "delivered": 0,
        "refused": 0,
        "waiting": 1,
        "problem": "",
    }
    assert "does not answer" in report["problem"]
    shown = CliRunner().invoke(command, ["--home", str(tmp_path), "--patience", "0"])
    assert spool.name in shown.output
    assert shown.exit_code == 1


@pytest.mark.parametrize("damage", [b"", b"{", b'{"nothing": 1}'])
def test_a_spool_that_says_not_where_it_goes_is_passed_over(tmp_path: Path, damage: bytes) -> None:
    leave(tmp_path, 0)
    (spool,) = tmp_path.iterdir()
    (spool / "target.json").write_bytes(damage)
    assert sync(tmp_path, Service()) == []
    opened = Spool(spool)
    assert opened.requests == 1
    opened.abandon()
