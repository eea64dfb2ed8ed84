"""The losses of `arangovis.compatibility.losses` for PyTorch, under the names that BackwardCompatibilityML gave them.

The old model is asked without gradients, the new one exactly once a step, and logarithms are taken in log space.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from arangovis.compatibility.labels import PIVOT
from arangovis.compatibility.losses import LOSSES, LossKind, Normalize, Reduction, Term, Weighting
from arangovis.compatibility.pytorch.models import answers, labels

_PIVOTS = ("discriminant_pivot", "discriminan_pivot")


def compatibility_loss(
    kind: LossKind,
    h1: Tensor,
    h2: Tensor,
    truth: Tensor,
    weighting: Weighting,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return the loss of answers that are there already.

    Args:
        kind: which loss.
        h1: what the old model answers, see `arangovis.compatibility.pytorch.models.answers`.
        h2: what the new model answers, of the same shape.
        truth: classes as integers, shape (n,); 0. or 1. of a binary model.
        weighting: how much the dissonance counts.
        reduction: "sum" adds the base up over the rows; it does not touch the dissonance.

    """
    right = _cross_entropy(h2, truth)
    base = right.sum() if reduction == "sum" else right.mean()
    support = labels(h1, pivot=weighting.pivot) == truth
    count = int(support.sum())
    if count == 0:
        return base
    terms = right if kind.term is Term.TRUTH else _imitation(kind.term, h1, h2)
    divisor = kind.divisor(
        weighting.normalize, rows=len(truth), support=count, classes=h2.shape[1] if h2.ndim == 2 else 2
    )
    return base + weighting.lambda_c * terms[support].sum() / divisor


class CompatibilityLoss(nn.Module):
    """A loss over a batch that asks both models. The new model is the module's own; the old one is left as it is.

    Args:
        h1: the old model; put it into evaluation mode before.
        h2: the new model.
        lambda_c: the weight of the dissonance.
        normalize: "batch", "support", or "reference" for what BackwardCompatibilityML computes.
        reference_arguments: what BackwardCompatibilityML takes: `discriminant_pivot` (or `discriminan_pivot`), from
            which probability on a binary old model says 1; and `num_classes`, which the answers tell here.

    Raises:
        TypeError: another argument was given.

    """

    kind: ClassVar[LossKind]

    def __init__(
        self,
        h1: nn.Module,
        h2: nn.Module,
        lambda_c: float,
        normalize: Normalize = "batch",
        **reference_arguments: float | None,
    ) -> None:
        super().__init__()
        self.h2 = h2
        self.lambda_c = lambda_c
        self._h1 = (h1,)  # in a tuple, so that it is no part of this module: its parameters are not to be trained
        self._weighting = Weighting(lambda_c, normalize, _pivot(reference_arguments))

    @property
    def h1(self) -> nn.Module:
        """The old model."""
        return self._h1[0]

    def forward(self, x: Tensor, y: Tensor, reduction: Reduction = "mean") -> Tensor:
        """Return the loss of a batch."""
        with torch.no_grad():
            first = answers(self.h1, x, binary=self.kind.binary)
        second = answers(self.h2, x, binary=self.kind.binary)
        return compatibility_loss(self.kind, first, second, y, self._weighting, reduction)


class BCNLLLoss(CompatibilityLoss):
    """New error, negative log-likelihood."""

    kind = LOSSES["BCNLLLoss"]


class BCCrossEntropyLoss(CompatibilityLoss):
    """New error, cross-entropy."""

    kind = LOSSES["BCCrossEntropyLoss"]


class BCBinaryCrossEntropyLoss(CompatibilityLoss):
    """New error, binary cross-entropy."""

    kind = LOSSES["BCBinaryCrossEntropyLoss"]


class BCKLDivergenceLoss(CompatibilityLoss):
    """New error, Kullback-Leibler divergence from the right answer."""

    kind = LOSSES["BCKLDivergenceLoss"]


class StrictImitationNLLLoss(CompatibilityLoss):
    """Strict imitation, cross-entropy with the probabilities of the old model."""

    kind = LOSSES["StrictImitationNLLLoss"]


class StrictImitationCrossEntropyLoss(CompatibilityLoss):
    """Strict imitation of the old model's answers; where it is right, the same as `BCCrossEntropyLoss`."""

    kind = LOSSES["StrictImitationCrossEntropyLoss"]


class StrictImitationBinaryCrossEntropyLoss(CompatibilityLoss):
    """Strict imitation, binary cross-entropy with the probabilities of the old model."""

    kind = LOSSES["StrictImitationBinaryCrossEntropyLoss"]


class StrictImitationKLDivergenceLoss(CompatibilityLoss):
    """Strict imitation, Kullback-Leibler divergence from the old model."""

    kind = LOSSES["StrictImitationKLDivergenceLoss"]


def _pivot(arguments: Mapping[str, float | None]) -> float:
    if unknown := sorted(arguments.keys() - {"num_classes", *_PIVOTS}):
        raise TypeError(f"a compatibility loss has no argument {unknown[0]!r}")
    given = (arguments.get(name) for name in _PIVOTS)
    return next((pivot for pivot in given if pivot is not None), PIVOT)


def _cross_entropy(answer: Tensor, truth: Tensor) -> Tensor:
    if answer.ndim == 1:
        return functional.binary_cross_entropy(answer, truth.to(answer.dtype), reduction="none")
    return functional.nll_loss(answer, truth, reduction="none")


def _imitation(term: Term, h1: Tensor, h2: Tensor) -> Tensor:
    if h1.ndim == 1:
        return functional.binary_cross_entropy(h2, h1, reduction="none")
    target = h1 - h2 if term is Term.DIVERGENCE else -h2
    return (h1.exp() * target).sum(dim=1)
