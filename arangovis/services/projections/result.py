"""A finished projection as files: the plot (Arrow, for screens) and the answer (JSON, as hydro-visualization)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from arangovis.domain.catalogue import MetricSpec, ModelVersion, SignatureField
from arangovis.domain.json import JsonValue, Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.work import Made
from arangovis.projections.alignment import Alignment
from arangovis.projections.base import Matrix, Neighbours
from arangovis.projections.colouring import coloring, coloring_type
from arangovis.projections.counterfactuals import counterfactuals, healthy_neighbours
from arangovis.tabular import Rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, Column, to_arrow
from arangovis.tabular.bloom import BloomFilter

CLASS_OUTPUT = "class"
_AXES = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Projected:
    """Everything that a finished projection shows.

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
    inputs: Mapping[str, str | None]
    environment: Mapping[str, Scalar]


def plot_artifact(projected: Projected) -> Made:
    """Return the plot: Arrow IPC with x, y(, z), id, set, and one column per output and monitoring metric."""
    training = projected.training_coordinates
    points = projected.coordinates if training is None else np.concatenate([projected.coordinates, training])
    behind = 0 if training is None else len(training)
    columns: dict[str, Column] = {
        axis: np.ascontiguousarray(points[:, i], dtype=np.float32) for i, axis in enumerate(_AXES[: points.shape[1]])
    }
    columns["id"] = [*projected.rows.ids, *([""] * behind)]
    columns["set"] = ["production"] * projected.rows.count + ["training"] * behind
    described: dict[str, JsonValue] = {}
    for field in _coloured(projected):
        columns[field.name] = [*_scalars(projected.rows.values(field.name)), *([None] * behind)]
        described[field.name] = {"coloring_type": coloring_type(field.profile.value).value, "source": "output"}
    for spec in projected.specs:
        columns[spec.name] = [*_scores(projected, spec), *([None] * behind)]
        described[spec.name] = {**_described(spec), "source": "metric"}
    method = projected.run.method.rpartition(".")[2]
    facts: dict[str, Scalar] = {"rows": len(points), "components": int(points.shape[1]), "method": method}
    metadata: JsonValue = {"method": method, "columns": described}
    data = to_arrow(columns, metadata={"arangovis": orjson.dumps(metadata).decode()})
    held = BloomFilter.of(projected.rows.ids).document()
    return Made("plot", data, MEDIA_TYPE, facts=facts, name=projected.run.name, row_filter=held)


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
