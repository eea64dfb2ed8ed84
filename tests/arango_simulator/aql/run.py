"""One execution of a query: its world, bind values, limits, warnings and counters."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.arango_simulator.aql.failures import BIND_TYPE, ArangoError, failure, message
from tests.arango_simulator.errors import error
from tests.arango_simulator.world import QueryOptions, World

STEPS_BETWEEN_CHECKS = 512
WARNINGS_MAX = 10
"""As many are reported as the server does by default; a query goes on after more."""

Frame = list[Any]
"""The values of the variables of one row, by slot."""


@dataclass(frozen=True, slots=True)
class CollectionRef:
    """A collection handed to a function."""

    name: str


class Run:
    """What the compiled query works with.

    Attributes:
        world: the transaction's view.
        random: shuffles what has no documented order; the same for the same query text.
        counts: counters by their documented names.
        known: with the server's option `--query.require-with`, which a world has by an attribute `require_with`, the
            collections that a traversal may come to; None without it.

    """

    def __init__(self, world: World, query: str, bind_vars: Mapping[str, Any], options: QueryOptions) -> None:
        self.world = world
        self.binds = bind_vars
        self.options = options
        self.random = Random(query)
        self.warnings: list[tuple[int, str]] = []
        self.counts: Counter[str] = Counter()
        self.full_count: int | None = None
        self.began_s = time.monotonic()
        self.used_bytes = 0
        self.plans: dict[int, Any] = {}
        self.known: set[str] | None = None
        self._steps = 0
        self._check = getattr(world, "check", None)

    def collection_bind(self, name: str) -> str:
        """Return the collection that `@@name` stands for; 1553 if it is no string."""
        value = self.binds[f"@{name}"]
        if not isinstance(value, str) or not value:
            raise failure(BIND_TYPE, f"@{name}")
        return value

    def warn(self, number: int, detail: str = "") -> None:
        """Note a warning; with `fail_on_warning` it is the query's error."""
        self.warn_text(number, message(number, detail))

    def warn_text(self, number: int, text: str) -> None:
        """Note a warning with a text of its own."""
        if self.options.fail_on_warning:
            raise ArangoError(400, number, text)
        if len(self.warnings) < WARNINGS_MAX:
            self.warnings.append((number, text))

    def step(self) -> None:
        """Count a unit of work; now and then see whether the query was killed or ran too long: 1500."""
        self._steps += 1
        if not self._steps % STEPS_BETWEEN_CHECKS:
            self.check_now()

    def check_now(self) -> None:
        """See whether the query was killed or ran too long: 1500."""
        if self._check is not None:
            self._check()
        limit_s = self.options.max_runtime
        if limit_s and time.monotonic() - self.began_s > limit_s:
            raise error(1500, "the query ran longer than maxRuntime")

    def charge(self, value: Any) -> None:
        """Account for a value that the query holds on to; 32 over the memory limit."""
        limit = self.options.memory_limit
        if not limit:
            return
        self.used_bytes += size_of(value)
        if self.used_bytes > limit:
            raise error(32, f"query would use more memory than allowed ({limit} bytes)")

    def shuffled(self, items: Iterable[Any]) -> list[Any]:
        """Return items whose order is not documented in an order that nothing can rely on."""
        mixed = list(items)
        self.random.shuffle(mixed)
        return mixed


def size_of(value: Any) -> int:
    """Return roughly the bytes of a value."""
    if isinstance(value, dict):
        return 16 + sum(len(name) + size_of(item) for name, item in value.items())
    if isinstance(value, list):
        return 16 + sum(map(size_of, value))
    return len(value) + 8 if isinstance(value, str) else 8


def seconds_since(began_s: float) -> float:
    """Return the time a query took so far."""
    return time.monotonic() - began_s
