"""What scoring gives, as columns to store or send, and as JSON for each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.adapting import STATUS_NAMES, AdaptationWarning
from arangovis.anomaly.model import AnomalyModel
from arangovis.anomaly.names import SCORE_NAME, deep_feature_names, reconstruction_names, squared_error_names
from arangovis.anomaly.scoring import Scores, ScoringOptions
from arangovis.domain.json import JsonValue
from arangovis.tabular.arrow_stream import Column
from arangovis.tabular.frames.types import ColumnKind, ColumnStatistics, FrameColumn, FrameWarning, ParsedFrame

STATUS, IS_ANOMALY = "status", "is_anomaly"
FLAG_KINDS = {IS_ANOMALY: ColumnKind.BOOLEAN, STATUS: ColumnKind.CATEGORICAL}


@dataclass(frozen=True)
class Scored:
    """Scores of rows by a detector, and everything that the caller should know of how its rows were read."""

    model: AnomalyModel
    scores: Scores
    options: ScoringOptions
    warnings: tuple[AdaptationWarning, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return len(self.scores.score)


def value_columns(scored: Scored, *, error: bool = True) -> dict[str, npt.NDArray[np.float64]]:
    """Return what was asked for as columns of numbers: the score, squared errors, reconstruction, deep features."""
    model, scores = scored.model, scored.scores
    columns: dict[str, npt.NDArray[np.float64]] = {SCORE_NAME: scores.score} if error else {}
    if scores.reconstruction is not None:
        columns |= _named(reconstruction_names(model), scores.reconstruction)
    if scores.squared_errors is not None and scored.options.squared_errors:
        columns |= _named(squared_error_names(model), scores.squared_errors)
    for layer, features in scores.deep_features.items():
        columns |= _named(deep_feature_names(model, layer), features)
    return columns


def flag_columns(scored: Scored) -> dict[str, Column]:
    """Return whether each row is odd, and whether it could be scored."""
    status = [STATUS_NAMES[code] for code in scored.scores.status.tolist()]
    return {IS_ANOMALY: scored.scores.is_anomaly, STATUS: status}


def table_columns(scored: Scored) -> dict[str, Column]:
    """Return what a table answer holds: what was asked for, then the flags."""
    return {**value_columns(scored), **flag_columns(scored)}


def row_documents(scored: Scored) -> list[JsonValue]:
    """Return each row's answer as JSON; a score that is not a number is null, and the status says why."""
    scores = scored.scores
    names = [spec.name for spec in scored.model.expansion.columns]
    base = zip(scores.score.tolist(), scores.is_anomaly.tolist(), scores.status.tolist(), strict=True)
    rows: list[dict[str, JsonValue]] = [
        {"score": _finite(score), IS_ANOMALY: odd, STATUS: STATUS_NAMES[status]} for score, odd, status in base
    ]
    if scores.top_columns is not None and scores.column_errors is not None:
        for row, places, errors in zip(rows, scores.top_columns.tolist(), scores.column_errors, strict=True):
            row["top_features"] = [{"column": names[place], "error": _finite(float(errors[place]))} for place in places]
    if scored.options.squared_errors:
        _add(rows, "squared_errors", squared_error_names(scored.model), scores.squared_errors)
    _add(rows, "reconstruction", reconstruction_names(scored.model), scores.reconstruction)
    for layer, features in scores.deep_features.items():
        for row, values in zip(rows, features.tolist(), strict=True):
            layers = row.setdefault("deep_features", {})
            layers[str(layer)] = [_finite(value) for value in values]  # type: ignore[index]
    return list(rows)


def metrics_document(scored: Scored) -> dict[str, JsonValue]:
    """Return the figures of the whole table; null without a row that has a score."""
    found = scored.scores.metrics
    odd = int(np.count_nonzero(scored.scores.is_anomaly))
    return {
        "mse": found.mse,
        "rmse": found.rmse,
        "mean_score": found.mean_score,
        "rows": found.rows,
        "flagged": found.flagged,
        "anomalies": odd,
    }


def warnings_document(warnings: Sequence[AdaptationWarning]) -> list[JsonValue]:
    """Return warnings as JSON; rows are numbered from 0."""
    return [
        {"kind": w.kind, "column": w.column, "level": w.level, "count": w.count, "rows": list(w.rows)} for w in warnings
    ]


def prediction_frame(
    scored: Scored, values: Mapping[str, npt.NDArray[np.float64]], flags: Mapping[str, Column]
) -> ParsedFrame:
    """Return what the node of a prediction says of its columns, and of how the rows were read."""
    numbers = [FrameColumn(name, ColumnKind.REAL, _statistics(column)) for name, column in values.items()]
    others = [FrameColumn(name, FLAG_KINDS[name], ColumnStatistics(missing=0)) for name in flags]
    warnings = tuple(
        FrameWarning(w.kind, "" if w.level is None else w.level, w.column, w.count, w.rows) for w in scored.warnings
    )
    return ParsedFrame((*numbers, *others), scored.rows, (scored.rows,), warnings)


def _statistics(values: npt.NDArray[np.float64]) -> ColumnStatistics:
    good = values[np.isfinite(values)]
    if not good.size:
        return ColumnStatistics(missing=int(values.size))
    return ColumnStatistics(
        missing=int(values.size - good.size),
        minimum=float(good.min()),
        maximum=float(good.max()),
        mean=float(good.mean()),
        sigma=float(good.std(ddof=1)) if good.size > 1 else None,
        zeros=int(np.count_nonzero(good == 0)),
        infinite=0,
    )


def _named(names: Sequence[str], matrix: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    return {name: np.ascontiguousarray(matrix[:, place], dtype=np.float64) for place, name in enumerate(names)}


def _add(
    rows: list[dict[str, JsonValue]], field: str, names: Sequence[str], matrix: npt.NDArray[np.float64] | None
) -> None:
    if matrix is None:
        return
    for row, values in zip(rows, matrix.tolist(), strict=True):
        row[field] = {name: _finite(value) for name, value in zip(names, values, strict=True)}


def _finite(value: float) -> float | None:
    return value if -np.inf < value < np.inf else None
