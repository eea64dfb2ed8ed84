"""Detectors of anomalies: what comes in and goes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from arangovis.services.anomaly.detectors import SEED_MAX
from arangovis_api.schemas.base import LoadedSchema, Name, Number, QuerySchema

LAYERS_MAX = 32
TOP_MAX = 1000
IGNORED_MAX = 10_000
DAY_S = 86_400
WINDOW_S_MAX = 10 * 366 * DAY_S


class Numbers(fields.Field[tuple[int, ...]]):
    """Small whole numbers separated by commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> tuple[int, ...]:
        parts = [part.strip() for part in str(value).split(",")]
        if len(parts) > LAYERS_MAX or not all(part.isascii() and part.isdecimal() and len(part) < 5 for part in parts):
            raise ValidationError("Not whole numbers from 0, separated by commas.")
        return tuple(dict.fromkeys(map(int, parts)))


@dataclass(frozen=True, slots=True)
class TrainingBody:
    """A detector to train."""

    frame: str
    name: str
    detector: str = "autoencoder"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    ignored: tuple[str, ...] = ()
    project: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreQuery:
    """What to compute of each row, and whether to keep it."""

    squared_errors: bool = False
    reconstruction: bool = False
    layers: tuple[int, ...] = ()
    top: int = 0
    strict: bool = False
    persist: bool = False
    name: str = "scored rows"
    period_start: int | None = None
    period_end: int | None = None
    time_column: str | None = None


@dataclass(frozen=True, slots=True)
class AttachBody:
    """The model version whose production rows a detector is to score, and the name of that metric."""

    model_version: int
    name: str = "anomaly"
    threshold: float | None = None


class AttachSchema(LoadedSchema):
    """A model version to watch."""

    target = AttachBody
    model_version = fields.Integer(
        required=True, strict=True, metadata={"description": "The integer id of a model version."}
    )
    name = Name("The name of the monitoring metric; `anomaly` if left out.")
    threshold = Number(metadata={"description": "Up to which a row is healthy; the detector's if left out."})


class TrainingSchema(LoadedSchema):
    """A detector to train on a frame."""

    target = TrainingBody
    frame = fields.String(required=True, metadata={"description": "`dataset/key` of the frame."})
    name = Name("The name of its model; each training is a version of it.", required=True)
    detector = fields.String(metadata={"description": "`autoencoder`, `pca`, `knn` or `isolation_forest`."})
    parameters = fields.Dict(keys=fields.String(), metadata={"description": "Those left out have their defaults."})
    seed = fields.Integer(strict=True, validate=validate.Range(0, SEED_MAX))
    ignored = fields.List(
        fields.String(),
        validate=validate.Length(max=IGNORED_MAX),
        metadata={"description": "Columns that are not looked at, such as a label."},
    )
    project = Name("The name of a project; that of the frame if left out.")


class ScoreSchema(QuerySchema):
    """What to compute of each row beside its score, and whether to keep it."""

    target = ScoreQuery
    squared_errors = fields.Boolean(metadata={"description": "The squared error of every expanded slot."})
    reconstruction = fields.Boolean(metadata={"description": "The reconstruction, numbers in original units."})
    layers = Numbers(metadata={"description": "Hidden layers, from 0, whose deep features are answered: `0,2`."})
    top = fields.Integer(
        validate=validate.Range(0, TOP_MAX), metadata={"description": "How many of the columns that add most."}
    )
    strict = fields.Boolean(metadata={"description": "Refuse missing columns, unseen levels and text for numbers."})
    persist = fields.Boolean(metadata={"description": "Keep rows and scores, with their lineage."})
    name = Name("With `persist`: what to call the rows.")
    period_start = fields.Integer(
        metadata={"description": "With `persist`: when the rows begin, microseconds since 1970."}
    )
    period_end = fields.Integer(metadata={"description": "With `persist`: when they end, likewise."})
    time_column = Name("With `persist`: a column of times among the rows that says so instead.")


@dataclass(frozen=True, slots=True)
class ScoreDriftQuery:
    """How production rows are divided into periods."""

    time_column: str | None = None
    window_s: int = DAY_S


class ScoreDriftSchema(QuerySchema):
    """How production rows are divided into periods."""

    target = ScoreDriftQuery
    time_column = Name("Divide production rows by this column of times; by segment if left out.")
    window_s = fields.Integer(
        validate=validate.Range(1, WINDOW_S_MAX),
        metadata={"description": "With `time_column`: so many seconds a period; a day if left out."},
    )


class DetectorAnswer(Schema):
    """A detector."""

    id = fields.Integer(required=True)
    node = fields.String(required=True)
    name = fields.String(required=True)
    version = fields.String(required=True)
    project = fields.String(required=True, allow_none=True)
    detector = fields.String(required=True)
    threshold = fields.Float(required=True, allow_none=True)
    columns = fields.List(fields.Dict(), required=True)
    metrics = fields.Dict(required=True)
    layers = fields.List(fields.Integer(), required=True)
    parameters = fields.Dict(required=True, metadata={"description": "What it was trained with."})
    history = fields.List(
        fields.List(fields.Float()),
        required=True,
        metadata={"description": "Training error and held-out error of each pass; empty for what learns in one."},
    )


class DetectorItem(Schema):
    """A detector in a list."""

    id = fields.Integer(required=True)
    node = fields.String(required=True)
    name = fields.String(required=True)
    version = fields.String(required=True)
    project = fields.String(required=True, allow_none=True)


class DetectorPage(Schema):
    """A page of detectors, newest first."""

    items = fields.List(fields.Nested(DetectorItem), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ScoredAnswer(Schema):
    """Rows in the order in which they came, each with `score`, `is_anomaly` and `status`."""

    model = fields.String(required=True)
    threshold = fields.Float(required=True, allow_none=True)
    rows = fields.List(fields.Dict(), required=True)
    metrics = fields.Dict(required=True)
    warnings = fields.List(fields.Dict(), required=True)
    run = fields.String(required=True, allow_none=True, metadata={"description": "With `persist`: the scoring run."})


class ScorerAnswer(Schema):
    """An exported scorer."""

    artifact = fields.String(required=True)
    digest = fields.String(required=True)
    run = fields.String(required=True)
