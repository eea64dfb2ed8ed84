"""Transactions: a snapshot of the committed documents, and writes that others see after the commit only.

Isolation is snapshot isolation (page "Locking and isolation"): the second writer of a document, or of an entry of a
unique index, gets 1200 at once, and two transactions that read what the other writes both commit (write skew). The
server waits up to a second for the first writer to end; the simulator does not. A failed operation leaves the
transaction as it was before it; a failed AQL query in a stream transaction leaves what it had written by then.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.arango_simulator import documents as rules
from tests.arango_simulator.collection import EDGES, Collection
from tests.arango_simulator.errors import CONFLICT, error, precondition_failed
from tests.arango_simulator.indexes import PersistentIndex
from tests.arango_simulator.reading import Reading
from tests.arango_simulator.world import Document

if TYPE_CHECKING:
    from tests.arango_simulator.database import Database


class Transaction(Reading):
    """One transaction on one database; it is the `World` that AQL runs in.

    Attributes:
        status: `running`, `committed` or `aborted`.
        writable: the collections that may be written to; None for all.
        busy: held by the request that uses a stream transaction.
        used_s: when it was last used.
        locked: the collections that it keeps others from locking exclusively.

    """

    def __init__(self, database: "Database", number: int, *, writable: frozenset[str] | None) -> None:
        super().__init__(database)
        self.id = str(number)
        self.status = "running"
        self.writable = writable
        self.busy = threading.Lock()
        self.used_s = 0.0
        self.locked: list[Collection] = []

    # --- writing --------------------------------------------------------------------------------------------------

    def _for_writing(self, name: str) -> Collection:
        self.check()
        collection = self.database.collection(name)
        if self.writable is not None and name not in self.writable:
            raise error(1652, f"{name} [write]")
        return collection

    def insert(
        self,
        collection: str,
        document: Document,
        *,
        overwrite: str | None = None,
        keep_null: bool = True,
        merge_objects: bool = True,
    ) -> tuple[Document | None, Document]:
        found = self._for_writing(collection)
        key = self._key_of(found, rules.checked_document(document))
        with self.database.lock:
            old = self.read(found, key)
            if old is None or overwrite in (None, "conflict"):
                return None, self._inserted(found, key, document, taken=old is not None)
            if overwrite == "ignore":
                return old, old
            if overwrite == "replace":
                return old, self._replaced(found, old, document)
            return old, self._patched(found, old, document, keep_null=keep_null, merge_objects=merge_objects)

    def _key_of(self, collection: Collection, document: Document) -> str:
        given = document.get("_key")
        if given is None:
            return collection.keys.next()
        if not collection.keys.user_keys:
            raise error(1222)
        return rules.checked_key(given)

    def _inserted(self, collection: Collection, key: str, document: Document, *, taken: bool) -> Document:
        self._check_free(collection, key)
        if taken:
            raise error(1210, f"in index primary of type primary over '_key'; conflicting key: {key}")
        new = rules.stored(collection.name, key, self.database.next_revision(), document)
        self._write(collection, key, None, new)
        return new

    def update(
        self, collection: str, key: str, patch: Document, *, rev: str | None, keep_null: bool, merge_objects: bool
    ) -> tuple[Document, Document]:
        found = self._for_writing(collection)
        with self.database.lock:
            old = self._existing(found, key, rev)
            patch = rules.checked_document(patch)
            return old, self._patched(found, old, patch, keep_null=keep_null, merge_objects=merge_objects)

    def _patched(
        self, collection: Collection, old: Document, patch: Document, *, keep_null: bool, merge_objects: bool
    ) -> Document:
        body = {name: value for name, value in patch.items() if name not in rules.SYSTEM}
        merged = rules.patched(old, body, keep_null=keep_null, merge_objects=merge_objects)
        return self._replaced(collection, old, merged)

    def replace(self, collection: str, key: str, document: Document, *, rev: str | None) -> tuple[Document, Document]:
        found = self._for_writing(collection)
        with self.database.lock:
            old = self._existing(found, key, rev)
            return old, self._replaced(found, old, rules.checked_document(document))

    def _replaced(self, collection: Collection, old: Document, body: Document) -> Document:
        key = old["_key"]
        new = rules.stored(collection.name, key, self.database.next_revision(), body)
        self._check_free(collection, key)
        self._write(collection, key, old, new)
        return new

    def remove(self, collection: str, key: str, *, rev: str | None) -> Document:
        found = self._for_writing(collection)
        with self.database.lock:
            old = self._existing(found, key, rev)
            self._check_free(found, key)
            self._write(found, key, old, None)
            return old

    def truncate(self, collection: str) -> None:
        """Remove all documents."""
        found = self._for_writing(collection)
        with self.database.lock:
            for document in list(self.all(found)):
                self.remove(collection, document["_key"], rev=None)

    def _existing(self, collection: Collection, key: str, rev: str | None) -> Document:
        document = self.read(collection, key)
        if document is None:
            self._check_free(collection, key)
            raise error(1202)
        if rev is not None and rev != document["_rev"]:
            raise precondition_failed(document)
        return document

    def _check_free(self, collection: Collection, key: str) -> None:
        """Raise 1200 if another transaction holds the document, or changed it since the snapshot."""
        holder, head = collection.holders.get(key), collection.heads.get(key)
        held = holder is not None and holder is not self
        if held or (head is not None and head.commit > self.snapshot and holder is not self):
            raise error(CONFLICT, f"in index primary of type primary over '_key'; conflicting key: {key}")

    def _write(self, collection: Collection, key: str, old: Document | None, new: Document | None) -> None:
        """Check a write against schema and unique indexes, and take note of it."""
        if self.status != "running":
            raise error(1654)
        if new is not None:
            if collection.type == EDGES:
                rules.check_edge(new)
            if collection.schema is not None:
                collection.schema.check(old, new)
            for index in collection.unique_indexes():
                self._check_unique(collection, index, new)
        own = self.writes.setdefault(collection, {})
        before, own[key] = own.get(key), new
        collection.holders[key] = self
        if before is not None:
            kept = collection.retained(key) + ([] if new is None else [new])
            collection.unindex(key, before, kept)
        if new is not None:
            collection.index(key, new)

    def _check_unique(self, collection: Collection, index: PersistentIndex, new: Document) -> None:
        for values in index.values_of(new):
            for key in index.keys_with(values):
                if key != new["_key"]:
                    self._check_entry(collection, index, key, values)

    def _check_entry(self, collection: Collection, index: PersistentIndex, key: str, values: object) -> None:
        """Raise 1200 if another transaction touches this entry, 1210 if this one sees it."""

        def has(document: Document | None) -> bool:
            return document is not None and values in index.values_of(document)

        where = f"in index {index.definition.name} of type persistent; conflicting key: {key}"
        holder, head = collection.holders.get(key), collection.heads.get(key)
        visible, latest = self.read(collection, key), None if head is None else head.document
        if holder is not None and holder is not self and (has(latest) or any(map(has, holder.own(collection, key)))):
            raise error(CONFLICT, where)
        if head is not None and head.commit > self.snapshot and has(latest) != has(visible) and holder is not self:
            raise error(CONFLICT, where)
        if has(visible):
            raise error(1210, where)

    # --- the end --------------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Make the writes visible to transactions that begin from now on."""
        with self.database.lock:
            commit = self.database.committed + 1
            for collection, writes in self.writes.items():
                self._commit_collection(collection, writes, commit)
            if self.writes:
                self.database.committed = commit
            self._end("committed")

    def _commit_collection(self, collection: Collection, writes: Mapping[str, Document | None], commit: int) -> None:
        change = 0
        for key, document in writes.items():
            head = collection.heads.get(key)
            change += (document is not None) - (head is not None and head.document is not None)
            collection.commit(commit, key, document)
            if head is not None or document is None:
                self.database.outdated.append((commit, collection, key))
        collection.size += change
        if change:
            collection.changes.append((commit, change))
            self.database.changed.add(collection)

    def abort(self) -> None:
        """Forget the writes."""
        with self.database.lock:
            for collection, writes in self.writes.items():
                self._forget(collection, writes)
            self._end("aborted")

    def _forget(self, collection: Collection, writes: Mapping[str, Document | None]) -> None:
        for key, document in writes.items():
            collection.holders.pop(key, None)
            if document is not None:
                collection.unindex(key, document, collection.retained(key))

    def _end(self, status: str) -> None:
        self.status = status
        self.writes = {}
        self.database.ended(self)
