"""A person's rows in uploads, frames, scores and the texts of runs; and in a backup made before."""

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from sklearn.datasets import load_wine

from arangovis.domain.erasure import ERASED_TEXT
from arangovis.domain.errors import Conflict, Gone
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.services.copying.backups import back_up, restore
from arangovis.services.copying.copying import Place
from arangovis.services.copying.marks import check_usable
from arangovis.services.erasing.erasures import ErasureWanted
from arangovis.services.erasing.ledger import LEDGER_FILE, read_file
from arangovis.services.erasing.restoring import erase_again
from arangovis.services.frames.frames import Frame, ParseRequest
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.api.erasing.traces import traces
from tests.backends import build_service, settings_of
from tests.unit.services.series.logged import PROJECT, LoggingWorld
from tests.unit.services.world import Clock

ADA = Caller("ada", "request-7")
PERSON = "p-0042"
WANTED = ErasureWanted("patient", PERSON)


def wine() -> bytes:
    """Return wines as CSV; each belongs to one of 60 patients."""
    found = load_wine()
    lines = ["patient,alcohol,ash"]
    lines += [f"p-{number % 60:04d},{row[0]},{row[2]}" for number, row in enumerate(found.data)]
    return "\n".join(lines).encode()


def parsed(service: Arangovis) -> tuple[NodeId, Frame]:
    upload = service.frames.upload(io.BytesIO(wine()), "wine.csv", ADA).node
    run = service.frames.parse_now(ParseRequest(upload, service.frames.guess(upload), "wine"), ADA)
    return upload, service.frames.made_by(run.id)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Arangovis]:
    """Give a service with nothing in it, to restore to."""
    built = build_service(settings_of(tmp_path / "other"))
    yield built
    built.close()


def place_of(service: Arangovis) -> Place:
    return Place(service.store, service.artifacts)


def test_an_upload_goes_and_its_frame_stays_without_the_rows(service: Arangovis) -> None:
    upload, frame = parsed(service)
    assert PERSON in dict(frame.content.columns[0].statistics.levels or ())
    done = service.operations.erasures.erase(WANTED, ADA)
    assert (done.rows, done.erased) == (3, (upload,))
    left = service.frames.get(frame.id)
    assert (left.dataset.rows, left.content.rows) == (175, 175)
    assert PERSON not in dict(left.content.columns[0].statistics.levels or ())
    assert sum(rows for _, rows in left.content.columns[0].statistics.levels or ()) == 175
    with pytest.raises(Gone):
        service.store.transact(lambda tx: tx.get(upload), ADA)
    assert traces(service, [PERSON]) == []
    assert check_store(service.store, service.artifacts) == []


def test_a_number_is_the_same_person_however_it_is_written(service: Arangovis) -> None:
    text = b"patient,x\n7,1\n8,2\n7.0,3\n"
    upload = service.frames.upload(io.BytesIO(text), "numbers.csv", ADA).node
    run = service.frames.parse_now(ParseRequest(upload, service.frames.guess(upload), "numbers"), ADA)
    assert service.operations.erasures.erase(ErasureWanted("patient", "7"), ADA).rows == 2
    assert service.frames.made_by(run.id).content.rows == 1


def test_texts_of_runs_lose_the_person_and_keep_their_rows(service: Arangovis) -> None:
    service.catalogue.register_project(PROJECT, ADA)
    world = LoggingWorld(Clock(), service)
    world.run = world.new_run()
    said = [f"step {number}: looked at {PERSON}, fine" for number in range(3)] + ["nobody here", PERSON]
    for number, text in enumerate(said):
        world.send(number, pa.table({"note": [text], "loss": [float(number)]}))
    world.check()
    done = world.service.operations.erasures.erase(WANTED, ADA)
    assert [found.rows for found in done.texts] == [4]
    world.check()
    assert world.read()["note"] == [
        *(f"step {number}: looked at {ERASED_TEXT}, fine" for number in range(3)), "nobody here", ERASED_TEXT,
    ]  # fmt: skip
    assert world.read()["loss"] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert traces(world.service, [PERSON]) == []


def test_merged_texts_lose_the_person_too(tmp_path: Path) -> None:
    """In memory on every store, where the time that has to pass can pass at once."""
    world = LoggingWorld.open(tmp_path)
    for number in range(600):
        world.send(number, pa.table({"note": [PERSON if number % 100 == 0 else f"wine {number}"]}))
    world.keep_house()
    world.service.operations.erasures.erase(WANTED, ADA)
    found = world.read()["note"]
    assert (found.count(ERASED_TEXT), len(found), PERSON in found) == (6, 600, False)
    assert traces(world.service, [PERSON]) == []
    world.check()


def test_a_backup_restored_later_has_the_erasure_done_again(
    service: Arangovis, other: Arangovis, tmp_path: Path
) -> None:
    parsed(service)
    back_up(place_of(service), tmp_path / "backup")
    service.operations.erasures.erase(WANTED, ADA)
    restore(tmp_path / "backup", place_of(other))
    assert traces(other, [PERSON])
    ledger, home = service.settings.home / LEDGER_FILE, other.settings.home
    assert erase_again(place_of(other), read_file(ledger), home) == 1
    assert traces(other, [PERSON]) == []
    assert check_store(other.store, other.artifacts) == []
    assert [entry.state for entry in other.operations.erasures.ledger()] == ["done"]
    assert read_file(home / LEDGER_FILE) == read_file(ledger), "the next restore there knows of it"


def test_nobody_sees_a_restored_store_before_its_erasures(service: Arangovis, other: Arangovis, tmp_path: Path) -> None:
    parsed(service)
    back_up(place_of(service), tmp_path / "backup")
    service.operations.erasures.erase(WANTED, ADA)

    def stopped() -> None:
        with pytest.raises(Conflict, match="not finished"):
            check_usable(other.store)
        raise Stop

    with pytest.raises(Stop):
        restore(tmp_path / "backup", place_of(other), before_use=stopped)
    with pytest.raises(Conflict, match="the restore"):
        check_usable(other.store)
    known = read_file(service.settings.home / LEDGER_FILE)
    report = restore(tmp_path / "backup", place_of(other), before_use=lambda: erase_again(place_of(other), known))
    check_usable(other.store)
    assert traces(other, [PERSON]) == []
    assert report.problems == []
    again = restore(tmp_path / "backup", place_of(other), before_use=stopped)
    assert again.nothing_to_do


class Stop(BaseException):
    """As if the process were killed."""


def test_a_backup_made_later_knows_of_the_erasure(service: Arangovis, other: Arangovis, tmp_path: Path) -> None:
    parsed(service)
    service.operations.erasures.erase(WANTED, ADA)
    back_up(place_of(service), tmp_path / "backup")
    restore(tmp_path / "backup", place_of(other))
    assert [entry.state for entry in other.operations.erasures.ledger()] == ["done"]
    assert check_store(other.store, other.artifacts) == []


def test_a_home_without_a_ledger_has_nothing_to_do_again(service: Arangovis, tmp_path: Path) -> None:
    assert erase_again(place_of(service), read_file(tmp_path / LEDGER_FILE), tmp_path) == 0
    assert not (tmp_path / LEDGER_FILE).exists()
