"""Labels: does the plot keep apart what has different ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections.quality.common import Table, sampled

ROWS_MAX = 3_000
"""Points that classifiers learn from; above, a seeded sample."""
FOLDS = 5
NEIGHBOURS = 5
LABELS_MAX = 100

Labels: TypeAlias = Sequence[str | int | float | bool | None] | npt.NDArray[np.int64]


def knn_accuracy(projected: Table, labels: Labels, *, seed: int = 0) -> float:
    """Return how often the 5 nearest points name a point's label: mean accuracy of 5 stratified folds, 0 to 1.

    Points without a label are left out.

    Raises:
        InvalidInput: points and labels differ in length.
        NotSupported: fewer than two labels have 5 points, or there are more than LABELS_MAX.

    """
    from sklearn.neighbors import KNeighborsClassifier

    return _accuracy(KNeighborsClassifier(NEIGHBOURS), projected, labels, seed)


def svc_accuracy(projected: Table, labels: Labels, *, seed: int = 0) -> float:
    """Return the mean accuracy of a support vector machine (RBF kernel, standardised points), as `knn_accuracy`."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return _accuracy(make_pipeline(StandardScaler(), SVC()), projected, labels, seed)


@dataclass(frozen=True, slots=True)
class Clustering:
    """How well clusters of the plot agree with labels: 0 is chance, 1 is best."""

    ari: float
    ami: float


def clustering(projected: Table, labels: Labels, *, seed: int = 0) -> Clustering:
    """Cluster the plot with k-means, one cluster a label, and compare.

    Adjusted Rand index (Hubert and Arabie 1985) and adjusted mutual information (Vinh et al. 2010).

    Raises:
        InvalidInput: points and labels differ in length.
        NotSupported: fewer than two labels have 5 points, or there are more than LABELS_MAX.

    """
    from sklearn.cluster import KMeans

    points, codes = _labelled(projected, labels)
    found = KMeans(int(codes.max()) + 1, n_init=10, random_state=seed).fit_predict(points)
    return agreement(codes, found)


def agreement(labels: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64]) -> Clustering:
    """Compare two ways to part the same points."""
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    return Clustering(float(adjusted_rand_score(labels, clusters)), float(adjusted_mutual_info_score(labels, clusters)))


def clustering_ari(projected: Table, labels: Labels, *, seed: int = 0) -> float:
    """Return `clustering(...).ari`."""
    return clustering(projected, labels, seed=seed).ari


def clustering_ami(projected: Table, labels: Labels, *, seed: int = 0) -> float:
    """Return `clustering(...).ami`."""
    return clustering(projected, labels, seed=seed).ami


def _accuracy(model: object, projected: Table, labels: Labels, seed: int) -> float:
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    points, codes = _labelled(projected, labels)
    rows = sampled(len(points), ROWS_MAX, seed)
    points, codes = points[rows], codes[rows]
    least = int(np.bincount(codes)[np.unique(codes)].min())
    folds = StratifiedKFold(max(2, min(FOLDS, least)), shuffle=True, random_state=seed)
    return float(np.mean(cross_val_score(model, points, codes, cv=folds)))


def _labelled(projected: Table, labels: Labels) -> tuple[Table, npt.NDArray[np.int64]]:
    """Return the points of labels that have at least FOLDS points, and the labels as numbers from 0."""
    if len(labels) != len(projected):
        raise InvalidInput(f"{len(labels)} labels cannot be compared with {len(projected)} points")
    texts = np.array(["" if label is None else str(label) for label in labels])
    names, codes, counts = np.unique(texts, return_inverse=True, return_counts=True)
    usable = (counts >= FOLDS) & (names != "")
    if usable.sum() < 2:
        raise NotSupported(f"fewer than two labels have {FOLDS} points")
    if usable.sum() > LABELS_MAX:
        raise NotSupported(f"there are {int(usable.sum())} labels, more than {LABELS_MAX}")
    kept = usable[codes]
    return projected[kept], np.unique(codes[kept], return_inverse=True)[1].astype(np.int64)
