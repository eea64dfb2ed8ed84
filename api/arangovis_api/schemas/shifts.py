"""Shift detections: what comes in."""

from dataclasses import dataclass

from marshmallow import fields, validate

from arangovis.drift.values import ALPHA, ROWS_MAX, THRESHOLD
from arangovis.services.drift.detection import ROWS_LIMIT
from arangovis_api.schemas.base import LoadedSchema, Name, Number

IGNORED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ShiftBody:
    """Two data sets to compare, and how."""

    reference: str
    current: str
    ignored: tuple[str, ...] = ()
    rows_max: int = ROWS_MAX
    threshold: float = THRESHOLD
    alpha: float = ALPHA
    seed: int = 0
    project: str | None = None


class ShiftSchema(LoadedSchema):
    """Two data sets to compare."""

    target = ShiftBody
    reference = fields.String(required=True, metadata={"description": "`dataset/key` of what was, such as training."})
    current = fields.String(required=True, metadata={"description": "`dataset/key` of what is, such as a period."})
    ignored = fields.List(
        fields.String(),
        validate=validate.Length(max=IGNORED_MAX),
        metadata={"description": "Columns not to look at."},
    )
    rows_max = fields.Integer(
        strict=True,
        validate=validate.Range(10, ROWS_LIMIT),
        metadata={"description": f"Rows of each side to look at; {ROWS_MAX} if left out."},
    )
    threshold = Number(metadata={"description": f"Area from which a shift is one; {THRESHOLD} if left out."})
    alpha = Number(metadata={"description": f"Significance it must have; {ALPHA} if left out."})
    seed = fields.Integer(strict=True, metadata={"description": "Of sample, folds and classifier."})
    project = Name("The name of the project of the run; that of the current data set if left out.")
