"""Who is measured: each makes a layout of some rows, float32 (rows, 2), as its documentation begins.

A contender with `stored` has the neighbours of the rows beforehand, as a stored artifact of the service is.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from arangovis.projections.base import Matrix, Neighbours, no_progress
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.registry import projector

Fit: TypeAlias = Callable[[Matrix, Neighbours | None], Matrix]

STORED = 100
"""As many neighbours of each row as the service keeps."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to a layout."""

    fit: Fit
    stored: bool = False


def ours(method: str, **parameters: str) -> Fit:
    """Return a fit by one of our methods; neighbours that are not stored are searched as part of it."""

    def fit(rows: Matrix, stored: Neighbours | None) -> Matrix:
        chosen = projector(method)
        wanted = chosen.neighbours_needed(parameters, len(rows))
        found = stored or (nearest_neighbours(rows, wanted) if wanted else None)
        return chosen.fit(rows, parameters, neighbours=found, seed=0, progress=no_progress).coordinates

    return fit


def umap_learn(rows: Matrix, _: Neighbours | None) -> Matrix:
    """Fit by umap-learn, which searches neighbours itself."""
    warnings.simplefilter("ignore")
    import umap

    return np.asarray(umap.UMAP().fit(rows).embedding_)


def umap_learn_given(rows: Matrix, stored: Neighbours | None) -> Matrix:
    """Fit by umap-learn with its neighbours given."""
    warnings.simplefilter("ignore")
    import umap

    assert stored is not None
    own = np.arange(len(rows))[:, None]
    indices = np.hstack([own, stored.indices[:, :14]])
    distances = np.hstack([np.zeros((len(rows), 1), np.float32), stored.distances[:, :14]])
    return np.asarray(umap.UMAP(precomputed_knn=(indices, distances, None)).fit(rows).embedding_)


def open_tsne(rows: Matrix, _: Neighbours | None) -> Matrix:
    """Fit by openTSNE."""
    from openTSNE import TSNE

    return np.asarray(TSNE(random_state=0).fit(rows), dtype=np.float32)


def pacmap(rows: Matrix, _: Neighbours | None) -> Matrix:
    """Fit by PaCMAP of its authors."""
    warnings.simplefilter("ignore")
    from pacmap import PaCMAP

    return np.asarray(PaCMAP().fit_transform(rows), dtype=np.float32)


CONTENDERS: Mapping[str, Contender] = {
    "umap-learn": Contender(umap_learn),
    "umap-learn, neighbours given": Contender(umap_learn_given, stored=True),
    "umap": Contender(ours("umap")),
    "umap, stored neighbours": Contender(ours("umap"), stored=True),
    "densmap": Contender(ours("densmap")),
    "openTSNE": Contender(open_tsne),
    "tsne": Contender(ours("tsne")),
    "PaCMAP": Contender(pacmap),
    "pacmap": Contender(ours("pacmap")),
    "trimap": Contender(ours("trimap")),
    "pca": Contender(ours("pca")),
}
