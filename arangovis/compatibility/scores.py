"""How far a new model keeps what an old one got right: BTC and BEC, with the counts that they are made of.

The scores are those of Bansal et al., "Updates in Human-AI Teams" (AAAI 2019), and of BackwardCompatibilityML.
A row is *common* if both models err on it, *regress* if only the new one does, *progress* if only the old one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.compatibility.labels import Labels, as_labels, check_lengths
from arangovis.domain.errors import Fault, InvalidInput

Undefined: TypeAlias = Literal["none", "zero"]
Errors: TypeAlias = npt.NDArray[np.bool_]

NO_H1_SUCCESS = "the old model is right on no row, so there is no trust to keep"
NO_H1_ERROR = "the old model errs on no row"
NO_H2_ERROR = "the new model errs on no row"


@dataclass(frozen=True, slots=True)
class Compatibility:
    """Two models on the same rows. A score that is not defined is None, and `reasons` says why.

    Args:
        rows: how many rows were compared.
        h1_errors: rows on which the old model errs.
        h2_errors: rows on which the new model errs.
        common: rows on which both err; in the same way or not.
        btc: of the rows that the old model gets right, the share that the new one gets right too.
        bec: of the rows on which the old model errs, the share on which the new one errs too.
        bec_h2: of the rows on which the new model errs, the share on which the old one erred already.
        reasons: name of the score -> why it is not defined.

    """

    rows: int
    h1_errors: int
    h2_errors: int
    common: int
    btc: float | None
    bec: float | None
    bec_h2: float | None
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def regress(self) -> int:
        """Rows that only the new model gets wrong."""
        return self.h2_errors - self.common

    @property
    def progress(self) -> int:
        """Rows that only the old model gets wrong."""
        return self.h1_errors - self.common


def trust_compatibility_score(h1_output_labels: Labels, h2_output_labels: Labels, expected_labels: Labels) -> float:
    """Return BTC of two models over all rows, and 0 where it is not defined, as BackwardCompatibilityML does.

    Raises:
        InvalidInput: the lengths differ.

    """
    found = compare(h1_output_labels, h2_output_labels, expected_labels, undefined="zero")
    return found.btc or 0.0


def error_compatibility_score(h1_output_labels: Labels, h2_output_labels: Labels, expected_labels: Labels) -> float:
    """Return BEC of two models over all rows, and 0 where it is not defined, as BackwardCompatibilityML does.

    Raises:
        InvalidInput: the lengths differ.

    """
    found = compare(h1_output_labels, h2_output_labels, expected_labels, undefined="zero")
    return found.bec or 0.0


def compare(
    h1: Labels,
    h2: Labels,
    truth: Labels,
    *,
    batch_ends: Sequence[int] | None = None,
    undefined: Undefined = "none",
) -> Compatibility:
    """Compare the predictions of two models.

    Args:
        h1: what the old model predicts, shape (n,).
        h2: what the new model predicts, shape (n,).
        truth: what is right, shape (n,).
        batch_ends: rows behind the last of each batch; if given, the scores are the unweighted means over the
            batches, in which an undefined score counts as 0 (BackwardCompatibilityML's way; biased when batches
            differ in length), else they are of all rows together.
        undefined: "none" gives None with a reason, "zero" gives 0.

    Raises:
        InvalidInput: the lengths differ, or the batches do not cover the rows.

    """
    y, first, second = as_labels("truth", truth), as_labels("h1", h1), as_labels("h2", h2)
    check_lengths(truth=y, h1=first, h2=second)
    return of_errors(first != y, second != y, batch_ends=batch_ends, undefined=undefined)


def of_errors(
    h1_wrong: Errors, h2_wrong: Errors, *, batch_ends: Sequence[int] | None = None, undefined: Undefined = "none"
) -> Compatibility:
    """Compare two models by the rows on which they err; see `compare`."""
    pooled = _pooled(h1_wrong, h2_wrong)
    if batch_ends is not None:
        return _over_batches(pooled, h1_wrong, h2_wrong, batch_ends)
    return _zeroed(pooled) if undefined == "zero" else pooled


def _pooled(h1_wrong: Errors, h2_wrong: Errors) -> Compatibility:
    rows, first, second = len(h1_wrong), int(h1_wrong.sum()), int(h2_wrong.sum())
    common = int((h1_wrong & h2_wrong).sum())
    kept = rows - first - (second - common)
    scores = {
        "btc": (kept, rows - first, NO_H1_SUCCESS),
        "bec": (common, first, NO_H1_ERROR),
        "bec_h2": (common, second, NO_H2_ERROR),
    }
    shares = {name: part / whole if whole else None for name, (part, whole, _) in scores.items()}
    reasons = tuple((name, reason) for name, (_, whole, reason) in scores.items() if not whole)
    return Compatibility(rows, first, second, common, shares["btc"], shares["bec"], shares["bec_h2"], reasons)


def _over_batches(
    pooled: Compatibility, h1_wrong: Errors, h2_wrong: Errors, batch_ends: Sequence[int]
) -> Compatibility:
    _check_batches(pooled.rows, batch_ends)
    parts = [_pooled(h1_wrong[start:end], h2_wrong[start:end]) for start, end in pairwise((0, *batch_ends))]
    return replace(
        pooled,
        btc=_mean([part.btc for part in parts]),
        bec=_mean([part.bec for part in parts]),
        bec_h2=_mean([part.bec_h2 for part in parts]),
        reasons=(),
    )


def _mean(scores: Sequence[float | None]) -> float:
    return float(np.mean([score or 0.0 for score in scores])) if scores else 0.0


def _check_batches(rows: int, batch_ends: Sequence[int]) -> None:
    ends = (0, *batch_ends)
    if ends[-1] != rows or any(start >= end for start, end in pairwise(ends)):
        problem = f"the ends of batches must grow and the last must be {rows}, the number of rows"
        raise InvalidInput.of(Fault("batch_ends", problem))


def _zeroed(found: Compatibility) -> Compatibility:
    return replace(found, btc=found.btc or 0.0, bec=found.bec or 0.0, bec_h2=found.bec_h2 or 0.0, reasons=())
