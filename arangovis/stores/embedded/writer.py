"""The one writing connection of a process, and how it commits a group of calls."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TypeVar

from arangovis.domain.errors import AlreadyExists, Conflict, InvalidInput, StoreUnavailable
from arangovis.domain.graph import Action, Caller
from arangovis.stores.embedded.connection import check_version, closed, open_writer, unavailable
from arangovis.stores.embedded.flush import Numbers, flush
from arangovis.stores.embedded.group import Call, GroupCommit
from arangovis.stores.embedded.transaction import EmbeddedTransaction
from arangovis.stores.embedded.turns import Turn
from arangovis.stores.transaction import Transaction

T = TypeVar("T")


class Writer:
    """Runs actions, many to a commit. Each is whole or not there, and is durable before its caller goes on."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        self._path = path
        self._clock = clock
        self._turn = Turn(path)
        self._group = GroupCommit(self._commit)
        self._busy = RLock()
        self._connection: sqlite3.Connection | None = None
        self._inherited: sqlite3.Connection | None = None
        """Kept so that it is never closed in a child, where SQLite forbids that."""
        self._open = True

    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        """See `GraphStore.transact`."""
        return self._group.run(Call(action, caller))

    def load(self, actions: Sequence[Action]) -> None:
        """Replay actions, all in one commit; the first that fails keeps those behind it from being written."""
        calls: list[Call[object]] = []
        for action in actions:
            replay = partial(_replay, action, calls[-1] if calls else None)
            calls.append(Call(replay, Caller(action.actor, action.request_id)))
        if calls:
            self._commit(lambda: calls)
        for call in calls:
            call.outcome()

    def close(self) -> None:
        """Wait for the group under way, then close."""
        with self._busy:
            self._open = False
            self._discard()
            self._turn.close()

    def hold(self) -> None:
        """See `forks.Forkable`."""
        self._busy.acquire()
        if self._connection is not None and not self._connection.in_transaction:
            self._discard()

    def resume(self) -> None:
        """See `forks.Forkable`."""
        self._busy.release()

    def start_afresh(self) -> None:
        """See `forks.Forkable`."""
        if self._connection is not None:  # an action forked, which it must not: the child does not write
            self._inherited, self._connection, self._open = self._connection, None, False
        self._turn.close()
        self._group = GroupCommit(self._commit)
        self._busy = RLock()

    def _commit(self, take: Callable[[], Sequence[Call[object]]]) -> None:
        with self._busy:
            calls: Sequence[Call[object]] = ()
            try:
                if not self._open:
                    raise closed()
                with self._turn:
                    connection = self._begin()
                    calls = take()
                    self._commit_calls(connection, calls)
            except StoreUnavailable as error:
                self._discard()
                _fail(calls or take(), error)
            except sqlite3.Error as error:
                self._discard()  # a connection that failed once is not trusted again
                _fail(calls or take(), unavailable(error))

    def _begin(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_writer(self._path)
        self._connection.execute("BEGIN IMMEDIATE")
        check_version(self._connection)  # a newer program may have migrated it beneath us
        return self._connection

    def _discard(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit_calls(self, connection: sqlite3.Connection, calls: Sequence[Call[object]]) -> None:
        committing = False
        try:
            numbers = Numbers(connection, self._clock)
            for call in calls:
                self._run(connection, call, numbers, alone=len(calls) == 1)
            committing = True
            if connection.in_transaction:
                numbers.index_properties()
                connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.rollback()
            elif committing:
                _answer(calls)  # here, so that an interrupt right after COMMIT does not run them again

    def _run(self, connection: sqlite3.Connection, call: Call[object], numbers: Numbers, *, alone: bool) -> None:
        """Run one call in the group's transaction; what it raises is its own, and it leaves nothing behind."""
        transaction = EmbeddedTransaction(connection, self._clock())
        try:
            call.run(transaction)
        except KeyboardInterrupt:
            raise  # it is meant for the thread that leads
        except BaseException as error:
            call.error = error  # nothing was written yet: an action only buffers
            return
        if not alone:
            connection.execute("SAVEPOINT action")
        call.error = _flush_problem(transaction, call.caller, numbers)
        if call.error is not None:
            connection.execute("ROLLBACK" if alone else "ROLLBACK TO action")
        if not alone:
            connection.execute("RELEASE action")


def _flush_problem(transaction: EmbeddedTransaction, caller: Caller, numbers: Numbers) -> Exception | None:
    """Write what an action buffered. Return what is wrong with it, to be rolled back; None if it was written."""
    try:
        flush(transaction, caller, numbers)
    except sqlite3.IntegrityError:
        return AlreadyExists("a node that the action made is there already")
    except sqlite3.Error:
        raise  # it is the whole group's
    except OverflowError:
        return InvalidInput("an integer does not fit 64 bits")
    except UnicodeEncodeError:
        return InvalidInput("a text is not valid Unicode")
    except Exception as error:
        return error
    return None


def _replay(action: Action, before: Call[object] | None, transaction: Transaction) -> None:
    if before is not None and before.error is not None:
        raise Conflict("an action before it was not written")
    transaction.replay(action)


def _answer(calls: Sequence[Call[object]]) -> None:
    for call in calls:
        call.answered = True


def _fail(calls: Sequence[Call[object]], error: StoreUnavailable) -> None:
    for call in calls:
        call.error = StoreUnavailable(error.detail)  # one for each thread, since each adds its own traceback
    _answer(calls)
