"""One database: its collections, graphs, transactions, cursors and running queries."""

import itertools
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.arango_simulator.clock import Clock
from tests.arango_simulator.collection import Collection
from tests.arango_simulator.cursors import Cursors
from tests.arango_simulator.errors import error
from tests.arango_simulator.graphs import Graph
from tests.arango_simulator.queries import Queries
from tests.arango_simulator.streams import Streams
from tests.arango_simulator.transaction import Transaction

ticks = itertools.count(1_000_000, 7)
"""Identifiers of collections, transactions and cursors: numbers of no meaning."""
_revisions = itertools.count(1)


class Database:
    """All data of one database. `committed` is the number of the newest commit; `lock` guards every write."""

    def __init__(self, name: str, *, clock: Clock, transaction_idle_s: float, lock_timeout_s: float) -> None:
        self.name = name
        self.id = str(next(ticks))
        self.clock = clock
        self.lock = threading.RLock()
        self.committed = 0
        self.collections: dict[str, Collection] = {}
        self.graphs: dict[str, Graph] = {}
        self.changed: set[Collection] = set()
        self.outdated: deque[tuple[int, Collection, str]] = deque()
        self.streams = Streams(self, idle_s=transaction_idle_s)
        self.cursors = Cursors(clock)
        self.queries = Queries()
        self.active: dict[str, Transaction] = {}
        self._lock_timeout_s = lock_timeout_s
        self._unlocked = threading.Condition(self.lock)

    def next_revision(self) -> str:
        """Return a `_rev` that no document had before."""
        return f"_{next(_revisions):x}---"

    # --- collections ----------------------------------------------------------------------------------------------

    def collection(self, name: str) -> Collection:
        """Return a collection by its name; 1203 if there is none."""
        try:
            return self.collections[name]
        except KeyError:
            raise error(1203, name) from None

    def create_collection(self, name: str, properties: Mapping[str, Any]) -> Collection:
        """Create a collection; 1207 if the name is taken."""
        with self.lock:
            if name in self.collections:
                raise error(1207)
            self.collections[name] = collection = Collection(next(ticks), name, properties)
            return collection

    def drop_collection(self, name: str) -> Collection:
        """Drop a collection; 1942 while a graph uses it."""
        with self.lock:
            collection = self.collection(name)
            if any(name in graph.collections() for graph in self.graphs.values()):
                raise error(1942)
            del self.collections[name]
            return collection

    def graph(self, name: str) -> Graph:
        """Return a named graph; 1924 if there is none."""
        try:
            return self.graphs[name]
        except KeyError:
            raise error(1924) from None

    # --- transactions ---------------------------------------------------------------------------------------------

    def begin(
        self,
        *,
        write: Iterable[str] = (),
        exclusive: Iterable[str] = (),
        declared_only: bool = True,
        lock_timeout_s: float | None = None,
    ) -> Transaction:
        """Begin a transaction once the collections it writes to are free.

        Args:
            write: collections that it may write to beside other writers.
            exclusive: collections that it alone may write to.
            declared_only: whether writing to any other collection raises 1652.
            lock_timeout_s: seconds to wait for the collections, then 18; None for the server's default.

        """
        shared, alone = frozenset(write), frozenset(exclusive)
        writable = shared | alone if declared_only else None
        timeout_s = self._lock_timeout_s if lock_timeout_s is None else lock_timeout_s or None
        with self.lock:
            wanted = [self.collection(name) for name in shared | alone]
            only = [self.collection(name) for name in alone]
            free = self._unlocked.wait_for(lambda: _free(wanted, only), timeout_s)
            if not free:
                raise error(18)
            transaction = Transaction(self, next(ticks), writable=writable)
            self._hold(transaction, wanted, only)
            return transaction

    def _hold(self, transaction: Transaction, wanted: Iterable[Collection], only: Iterable[Collection]) -> None:
        self.active[transaction.id] = transaction
        transaction.locked = list(wanted)
        for collection in wanted:
            collection.writers.add(transaction)
        for collection in only:
            collection.exclusive = transaction

    def ended(self, transaction: Transaction) -> None:
        """Give back what a transaction held, and forget versions that nobody can see any more."""
        self.active.pop(transaction.id, None)
        for collection in transaction.locked:
            collection.writers.discard(transaction)
            if collection.exclusive is transaction:
                collection.exclusive = None
        self._unlocked.notify_all()
        self._prune()

    def _prune(self) -> None:
        oldest = min((transaction.snapshot for transaction in self.active.values()), default=self.committed)
        while self.outdated and self.outdated[0][0] <= oldest:
            _, collection, key = self.outdated.popleft()
            collection.prune(key, oldest)
        for collection in [each for each in self.changed if each.changes[-1][0] <= oldest]:
            collection.changes.clear()
            self.changed.discard(collection)

    @contextmanager
    def transaction(self, *, write: Iterable[str] = ()) -> Iterator[Transaction]:
        """Run a transaction that is committed at the end, and aborted if anything is raised."""
        transaction = self.begin(write=write)
        try:
            yield transaction
        except BaseException:
            transaction.abort()
            raise
        transaction.commit()

    def restart(self) -> None:
        """Lose what a server loses when it is started again: open transactions and cursors."""
        with self.lock:
            self.streams.lose_all()
            self.cursors.lose_all()


def _free(wanted: Iterable[Collection], only: Iterable[Collection]) -> bool:
    return all(collection.exclusive is None for collection in wanted) and not any(
        collection.writers for collection in only
    )
