"""The ledger of erasures: who was erased, by a keyed hash, so that it is done again where rows come back.

It is in the store, and in a file beside it that outlives a store which is restored from an older backup.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import orjson

from arangovis.domain.erasure import Subject
from arangovis.domain.errors import IntegrityError, StoreUnavailable
from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.views import items, text
from arangovis.stores.base import GraphStore

LEDGER, LEDGER_FILE = "erasure", "erasures.jsonl"
BEGUN, DONE = "begun", "done"


@dataclass(frozen=True, slots=True)
class Entry:
    """An erasure that was asked for: of whom, from which data sets (none named: all), when, by whom."""

    key: str
    subject: Subject
    datasets: tuple[NodeId, ...]
    at: int
    actor: str
    state: str = BEGUN

    def done(self) -> "Entry":
        """Return the entry of an erasure that is done."""
        return replace(self, state=DONE)

    def record(self) -> Record:
        """Return the record to store."""
        data: Document = {
            **asdict(self.subject),
            "datasets": [str(dataset) for dataset in self.datasets],
            "actor": self.actor,
        }
        return Record(LEDGER, self.key, group=self.state, due=self.at, data=data)

    @classmethod
    def of(cls, record: Record) -> "Entry":
        """Read an entry from its record."""
        data = record.data
        subject = Subject(text(data, "column"), text(data, "salt"), text(data, "key"))
        datasets = tuple(NodeId.parse(str(dataset)) for dataset in items(data, "datasets"))
        return cls(record.key, subject, datasets, record.due, text(data, "actor"), record.group)


def entries(store: GraphStore, state: str | None = None) -> Iterator[Entry]:
    """Return what a store's ledger says, oldest first within a state."""
    return map(Entry.of, store.all_records(LEDGER, state))


def write_file(folder: Path, wanted: Iterable[Entry]) -> None:
    """Add the entries that the file beside the store does not have, durably.

    Raises:
        StoreUnavailable: it cannot be written; nothing that can be read is added.

    """
    if not (new := tuple(wanted)):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LEDGER_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # of servers and commands on one home
            _add(file, new)
    except OSError as error:
        raise StoreUnavailable(f"{LEDGER_FILE} in the home cannot be written: {error.strerror}") from error


def _add(file: BinaryIO, wanted: Iterable[Entry]) -> None:
    present = file.read()
    end = present.rfind(b"\n") + 1  # a line that its writer did not end was never relied on
    known = {entry.key for _, entry in _lines(present[:end].splitlines()) if entry is not None}
    lines = [_line(entry) for entry in wanted if entry.key not in known]
    if lines:
        file.truncate(end)
        file.seek(end)
        file.write(b"".join(lines))
        file.flush()
        os.fsync(file.fileno())


def _line(entry: Entry) -> bytes:
    said = {"id": entry.key, "at": entry.at, **entry.record().data}
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def read_file(path: Path) -> list[Entry]:
    """Return what a file says, each entry once; the last line may be half-written.

    Raises:
        IntegrityError: another line cannot be read.

    """
    if not path.exists():
        return []
    found: dict[str, Entry] = {}
    for number, entry in _lines(path.read_bytes().splitlines()):
        if entry is None:
            raise IntegrityError(f"line {number} of the ledger of erasures cannot be read")
        found[entry.key] = entry
    return sorted(found.values(), key=lambda entry: entry.at)


def _lines(lines: list[bytes]) -> Iterable[tuple[int, Entry | None]]:
    for number, line in enumerate(lines, start=1):
        try:
            said = orjson.loads(line)
            yield number, Entry.of(Record(LEDGER, said["id"], BEGUN, said["at"], said))
        except (ValueError, KeyError, TypeError):
            if number < len(lines):
                yield number, None
