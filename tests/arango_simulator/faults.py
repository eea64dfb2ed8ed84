"""Faults that a test asks for, and the count of requests. Nothing of this is ArangoDB's."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.arango_simulator.errors import NUMBERS, error

KINDS = ("drop", "do_then_drop", "unavailable", "hang", "error")


@dataclass
class Fault:
    """What is done to the next `times` requests of a method and path prefix, after `skip` of them went well.

    The path is the one behind `/_db/<name>`; an empty method or path matches all. Kinds:
    `drop`: the connection is cut before anything is done;
    `do_then_drop`: the request is done, and the connection is cut instead of an answer;
    `unavailable`: 503 with error number 503, and nothing is done;
    `hang`: `seconds` pass before the request is done;
    `error`: `number` with its HTTP status is answered, and nothing is done.
    """

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    number: int = 1200

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise error(10, f"kind must be one of {', '.join(KINDS)}")
        if self.number not in NUMBERS:
            raise error(10, f"number {self.number} is not one that the simulator knows")

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is meant."""
        return self.method in ("", method) and path.startswith(self.path)


class Faults:
    """The faults still to come, and the requests since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self.released = threading.Event()

    def add(self, fault: Mapping[str, Any]) -> None:
        """Add a fault."""
        try:
            made = Fault(**fault)
        except TypeError as refusal:
            raise error(10, str(refusal)) from None
        with self._lock:
            self._faults.append(made)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()
        self.released.set()
        self.released = threading.Event()

    def meet(self, database: str, method: str, path: str) -> Fault | None:
        """Count a request and return the fault that it meets."""
        with self._lock:
            self._counts[database, method, path] += 1
            for fault in self._faults:
                if fault.matches(method, path):
                    return self._used(fault)
        return None

    def _used(self, fault: Fault) -> Fault | None:
        if fault.skip:
            fault.skip -= 1
            return None
        fault.times -= 1
        if not fault.times:
            self._faults.remove(fault)
        return fault

    def counts(self) -> list[dict[str, Any]]:
        """Return how often each method and path was asked for."""
        with self._lock:
            return [
                {"database": database, "method": method, "path": path, "count": count}
                for (database, method, path), count in self._counts.items()
            ]

    def reset_counts(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._counts.clear()
