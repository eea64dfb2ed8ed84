"""What the store says of files that are not as they should be, and of its own life."""

import sqlite3
from pathlib import Path

import pytest

from arangovis.domain.errors import ArangovisError, Conflict, NotSupported, StoreUnavailable
from arangovis.domain.graph import Direction, Record
from arangovis.domain.search import Search
from arangovis.stores.embedded import EmbeddedStore
from arangovis.testing.samples import create, dataset, follow, put, run
from arangovis_schema import SCHEMA_VERSION


def refusals(store: EmbeddedStore) -> list[StoreUnavailable]:
    """Return what each method raises."""
    calls = (
        lambda: store.get_many([run("a")]),
        lambda: store.edges_of([run("a")], Direction.BOTH),
        lambda: follow(store, run("a")),
        lambda: store.search(Search("run")),
        lambda: store.history(run("a")),
        lambda: store.records("lease"),
        lambda: store.record("lease", "a"),
        store.change_number,
        lambda: put(store, Record("lease", "a")),
    )
    refused = []
    for call in calls:
        with pytest.raises(StoreUnavailable) as refusal:
            call()
        refused.append(refusal.value)
    return refused


def check_text(error: ArangovisError, path: Path) -> None:
    assert path.name not in error.detail
    assert str(path.parent) not in error.detail
    assert error.detail != "the store's database did not answer"


def test_opening_touches_nothing_and_using_it_says_what_to_do(path: Path) -> None:
    store = EmbeddedStore(path)
    assert not path.exists()
    for error in refusals(store):
        check_text(error, path)
        assert "set up" in error.detail
    assert not path.exists()
    store.close()


def test_an_empty_file_is_to_be_migrated(path: Path) -> None:
    path.touch()
    store = EmbeddedStore(path)
    assert all("migrate it first" in error.detail for error in refusals(store))
    assert store.migrate() == SCHEMA_VERSION
    create(store, run("a"))
    store.close()


def test_what_is_not_a_database_is_named_so(path: Path) -> None:
    path.write_bytes(b"id,label\n1,seven\n" * 1000)
    store = EmbeddedStore(path)
    with pytest.raises(StoreUnavailable, match="not an SQLite database"):
        store.migrate()
    for error in refusals(store):
        check_text(error, path)
    assert path.read_bytes().startswith(b"id,label")
    store.close()


def test_a_damaged_database_is_named_so(store: EmbeddedStore, path: Path) -> None:
    create(store, *(run(f"run-{number}") for number in range(2000)))
    store.close()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)
    damaged = EmbeddedStore(path)
    with pytest.raises(StoreUnavailable, match="damaged") as refusal:
        damaged.get_many([run(f"run-{number}") for number in range(2000)])
    check_text(refusal.value, path)
    damaged.close()


def test_a_newer_database_is_left_alone(store: EmbeddedStore, path: Path) -> None:
    store.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    newer = EmbeddedStore(path)
    with pytest.raises(Conflict, match="upgrade"):
        newer.migrate()
    assert all("schema version" in error.detail for error in refusals(newer))
    newer.close()


def test_a_database_that_is_migrated_beneath_a_running_program_is_written_no_more(
    store: EmbeddedStore, path: Path
) -> None:
    create(store, run("before"))
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for number in range(2):
        with pytest.raises(StoreUnavailable, match="upgrade it"):
            create(store, run(f"after-{number}"))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.close()
    create(store, run("again"))
    assert set(store.get_many([run("before"), run("after-0"), run("after-1"), run("again")])) == {
        run("before"),
        run("again"),
    }


def test_an_sqlite_that_is_too_old_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    with pytest.raises(NotSupported, match=r"3\.38"):
        EmbeddedStore(path)


def test_a_closed_store_says_so(store: EmbeddedStore) -> None:
    create(store, run("a"))
    store.close()
    assert {error.detail for error in refusals(store)} == {"the store is closed"}


def test_a_directory_that_is_not_there_is_an_error_without_a_path(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "graph.db"
    with pytest.raises(StoreUnavailable) as refusal:
        EmbeddedStore(path).migrate()
    check_text(refusal.value, path)


@pytest.mark.parametrize("name", ["a b.db", "100%?.db", "graph#1.db", "ärger.db", "file:x?mode=memory.db"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    store = EmbeddedStore(path)
    store.migrate()
    create(store, run("a"))
    store.close()
    assert path.stat().st_size > 0
    again = EmbeddedStore(path)
    assert again.find(run("a")) is not None
    again.close()


def test_commits_are_durable_and_the_log_is_bounded(store: EmbeddedStore, path: Path) -> None:
    create(store, dataset("a"))
    writer = store._writer._connection
    assert writer is not None
    assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert writer.execute("PRAGMA synchronous").fetchone() == (2,)
    writer.execute("PRAGMA wal_autocheckpoint = 100")
    for number in range(300):
        create(store, dataset(f"set-{number}"))
    assert path.with_name("graph.db-wal").stat().st_size < 300 * 4200


def test_the_clock_that_stands_still_or_goes_back_does_not_confuse(path: Path) -> None:
    times = iter([100, 100, 50, 50, 10, 10, 7, 7])
    store = EmbeddedStore(path, clock=lambda: next(times))
    store.migrate()
    for number in range(4):
        create(store, dataset(f"set-{number}"))
    written = [store.get(dataset(f"set-{number}")).version.valid_from for number in range(4)]
    assert written == [100, 101, 102, 103]
    assert store.change_number() == 103
    store.close()


def test_readers_are_lent_and_come_back(store: EmbeddedStore) -> None:
    create(store, run("a"))
    for _ in range(20):
        store.get(run("a"))
    assert len(store._readers._idle) == 1
    with store._readers.snapshot() as first, store._readers.snapshot() as second:
        assert first is not second
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            first.execute("DELETE FROM node")
    assert len(store._readers._idle) == 2
    store.close()
    assert store._readers._idle == []
