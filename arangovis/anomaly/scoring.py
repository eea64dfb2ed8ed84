"""Scoring: a table and a model give a score a row, and what explains it.

A row's score does not depend on the other rows.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.adapting import BLOCK_ROWS, OK, AdaptationWarning, Adapter, Statuses
from arangovis.anomaly.base import Examined, Progress, Wanted, check_layers, no_progress
from arangovis.anomaly.expansion import Expansion
from arangovis.anomaly.frame import Doubles, Table
from arangovis.anomaly.model import AnomalyModel
from arangovis.domain.errors import NotSupported

__all__ = ["Metrics", "Scores", "ScoringOptions", "score"]

Positions: TypeAlias = npt.NDArray[np.int64]
THREADED_ROWS = 4 * BLOCK_ROWS
"""For fewer, threads gain nothing."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """What is asked for beside the scores.

    Args:
        squared_errors: the squared error of each slot and of each column, in the expanded space.
        reconstruction: what would be normal in place of each slot, numbers in original units.
        layers: hidden layers whose outputs are wanted, counted from 0.
        top: how many columns to name that contribute most to a row's score.
        strict: refuse missing columns and unseen levels.

    """

    squared_errors: bool = False
    reconstruction: bool = False
    layers: tuple[int, ...] = ()
    top: int = 0
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Metrics:
    """Of all rows: how many, how many without a score, the mean score, and MSE and RMSE if the detector has errors.

    Rows without a score are in no mean. Without a row that has one there is no mean either: None.
    """

    rows: int
    flagged: int
    mean_score: float | None
    mse: float | None
    rmse: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What was found of n rows.

    Args:
        score: (n,); NaN for a row whose status is not ok.
        status: (n,); positions in `STATUS_NAMES`.
        is_anomaly: (n,); whether the score is above the model's threshold. A row without a score is an anomaly.
        squared_errors: (n, slots), None if not asked for.
        column_errors: (n, columns) in the order of the model's columns; the sum over a column's slots.
        reconstruction: (n, slots) or None.
        deep_features: (n, units) of each layer asked for.
        top_columns: (n, top) positions in the model's columns, largest error first, or None.
        metrics: of all rows.
        warnings: what the table had that the model was not trained on.

    """

    score: Doubles
    status: Statuses
    is_anomaly: npt.NDArray[np.bool_]
    squared_errors: Doubles | None
    column_errors: Doubles | None
    reconstruction: Doubles | None
    deep_features: Mapping[int, Doubles]
    top_columns: Positions | None
    metrics: Metrics
    warnings: tuple[AdaptationWarning, ...]


def score(
    model: AnomalyModel, table: Table, options: ScoringOptions = ScoringOptions(), progress: Progress = no_progress
) -> Scores:
    """Score the rows of a table.

    Raises:
        InvalidInput: no column in common, a column of the wrong kind, a layer outside the range, or with `strict`
            a missing column or an unseen level.
        NotSupported: the detector has no errors, no reconstruction or no hidden layers.
        Cancelled: by `progress`.

    """
    _check(model, options)
    adapter = Adapter(model.expansion, table, strict=options.strict)
    needs_errors = options.squared_errors or options.top > 0
    wanted = Wanted(needs_errors, options.reconstruction, options.layers)
    found = _Found(model, table.rows, wanted)
    for rows, status, examined in _examined(model, adapter, wanted):
        progress(rows.start / table.rows)
        found.add(rows, status, examined)
    progress(1.0)
    return found.scores(options, adapter.warnings)


def _examined(model: AnomalyModel, adapter: Adapter, wanted: Wanted) -> Iterator[tuple[slice, Statuses, Examined]]:
    """Yield what is found block by block, in order; of many rows, the next blocks are examined meanwhile."""
    if adapter.rows < THREADED_ROWS:
        for rows, block, status in adapter.blocks():
            yield rows, status, model.scorer.examine(block, wanted)
        return
    ahead: deque[tuple[slice, Statuses, Future[Examined]]] = deque()
    with ThreadPoolExecutor(THREADS, "scoring") as pool:
        for rows, block, status in adapter.blocks():
            ahead.append((rows, status, pool.submit(model.scorer.examine, block, wanted)))
            if len(ahead) > THREADS:
                yield _awaited(*ahead.popleft())
        while ahead:
            yield _awaited(*ahead.popleft())


def _awaited(rows: slice, status: Statuses, examined: Future[Examined]) -> tuple[slice, Statuses, Examined]:
    return rows, status, examined.result()


def _check(model: AnomalyModel, options: ScoringOptions) -> None:
    name, scorer = model.origin.detector, model.scorer
    check_layers(options.layers, scorer.layers, detector=name)
    if not scorer.reconstructs and (options.squared_errors or options.reconstruction or options.top):
        raise NotSupported(f"{name} gives a score a row, but no errors by column and no reconstruction")


class _Found:
    """Arrays of all rows, filled block by block."""

    def __init__(self, model: AnomalyModel, rows: int, wanted: Wanted) -> None:
        self._model, width = model, model.expansion.width
        self._score = np.empty(rows)
        self._status = np.empty(rows, np.uint8)
        self._errors = np.empty((rows, width)) if wanted.squared_errors else None
        self._reconstruction = np.empty((rows, width)) if wanted.reconstruction else None
        self._features = {layer: np.empty((rows, model.scorer.layers[layer])) for layer in wanted.layers}

    def add(self, rows: slice, status: Statuses, examined: Examined) -> None:
        count = rows.stop - rows.start
        self._score[rows], self._status[rows] = examined.scores[:count], status
        targets = [(self._errors, examined.squared_errors), (self._reconstruction, examined.reconstruction)]
        targets += [(whole, examined.deep_features[layer]) for layer, whole in self._features.items()]
        flagged = status != OK
        if flagged.any():
            self._score[rows][flagged] = np.nan
        for whole, part in targets:
            if whole is not None and part is not None:
                whole[rows] = part[:, :count].T
                whole[rows][flagged] = np.nan

    def scores(self, options: ScoringOptions, warnings: tuple[AdaptationWarning, ...]) -> Scores:
        expansion, flagged = self._model.expansion, self._status != OK
        columns = None if self._errors is None else _by_column(self._errors, expansion)
        top = None if columns is None or not options.top else _top(columns, options.top)
        if self._reconstruction is not None:
            _to_units(self._reconstruction, expansion)
        return Scores(
            score=self._score,
            status=self._status,
            is_anomaly=flagged | (self._score > self._model.threshold),
            squared_errors=self._errors if options.squared_errors else None,
            column_errors=columns if options.squared_errors else None,
            reconstruction=self._reconstruction,
            deep_features=self._features,
            top_columns=top,
            metrics=_metrics(self._score, flagged, has_errors=self._model.scorer.reconstructs),
            warnings=warnings,
        )


def _by_column(errors: Doubles, expansion: Expansion) -> Doubles:
    return np.stack([errors[:, span].sum(axis=1) for span in expansion.spans], axis=1)


def _top(columns: Doubles, count: int) -> Positions:
    return np.argsort(-columns, axis=1, kind="stable")[:, :count]


def _to_units(reconstruction: Doubles, expansion: Expansion) -> None:
    numbers = reconstruction[:, expansion.numeric_start :]
    numbers /= np.array([spec.scale for spec in expansion.numeric()])
    numbers += np.array([spec.mean for spec in expansion.numeric()])


def _metrics(scores: Doubles, flagged: npt.NDArray[np.bool_], *, has_errors: bool) -> Metrics:
    known = scores[~flagged]
    mean = float(known.mean()) if len(known) else None
    mse = mean if has_errors else None
    return Metrics(len(scores), int(flagged.sum()), mean, mse, None if mse is None else float(np.sqrt(mse)))
