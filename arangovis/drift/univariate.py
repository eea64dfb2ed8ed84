"""How far two samples of one variable are from each other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]

PSI_BINS = 10
_PSI_FLOOR = 1e-4
"""A share of nothing counts as this much, so that a level only one side has gives a large number, not infinity."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An effect between 0 and 1, its p-value, the population stability index, and a distance for numbers."""

    test: str
    statistic: float
    p_value: float
    psi: float
    distance: float | None = None


def of_numbers(reference: Doubles, current: Doubles) -> Difference:
    """Compare two samples of numbers, float64 (n,) and (m,), NaN for a missing one.

    Two-sample Kolmogorov-Smirnov test; the Wasserstein distance is in standard deviations of the reference.
    """
    from scipy import stats

    left, right = reference[~np.isnan(reference)], current[~np.isnan(current)]
    psi = _stability(*_binned(reference, current))
    if not len(left) or not len(right):
        return Difference("ks", float(len(left) != len(right)), _missing_p(reference, current), psi)
    found = stats.ks_2samp(left, right, method="asymp")
    spread = float(np.std(left)) or float(np.std(right)) or 1.0
    distance = float(stats.wasserstein_distance(left, right)) / spread
    p_value = min(1.0, 2 * min(float(found.pvalue), _missing_p(reference, current)))
    return Difference("ks", float(found.statistic), p_value, psi, distance)


def of_levels(reference: Codes, current: Codes, levels: int) -> Difference:
    """Compare two samples of levels, int32 codes 0 to `levels` - 1, -1 for a missing one.

    Chi-square test of homogeneity; the effect is Cramer's V, which for two samples is sqrt(chi2 / n).
    """
    from scipy import stats

    counts = np.stack([np.bincount(side + 1, minlength=levels + 1) for side in (reference, current)])
    counts = counts[:, counts.sum(axis=0) > 0]
    psi = _stability(counts[0], counts[1])
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return Difference("cramers_v", 0.0, 1.0, psi)
    chi2, p_value, _, _ = stats.chi2_contingency(counts, correction=False)
    return Difference("cramers_v", float(np.sqrt(chi2 / counts.sum())), float(p_value), psi)


def corrected(p_values: Doubles) -> Doubles:
    """Return p-values corrected for being many (Benjamini and Hochberg 1995), float64 (n,)."""
    count = len(p_values)
    order = np.argsort(p_values)[::-1]
    scaled = p_values[order] * count / np.arange(count, 0, -1)
    found = np.empty(count)
    found[order] = np.minimum(1.0, np.minimum.accumulate(scaled))
    return found


def _binned(reference: Doubles, current: Doubles) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count both sides in the reference's deciles, and the missing ones apart."""
    present = reference[~np.isnan(reference)]
    edges = np.unique(np.quantile(present, np.linspace(0, 1, PSI_BINS + 1)[1:-1])) if len(present) else np.zeros(0)
    return _counts(reference, edges), _counts(current, edges)


def _counts(values: Doubles, edges: Doubles) -> npt.NDArray[np.int64]:
    missing = np.isnan(values)
    inside = np.searchsorted(edges, values[~missing], side="right")
    return np.append(np.bincount(inside, minlength=len(edges) + 1), missing.sum())


def _stability(reference: npt.NDArray[np.int64], current: npt.NDArray[np.int64]) -> float:
    """Return the population stability index, sum of (q - p) ln(q / p) over the bins that one side has."""
    used = (reference + current) > 0
    p = np.maximum(reference[used] / max(1, reference.sum()), _PSI_FLOOR)
    q = np.maximum(current[used] / max(1, current.sum()), _PSI_FLOOR)
    return float(np.sum((q - p) * np.log(q / p)))


def _missing_p(reference: Doubles, current: Doubles) -> float:
    """Return the p-value of the difference in missing values alone."""
    masks = [np.isnan(side).astype(np.int32) for side in (reference, current)]
    return of_levels(masks[0], masks[1], 2).p_value
