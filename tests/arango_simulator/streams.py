"""Stream transactions (page "HTTP interface for Stream Transactions")."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.arango_simulator.errors import ArangoError, error
from tests.arango_simulator.transaction import Transaction

if TYPE_CHECKING:
    from tests.arango_simulator.database import Database

BUSY_WAIT_S = 8.0
"""How long a request waits for another request in the same transaction, as `--transaction.streaming-lock-timeout`."""


class Streams:
    """The stream transactions of a database, open and ended. Each ends by itself when idle for too long."""

    def __init__(self, database: "Database", *, idle_s: float) -> None:
        self._database = database
        self._idle_s = idle_s
        self._open: dict[str, Transaction] = {}
        self._ended: dict[str, str] = {}

    def begin(self, body: Mapping[str, Any]) -> Transaction:
        """Begin a transaction as a request describes it."""
        declared = body.get("collections")
        if not isinstance(declared, dict):
            raise error(10, "missing 'collections'")
        read, write, exclusive = (_names(declared.get(kind)) for kind in ("read", "write", "exclusive"))
        for name in read:
            self._database.collection(name)
        timeout_s = body.get("lockTimeout")
        transaction = self._database.begin(write=write, exclusive=exclusive, lock_timeout_s=timeout_s)
        if not declared.get("allowImplicit", body.get("allowImplicit", True)):
            transaction.readable = read | write | exclusive
        transaction.used_s = self._database.clock.now_s()
        self._open[transaction.id] = transaction
        return transaction

    @contextmanager
    def using(self, transaction_id: str) -> Iterator[Transaction]:
        """Lend a transaction to one request; 1655 if unknown, 1654 or 1653 if it ended, 28 if in use."""
        transaction = self._running(transaction_id)
        if not transaction.busy.acquire(timeout=BUSY_WAIT_S):
            raise error(28, f"transaction '{transaction_id}' is in use")
        try:
            if transaction.status != "running":
                raise self._over(transaction_id, transaction.status)
            yield transaction
        finally:
            transaction.used_s = self._database.clock.now_s()
            transaction.busy.release()

    def status(self, transaction_id: str) -> str:
        """Return `running`, `committed` or `aborted`; 1655 if unknown."""
        self._expire()
        if transaction_id in self._open:
            return "running"
        try:
            return self._ended[_checked(transaction_id)]
        except KeyError:
            raise error(1655, f"'{transaction_id}'") from None

    def finish(self, transaction_id: str, status: str) -> None:
        """Commit or abort; again is no error, the other way round is 1653."""
        now = self.status(transaction_id)
        if now == "running":
            with self.using(transaction_id) as transaction:
                self._close(transaction, status)
        elif now != status:
            raise ArangoError(409, 1653, f"transaction was already {now}")

    def running(self) -> list[str]:
        """Return the ids of the open transactions."""
        self._expire()
        return list(self._open)

    def abort_all(self) -> None:
        """Abort every open transaction."""
        for transaction in list(self._open.values()):
            self._close(transaction, "aborted")

    def lose_all(self) -> None:
        """Abort every open transaction and forget that there ever was one, as a restart does."""
        self.abort_all()
        self._ended.clear()

    def _running(self, transaction_id: str) -> Transaction:
        status = self.status(transaction_id)
        if status != "running":
            raise self._over(transaction_id, status)
        return self._open[transaction_id]

    def _over(self, transaction_id: str, status: str) -> Exception:
        return error(1654 if status == "aborted" else 1653, f"transaction '{transaction_id}' was already {status}")

    def _close(self, transaction: Transaction, status: str) -> None:
        if transaction.status == "running":
            (transaction.commit if status == "committed" else transaction.abort)()
        self._open.pop(transaction.id, None)
        self._ended[transaction.id] = transaction.status

    def _expire(self) -> None:
        """Abort what was idle for too long. The server looks every second; here it is looked at before every use."""
        too_old = self._database.clock.now_s() - self._idle_s
        for transaction in list(self._open.values()):
            if transaction.used_s < too_old and not transaction.busy.locked():
                self._close(transaction, "aborted")


def _names(given: object) -> frozenset[str]:
    if given is None:
        return frozenset()
    names: Iterable[Any] = [given] if isinstance(given, str) else given if isinstance(given, list) else [None]
    if not all(isinstance(name, str) for name in names):
        raise error(10, "collections must be names")
    return frozenset(names)


def _checked(transaction_id: str) -> str:
    if not transaction_id.isdigit():
        raise error(10, "bad transaction ID")
    return transaction_id
