"""Connections to the database file, and the one table from SQLite's errors to ours."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.like import is_like
from arangovis.domain.words import words_of
from arangovis.stores.embedded.schema import version_of
from arangovis_schema import SCHEMA_VERSION

SQLITE_VERSION_MIN = (3, 38, 0)
BUSY_TIMEOUT_S = 10.0
STATEMENTS_CACHED = 256
READERS_IDLE_MAX = 16
READ_LIMIT_S = 60.0
"""A read is given up after this long, as ArangoDB gives up a query. Copies and backups, which read all, are not."""
STEPS_BETWEEN_LOOKS = 500_000
"""So many instructions of SQLite's machine, a few hundredths of a second, between looks at the clock."""
CHECKPOINT_PAGES = 4096
"""16 MiB: a page that is written again and again reaches the database file once a checkpoint, not once a commit."""
WRITER_CACHE_KIB = 32 * 1024
READER_CACHE_KIB = 8 * 1024
JOURNAL_BYTES_MAX = 64 * 1024 * 1024
"""A write-ahead log that grew beyond this, because of a long reader, is cut back at the next checkpoint."""

_PROBLEMS = {
    "NOTADB": "the store's file is not an SQLite database",
    "CORRUPT": "the store's file is damaged; restore it from a backup",
    "FULL": "the store's disk is full",
    "BUSY": "another program holds the store's file",
    "LOCKED": "another program holds the store's file",
    "CANTOPEN": "the store's file cannot be opened; has the store been set up?",
    "READONLY": "the store's file may not be written",
    "PERM": "the store's file may not be opened",
    "IOERR": "the store's disk failed to read or write",
    "INTERRUPT": "the store took too long and gave up",
}


def unavailable(error: sqlite3.Error) -> StoreUnavailable:
    """Return the error to raise for one of SQLite's."""
    name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")[0]
    if not name and "closed" in str(error):
        return closed()
    return StoreUnavailable(_PROBLEMS.get(name, "the store's database did not answer"))


def closed() -> StoreUnavailable:
    """Return the error to raise when a closed store is used."""
    return StoreUnavailable("the store is closed")


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the file for any one thread at a time, with transactions under our control."""
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        cached_statements=STATEMENTS_CACHED,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def open_writer(path: Path) -> sqlite3.Connection:
    """Open a migrated database for writing."""
    connection = _open_migrated(path)
    connection.execute("PRAGMA temp_store = MEMORY")  # savepoints keep what they may have to undo
    connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB:d}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES:d}")
    connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES_MAX:d}")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a migrated database for reading."""
    connection = _open_migrated(path)
    connection.execute("PRAGMA query_only = ON")
    connection.create_function("is_like", 3, _is_like, deterministic=True)
    connection.create_function("has_word", 2, _has_word, deterministic=True)
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB:d}")
    return connection


def _is_like(text: str, pattern: str, any_case: int) -> bool:
    return is_like(text, pattern, any_case=bool(any_case))


def _has_word(text: str, pattern: str) -> bool:
    return pattern in f" {' '.join(words_of(text))} "


def _limit(connection: sqlite3.Connection, deadline: float) -> None:
    """Interrupt what runs on a connection after a time of the process's clock, in seconds."""
    connection.set_progress_handler(lambda: monotonic() > deadline, STEPS_BETWEEN_LOOKS)


def _open_migrated(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        check_version(connection)
    except (sqlite3.Error, StoreUnavailable):
        connection.close()
        raise
    return connection


def check_version(connection: sqlite3.Connection) -> None:
    """Look whether the schema is ours.

    Raises:
        StoreUnavailable: it is older or newer.

    """
    version = version_of(connection)
    if version < SCHEMA_VERSION:
        raise StoreUnavailable(f"the store has schema version {version}, not {SCHEMA_VERSION}: migrate it first")
    if version > SCHEMA_VERSION:
        raise StoreUnavailable(f"the store has schema version {version}, this program {SCHEMA_VERSION}: upgrade it")


class ReaderPool:
    """Reading connections, each lent to one caller at a time; as many as there are reads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._open = True
        self._lent = 0
        self._held = False
        self._change = threading.Condition()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose reads all see one state of the store, and end READ_LIMIT_S from now.

        Raises:
            StoreUnavailable: the database did not answer in time, or the pool is closed.

        """
        try:
            connection = self._take()
            try:
                _limit(connection, monotonic() + READ_LIMIT_S)
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error:
                connection.close()
                raise
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise unavailable(error) from error

    def close(self) -> None:
        """Close idle connections; those that are lent are closed when they come back."""
        with self._change:
            self._open = False
            self._close_idle()

    def hold(self) -> None:
        """See `forks.Forkable`."""
        with self._change:
            self._held = True
            self._change.wait_for(lambda: not self._lent, timeout=BUSY_TIMEOUT_S)
            self._close_idle()

    def resume(self) -> None:
        """See `forks.Forkable`."""
        with self._change:
            self._held = False
            self._change.notify_all()

    def start_afresh(self) -> None:
        """See `forks.Forkable`."""
        self._lent = 0
        self._held = False
        self._change = threading.Condition()

    def _take(self) -> sqlite3.Connection:
        with self._change:
            while self._held:
                self._change.wait()
            if not self._open:
                raise closed()
            self._lent += 1
            if self._idle:
                return self._idle.pop()
        try:
            return open_reader(self._path)
        except BaseException:
            self._came_back()
            raise

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.rollback()
        except sqlite3.Error:
            self._came_back()  # it was closed because it failed
        else:
            self._came_back(connection)

    def _came_back(self, connection: sqlite3.Connection | None = None) -> None:
        with self._change:
            self._lent -= 1
            self._change.notify_all()
            keep = self._open and len(self._idle) < READERS_IDLE_MAX
            if connection is not None and keep:
                self._idle.append(connection)
            elif connection is not None:
                connection.close()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()
