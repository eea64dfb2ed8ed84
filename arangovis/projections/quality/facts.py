"""What each measure sees, declared once: documents, the list of methods and forms follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from arangovis.projections.quality.evaluation import QualityMetric

__all__ = ["QUALITY_FACTS", "QualityFacts"]


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """A measure of a plot.

    Args:
        sees: what it is about, in a few words.
        best: the value of a perfect plot.
        worst: that of a useless one; None where there is no limit.
        cost: `low` (well under a second on 5,000 rows), `middle` (seconds) or `high` (it fits the method again).
        labels: whether the rows need labels for it.

    """

    sees: str
    best: float
    worst: float | None
    cost: str = "low"
    labels: bool = False


_M = QualityMetric
QUALITY_FACTS: Mapping[QualityMetric, QualityFacts] = {
    _M.GLOBAL_SCORE: QualityFacts("what a linear map restores of the rows; 1 is as good as PCA", 1, 0),
    _M.SAMMON_ERROR: QualityFacts("distances, small ones most", 0, None),
    _M.AUC_SCORE: QualityFacts("neighbourhoods of every size; with labels also how well these can be told apart", 1, 0),
    _M.STABILITY_SCORE: QualityFacts("how far the same rows move when a part is fitted again", 0, None, cost="high"),
    _M.MSID: QualityFacts("intrinsic shape only; a good value alone says little", 0, None, cost="middle"),
    _M.CLUSTERING: QualityFacts("labels as clusters of the plot", 1, 0, cost="middle", labels=True),
    _M.AUC_RNX: QualityFacts("neighbourhoods of every size, small ones most", 1, 0),
    _M.TRUSTWORTHINESS: QualityFacts("whether those near in the plot are near among the rows (15 nearest)", 1, 0),
    _M.CONTINUITY: QualityFacts("whether those near among the rows stay near in the plot (15 nearest)", 1, 0),
    _M.LCMC_MAX: QualityFacts("neighbourhoods at the size where the plot keeps most", 1, 0),
    _M.SPEARMAN_DISTANCES: QualityFacts("the order of distances", 1, -1),
    _M.TRIPLET_ACCURACY: QualityFacts("which of two rows is nearer to a third; 0.5 is chance", 1, 0.5),
    _M.KNN_ACCURACY: QualityFacts("labels told by the nearest points", 1, 0, labels=True),
    _M.SVC_ACCURACY: QualityFacts("labels told by regions of the plot", 1, 0, cost="middle", labels=True),
    _M.LEGACY_SAMMON_ERROR: QualityFacts("the formula of hydro-visualization: neighbours in order of rows", 0, None),
}
"""Every measure that can be asked for."""
