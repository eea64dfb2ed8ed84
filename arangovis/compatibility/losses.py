"""The losses that train a new model to stay compatible with an old one, in numpy; and what they have in common.

    loss = base + lambda_c * dissonance

The base is the usual loss of the new model h2 on all N rows of a batch. The dissonance looks at the support S only,
the rows that the old model h1 gets right: *new error* asks h2 to be right there, *strict imitation* to answer as h1
does. It is 0 if S is empty. Source: Bansal et al., "Updates in Human-AI Teams" (AAAI 2019), section 4, where the
dissonance is summed over S and divided by N as the base is; that is `normalize="batch"` here, for every loss.
"support" divides by the size of S, "reference" does what BackwardCompatibilityML does for that loss.

The training itself uses `arangovis.compatibility.pytorch.losses`, which reads the same table.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.compatibility.labels import PIVOT
from arangovis.domain.errors import Fault, InvalidInput

Array: TypeAlias = npt.NDArray[np.float64]
Normalize: TypeAlias = Literal["batch", "support", "reference"]
Reduction: TypeAlias = Literal["mean", "batchmean", "sum"]

NORMALIZATIONS: tuple[Normalize, ...] = ("batch", "support", "reference")


class Dissonance(StrEnum):
    """What h2 is asked to do on the rows that h1 gets right."""

    NEW_ERROR = "new_error"
    STRICT_IMITATION = "strict_imitation"


class Term(StrEnum):
    """What each row of the support adds."""

    TRUTH = "truth"
    """The cross-entropy of h2 with the right answer. On S that is h1's answer as well."""
    IMITATION = "imitation"
    """The cross-entropy of h2 with the probabilities of h1."""
    DIVERGENCE = "divergence"
    """The Kullback-Leibler divergence of h2 from h1: the same less the entropy of h1, so 0 if they agree."""


class Divisor(StrEnum):
    """What BackwardCompatibilityML divides the sum over the support by."""

    ROWS = "rows"
    SUPPORT = "support"
    SUPPORT_AND_CLASSES = "support and classes"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class LossKind:
    """One of the losses; `name` is its class in BackwardCompatibilityML."""

    name: str
    dissonance: Dissonance
    term: Term
    reference: Divisor
    binary: bool = False

    def divisor(self, normalize: Normalize, *, rows: int, support: int, classes: int) -> int:
        """Return what the sum over the support is divided by."""
        if normalize == "batch":
            return rows
        if normalize == "support" or self.reference is Divisor.SUPPORT:
            return support
        by_rule = {Divisor.ROWS: rows, Divisor.SUPPORT_AND_CLASSES: support * classes, Divisor.NOTHING: 1}
        return by_rule[self.reference]


@dataclass(frozen=True, slots=True)
class Weighting:
    """How much the dissonance counts.

    Args:
        lambda_c: its weight, from 0.
        normalize: what the sum over the support is divided by.
        pivot: the probability from which on a binary old model says 1.

    """

    lambda_c: float
    normalize: Normalize = "batch"
    pivot: float = PIVOT


_NEW, _STRICT = Dissonance.NEW_ERROR, Dissonance.STRICT_IMITATION

LOSSES = {
    kind.name: kind
    for kind in (
        LossKind("BCNLLLoss", _NEW, Term.TRUTH, Divisor.ROWS),
        LossKind("BCCrossEntropyLoss", _NEW, Term.TRUTH, Divisor.SUPPORT),
        LossKind("BCBinaryCrossEntropyLoss", _NEW, Term.TRUTH, Divisor.SUPPORT, binary=True),
        LossKind("BCKLDivergenceLoss", _NEW, Term.TRUTH, Divisor.SUPPORT_AND_CLASSES),
        LossKind("StrictImitationNLLLoss", _STRICT, Term.IMITATION, Divisor.ROWS),
        LossKind("StrictImitationCrossEntropyLoss", _STRICT, Term.TRUTH, Divisor.SUPPORT),
        LossKind("StrictImitationBinaryCrossEntropyLoss", _STRICT, Term.IMITATION, Divisor.NOTHING, binary=True),
        LossKind("StrictImitationKLDivergenceLoss", _STRICT, Term.DIVERGENCE, Divisor.SUPPORT),
    )
}
"""All losses by name. BackwardCompatibilityML has no finite value for the last one, so "reference" is "support"."""


def loss_kind(name: str) -> LossKind:
    """Return the loss of a name.

    Raises:
        InvalidInput: there is none.

    """
    if name not in LOSSES:
        raise InvalidInput.of(Fault("loss", f"{name[:80]!r} is not one of {', '.join(LOSSES)}"))
    return LOSSES[name]


def multiclass_loss(
    name: str,
    h1_logits: npt.ArrayLike,
    h2_logits: npt.ArrayLike,
    truth: npt.ArrayLike,
    weighting: Weighting,
    reduction: Reduction = "mean",
) -> float:
    """Return a loss of models that give one logit a class.

    Args:
        name: one of LOSSES that is not binary.
        h1_logits: of the old model, shape (n, classes).
        h2_logits: of the new model, shape (n, classes).
        truth: the right class of each row, shape (n,), integers from 0.
        weighting: how much the dissonance counts.
        reduction: "sum" adds the base up over the rows; it does not touch the dissonance.

    Raises:
        InvalidInput: the loss is unknown, or binary.

    """
    kind = _of_kind(name, binary=False)
    first, second = log_softmax(h1_logits), log_softmax(h2_logits)
    y = np.asarray(truth, dtype=np.int64)
    rows = np.arange(len(y))
    right = -second[rows, y]
    support = first.argmax(axis=1) == y
    terms = right if kind.term is Term.TRUTH else _imitation(kind.term, first, second)
    divisor = kind.divisor(weighting.normalize, rows=len(y), support=int(support.sum()), classes=second.shape[1])
    return _total(right, terms[support], divisor, weighting.lambda_c, reduction)


def binary_loss(
    name: str,
    h1_probabilities: npt.ArrayLike,
    h2_probabilities: npt.ArrayLike,
    truth: npt.ArrayLike,
    weighting: Weighting,
    reduction: Reduction = "mean",
) -> float:
    """Return a loss of models that give the probability of class 1.

    Args:
        name: one of LOSSES that is binary.
        h1_probabilities: of the old model, shape (n,).
        h2_probabilities: of the new model, shape (n,).
        truth: 0 or 1, shape (n,).
        weighting: how much the dissonance counts.
        reduction: "sum" adds the base up over the rows; it does not touch the dissonance.

    Raises:
        InvalidInput: the loss is unknown, or not binary.

    """
    kind = _of_kind(name, binary=True)
    first, second, y = (np.asarray(v, dtype=np.float64) for v in (h1_probabilities, h2_probabilities, truth))
    right = _binary_cross_entropy(y, second)
    support = (first >= weighting.pivot) == (y == 1)
    terms = right if kind.term is Term.TRUTH else _binary_cross_entropy(first, second)
    divisor = kind.divisor(weighting.normalize, rows=len(y), support=int(support.sum()), classes=2)
    return _total(right, terms[support], divisor, weighting.lambda_c, reduction)


def log_softmax(logits: npt.ArrayLike) -> Array:
    """Return the logarithms of the softmax over the last axis; stable for logits of any size."""
    values = np.asarray(logits, dtype=np.float64)
    shifted = values - values.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def _of_kind(name: str, *, binary: bool) -> LossKind:
    kind = loss_kind(name)
    if kind.binary != binary:
        says = "probabilities of class 1" if kind.binary else "one logit a class"
        raise InvalidInput.of(Fault("loss", f"{name} is for models that give {says}"))
    return kind


def _imitation(term: Term, first: Array, second: Array) -> Array:
    target = first - second if term is Term.DIVERGENCE else -second
    added: Array = (np.exp(first) * target).sum(axis=1)
    return added


def _binary_cross_entropy(target: Array, probabilities: Array) -> Array:
    """As PyTorch does, logarithms are not let below -100, so that a sure error is dear but finite."""
    with np.errstate(divide="ignore"):
        yes, no = (np.maximum(np.log(p), -100.0) for p in (probabilities, 1 - probabilities))
    loss: Array = -(target * yes + (1 - target) * no)
    return loss


def _total(base: Array, terms: Array, divisor: int, lambda_c: float, reduction: Reduction) -> float:
    whole = base.sum() if reduction == "sum" else base.mean()
    return float(whole + (lambda_c * terms.sum() / divisor if len(terms) else 0.0))
