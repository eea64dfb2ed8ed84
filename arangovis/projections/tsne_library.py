"""openTSNE, and nothing of ours: the only module that imports it.

Neighbours are always given. One thread: more give the same layout bit for bit, and cost more than they save on two
cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import ArangovisError, ComputeFailed, MissingExtra
from arangovis.projections.base import Matrix, Neighbours, Progress

__all__ = ["FAR_ITERATIONS", "lay_out", "place"]

Doubles: TypeAlias = npt.NDArray[np.float64]

FAR_ITERATIONS, NEAR_ITERATIONS, PLACING_ITERATIONS = 250, 500, 250
"""With early exaggeration, after it, and for new rows."""

_REPORT_EVERY = 10
_PLACING_EXAGGERATION = 1.5
_PLACING_RATE = 0.1
_PLACING_GRADIENT_MAX = 0.25
_SEED_MAX = 2**32
_MESSAGE_LENGTH_MAX = 300


def lay_out(neighbours: Neighbours, start: Doubles, *, perplexity: float, seed: int, progress: Progress) -> Matrix:
    """Lay out rows from their neighbours and a start of small size, float64 (n, m).

    Raises:
        MissingExtra: the library is not installed.
        ComputeFailed: it raised.

    """
    with _library():
        from openTSNE import TSNE, affinity, nearest_neighbors

        index = nearest_neighbors.PrecomputedNeighbors(*_as_it_reads(neighbours))
        likeness = affinity.PerplexityBasedNN(knn_index=index, perplexity=perplexity, n_jobs=1)
        watch = _Watch(progress, FAR_ITERATIONS + NEAR_ITERATIONS)
        method = TSNE(
            n_components=start.shape[1],
            early_exaggeration_iter=FAR_ITERATIONS,
            n_iter=NEAR_ITERATIONS,
            negative_gradient_method=_gradient(*start.shape),
            n_jobs=1,
            random_state=seed % _SEED_MAX,
            callbacks=watch,
            callbacks_every_iters=_REPORT_EVERY,
        )
        found = method.fit(affinities=likeness, initialization=start.copy())
        watch.check()
        return np.asarray(found, dtype=np.float32)


def place(coordinates: Matrix, starts: Matrix, nearest: Neighbours, *, perplexity: float, progress: Progress) -> Matrix:
    """Place new rows, each alone, from their starts (r, m) among fitted coordinates (n, m).

    Raises:
        MissingExtra: the library is not installed.
        ComputeFailed: it raised.

    """
    with _library():
        from openTSNE import PartialTSNEEmbedding, TSNEEmbedding, affinity

        middle = (coordinates.max(axis=0) + coordinates.min(axis=0)) / 2
        # All that the library asks of how the fitted rows were likened is how many they are.
        fitted = TSNEEmbedding(coordinates - middle, SimpleNamespace(P=np.empty((len(coordinates), 0))))
        likeness = affinity.joint_probabilities_nn(
            *_as_it_reads(nearest),
            [perplexity],
            symmetrize=False,
            normalization="point-wise",
            n_reference_samples=len(coordinates),
            n_jobs=1,
        )
        method = _gradient(*coordinates.shape)
        placed = PartialTSNEEmbedding(starts - middle, fitted, P=likeness, n_jobs=1, negative_gradient_method=method)
        watch = _Watch(progress, PLACING_ITERATIONS)
        placed.optimize(
            n_iter=PLACING_ITERATIONS,
            learning_rate=_PLACING_RATE,
            exaggeration=_PLACING_EXAGGERATION,
            momentum=0.8,
            max_grad_norm=_PLACING_GRADIENT_MAX,
            inplace=True,
            callbacks=watch,
            callbacks_every_iters=_REPORT_EVERY,
        )
        watch.check()
        return np.asarray(placed + middle, dtype=np.float32)


@dataclass(slots=True)
class _Watch:
    """What the library calls between iterations. It stops on true, and what was raised is raised again after."""

    progress: Progress
    total: int
    done: int = 0
    raised: BaseException | None = None

    def __call__(self, iteration: int, error: float, embedding: Doubles) -> bool:  # noqa: ARG002 - as it calls
        self.done += _REPORT_EVERY
        try:
            self.progress(min(1.0, self.done / self.total))
        except ArangovisError as raised:
            self.raised = raised
        return self.raised is not None

    def check(self) -> None:
        if self.raised is not None:
            raise self.raised


def _gradient(rows: int, components: int) -> str:
    # Interpolation pays for many rows and exists for at most two dimensions.
    return "fft" if rows >= 10_000 and components <= 2 else "bh"


def _as_it_reads(neighbours: Neighbours) -> tuple[npt.NDArray[np.int64], Doubles]:
    return np.ascontiguousarray(neighbours.indices), np.ascontiguousarray(neighbours.distances, dtype=np.float64)


@contextmanager
def _library() -> Iterator[None]:
    """Wrap what the library raises."""
    try:
        import openTSNE  # noqa: F401 - to tell that it is missing before anything is computed
    except ModuleNotFoundError as error:
        raise MissingExtra("openTSNE is not installed; install arangovis[projections]") from error
    try:
        yield
    except ArangovisError:
        raise
    except Exception as error:
        raise ComputeFailed(f"openTSNE: {str(error)[:_MESSAGE_LENGTH_MAX]}") from error
