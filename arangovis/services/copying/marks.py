"""What a store knows of itself and of the store that it is a copy of: two records."""

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum

from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.views import integer, text
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import RECORD_KINDS

COPIER = Caller("copy")
_OWN_KINDS = ("store", "copy")


class CopyState(StrEnum):
    """How far a copy is."""

    UNDER_WAY = "under way"
    COMPARED = "compared"
    """All is there and equal; open runs are being put into the queue."""
    FINISHED = "finished"
    """It may be used."""


@dataclass(frozen=True, slots=True)
class CopyMark:
    """What a copy knows of its making.

    Args:
        source: the identity of the store that it is a copy of.
        at: the time of the last action that was copied, microseconds since 1970.
        end: the time of the last action in the copy when it was finished; later than `at` if runs were given back.
        state: how far it is.

    """

    source: str
    at: int = 0
    end: int = 0
    state: CopyState = CopyState.UNDER_WAY

    def record(self) -> Record:
        """Return the record to store."""
        data: Document = {"source": self.source, "at": self.at, "end": self.end, "state": self.state.value}
        return Record("copy", "mark", data=data)


def identity_of(store: GraphStore) -> str:
    """Return what tells a store from every other one; made when it is first asked for."""

    def action(transaction: Transaction) -> str:
        present = transaction.record("store", "identity")
        if present is not None:
            return text(present.data, "id")
        fresh = uuid.uuid4().hex
        transaction.put_record(Record("store", "identity", data={"id": fresh}))
        return fresh

    return known_identity(store) or store.transact(action, COPIER)


def known_identity(store: GraphStore) -> str | None:
    """Return the identity of a store, or None if nobody asked for it yet. It writes nothing."""
    present = store.record("store", "identity")
    return None if present is None else text(present.data, "id")


def mark_of(store: GraphStore) -> CopyMark | None:
    """Return what a store knows of being a copy, or None if it is none."""
    record = store.record("copy", "mark")
    if record is None:
        return None
    data = record.data
    return CopyMark(text(data, "source"), integer(data, "at"), integer(data, "end"), CopyState(text(data, "state")))


def write_mark(store: GraphStore, mark: CopyMark) -> CopyMark:
    """Remember how far a copy is."""
    store.transact(lambda transaction: transaction.put_record(mark.record()), COPIER)
    return mark


def is_empty(store: GraphStore) -> bool:
    """Say whether nothing but its own identity was ever written to a store."""
    kinds = (kind.name for kind in RECORD_KINDS if kind.name not in _OWN_KINDS)
    return store.change_number() == 0 and not any(store.records(kind, limit=1) for kind in kinds)


def check_target(store: GraphStore, source: str | None, until: int) -> CopyMark | None:
    """Return the mark of a store that a source may be copied to; None for an empty one.

    Args:
        store: where to copy to.
        source: the identity of the source; None if it has none yet.
        until: the time of the last action to be copied.

    Raises:
        Conflict: the store has other content, was written to since, or is further than `until`.

    """
    mark = mark_of(store)
    if mark is None:
        if not is_empty(store):
            raise Conflict("the target is not empty and no copy of the source; copy into an empty store")
        return None
    if mark.source != source:
        raise Conflict("the target is a copy of another store; copy into an empty store")
    if mark.state is CopyState.COMPARED:
        return mark
    with store.frozen() as state:
        at = state.at
    is_finished = mark.state is CopyState.FINISHED
    if is_finished and at != mark.end:
        raise Conflict("the target was written to since it was copied; copy into an empty store")
    copied = mark.at if is_finished else at
    if copied > until:
        raise Conflict(f"the target is further already: it has all until {copied}; copy into an empty store")
    if is_finished and mark.end > mark.at and until > mark.at:
        text_ = "the source was written to since, and the target has put its open runs back into the queue"
        raise Conflict(f"{text_}; copy into an empty store")
    return replace(mark, at=copied)


def check_usable(store: GraphStore) -> None:
    """Check that a store is not half of a copy, which would hand out names and numbers again.

    Raises:
        Conflict: it is.

    """
    mark = mark_of(store)
    if mark is not None and mark.state is not CopyState.FINISHED:
        raise Conflict("this store is a copy that was not finished; repeat `arangovis copy`, or the restore, first")
