"""Sweeps and comparisons: what comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from arangovis.compatibility.evaluation import REGIONS, Split
from arangovis.compatibility.grid import lambda_grid
from arangovis.compatibility.losses import LOSSES, NORMALIZATIONS
from arangovis.compatibility.sweep import SPLITS, SweepOptions
from arangovis.domain.errors import InvalidInput
from arangovis.services.blobs import BlobReference
from arangovis.services.compatibility.comparisons import ComparisonWanted, GivenPredictions, PredictionColumns
from arangovis.services.compatibility.recorded_sweeps import LocalData, LocalModel, RecordedPoint, SweepToRecord
from arangovis.services.compatibility.sweep_files import StoredSplit
from arangovis.services.compatibility.sweeps import DataChoice, ModelChoice, SweepWanted
from arangovis_api.schemas.base import LIMIT_DEFAULT, LoadedSchema, Name, Number, QuerySchema, page_limit

BATCH_MAX = 1_000_000
EPOCHS_MAX = 1_000_000
SIDE_MAX = 4096
STEP_DEFAULT = 0.25
FEATURES_MAX = 10_000
_LABEL = (str, int, bool)
_BEFORE_2_53 = 2**53
_DIGEST = validate.Regexp(r"[0-9a-f]{64}\Z")


class Labels(fields.Field[list[Any]]):
    """A label a row: texts, integers or booleans, all of one type."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> list[Any]:
        if not isinstance(value, list) or not all(isinstance(item, _LABEL) for item in value):
            raise ValidationError("Not a list of texts, integers or booleans.")
        if len({type(item) for item in value}) > 1:
            raise ValidationError("Texts, integers and booleans are mixed.")
        if any(isinstance(item, int) and abs(item) > _BEFORE_2_53 for item in value):
            raise ValidationError("An integer is beyond 2**53.")
        return value


@dataclass(frozen=True, slots=True)
class InstancesQuery:
    """Which rows of a comparison; all conditions hold together."""

    split: str = SPLITS[1]
    region: str | None = None
    label: str | None = None
    model: str | None = None
    limit: int = LIMIT_DEFAULT
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class RecordedBody:
    """A sweep to record, and whether it begins now."""

    wanted: SweepToRecord
    started: bool


@dataclass(frozen=True, slots=True)
class LegacyQuery:
    """Which sweep; the one that was asked for last if left out."""

    sweep: str | None = None


class OptionsSchema(LoadedSchema):
    """How a sweep trains. `lambdas`, or the step between them."""

    lambdas = fields.List(Number(), validate=validate.Length(1, 500), metadata={"description": "Values from 0 to 1."})
    lambda_c_stepsize = Number(metadata={"description": f"In place of `lambdas`; {STEP_DEFAULT} if left out."})
    new_error = fields.String(validate=validate.OneOf(list(LOSSES)))
    strict_imitation = fields.String(validate=validate.OneOf(list(LOSSES)))
    normalize = fields.String(
        validate=validate.OneOf(NORMALIZATIONS), metadata={"description": "What dissonances are divided by."}
    )
    optimizer = fields.String(validate=validate.Length(1, 80), metadata={"description": "A name in `torch.optim`."})
    optimizer_arguments = fields.Dict(
        keys=fields.String(), values=fields.Raw(), metadata={"description": "Numbers and booleans, such as `lr`."}
    )
    epochs = fields.Integer(strict=True, validate=validate.Range(1, EPOCHS_MAX))
    seed = fields.Integer(strict=True, validate=validate.Range(0, 2**31))
    pivot = Number(metadata={"description": "From which probability on a binary model says 1."})

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return options_of(data)


def options_of(data: Mapping[str, Any]) -> SweepOptions:
    """Return the options that were sent."""
    given = dict(data)
    step, lambdas = given.pop("lambda_c_stepsize", None), given.pop("lambdas", None)
    if step is not None and lambdas is not None:
        raise ValidationError({"lambda_c_stepsize": ["Is given together with lambdas; give one of them."]})
    arguments = given.get("optimizer_arguments", {})
    if any(not isinstance(value, bool | int | float) for value in arguments.values()):
        raise ValidationError({"optimizer_arguments": ["Holds other than numbers and booleans."]})
    try:
        grid = lambda_grid(STEP_DEFAULT if step is None else step) if lambdas is None else tuple(map(float, lambdas))
    except InvalidInput as error:
        raise ValidationError({"lambda_c_stepsize": [error.faults[0].problem]}) from error
    return SweepOptions(lambdas=grid, **given)


class ModelChoiceSchema(LoadedSchema):
    """A model version with weights, and what makes its module."""

    target = ModelChoice
    model_version = fields.Integer(required=True, strict=True, metadata={"description": "Its integer id."})
    factory = fields.String(
        required=True,
        validate=validate.Length(1, 256),
        metadata={"description": "`mlp`, `logistic-regression`, or one that the operator allows."},
    )
    arguments = fields.Dict(keys=fields.String(), metadata={"description": "What the factory is called with."})


class DataChoiceSchema(LoadedSchema):
    """A data set, and which columns are features and target."""

    dataset = fields.String(required=True, validate=validate.Length(1, 256), metadata={"description": "`dataset/key`"})
    features = fields.List(
        fields.String(validate=validate.Length(1, 256)), required=True, validate=validate.Length(1, FEATURES_MAX)
    )
    target = fields.String(required=True, metadata={"description": "The column of right classes, integers from 0."})  # type: ignore[assignment]
    batch_size = fields.Integer(strict=True, validate=validate.Range(1, BATCH_MAX))
    image = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, SIDE_MAX)),
        validate=validate.Length(equal=2),
        metadata={"description": "Height and width of the pictures that the features are."},
    )

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        image = data.pop("image", None)
        features = tuple(data.pop("features"))
        return DataChoice(features=features, image=None if image is None else (image[0], image[1]), **data)


class SweepSchema(LoadedSchema):
    """A sweep to have trained by workers."""

    target = SweepWanted
    reference = fields.Nested(ModelChoiceSchema, required=True, metadata={"description": "The old model."})
    base = fields.Nested(ModelChoiceSchema, required=True, metadata={"description": "The new one, before training."})
    train = fields.Nested(DataChoiceSchema, required=True)
    test = fields.Nested(DataChoiceSchema, required=True)
    options = fields.Nested(OptionsSchema, load_default=SweepOptions)
    name = Name("The name people know it by.")


class PredictionColumnsSchema(LoadedSchema):
    """Columns of a data set."""

    target = PredictionColumns
    dataset = fields.String(required=True, validate=validate.Length(1, 256), metadata={"description": "`dataset/key`"})
    h1 = fields.String(required=True)
    h2 = fields.String(required=True)
    truth = fields.String(required=True)


class ComparisonSchema(LoadedSchema):
    """Two models to compare by what they predicted: the predictions, or the columns that hold them."""

    columns = fields.Nested(PredictionColumnsSchema)
    h1 = Labels(metadata={"description": "What the old model predicts, one a row."})
    h2 = Labels(metadata={"description": "What the new model predicts."})
    truth = Labels(metadata={"description": "What is right."})
    ids = Labels(metadata={"description": "The id of each row; its position if left out."})
    notes = fields.List(fields.String(), metadata={"description": "A text about each row."})
    h1_performance = Number()
    h2_performance = Number()
    h1_model = fields.Integer(strict=True, metadata={"description": "The old model version, for the lineage."})
    h2_model = fields.Integer(strict=True, metadata={"description": "The new model version, for the lineage."})
    project = Name("The name of its project.")
    name = Name("The name people know it by.")

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        columns = data.pop("columns", None)
        performance = data.pop("h1_performance", None), data.pop("h2_performance", None)
        own = {name: data.pop(name, None) for name in ("h1", "h2", "truth", "ids", "notes")}
        if columns is not None:
            return ComparisonWanted(columns, **data)
        if missing := [name for name in ("h1", "h2", "truth") if own[name] is None]:
            raise ValidationError({name: ["Missing data for required field."] for name in missing})
        for name in ("ids", "notes"):
            if own[name] is not None and len(own[name]) != len(own["truth"]):
                raise ValidationError({name: ["Has another length than truth."]})
        return ComparisonWanted(GivenPredictions(**own, performance=performance), **data)


class InstancesSchema(QuerySchema):
    """Which rows of a comparison."""

    split = fields.String(validate=validate.OneOf(SPLITS), metadata={"description": "Of a sweep; test if left out."})
    region = fields.String(validate=validate.OneOf(REGIONS))
    label = fields.String(data_key="class", metadata={"description": "The right class."})
    model = fields.String(
        validate=validate.OneOf(("h1", "h2")), metadata={"description": "Rows on which this model errs."}
    )
    limit = page_limit()
    cursor = fields.Integer(
        validate=validate.Range(0, _BEFORE_2_53), metadata={"description": "`next_cursor` of the page before."}
    )
    target = InstancesQuery


class LegacySchema(QuerySchema):
    """Which sweep."""

    target = LegacyQuery
    sweep = fields.String(
        validate=validate.Length(1, 128), metadata={"description": "Its key; the one asked for last if left out."}
    )


class LocalModelSchema(LoadedSchema):
    """A model in the user's process."""

    target = LocalModel
    name = Name("The name of the model.", required=True)
    digest = fields.String(required=True, validate=_DIGEST, metadata={"description": "Of what it is, 64 hex digits."})
    weights = fields.String(validate=_DIGEST, metadata={"description": "The digest of weights that were sent before."})
    weights_bytes = fields.Integer(strict=True, load_default=0)

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        weights, size = data.pop("weights", None), data.pop("weights_bytes")
        return LocalModel(**data, weights=None if weights is None else BlobReference(weights, size))


class LocalDataSchema(LoadedSchema):
    """A data set in the user's process, and what the old model predicts on it."""

    target = LocalData
    name = Name("The name of the data set.", required=True)
    digest = fields.String(required=True, validate=_DIGEST, metadata={"description": "Of its content, 64 hex digits."})
    ids = Labels(required=True)
    truth = Labels(required=True)
    h1 = Labels(required=True)
    h1_performance = Number()
    classes = Labels()
    batch_ends = fields.List(fields.Integer(strict=True), metadata={"description": "For scores averaged over batches."})
    notes = fields.List(fields.String(), metadata={"description": "A text about each row."})

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        lengths = {len(data[name]) for name in ("ids", "truth", "h1", "notes") if name in data}
        if len(lengths) > 1 or not data["truth"]:
            raise ValidationError({"truth": ["ids, truth, h1 and notes need one entry a row, and at least one row."]})
        split = Split(
            data["truth"],
            data["h1"],
            data["ids"],
            data.get("h1_performance"),
            classes=tuple(data["classes"]) if "classes" in data else None,
            batch_ends=tuple(data["batch_ends"]) if "batch_ends" in data else None,
        )
        return LocalData(data["name"], data["digest"], StoredSplit(split, notes=data.get("notes")))


class SweepToRecordSchema(LoadedSchema):
    """A sweep that the user's own process trains."""

    target = RecordedBody
    reference = fields.Nested(LocalModelSchema, required=True)
    base = fields.Nested(LocalModelSchema, required=True)
    train = fields.Nested(LocalDataSchema, required=True)
    test = fields.Nested(LocalDataSchema, required=True)
    options = fields.Nested(OptionsSchema, load_default=SweepOptions)
    project = Name("The name of its project, which is made if it is not there.")
    name = Name("The name people know it by.")
    metric = Name("The name of the performance metric.")
    environment = fields.Dict(keys=fields.String(), values=fields.String())
    started = fields.Boolean(metadata={"description": "Whether training begins now; true if left out."})

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        started = data.pop("started", True)
        return RecordedBody(SweepToRecord(**data), started)


class RecordedPointSchema(LoadedSchema):
    """What a training gave, or why it failed."""

    target = RecordedPoint
    predictions = fields.Dict(
        keys=fields.String(validate=validate.OneOf(SPLITS)),
        values=Labels(),
        metadata={"description": "By data set: what the trained model predicts, one a row."},
    )
    performance = fields.Dict(keys=fields.String(validate=validate.OneOf(SPLITS)), values=Number())
    losses = fields.List(Number(), metadata={"description": "The mean loss of each epoch."})
    weights = fields.String(validate=_DIGEST, metadata={"description": "The digest of weights that were sent before."})
    weights_bytes = fields.Integer(strict=True, load_default=0)
    failure = fields.String(validate=validate.Length(1, 2000), metadata={"description": "In place of all others."})

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        weights, size = data.pop("weights", None), data.pop("weights_bytes")
        losses = tuple(data.pop("losses", ()))
        return RecordedPoint(**data, losses=losses, weights=None if weights is None else BlobReference(weights, size))
