"""Training: a table becomes a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from arangovis.anomaly.adapting import Adapter
from arangovis.anomaly.base import Detector, Progress, RowScorer, Samples, Wanted, no_progress
from arangovis.anomaly.expansion import learn
from arangovis.anomaly.frame import Doubles, Table
from arangovis.anomaly.model import AnomalyModel, Origin, TrainingMetrics
from arangovis.anomaly.registry import complete_parameters, detector
from arangovis.domain.errors import NoData, NotSupported, TooLarge
from arangovis.domain.json import JsonValue, Scalar

__all__ = ["CELLS_MAX", "ROWS_MIN", "TrainingOptions", "held_out_scores", "train"]

ROWS_MIN = 10
CELLS_MAX = 200_000_000
"""Rows by slots; they are held in memory as float64."""

_FITTED = 0.9
_MARGIN = 1e-6
_LEAST_THRESHOLD = 1e-24
"""Where nothing is wrong with held-out rows, what is left is the square of a rounding error."""
_SCORED_ROWS = 2048
MEASURED_ROWS_MAX = 10_000
"""Rows of each part that are scored after training, evenly taken; a quantile of so many is settled."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """Which detector, with which parameters (those left out at their defaults), and the seed of all chance."""

    detector: str = "autoencoder"
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    seed: int = 0


def train(table: Table, options: TrainingOptions, progress: Progress = no_progress) -> AnomalyModel:
    """Learn from a table what is normal. Same arguments, same arrays.

    Some rows are held out; a quantile of their scores is the threshold.

    Raises:
        InvalidInput: no such detector or parameter, or a number that is not trained on.
        NoData: the table has no rows.
        NotSupported: it has less than ROWS_MIN, no column that varies, or does not suit the detector.
        TooLarge: more than CELLS_MAX cells in the expanded space.
        ComputeFailed: the training diverged.
        Cancelled: by `progress`.

    """
    parameters = complete_parameters(options.detector, options.parameters)
    chosen = detector(options.detector)
    _check_rows(table.rows)
    expansion = learn(table, ignore_constant=bool(parameters["ignore_const_cols"]))
    if table.rows * expansion.width > CELLS_MAX:
        raise TooLarge(f"{table.rows} rows of {expansion.width} slots are more than {CELLS_MAX} cells")
    rows = Adapter(expansion, table).matrix()
    samples = _split(rows, share=cast("float", parameters["holdout"]), seed=options.seed)
    state = chosen.fit(samples, parameters, seed=options.seed, progress=lambda done: progress(_FITTED * done))
    scorer = chosen.scorer(state, width=expansion.width)
    held_out, training = (_scores(scorer, _some(rows)) for rows in (samples.held_out, samples.training))
    threshold = _threshold(held_out, cast("float", parameters["threshold_quantile"]))
    counts = len(samples.training), len(samples.held_out)
    metrics = TrainingMetrics(*counts, float(training.mean()), float(held_out.mean()))
    progress(1.0)
    return AnomalyModel(_origin(chosen, parameters, options.seed), expansion, state, threshold, metrics)


def held_out_scores(model: AnomalyModel, table: Table) -> Doubles:
    """Return the scores of the rows that training held out of this very table, up to MEASURED_ROWS_MAX, float64 (n,).

    They are what the threshold was taken from; what a detector gives later is compared with them.
    """
    rows = Adapter(model.expansion, table).matrix()
    samples = _split(rows, share=cast("float", model.origin.parameters["holdout"]), seed=model.origin.seed)
    return _scores(model.scorer, _some(samples.held_out))


def _check_rows(rows: int) -> None:
    if not rows:
        raise NoData("the training data have no rows")
    if rows < ROWS_MIN:
        raise NotSupported(f"a detector is trained on at least {ROWS_MIN} rows, there are {rows}")


def _split(rows: Doubles, *, share: float, seed: int) -> Samples:
    order = np.random.default_rng(seed).permutation(len(rows))
    count = max(1, round(share * len(rows)))
    return Samples(rows[np.sort(order[count:])], rows[np.sort(order[:count])])


def _threshold(scores: Doubles, quantile: float) -> float:
    """Return a number just above a score that was seen, so that no rounding tips the row that it came from."""
    return max(float(np.quantile(scores, quantile, method="higher")) * (1.0 + _MARGIN), _LEAST_THRESHOLD)


def _some(rows: Doubles) -> Doubles:
    return rows[:: -(-len(rows) // MEASURED_ROWS_MAX)]


def _scores(scorer: RowScorer, rows: Doubles) -> Doubles:
    starts = range(0, len(rows), _SCORED_ROWS)
    blocks = (np.ascontiguousarray(rows[start : start + _SCORED_ROWS].T) for start in starts)
    return np.concatenate([scorer.examine(block, Wanted()).scores for block in blocks])


def _origin(chosen: Detector, parameters: Mapping[str, Scalar], seed: int) -> Origin:
    return Origin(chosen.name, parameters, seed, chosen.engine(), chosen.algorithm_version)
