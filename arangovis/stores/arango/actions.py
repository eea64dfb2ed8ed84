"""Running actions: optimistic, without locks and without a transaction that is open between calls.

An action reads as it goes, each read a call of its own. What it read is looked at again by the query that writes:
if something has changed meanwhile, the action is run again. An action that raises, or writes nothing, after several
reads may have seen two states of the store; it is believed only if what it read is still so.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Generic, TypeVar
from uuid import uuid4

from arangovis.domain.errors import Conflict, StoreUnavailable
from arangovis.domain.graph import Caller
from arangovis.stores.arango.commit import Ticket, commit, is_unchanged
from arangovis.stores.arango.problems import UNKNOWN, Collision, Unanswered
from arangovis.stores.arango.server import Server
from arangovis.stores.arango.transaction import ArangoTransaction
from arangovis.stores.transaction import Transaction

T = TypeVar("T")

ATTEMPTS_MAX = 60
PAUSE_S = 0.004
PAUSE_MAX_S = 0.5


class Actions:
    """Runs the actions of one store. Those that collided go one at a time within a process, so that each gets on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._turn = threading.Lock()

    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        """See `GraphStore.transact`."""
        call = _Call(self._server, action, caller)
        for attempt in range(ATTEMPTS_MAX):
            turn: AbstractContextManager[object] = self._turn if attempt else nullcontext()
            with turn:
                try:
                    return call.run(attempt)
                except Collision:
                    pause = min(PAUSE_S * 2**attempt, PAUSE_MAX_S)
            time.sleep(random.uniform(0, pause))  # noqa: S311
        raise Conflict("other writers were there first every time; try again later")


class _Call(Generic[T]):
    """One call of `transact`. All its attempts share one action id, so that at most one of them is ever written."""

    def __init__(self, server: Server, action: Callable[[Transaction], T], caller: Caller) -> None:
        self._server = server
        self._action = action
        self._caller = caller
        self._id = uuid4().hex
        self._answers: dict[int, T] = {}
        """What the attempts answered whose commit was sent."""

    def run(self, attempt: int) -> T:
        """Run the action and commit it.

        Raises:
            Collision: it is to be run again.

        """
        transaction = ArangoTransaction(self._server.read_in_action, self._server.clock.now())
        try:
            answer = self._action(transaction)
        except Exception as error:
            if isinstance(error, StoreUnavailable) or self._is_sure(transaction):
                raise
            raise Collision from error
        if transaction.writes.is_empty:
            if self._is_sure(transaction):
                return answer
            raise Collision
        self._answers[attempt] = answer
        try:
            written = commit(self._server, transaction, Ticket(self._id, attempt, self._caller))
        except Unanswered:
            raise StoreUnavailable(UNKNOWN) from None
        return self._answers[written]

    def _is_sure(self, transaction: ArangoTransaction) -> bool:
        """Say whether the action saw one state of the store."""
        return transaction.calls <= 1 or is_unchanged(self._server, transaction)
