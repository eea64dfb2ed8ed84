"""What a target does. Another store, or the REST service, is one more class with these verbs."""

from collections.abc import Iterable
from typing import Protocol

from tests.benchmarks.lineage.workload import Query, Run


class Target(Protocol):
    """One store in a folder of its own."""

    def add_artifacts(self, keys: Iterable[str]) -> None:
        """Write artifacts that nothing made."""

    def commit(self, runs: list[Run]) -> None:
        """Write runs with their outputs, edges and parameters in one transaction; return when it is durable."""

    def lineage(self, key: str, direction: str) -> object:
        """Return everything reached, with its documents: the timed part."""

    def reached(self, answer: object) -> set[str]:
        """Return the keys of the artifacts of a lineage, without its start."""

    def search(self, query: Query) -> object:
        """Return the newest runs that match, with their documents: the timed part."""

    def keys(self, answer: object) -> list[str]:
        """Return the keys of the runs of a search, in order."""

    def close(self) -> None:
        """Release everything."""
