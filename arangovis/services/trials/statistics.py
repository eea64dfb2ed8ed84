"""Medians with an interval, and the sign test: both count ranks, so they ask nothing of how values are spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import mean, median

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Summary:
    """How many values, their median and mean, and the 95 % interval of the median; None where there is none.

    The interval is that between two of the values by rank (binomial), so it takes six values or more.
    """

    count: int
    median: float | None
    mean: float | None
    low: float | None
    high: float | None


def summary(values: Sequence[float]) -> Summary:
    """Return the summary of some values."""
    if not values:
        return Summary(0, None, None, None, None)
    ordered = sorted(values)
    rank = _rank(len(ordered))
    low, high = (None, None) if rank is None else (ordered[rank - 1], ordered[-rank])
    return Summary(len(ordered), median(ordered), mean(ordered), low, high)


def sign_test(differences: Sequence[float]) -> float | None:
    """Return how probable so many differences of one sign are, or more, if neither is likelier; two-sided.

    Differences of zero say nothing and are left out; None if nothing is left.
    """
    signs = [difference > 0 for difference in differences if difference != 0]
    if not signs:
        return None
    fewer = min(sum(signs), len(signs) - sum(signs))
    tail: float = sum(comb(len(signs), k) for k in range(fewer + 1)) / 2.0 ** len(signs)
    return min(1.0, 2.0 * tail)


def _rank(count: int) -> int | None:
    """Return the largest rank from each end between which the median lies with the confidence, from 1."""
    tail, rank = 0.0, None
    for number in range(count // 2):
        tail += comb(count, number) / 2.0**count
        if 2.0 * tail > 1.0 - CONFIDENCE:
            break
        rank = number + 1
    return rank
