"""Asking the server: a query of several statements is one call, and its answer sets the clock."""

from typing import Any

from arangovis.domain.errors import StoreUnavailable
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.clock import ServerClock, local_us
from arangovis.stores.arango.connection import Connection
from arangovis.stores.arango.problems import Collision, Unanswered


class Server:
    """What the parts of a store share."""

    def __init__(self, connection: Connection, clock: ServerClock) -> None:
        self.connection = connection
        self.clock = clock

    def read(self, query: Query) -> list[list[Any]]:
        """Run a query that only reads and return the rows of each of its parts.

        Raises:
            StoreUnavailable: there was no answer.

        """
        try:
            return self.read_in_action(query)
        except Collision:
            raise StoreUnavailable("the store is busy with another change") from None

    def read_in_action(self, query: Query) -> list[list[Any]]:
        """Run a query that only reads, inside an action.

        Raises:
            Collision: the action is to be run again.
            StoreUnavailable: there was no answer.

        """
        try:
            return self.ask(query)
        except Unanswered:
            raise StoreUnavailable("the store does not answer") from None

    def ask(self, query: Query) -> list[list[Any]]:
        """Run a query that bears being run again and return the rows of each of its parts.

        Raises:
            Unanswered: there was no answer.

        """
        asked = local_us()
        answer = self.connection.run(query.text, query.binds)
        self.clock.hear(answer["now"], asked)
        parts: list[list[Any]] = answer["parts"]
        return parts
