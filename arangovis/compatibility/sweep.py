"""A sweep: the new model trained once for each lambda_c and each kind of dissonance, and compared each time.

What trains is a `Trainer`: PyTorch's is in `arangovis.compatibility.pytorch.trainer`; a user's own function is one
too. A point depends on the options and its own seed only, so the order and the number of processes do not matter.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from arangovis.compatibility.evaluation import Evaluation, Split, evaluate
from arangovis.compatibility.grid import lambda_grid
from arangovis.compatibility.labels import Labels
from arangovis.compatibility.losses import NORMALIZATIONS, Dissonance, LossKind, Normalize, loss_kind
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import Document

Progress: TypeAlias = Callable[[float], None]
"""Called with the fraction done, 0 to 1, never falling; raises Cancelled if the sweep was cancelled."""

TRAIN, TEST = "train", "test"
SPLITS = (TRAIN, TEST)


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """What a sweep tries, and how.

    Args:
        lambdas: the weights of the dissonance, 0 to 1.
        new_error: the loss of LOSSES that stands for new error.
        strict_imitation: the loss that stands for strict imitation.
        normalize: what dissonances are divided by.
        optimizer: a name in `torch.optim`.
        optimizer_arguments: its arguments.
        epochs: how often each training goes through the training set.
        seed: of everything random.
        pivot: from which probability on a binary model says 1.

    """

    lambdas: tuple[float, ...] = lambda_grid(0.25)
    new_error: str = "BCNLLLoss"
    strict_imitation: str = "StrictImitationNLLLoss"
    normalize: Normalize = "batch"
    optimizer: str = "SGD"
    optimizer_arguments: Mapping[str, float | int | bool] = field(default_factory=dict)
    epochs: int = 5
    seed: int = 0
    pivot: float = 0.5

    def loss(self, dissonance: Dissonance) -> LossKind:
        """Return the loss for a kind of dissonance."""
        return loss_kind(self.new_error if dissonance is Dissonance.NEW_ERROR else self.strict_imitation)


def options_document(options: SweepOptions) -> Document:
    """Return the options of a sweep as JSON."""
    return {
        "lambdas": list(options.lambdas),
        "new_error": options.new_error,
        "strict_imitation": options.strict_imitation,
        "normalize": options.normalize,
        "optimizer": options.optimizer,
        "optimizer_arguments": dict(options.optimizer_arguments),
        "epochs": options.epochs,
        "seed": options.seed,
        "pivot": options.pivot,
    }


@dataclass(frozen=True, slots=True)
class Point:
    """One training of a sweep; `index` counts them from 0.

    `also` names a dissonance whose loss is the very same function, so that this training stands for both.
    """

    index: int
    lambda_c: float
    dissonance: Dissonance
    seed: int
    also: Dissonance | None = None

    @property
    def dissonances(self) -> tuple[Dissonance, ...]:
        """The kinds of dissonance that this training stands for."""
        return (self.dissonance,) if self.also is None else (self.dissonance, self.also)


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left behind.

    Args:
        predictions: name of the split -> the trained model's predictions on it, shape (n,).
        performance: name of the split -> performance metric; the accuracy where it is missing.
        losses: the mean loss of each epoch.
        weights: the trained model as bytes of the safetensors format, if it has such.

    """

    predictions: Mapping[str, Labels]
    performance: Mapping[str, float] = field(default_factory=dict)
    losses: tuple[float, ...] = ()
    weights: bytes | None = None


class Trainer(Protocol):
    """Trains one point. Same point, same result, in whatever process."""

    def __call__(self, point: Point, progress: Progress) -> Trained:
        """Train, and predict both splits.

        Raises:
            Cancelled: `progress` said so.
            ComputeFailed: the training broke down, for instance to a loss that is not finite.

        """
        ...


@dataclass(frozen=True, slots=True)
class PointResult:
    """A trained point and how its model compares with the old one on both splits."""

    point: Point
    evaluations: Mapping[str, Evaluation]
    losses: tuple[float, ...]
    weights: bytes | None
    predictions: Mapping[str, Labels] = field(default_factory=dict)


def points(options: SweepOptions) -> tuple[Point, ...]:
    """Return the trainings of a sweep: for each lambda_c new error, then strict imitation.

    Where both losses are the same function (the cross-entropies are, since on the support h1's answer is the right
    one), it is trained once for both.

    Raises:
        InvalidInput: an option is out of its range, or a loss is not known.

    """
    check(options)
    new, strict = (options.loss(dissonance) for dissonance in Dissonance)
    same = (new.term, _divisor(new, options), new.binary) == (strict.term, _divisor(strict, options), strict.binary)
    both = [(Dissonance.NEW_ERROR, Dissonance.STRICT_IMITATION)]
    kinds = both if same else [(dissonance, None) for dissonance in Dissonance]
    pairs = [(value, *kind) for value in options.lambdas for kind in kinds]
    return tuple(
        Point(index, value, dissonance, _seed(options.seed, value, dissonance), also)
        for index, (value, dissonance, also) in enumerate(pairs)
    )


def run_point(trainer: Trainer, point: Point, splits: Mapping[str, Split], progress: Progress) -> PointResult:
    """Train a point and compare its model with the old one on each split.

    Raises:
        Cancelled: `progress` said so.
        ComputeFailed: the training broke down.

    """
    trained = trainer(point, progress)
    evaluations = {
        name: evaluate(split, trained.predictions[name], performance=trained.performance.get(name))
        for name, split in splits.items()
    }
    return PointResult(point, evaluations, trained.losses, trained.weights, trained.predictions)


def check(options: SweepOptions) -> None:
    """Refuse options that no sweep can run with.

    Raises:
        InvalidInput: it names every option at fault.

    """
    faults = []
    if not options.lambdas or any(not 0 <= value <= 1 for value in options.lambdas):
        faults.append(Fault("lambdas", "one or more values from 0 to 1 are needed"))
    if options.normalize not in NORMALIZATIONS:
        faults.append(Fault("normalize", f"{options.normalize!r} is not one of {', '.join(NORMALIZATIONS)}"))
    if options.epochs < 1:
        faults.append(Fault("epochs", f"{options.epochs} is not 1 or more"))
    for name, dissonance in (("new_error", Dissonance.NEW_ERROR), ("strict_imitation", Dissonance.STRICT_IMITATION)):
        kind = options.loss(dissonance)
        if kind.dissonance is not dissonance:
            faults.append(Fault(name, f"{kind.name} is a loss of {kind.dissonance.replace('_', ' ')}"))
    if options.loss(Dissonance.NEW_ERROR).binary != options.loss(Dissonance.STRICT_IMITATION).binary:
        faults.append(Fault("strict_imitation", "one loss is for binary models, the other for several classes"))
    if faults:
        raise InvalidInput.of(*faults)


def _divisor(kind: LossKind, options: SweepOptions) -> object:
    return kind.reference if options.normalize == "reference" else options.normalize


def _seed(seed: int, lambda_c: float, dissonance: Dissonance) -> int:
    """Return a seed of the point's own: the same whatever other points there are."""
    text = f"{seed} {lambda_c!r} {dissonance}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
