"""How scores of a period are spread, and how far that is from the scores they are compared with."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arangovis.drift.univariate import Doubles, of_numbers

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    """How scores are spread.

    Args:
        rows: how many there were.
        unscored: those of them without a score; they are in no other figure.
        mean: None if there are no scores.
        quantiles: by their share, such as `0.95`; empty if there are no scores.
        above: the share of scores above the threshold; None if there are no scores.

    """

    rows: int
    unscored: int
    mean: float | None
    quantiles: Mapping[str, float]
    above: float | None


@dataclass(frozen=True, slots=True)
class ScoreDistance:
    """How far scores are from those that they are compared with.

    Args:
        psi: population stability index over the deciles of the reference: under 0.1 little, over 0.25 much.
        ks: Kolmogorov-Smirnov statistic, 0 to 1.
        p_value: of that statistic; as small as it gets for many rows, so look at the effect too.

    """

    psi: float
    ks: float
    p_value: float


def distribution(scores: Doubles, threshold: float) -> ScoreDistribution:
    """Return how scores, float64 (n,) with NaN for none, are spread."""
    known = scores[np.isfinite(scores)]
    unscored = len(scores) - len(known)
    if not len(known):
        return ScoreDistribution(len(scores), unscored, None, {}, None)
    quantiles = dict(zip(map(str, QUANTILES), np.quantile(known, QUANTILES).tolist(), strict=True))
    above = float(np.mean(known > threshold))
    return ScoreDistribution(len(scores), unscored, float(known.mean()), quantiles, above)


def distance(reference: Doubles, current: Doubles) -> ScoreDistance | None:
    """Return how far two samples of scores are from each other; None if one has none. Rows without a score are out."""
    left, right = reference[np.isfinite(reference)], current[np.isfinite(current)]
    if not len(left) or not len(right):
        return None
    found = of_numbers(left, right)
    return ScoreDistance(found.psi, found.statistic, found.p_value)
