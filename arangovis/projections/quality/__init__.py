"""How faithful a plot is: measures of a projection against the rows it shows, as functions of arrays.

| measure | best | worst | what it sees | cost |
|---|---|---|---|---|
| `global_score` | 1 | 0 | what a linear map restores of the rows | n d^2 |
| `sammon_error`, `sammon_error_scale_fitted` | 0 | - | distances, small ones most | pairs, sampled above 1,500 rows |
| `auc_rnx`, `q_nx`, `r_nx`, `lcmc_max` | 1 | 0 | neighbourhoods of every size | rows x n log n; sampled above 2,000 |
| `trustworthiness`, `continuity` | 1 | 0 | neighbourhoods of k = 15 | the same pass |
| `spearman_distances` | 1 | -1 | the order of distances | pairs of 1,500 rows |
| `triplet_accuracy` | 1 | 0.5 | which of two is nearer | 100,000 triplets |
| `local_trustworthiness` | 1 | - | the same, point by point | n^2 d; to 20,000 rows |
| `knn_accuracy`, `svc_accuracy` | 1 | 0 | labels apart | classifiers on 3,000 points |
| `clustering_ari`, `clustering_ami` | 1 | 0 | labels as clusters | k-means |
| `stability_score` | 0 | - | the same picture again | three fits of a tenth |
| `msid` | 0 | - | intrinsic shape | exact to 2,000 rows, else estimated |

Every sample is drawn by `seed`. `legacy_` names are formulas of hydro-visualization that are not what they are called.
"""

from arangovis.projections.quality.distances import spearman_distances, triplet_accuracy
from arangovis.projections.quality.evaluation import (
    DEFAULT_METRICS,
    HYDRO_METRICS,
    Layout,
    QualityMetric,
    evaluate,
    metric_name,
    with_default,
)
from arangovis.projections.quality.facts import QUALITY_FACTS, QualityFacts
from arangovis.projections.quality.labels import (
    Clustering,
    agreement,
    clustering,
    clustering_ami,
    clustering_ari,
    knn_accuracy,
    svc_accuracy,
)
from arangovis.projections.quality.linear import global_score
from arangovis.projections.quality.local import LOCAL_ROWS_MAX, local_trustworthiness
from arangovis.projections.quality.ranks import (
    Ranks,
    auc_rnx,
    continuity,
    lcmc_max,
    q_nx,
    r_nx,
    ranks,
    trustworthiness,
)
from arangovis.projections.quality.spectrum import msid
from arangovis.projections.quality.stability import mean_displacement, stability_score
from arangovis.projections.quality.stress import (
    ALL_PAIRS_ROWS_MAX,
    Sammon,
    legacy_sammon_error,
    sammon,
    sammon_error,
    sammon_error_scale_fitted,
)

__all__ = [
    "ALL_PAIRS_ROWS_MAX",
    "DEFAULT_METRICS",
    "HYDRO_METRICS",
    "LOCAL_ROWS_MAX",
    "QUALITY_FACTS",
    "Clustering",
    "Layout",
    "QualityFacts",
    "QualityMetric",
    "Ranks",
    "Sammon",
    "agreement",
    "auc_rnx",
    "clustering",
    "clustering_ami",
    "clustering_ari",
    "continuity",
    "evaluate",
    "global_score",
    "knn_accuracy",
    "lcmc_max",
    "legacy_sammon_error",
    "local_trustworthiness",
    "mean_displacement",
    "metric_name",
    "msid",
    "q_nx",
    "r_nx",
    "ranks",
    "sammon",
    "sammon_error",
    "sammon_error_scale_fitted",
    "spearman_distances",
    "stability_score",
    "svc_accuracy",
    "triplet_accuracy",
    "trustworthiness",
    "with_default",
]
