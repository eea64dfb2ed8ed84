"""A person's rows in uploads, frames, scores and the texts of runs; and in a backup made before."""

import io
from pathlib import Path

import pyarrow as pa
import pytest
from sklearn.datasets import load_wine

from arangovis.domain.erasure import ERASED_TEXT
from arangovis.domain.errors import Gone
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.services.copying.backups import back_up, restore
from arangovis.services.copying.copying import Place
from arangovis.services.erasing.erasures import ErasureWanted
from arangovis.services.erasing.restoring import erase_again
from arangovis.services.frames.frames import Frame, ParseRequest
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.wiring import Arangovis, build
from tests.unit.services.copies import place_of
from tests.unit.services.erasing.traces import traces
from tests.unit.services.series.logged import LoggingWorld

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
def service(tmp_path: Path):  # type: ignore[no-untyped-def]
    built = build(Settings(home=tmp_path / "home"))
    yield built
    built.close()


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


def test_texts_of_runs_lose_the_person_and_keep_their_rows(tmp_path: Path) -> None:
    world = LoggingWorld.open(tmp_path)
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
    world = LoggingWorld.open(tmp_path)
    for number in range(600):
        world.send(number, pa.table({"note": [PERSON if number % 100 == 0 else f"wine {number}"]}))
    world.keep_house()
    world.service.operations.erasures.erase(WANTED, ADA)
    found = world.read()["note"]
    assert (found.count(ERASED_TEXT), len(found), PERSON in found) == (6, 600, False)
    assert traces(world.service, [PERSON]) == []
    world.check()


def test_a_backup_restored_later_has_the_erasure_done_again(service: Arangovis, tmp_path: Path) -> None:
    parsed(service)
    back_up(Place(service.store, service.artifacts), tmp_path / "backup")
    service.operations.erasures.erase(WANTED, ADA)
    other = build(Settings(home=tmp_path / "other"))
    try:
        restore(tmp_path / "backup", Place(other.store, other.artifacts))
        assert traces(other, [PERSON])
        assert erase_again(Place(other.store, other.artifacts), tmp_path / "home" / "erasures.jsonl") == 1
        assert traces(other, [PERSON]) == []
        assert check_store(other.store, other.artifacts) == []
        assert [entry.state for entry in other.operations.erasures.ledger()] == ["done"]
    finally:
        other.close()


def test_a_backup_made_later_knows_of_the_erasure(service: Arangovis, tmp_path: Path) -> None:
    parsed(service)
    service.operations.erasures.erase(WANTED, ADA)
    back_up(Place(service.store, service.artifacts), tmp_path / "backup")
    other = build(Settings(home=tmp_path / "other"))
    try:
        restore(tmp_path / "backup", Place(other.store, other.artifacts))
        assert [entry.state for entry in other.operations.erasures.ledger()] == ["done"]
        assert check_store(other.store, other.artifacts) == []
    finally:
        other.close()


def test_a_home_without_a_ledger_has_nothing_to_do_again(tmp_path: Path) -> None:
    world = LoggingWorld.open(tmp_path)
    assert erase_again(place_of(world), tmp_path / "erasures.jsonl") == 0
