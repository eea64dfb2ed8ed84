"""umap-learn, and nothing of ours: the only module that imports it.

Two things are done differently from a plain `umap.UMAP(...).fit(rows)`, both so that results are exact, finite and can
be stored without pickle: neighbours are always given, never searched by the library; and rows at the largest possible
distance from all others are kept in the layout instead of getting NaN coordinates.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import ArangovisError, ComputeFailed, MissingExtra
from arangovis.projections.base import Matrix, Neighbours, Progress

__all__ = ["Layout", "Settings", "fit", "transform"]

_LEARNING_RATE = 1.0
_SPREAD = 1.0
_SEED_MAX = 2**32
_MESSAGE_LENGTH_MAX = 300

# Only the first placing of more than 2 * n_components separate groups asks for the metric again, and only these
# are defined on the centres of groups without further arguments.
_CENTRE_METRICS = frozenset({"euclidean", "manhattan", "chebyshev", "canberra", "cosine", "correlation"})

_EXPECTED_WARNINGS = (
    r"precomputed_knn\[2\] \(knn_search_index\) is not an NNDescent object",
    r"gradient function is not yet implemented",
    r"Tensorflow not installed",
    r"Spectral initialisation failed",
    r"Graph is not fully connected, spectral embedding may not work",
    r"ARPACK has failed, falling back to LOBPCG",
    r"Exited (at iteration|postprocessing)",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the library is asked for. `n_neighbours` counts the row itself, as the library does."""

    metric: str
    min_dist: float
    n_components: int
    n_neighbours: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A fit: coordinates float32 (n, n_components), curve a and b, local scales float32 (n,)."""

    coordinates: Matrix
    a: float
    b: float
    rhos: npt.NDArray[np.float32]
    sigmas: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted layout with the rows it was fitted on and the settings it was fitted with."""

    rows: Matrix
    layout: Layout
    settings: Settings


def fit(matrix: Matrix, neighbours: Neighbours, *, settings: Settings, seed: int, progress: Progress) -> Layout:
    """Lay out the rows. `neighbours` holds at least n_neighbours - 1 of each row.

    Raises:
        ComputeFailed: the library raised.

    """
    with _library() as umap:
        a, b = umap.umap_.find_ab_params(_SPREAD, settings.min_dist)
        model = umap.UMAP(
            **_arguments(settings, seed=seed, progress=progress),
            a=a,
            b=b,
            precomputed_knn=_with_itself(neighbours, settings),
        ).fit(matrix)
        coordinates = np.asarray(model.embedding_, dtype=np.float32)
        _check_finite(coordinates)
        inner = vars(model)
        return Layout(coordinates, float(a), float(b), inner["_rhos"], inner["_sigmas"])


def transform(fitted: Model, matrix: Matrix, *, nearest: Neighbours, seed: int, progress: Progress) -> Matrix:
    """Place new rows in a layout. `nearest` are the n_neighbours nearest fitted rows of each.

    Raises:
        ComputeFailed: the library raised.

    """
    with _library() as umap:
        layout = fitted.layout
        model = umap.UMAP(**_arguments(fitted.settings, seed=seed, progress=progress))
        # The library restores a fitted model only by pickle; this is what its `transform` reads of one.
        vars(model).update(
            _raw_data=fitted.rows,
            _input_hash=None,
            embedding_=layout.coordinates,
            _a=layout.a,
            _b=layout.b,
            _n_neighbors=fitted.settings.n_neighbours,
            _initial_alpha=_LEARNING_RATE,
            _disconnection_distance=np.inf,
            _sparse_data=False,
            _small_data=False,
            _knn_search_index=_SearchIndex(nearest),
        )
        coordinates = np.asarray(model.transform(matrix), dtype=np.float32)
        _check_finite(coordinates)
        return coordinates


class _SearchIndex:
    """Neighbours already found, in the shape in which the library asks its own index."""

    _angular_trees = False

    def __init__(self, nearest: Neighbours) -> None:
        self._nearest = nearest

    def query(
        self,
        rows: Matrix,  # noqa: ARG002 - those whose neighbours were found
        k: int,
        epsilon: float,  # noqa: ARG002 - concerns approximate search
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return positions and distances of the k nearest fitted rows."""
        return self._nearest.indices[:, :k].astype(np.int32), self._nearest.distances[:, :k]


class _EpochReport:
    """A text stream that hears the library's progress bar and passes it on as a fraction."""

    _count = re.compile(r"(\d+)/(\d+)")

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def write(self, text: str) -> int:
        if found := self._count.search(text):
            self._progress(int(found[1]) / int(found[2]))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def _arguments(settings: Settings, *, seed: int, progress: Progress) -> dict[str, object]:
    return {
        "n_neighbors": settings.n_neighbours,
        "n_components": settings.n_components,
        "min_dist": settings.min_dist,
        "spread": _SPREAD,
        "learning_rate": _LEARNING_RATE,
        "metric": settings.metric if settings.metric in _CENTRE_METRICS else "euclidean",
        "disconnection_distance": np.inf,
        "random_state": seed % _SEED_MAX,
        "transform_seed": seed % _SEED_MAX,
        "n_jobs": 1,
        "tqdm_kwds": {
            "disable": False,
            "file": _EpochReport(progress),
            "bar_format": "{n_fmt}/{total_fmt}",
            "mininterval": 0.1,
            "miniters": 1,
        },
    }


def _with_itself(neighbours: Neighbours, settings: Settings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    # The library counts each row as its own first neighbour.
    rows, others = len(neighbours.indices), settings.n_neighbours - 1
    indices = np.column_stack([np.arange(rows), neighbours.indices[:, :others]])
    distances = np.column_stack([np.zeros(rows, np.float32), neighbours.distances[:, :others]])
    return np.ascontiguousarray(indices, np.int64), np.ascontiguousarray(distances, np.float32)


@contextmanager
def _library() -> Iterator[ModuleType]:
    """Import the library, keep its expected warnings down, give its thread count back, wrap what it raises."""
    with warnings.catch_warnings():
        for message in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        try:
            import numba
            import umap
        except ModuleNotFoundError as error:
            raise MissingExtra("umap-learn is not installed; install arangovis[projections]") from error
        threads = numba.get_num_threads()
        try:
            yield umap
        except ArangovisError:
            raise
        except Exception as error:
            raise ComputeFailed(f"umap-learn: {str(error)[:_MESSAGE_LENGTH_MAX]}") from error
        finally:
            numba.set_num_threads(threads)


def _check_finite(coordinates: Matrix) -> None:
    if not np.isfinite(coordinates).all():
        raise ComputeFailed("umap-learn: the layout has coordinates that are not finite")
