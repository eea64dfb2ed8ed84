"""What was measured: one figure of one target at one size, round by round."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FLOOR = "floor"
OWN = "embedded"


@dataclass(frozen=True)
class Figure:
    """A cost at a size; a figure of each round, ours and the floor's (empty where the floor cannot do it)."""

    question: str
    size: int
    unit: str
    own: tuple[float, ...]
    floor: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        return statistics.median(self.own)

    @property
    def floor_median(self) -> float | None:
        return statistics.median(self.floor) if self.floor else None

    @property
    def ratios(self) -> list[float]:
        """Return ours to the floor's, round by round; more is slower, also for rates."""
        pairs = zip(self.own, self.floor, strict=False)
        return [floor / own if self.unit.endswith("/s") else own / floor for own, floor in pairs if own and floor]


def timed(ask: Callable[[], object]) -> float:
    """Return milliseconds."""
    begin = time.perf_counter()
    ask()
    return (time.perf_counter() - begin) * 1000


def median_ms(asks: Sequence[Callable[[], object]]) -> float:
    """Return the median of milliseconds over questions, the collector of garbage held off."""
    gc.collect()
    gc.disable()
    try:
        return statistics.median(timed(ask) for ask in asks)
    finally:
        gc.enable()


def rounds_of(
    question: str, size: int, own: Callable[[], float], floor: Callable[[], float] | None = None, *, rounds: int
) -> Figure:
    """Measure ours and the floor in turn, so many rounds, in milliseconds."""
    pairs = [(own(), floor() if floor else None) for _ in range(rounds)]
    floors = tuple(second for _, second in pairs if second is not None)
    return Figure(question, size, "ms", tuple(first for first, _ in pairs), floors)
