"""All measures by name, with why one is skipped."""

from collections.abc import Callable, Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections.quality.common import Positions, Table, check_lengths
from arangovis.projections.quality.distances import spearman_distances, triplet_accuracy
from arangovis.projections.quality.labels import Labels, clustering, knn_accuracy, svc_accuracy
from arangovis.projections.quality.linear import global_score
from arangovis.projections.quality.local import local_trustworthiness
from arangovis.projections.quality.ranks import DEFAULT_K, Ranks, ranks
from arangovis.projections.quality.spectrum import msid
from arangovis.projections.quality.stability import Refit, stability_score
from arangovis.projections.quality.stress import legacy_sammon_error, sammon


class QualityMetric(StrEnum):
    """The names that clients may ask for, in the order in which they are evaluated."""

    GLOBAL_SCORE = "global_score"
    SAMMON_ERROR = "sammon_error"
    AUC_SCORE = "auc_score"
    STABILITY_SCORE = "stability_score"
    MSID = "msid"
    CLUSTERING = "clustering"
    AUC_RNX = "auc_rnx"
    TRUSTWORTHINESS = "trustworthiness"
    CONTINUITY = "continuity"
    LCMC_MAX = "lcmc_max"
    SPEARMAN_DISTANCES = "spearman_distances"
    TRIPLET_ACCURACY = "triplet_accuracy"
    KNN_ACCURACY = "knn_accuracy"
    SVC_ACCURACY = "svc_accuracy"
    LEGACY_SAMMON_ERROR = "legacy_sammon_error"


HYDRO_METRICS = tuple(QualityMetric)[:6]
"""The names of hydro-visualization."""
DEFAULT_METRICS = (
    QualityMetric.GLOBAL_SCORE,
    QualityMetric.AUC_RNX,
    QualityMetric.TRUSTWORTHINESS,
    QualityMetric.CONTINUITY,
    QualityMetric.SPEARMAN_DISTANCES,
)
"""What says most at low cost: of shape, of neighbourhoods at every scale and at one, of distances.

Every plot is measured by these, whichever clients name besides; by none if they ask for none.
"""
_OF_RANKS = {
    QualityMetric.AUC_SCORE,
    QualityMetric.AUC_RNX,
    QualityMetric.TRUSTWORTHINESS,
    QualityMetric.CONTINUITY,
    QualityMetric.LCMC_MAX,
}
"""Those that read `Layout.ranks`."""
_ALIASES = {"stability": QualityMetric.STABILITY_SCORE, "msid_score": QualityMetric.MSID}


def metric_name(text: str) -> QualityMetric:
    """Return the metric that a client means, in any of its spellings.

    Raises:
        InvalidInput: there is no such metric.

    """
    folded = text.lower()
    try:
        return _ALIASES.get(folded) or QualityMetric(folded)
    except ValueError:
        known = ", ".join(QualityMetric)
        raise InvalidInput(f"{text[:80]!r} is not one of the visualization metrics {known}") from None


def with_default(names: Iterable[str]) -> tuple[str, ...]:
    """Return the metrics that a plot is measured by: the default ones, and those named besides; none, if none are.

    Raises:
        InvalidInput: there is no such metric.

    """
    named = tuple(metric_name(name) for name in names)
    return tuple(dict.fromkeys(metric.value for metric in (*DEFAULT_METRICS, *named))) if named else ()


@dataclass(frozen=True)
class Layout:
    """What is measured.

    Args:
        original: the rows (n, d).
        projected: their points (n, m), in the same order.
        seed: of every sample.
        labels: of the rows, where there are any.
        refit: projects some of the rows anew, where the method can.
        neighbours: indices (n, k) of the nearest rows, where they are known.

    """

    original: Table
    projected: Table
    seed: int = 0
    labels: Labels | None = None
    refit: Refit | None = None
    neighbours: Positions | None = None

    @cached_property
    def ranks(self) -> Ranks:
        """The ranks that several measures read, compared once."""
        k = max(1, min(DEFAULT_K, (len(self.original) - 1) // 2))
        return ranks(self.original, self.projected, k=k, seed=self.seed)

    def local_trustworthiness(self) -> npt.NDArray[np.float32]:
        """Return that of each row, float32 (n,); see the function of this name.

        Raises:
            NotSupported: there are too few or too many rows.

        """
        if self.ranks.is_sampled:
            return local_trustworthiness(self.original, self.projected)
        return self.ranks.local_trustworthiness().astype(np.float32)


def evaluate(names: Iterable[str], layout: Layout) -> Mapping[str, float | str]:
    """Return each metric's value, or `skipped: ` and the reason, by its canonical name; some bring others along.

    Those that read the ranks of neighbours are computed beside the others, in a thread of their own.

    Raises:
        InvalidInput: there is no such metric, or the tables differ in length.

    """
    check_lengths(layout.original, layout.projected)
    asked = {metric_name(name) for name in names}
    with ThreadPoolExecutor(1, thread_name_prefix="quality") as beside:
        ranked = beside.submit(_evaluated, asked & _OF_RANKS, layout)
        found = {**_evaluated(asked - _OF_RANKS, layout), **ranked.result()}
    return {name: value for metric in QualityMetric if metric in asked for name, value in found[metric].items()}


def _evaluated(asked: Set[QualityMetric], layout: Layout) -> Mapping[QualityMetric, Mapping[str, float | str]]:
    return {metric: _values(metric, layout) for metric in asked}


def _values(metric: QualityMetric, layout: Layout) -> Mapping[str, float | str]:
    try:
        return _EVALUATIONS[metric](layout)
    except NotSupported as reason:
        return {metric.value: f"skipped: {reason.detail}"}


def _sammon(layout: Layout) -> Mapping[str, float]:
    found = sammon(layout.original, layout.projected, seed=layout.seed)
    return {"sammon_error": found.plain, "sammon_error_scale_fitted": found.scaled}


def _auc_score(layout: Layout) -> Mapping[str, float]:
    """Return the area that needs no labels, and with labels the two accuracies that the original's name stood for."""
    values = {"auc_score": layout.ranks.auc_rnx()}
    if layout.labels is None:
        return values
    try:
        accuracies = {
            "knn_acc": knn_accuracy(layout.projected, layout.labels, seed=layout.seed),
            "svc_acc": svc_accuracy(layout.projected, layout.labels, seed=layout.seed),
        }
    except NotSupported:  # labels that cannot be told apart leave the area as it is
        return values
    return {**values, **accuracies}


def _stability(layout: Layout) -> Mapping[str, float]:
    if layout.refit is None:
        raise NotSupported("the method cannot be fitted again here")
    return {"stability_score": stability_score(layout.projected, layout.refit, seed=layout.seed)}


def _msid(layout: Layout) -> Mapping[str, float]:
    return {"msid": msid(layout.original, layout.projected, seed=layout.seed, neighbours=(layout.neighbours, None))}


def _clustering(layout: Layout) -> Mapping[str, float]:
    found = clustering(layout.projected, _labels(layout), seed=layout.seed)
    return {
        "clustering_ari": found.ari,
        "clustering_ami": found.ami,
        "clustering_random_score": found.ari,
        "clustering_mutual_info": found.ami,
    }


def _labels(layout: Layout) -> Labels:
    if layout.labels is None:
        raise NotSupported("the rows have no labels")
    return layout.labels


def _one(name: QualityMetric, measure: Callable[[Layout], float]) -> Callable[[Layout], Mapping[str, float]]:
    return lambda layout: {name.value: measure(layout)}


_M = QualityMetric
_EVALUATIONS: Mapping[QualityMetric, Callable[[Layout], Mapping[str, float]]] = {
    _M.GLOBAL_SCORE: _one(_M.GLOBAL_SCORE, lambda of: global_score(of.original, of.projected)),
    _M.SAMMON_ERROR: _sammon,
    _M.AUC_SCORE: _auc_score,
    _M.STABILITY_SCORE: _stability,
    _M.MSID: _msid,
    _M.CLUSTERING: _clustering,
    _M.AUC_RNX: _one(_M.AUC_RNX, lambda of: of.ranks.auc_rnx()),
    _M.TRUSTWORTHINESS: _one(_M.TRUSTWORTHINESS, lambda of: of.ranks.trustworthiness()),
    _M.CONTINUITY: _one(_M.CONTINUITY, lambda of: of.ranks.continuity()),
    _M.LCMC_MAX: _one(_M.LCMC_MAX, lambda of: of.ranks.lcmc_max()),
    _M.SPEARMAN_DISTANCES: _one(
        _M.SPEARMAN_DISTANCES, lambda of: spearman_distances(of.original, of.projected, seed=of.seed)
    ),
    _M.TRIPLET_ACCURACY: _one(
        _M.TRIPLET_ACCURACY, lambda of: triplet_accuracy(of.original, of.projected, seed=of.seed)
    ),
    _M.KNN_ACCURACY: _one(_M.KNN_ACCURACY, lambda of: knn_accuracy(of.projected, _labels(of), seed=of.seed)),
    _M.SVC_ACCURACY: _one(_M.SVC_ACCURACY, lambda of: svc_accuracy(of.projected, _labels(of), seed=of.seed)),
    _M.LEGACY_SAMMON_ERROR: _one(_M.LEGACY_SAMMON_ERROR, lambda of: legacy_sammon_error(of.original, of.projected)),
}
