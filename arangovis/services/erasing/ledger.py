"""The ledger of erasures: who was erased, by a keyed hash, so that it is done again where rows come back.

It is in the store, and in a file beside it that outlives a store which is restored from an older backup.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from arangovis.domain.erasure import Subject
from arangovis.domain.errors import IntegrityError
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


def write_file(folder: Path, entry: Entry) -> None:
    """Add an entry to the file beside the store, durably."""
    line = orjson.dumps({"id": entry.key, "at": entry.at, **entry.record().data}, option=orjson.OPT_APPEND_NEWLINE)
    descriptor = os.open(folder / LEDGER_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
