"""A finished projection as files: the plot (Arrow, for screens) and the answer (JSON, as hydro-visualization)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from arangovis.domain.catalogue import Dataset, MetricSpec, ModelVersion, SignatureField
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.work import Made
from arangovis.projections.alignment import Alignment
from arangovis.projections.base import Matrix, Neighbours
from arangovis.projections.colouring import coloring, coloring_type
from arangovis.projections.counterfactuals import counterfactuals, healthy_neighbours
from arangovis.services.projections.projection_data import Encoding
from arangovis.tabular import ROW_ID, Rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, Column, to_arrow
from arangovis.tabular.bloom import BloomFilter

CLASS_OUTPUT = "class"
LOCAL = "local_trustworthiness"
"""How much the plot can be believed, point by point; an output or monitoring metric of that name takes its place."""
_AXES = ("x", "y", "z")
_OWN = frozenset(("id", "set", *_AXES))
"""Columns of tables that no output or metric takes the place of."""


@dataclass(frozen=True, slots=True)
class PlacedPeriod:
    """Rows of another period in the same plot, `coordinates` float32 (rows, components)."""

    name: str
    dataset: Dataset
    rows: Rows
    coordinates: Matrix


@dataclass(frozen=True, slots=True)
class Projected:
    """Everything that a finished projection shows.

    `local_trustworthiness` is that of the first so many points of the plot, production rows before training rows.
    `coordinates` float32 (rows, components) and `adrift` (rows without neighbours) are in order of `rows`.
    """

    run: Run
    version: ModelVersion
    specs: tuple[MetricSpec, ...]
    rows: Rows
    coordinates: Matrix
    adrift: npt.NDArray[np.bool_]
    training_coordinates: Matrix | None
    alignment: Alignment | None
    neighbours: Neighbours
    quality: Mapping[str, float | str]
    local_trustworthiness: npt.NDArray[np.float32] | None
    inputs: Mapping[str, str | None]
    samples: Mapping[str, NodeId | None]
    environment: Mapping[str, Scalar]
    encoding: Encoding | None = None
    periods: tuple[PlacedPeriod, ...] = ()


def plot_artifact(projected: Projected) -> Made:
    """Return the plot: Arrow IPC with x, y(, z), id, set, and one column per output and monitoring metric.

    Points are those of the production sample, then of the training sample, then of other periods in their order.
    """
    points = np.concatenate([points for _, _, points in _sets(projected)])
    columns: dict[str, Column] = {
        axis: np.ascontiguousarray(points[:, i], dtype=np.float32) for i, axis in enumerate(_AXES[: points.shape[1]])
    }
    columns["id"] = [*projected.rows.ids, *_beside(projected, ROW_ID, "")]
    columns["set"] = [name for name, _, placed in _sets(projected) for _ in range(len(placed))]
    columns[LOCAL] = _local(projected, len(points))
    described: dict[str, JsonValue] = {LOCAL: {"coloring_type": "gradient", "source": "quality"}}
    for field in _coloured(projected):
        name = column_name(field.name)
        columns[name] = [*_scalars(projected.rows.values(field.name)), *_beside(projected, field.name)]
        described[name] = output_facts(field)
    for spec in projected.specs:
        name = column_name(spec.name)
        columns[name] = [*_scores(projected, spec), *_beside(projected, spec.name)]
        described[name] = metric_facts(spec)
    method = projected.run.method.rpartition(".")[2]
    facts: dict[str, Scalar] = {"rows": len(points), "components": int(points.shape[1]), "method": method}
    facts["training_rows"] = 0 if projected.training_coordinates is None else len(projected.training_coordinates)
    sets: list[JsonValue] = [{"name": name, "dataset": node, "rows": len(put)} for name, node, put in _sets(projected)]
    metadata: JsonValue = {"method": method, "columns": described, "sets": sets}
    data = to_arrow(columns, metadata={"arangovis": orjson.dumps(metadata).decode()})
    held = BloomFilter.of([*projected.rows.ids, *(row for item in projected.periods for row in item.rows.ids)])
    return Made("plot", data, MEDIA_TYPE, facts=facts, name=projected.run.name, row_filter=held.document())


def column_name(name: str) -> str:
    """Return what tables call a column of the rows; a model may well have an output `y`."""
    return f"{name} of the row" if name in _OWN else name


def output_facts(field: SignatureField) -> dict[str, JsonValue]:
    """Return what a table says of a column that is an output of the model."""
    return {"coloring_type": coloring_type(field.profile.value).value, "source": "output"}


def metric_facts(spec: MetricSpec) -> dict[str, JsonValue]:
    """Return what a table says of a column that is a monitoring metric."""
    return {**_described(spec), "source": "metric"}


def _sets(projected: Projected) -> list[tuple[str, str, Matrix]]:
    """Return (name, sample, points) of each set of rows in the plot."""
    training = projected.training_coordinates
    fitted = [] if training is None else [("training", str(projected.samples["training"]), training)]
    beside = [(item.name, str(item.dataset.id), item.coordinates) for item in projected.periods]
    return [("production", str(projected.samples["production"]), projected.coordinates), *fitted, *beside]


def _beside(projected: Projected, name: str, nothing: Scalar = None) -> list[Scalar]:
    """Return a column of the points behind those of production: of training rows nothing, of other periods their own.

    A period whose column is of another type than that of the production rows has nothing either.
    """
    training = projected.training_coordinates
    found: list[Scalar] = [nothing] * (0 if training is None else len(training))
    wanted = projected.rows.columns().get(name)
    for item in projected.periods:
        same = wanted is not None and item.rows.columns().get(name) == wanted
        found += _scalars(item.rows.values(name)) if same else [nothing] * item.rows.count
    return found


def _local(projected: Projected, points: int) -> npt.NDArray[np.float32]:
    found = np.full(points, np.nan, dtype=np.float32)
    measured = projected.local_trustworthiness
    if measured is not None:
        found[: len(measured)] = measured[:points]
    return found


def result_artifact(projected: Projected) -> Made:
    """Return the answer to a poll: strict JSON in the fact sheet's field names and their documented twins."""
    data = orjson.dumps(_result(projected), option=orjson.OPT_SERIALIZE_NUMPY)
    held = BloomFilter.of(projected.rows.ids).document()
    return Made("result", data, "application/json", name=projected.run.name, row_filter=held)


def _result(projected: Projected) -> dict[str, object]:
    """Return the answer; tables of numbers stay arrays, which are written with the digits of float32 only."""
    top = np.ascontiguousarray(projected.neighbours.indices)
    outputs: JsonValue = {field.name: _output(projected, field) for field in _coloured(projected)}
    ids: JsonValue = list(projected.rows.ids)
    training = projected.training_coordinates
    placed: dict[str, object] = {}
    if training is not None and len(training):
        placed = {"training_data_shape": list(training.shape), "training_data": np.ascontiguousarray(training)}
    if projected.periods:
        placed["periods"] = {item.name: _period(item) for item in projected.periods}
    if projected.encoding is not None:
        placed["encoding"] = _encoding(projected.encoding)
    return {
        "data_shape": list(projected.coordinates.shape),
        "data": np.ascontiguousarray(projected.coordinates),
        **placed,
        "visualization_metrics": _with_twins(projected.quality),
        "output_info": outputs,
        "class_labels": outputs,
        "metrics": {spec.name: _metric(projected, spec) for spec in projected.specs},
        "requests_ids": ids,
        "request_ids": ids,
        "top_N": top,
        "top_100": top,
        "counterfactuals": _counterfactuals(projected),
        "disconnected": [projected.rows.ids[row] for row in np.flatnonzero(projected.adrift)],
        "provenance": _provenance(projected),
    }


def _period(item: PlacedPeriod) -> dict[str, object]:
    placed = np.ascontiguousarray(item.coordinates)
    return {
        "dataset": str(item.dataset.id),
        "data_shape": list(placed.shape),
        "data": placed,
        "requests_ids": item.rows.ids,
    }


def _encoding(encoding: Encoding) -> JsonValue:
    """Return how a table became vectors, and what was left out or adjusted for it."""
    encoder = encoding.encoder
    return {
        "columns": {column.name: column.coding.value for column in encoder.columns},
        "left_out": dict(encoder.left_out),
        "categorical_weight": encoding.weight if encoder.is_mixed else None,
        "adjusted": [{"set": sample, "column": column, "what": what} for sample, column, what in encoding.adjusted],
    }


def _provenance(projected: Projected) -> JsonValue:
    run = projected.run
    return {
        "run": str(run.id),
        "seed": run.seed,
        "parameters": dict(run.params),
        "parameters_digest": digest_of(dict(run.params)),
        "inputs": dict(projected.inputs),
        "environment": dict(projected.environment),
        "alignment": _alignment(projected.alignment),
    }


def _alignment(found: Alignment | None) -> JsonValue:
    return None if found is None else {"residual": found.residual, "rows": found.rows}


def _coloured(projected: Projected) -> list[SignatureField]:
    return [field for field in projected.version.signature.scalar_outputs if projected.rows.has(field.name)]


def _output(projected: Projected, field: SignatureField) -> JsonValue:
    values = [_finite(value) for value in projected.rows.values(field.name)]
    described = coloring(field.profile.value, field.dtype, _scalars(values))
    answer: dict[str, JsonValue] = {
        "data": values,
        "coloring_type": described.coloring_type.value,
        "dtype": described.dtype,
    }
    if described.classes is not None:
        answer["classes"] = list(described.classes)
    return answer


def _scores(projected: Projected, spec: MetricSpec) -> list[Scalar]:
    if not projected.rows.has(spec.name):
        return [None] * projected.rows.count
    return [_number(value) for value in projected.rows.values(spec.name)]


def _metric(projected: Projected, spec: MetricSpec) -> JsonValue:
    """Return the scores of a metric; of a detector's, also the nearest healthy rows of each row that is odd."""
    scores = _scores(projected, spec)
    answer: dict[str, JsonValue] = {"scores": scores, **_described(spec)}
    if spec.detector is not None:
        numbers = np.array([np.nan if score is None else score for score in scores], dtype=np.float64)
        found = healthy_neighbours(projected.neighbours.indices, numbers, spec.threshold)
        answer["healthy_neighbours"] = [list(row) for row in found]
    return answer


def _described(spec: MetricSpec) -> dict[str, JsonValue]:
    return {"threshold": spec.threshold, "operation": spec.operation, "coloring_type": "gradient"}


def _counterfactuals(projected: Projected) -> JsonValue:
    has_class = any(field.name == CLASS_OUTPUT for field in _coloured(projected))
    if not has_class:
        return [[] for _ in range(projected.rows.count)]
    values = [_finite(value) for value in projected.rows.values(CLASS_OUTPUT)]
    return [list(row) for row in counterfactuals(projected.neighbours.indices, _scalars(values))]


def _with_twins(quality: Mapping[str, float | str]) -> dict[str, JsonValue]:
    answer: dict[str, JsonValue] = dict(quality)
    for name, twin in (("stability_score", "stability"), ("msid", "msid_score")):
        if name in answer:
            answer[twin] = answer[name]
    return answer


def _scalars(values: Sequence[JsonValue]) -> list[Scalar]:
    return [value if isinstance(value, str | int | float | bool) else None for value in values]


def _finite(value: JsonValue) -> JsonValue:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: JsonValue) -> Scalar:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
