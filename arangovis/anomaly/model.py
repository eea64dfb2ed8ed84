"""A trained detector as a value, and as arrays and JSON to be stored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import cast

from arangovis.anomaly.base import RowScorer
from arangovis.anomaly.expansion import WIDTH_MAX, ColumnSpec, Expansion
from arangovis.anomaly.frame import CATEGORICAL, NUMERIC
from arangovis.anomaly.registry import complete_parameters, detector
from arangovis.domain.errors import IntegrityError, InvalidInput
from arangovis.domain.json import Document, JsonValue, Scalar, decode, encode
from arangovis.tabular.bundle import ArrayBundle

__all__ = [
    "AnomalyModel",
    "Origin",
    "TrainingMetrics",
    "expansion_from",
    "expansion_record",
    "from_bundle",
    "to_bundle",
]

_MODEL_FACT = "anomaly_model"
_DAMAGED = "the stored anomaly model is damaged"


@dataclass(frozen=True, slots=True)
class TrainingMetrics:
    """What training saw: rows, and the mean score of those learnt from and of those held out.

    For a detector that reconstructs, a mean score is a mean squared error.
    """

    training_rows: int
    held_out_rows: int
    training_score: float
    held_out_score: float


@dataclass(frozen=True, slots=True)
class Origin:
    """How a detector was made."""

    detector: str
    parameters: Mapping[str, Scalar]
    seed: int
    engine: str
    algorithm_version: int


@dataclass(frozen=True)
class AnomalyModel:
    """A detector that has learnt, with the space that it works in and the score above which is an anomaly."""

    origin: Origin
    expansion: Expansion
    state: ArrayBundle
    threshold: float
    metrics: TrainingMetrics

    @cached_property
    def scorer(self) -> RowScorer:
        """What scores rows of the expanded space.

        Raises:
            IntegrityError: the arrays are not what the detector leaves.

        """
        return detector(self.origin.detector).scorer(self.state, width=self.expansion.width)


def to_bundle(model: AnomalyModel) -> ArrayBundle:
    """Return the model as arrays and facts; `arangovis.tabular.bundle.to_bytes` makes bytes of it."""
    record: Document = {
        "origin": asdict(model.origin),
        "expansion": expansion_record(model.expansion),
        "threshold": model.threshold,
        "metrics": asdict(model.metrics),
    }
    return ArrayBundle(model.state.arrays, {**model.state.facts, _MODEL_FACT: encode(record).decode()})


def from_bundle(bundle: ArrayBundle) -> AnomalyModel:
    """Return the model that `to_bundle` wrote.

    Raises:
        IntegrityError: it is damaged or not an anomaly model.

    """
    facts = dict(bundle.facts)
    try:
        record = decode(cast("str", facts.pop(_MODEL_FACT)))
        model = model_from(record, ArrayBundle(bundle.arrays, facts))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(_DAMAGED) from error
    return model


def model_from(record: Document, state: ArrayBundle) -> AnomalyModel:
    """Return a model by its record and arrays, checked as far as scoring relies on it.

    Raises:
        IntegrityError: the arrays do not fit.
        KeyError, TypeError, ValueError: the record is not one.

    """
    origin = Origin(**cast("dict[str, object]", record["origin"]))  # type: ignore[arg-type]
    metrics = TrainingMetrics(**cast("dict[str, object]", record["metrics"]))  # type: ignore[arg-type]
    expansion = expansion_from(cast("Document", record["expansion"]))
    threshold = record["threshold"]
    try:
        complete_parameters(origin.detector, origin.parameters)
    except InvalidInput as error:
        raise IntegrityError(_DAMAGED) from error
    if not isinstance(threshold, int | float) or not 0 < expansion.width <= WIDTH_MAX:
        raise IntegrityError(_DAMAGED)
    model = AnomalyModel(origin, expansion, state, float(threshold), metrics)
    _ = model.scorer
    return model


def expansion_record(expansion: Expansion) -> Document:
    """Return an expansion as JSON."""
    columns: list[JsonValue] = [_column_record(column) for column in expansion.columns]
    return {"columns": columns, "ignored": list(expansion.ignored)}


def expansion_from(record: Document) -> Expansion:
    """Return the expansion that `expansion_record` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is not one.

    """
    columns = tuple(_column(cast("Document", column)) for column in cast("Sequence[JsonValue]", record["columns"]))
    if len({column.name for column in columns}) != len(columns):
        raise ValueError("a column occurs twice")
    return Expansion(columns, tuple(cast("Sequence[str]", record["ignored"])))


def _column_record(column: ColumnSpec) -> Document:
    start: dict[str, JsonValue] = {"name": column.name, "kind": column.kind, "missing": column.missing}
    if column.kind == CATEGORICAL:
        return {**start, "levels": list(column.levels)}
    return {**start, "mean": column.mean, "minimum": column.minimum, "maximum": column.maximum}


def _column(record: Document) -> ColumnSpec:
    name, kind, missing = str(record["name"]), record["kind"], int(cast("int", record["missing"]))
    if kind == CATEGORICAL:
        levels = tuple(cast("Sequence[str]", record["levels"]))
        if len(set(levels)) != len(levels) or not all(isinstance(level, str) for level in levels):
            raise ValueError("a level occurs twice")
        return ColumnSpec(name, CATEGORICAL, levels=levels, missing=missing)
    if kind != NUMERIC:
        raise ValueError("a column is neither numeric nor categorical")
    mean, low, high = (float(cast("float", record[key])) for key in ("mean", "minimum", "maximum"))
    return ColumnSpec(name, NUMERIC, mean=mean, minimum=low, maximum=high, missing=missing)
