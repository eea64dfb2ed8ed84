"""What a sweep of workers is asked to do, resolved: which weights, which rows, and the steps of its plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from arangovis.compatibility.losses import Dissonance, Normalize
from arangovis.compatibility.methods import REFERENCE, SWEEP, TRAIN
from arangovis.compatibility.sweep import SPLITS, Point, SweepOptions, options_document, points
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, Scalar, digest_of
from arangovis.domain.plans import STEPS_MAX, Step
from arangovis.domain.views import integer, items, mapping, optional_text, scalars, text
from arangovis.domain.work import Input, RunRequest

FORM_VERSION = 1
"""Part of each key: another way of training or of storing makes what was stored before not count."""
H1 = "h1"
"""The role of the file with what the old model answers to a data set."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A model version and the factory that makes its module; `weights` is their digest, None for fresh ones."""

    version: NodeId
    factory: str
    arguments: Document = field(default_factory=dict)
    weights: str | None = None

    def document(self) -> Document:
        """Return it as JSON."""
        return {
            "version": str(self.version),
            "factory": self.factory,
            "arguments": dict(self.arguments),
            "weights": self.weights,
        }

    @classmethod
    def of(cls, document: Document) -> "ModelUse":
        """Read what `document` wrote."""
        version, weights = NodeId.parse(text(document, "version")), optional_text(document, "weights")
        return cls(version, text(document, "factory"), mapping(document, "arguments"), weights)

    @property
    def key(self) -> JsonValue:
        """What its answers depend on, and whose they are."""
        return [str(self.version), self.factory, dict(self.arguments), self.weights]


@dataclass(frozen=True, slots=True)
class DataUse:
    """Rows of a data set: which columns are features and target, and how many rows are a batch.

    `image` is (height, width) of the pictures that the features are, if they are any.
    """

    dataset: NodeId
    features: tuple[str, ...]
    target: str
    batch_size: int
    digest: str = ""
    image: tuple[int, int] | None = None

    def document(self) -> Document:
        """Return it as JSON."""
        return {
            "dataset": str(self.dataset),
            "features": list(self.features),
            "target": self.target,
            "batch_size": self.batch_size,
            "digest": self.digest,
            "image": None if self.image is None else list(self.image),
        }

    @classmethod
    def of(cls, document: Document) -> "DataUse":
        """Read what `document` wrote."""
        size = [int(str(length)) for length in items(document, "image")]
        return cls(
            dataset=NodeId.parse(text(document, "dataset")),
            features=tuple(str(name) for name in items(document, "features")),
            target=text(document, "target"),
            batch_size=integer(document, "batch_size"),
            digest=text(document, "digest"),
            image=(size[0], size[1]) if len(size) == 2 else None,
        )

    @property
    def key(self) -> JsonValue:
        """What training on it depends on."""
        return [str(self.dataset), self.digest, list(self.features), self.target, self.batch_size]


@dataclass(frozen=True, slots=True)
class SweepAsk:
    """A sweep whose models and data sets are named by reference, and found."""

    project: str | None
    reference: ModelUse
    base: ModelUse
    train: DataUse
    test: DataUse
    options: SweepOptions
    name: str | None = None

    @property
    def data(self) -> Mapping[str, DataUse]:
        """The data sets by split."""
        return dict(zip(SPLITS, (self.train, self.test), strict=True))

    def document(self) -> Document:
        """Return what cannot be read from the plan itself, as JSON."""
        return {
            "reference": self.reference.document(),
            "base": self.base.document(),
            "train": self.train.document(),
            "test": self.test.document(),
            "sweep": options_document(self.options),
        }

    @classmethod
    def of(cls, project: str | None, name: str | None, document: Document) -> "SweepAsk":
        """Read what `document` wrote."""
        return cls(
            project=project,
            reference=ModelUse.of(mapping(document, "reference")),
            base=ModelUse.of(mapping(document, "base")),
            train=DataUse.of(mapping(document, "train")),
            test=DataUse.of(mapping(document, "test")),
            options=read_options(mapping(document, "sweep")),
            name=name,
        )


def read_options(document: Document) -> SweepOptions:
    """Read what `options_document` wrote."""
    pivot = document.get("pivot")
    arguments = scalars(document, "optimizer_arguments")
    return SweepOptions(
        lambdas=tuple(float(str(value)) for value in items(document, "lambdas")),
        new_error=text(document, "new_error"),
        strict_imitation=text(document, "strict_imitation"),
        normalize=cast("Normalize", text(document, "normalize")),
        optimizer=text(document, "optimizer"),
        optimizer_arguments=cast("Mapping[str, float | int | bool]", arguments),
        epochs=integer(document, "epochs"),
        seed=integer(document, "seed"),
        pivot=float(pivot) if isinstance(pivot, int | float) else 0.5,
    )


def sweep_points(options: SweepOptions) -> tuple[Point, ...]:
    """Return the trainings of a sweep.

    Raises:
        InvalidInput: an option is out of its range, or there are more than a plan may have steps.

    """
    found = points(options)
    most = STEPS_MAX - len(SPLITS)
    if len(found) > most:
        raise InvalidInput.of(
            Fault("lambdas", f"{len(options.lambdas)} of them give {len(found)} trainings, over {most}")
        )
    return found


def point_params(options: SweepOptions, point: Point) -> Mapping[str, Scalar]:
    """Return the parameters of a training."""
    arguments = {f"optimizer.{name}": value for name, value in options.optimizer_arguments.items()}
    return {
        "lambda_c": point.lambda_c,
        "dissonance": point.dissonance.value,
        "loss": options.loss(point.dissonance).name,
        "normalize": options.normalize,
        "optimizer": options.optimizer,
        "epochs": options.epochs,
        **arguments,
    }


def sweep_params(options: SweepOptions) -> Mapping[str, Scalar]:
    """Return the parameters of a sweep that are not those of a point."""
    return {
        "new_error": options.new_error,
        "strict_imitation": options.strict_imitation,
        "normalize": options.normalize,
        "optimizer": options.optimizer,
        "epochs": options.epochs,
        "seed": options.seed,
        "points": len(points(options)),
    }


def point_step(point: Point) -> str:
    """Return the name of the step that trains a point."""
    return f"point-{point.index}"


def point_label(point: Point) -> str:
    """Return what people call the model of a point."""
    return f"lambda {point.lambda_c:g} {point.dissonance.replace('_', ' ')}"


def plan_of(ask: SweepAsk) -> tuple[RunRequest, Sequence[Step]]:
    """Return the plan of a sweep and its steps.

    Raises:
        InvalidInput: as `sweep_points`.

    """
    trainings = sweep_points(ask.options)
    references = {split: _reference(ask, split, use) for split, use in ask.data.items()}
    keys = [str(step.run_key) for step in references.values()]
    steps = (*references.values(), *(_training(ask, point, keys) for point in trainings))
    inputs = (
        Input(ask.reference.version, "reference"),
        Input(ask.base.version, "base"),
        *(Input(use.dataset, split) for split, use in ask.data.items()),
    )
    wanted = RunRequest(
        SWEEP,
        project=ask.project,
        inputs=inputs,
        params=sweep_params(ask.options),
        options=ask.document(),
        seed=ask.options.seed,
        run_key=digest_of([SWEEP, *(str(step.run_key) for step in steps)]),
        name=ask.name,
    )
    return wanted, steps


def reference_step(split: str) -> str:
    """Return the name of the step that asks the old model."""
    return f"reference-{split}"


def _reference(ask: SweepAsk, split: str, use: DataUse) -> Step:
    binary = ask.options.loss(Dissonance.NEW_ERROR).binary
    key: JsonValue = [REFERENCE, FORM_VERSION, ask.reference.key, use.key, binary, ask.options.pivot]
    options: Document = {
        "model": ask.reference.document(),
        "data": use.document(),
        "binary": binary,
        "pivot": ask.options.pivot,
    }
    inputs = ((ask.reference.version, "reference"), (use.dataset, split))
    return Step(reference_step(split), REFERENCE, options=options, inputs=inputs, run_key=digest_of(key))


def _training(ask: SweepAsk, point: Point, references: Sequence[str]) -> Step:
    alone = replace(ask.options, lambdas=(point.lambda_c,))
    params = point_params(ask.options, point)
    what: JsonValue = [ask.base.key, dict(params), ask.options.pivot, ask.options.seed]
    options = {**ask.document(), "sweep": options_document(alone), "dissonance": point.dissonance.value}
    inputs = (
        (ask.reference.version, "reference"),
        (ask.base.version, "base"),
        *((use.dataset, split) for split, use in ask.data.items()),
    )
    return Step(
        point_step(point),
        TRAIN,
        params=params,
        options=options,
        seed=point.seed,
        inputs=inputs,
        takes=tuple((reference_step(split), H1, f"{H1}_{split}") for split in SPLITS),
        run_key=digest_of([TRAIN, FORM_VERSION, *references, what]),
    )
