"""The queries that run at the moment, so that they can be listed and killed."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.arango_simulator.errors import error


@dataclass
class RunningQuery:
    """A query, since when it runs, and whether it was killed."""

    id: str
    text: str
    bind_vars: Mapping[str, Any]
    killed: bool = False
    began_s: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raise 1500 if the query was killed; its transaction calls this before every operation."""
        if self.killed:
            raise error(1500)

    def described(self) -> dict[str, Any]:
        """Return the query as a list of queries shows it."""
        run_time = time.monotonic() - self.began_s
        shown = {"id": self.id, "query": self.text, "bindVars": self.bind_vars, "runTime": run_time}
        return {**shown, "state": "killed" if self.killed else "executing", "stream": False}


class Queries:
    """The running queries of a database."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._running: dict[str, RunningQuery] = {}

    @contextmanager
    def running(self, text: str, bind_vars: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
        """List a query while it runs; yield what it has to call now and then."""
        query = RunningQuery(str(next(self._numbers)), text, bind_vars)
        self._running[query.id] = query
        try:
            yield query.check
        finally:
            del self._running[query.id]

    def described(self) -> list[dict[str, Any]]:
        """Return the running queries."""
        return [query.described() for query in list(self._running.values())]

    def kill(self, query_id: str) -> None:
        """Kill a query; 1591 if it does not run."""
        try:
            self._running[query_id].killed = True
        except KeyError:
            raise error(1591) from None
