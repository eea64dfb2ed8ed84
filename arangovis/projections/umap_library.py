"""umap-learn, and nothing of ours: the only module that imports it.

Neighbours and the start are always given, never searched by the library; and rows at the largest possible distance
from all others are kept in the layout instead of getting NaN coordinates.
"""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from arangovis.domain.errors import ArangovisError, ComputeFailed, MissingExtra
from arangovis.projections.base import Matrix, Progress
from arangovis.projections.umap_engines import Plan, Sketch

__all__ = ["lay_out"]

_SPREAD = 1.0
_SEED_MAX = 2**32
_MESSAGE_LENGTH_MAX = 300
_COMPILED = "NUMBA_CACHE_DIR"

_EXPECTED_WARNINGS = (
    r"precomputed_knn\[2\] \(knn_search_index\) is not an NNDescent object",
    r"gradient function is not yet implemented",
    r"Tensorflow not installed",
    r"Exited (at iteration|postprocessing)",
)


def lay_out(plan: Plan, progress: Progress) -> Sketch:
    """Lay out the rows.

    Raises:
        MissingExtra: the library is not installed.
        ComputeFailed: it raised.

    """
    with _library() as umap:
        a, b = umap.umap_.find_ab_params(_SPREAD, plan.min_dist)
        model = umap.UMAP(
            **_arguments(plan, progress), a=a, b=b, precomputed_knn=plan.with_themselves, init=_start(plan)
        ).fit(plan.rows, plan.labels)
        return Sketch(np.asarray(model.embedding_, dtype=np.float32), float(a), float(b))


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


@contextmanager
def _compiled_once(numba: Any) -> Iterator[None]:
    """Have numba keep what it compiles of a library imported meanwhile, where a process named a place for that.

    The library asks for it for some of its functions only; the others were compiled anew by every process, for seconds.
    """
    plain = numba.njit

    def kept(*arguments: object, **options: object) -> object:
        return plain(*arguments, **{"cache": True, **options})

    if _COMPILED in os.environ:
        numba.njit = kept
    try:
        yield
    finally:
        numba.njit = plain


def _start(plan: Plan) -> Matrix:
    return np.ascontiguousarray(plan.start, dtype=np.float32)


def _arguments(plan: Plan, progress: Progress) -> dict[str, object]:
    return {
        "n_neighbors": plan.neighbours.indices.shape[1] + 1,
        "n_components": plan.start.shape[1],
        "min_dist": plan.min_dist,
        "spread": _SPREAD,
        "disconnection_distance": np.inf,
        "random_state": plan.seed % _SEED_MAX,
        "n_jobs": 1,
        "target_weight": plan.label_weight,
        "densmap": plan.density_weight > 0,
        "dens_lambda": plan.density_weight,
        "tqdm_kwds": {
            "disable": False,
            "file": _EpochReport(progress),
            "bar_format": "{n_fmt}/{total_fmt}",
            "mininterval": 0.1,
            "miniters": 1,
        },
    }


@contextmanager
def _library() -> Iterator[ModuleType]:
    """Import the library, keep its expected warnings down, give its thread count back, wrap what it raises."""
    with warnings.catch_warnings():
        for message in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        try:
            import numba

            with _compiled_once(numba):
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
