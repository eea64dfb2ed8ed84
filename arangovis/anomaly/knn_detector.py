"""Nearest neighbours: a row is as anomalous as the most similar training rows are far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from arangovis.anomaly.base import COMMON, Detector, Examined, Progress, Samples, Wanted, array_of
from arangovis.anomaly.engines import engine_name
from arangovis.anomaly.frame import Doubles
from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["PARAMETERS", "KnnDetector", "Neighbours"]

PARAMETERS = ParameterSet(
    (
        Parameter("n_neighbors", int, 5, "Training rows that a row is compared with.", 1, 1000),
        Parameter("reference_rows_max", int, 10_000, "Training rows that are kept, drawn by chance.", 10, 100_000),
        *COMMON,
    )
)

_BATCH_ROWS = 256
_SPARE_CANDIDATES = 8
"""More candidates than neighbours are measured exactly: which are nearest is first estimated by a rounded formula."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Training rows (rows, slots), and how many of them are asked.

    The score is the mean over the k nearest of the squared distance, over the number of slots; the error of a slot is
    the mean of the k squared differences there; the reconstruction is the mean of the k.
    """

    rows: Doubles
    count: int

    @property
    def reconstructs(self) -> bool:
        """Always."""
        return True

    @property
    def layers(self) -> tuple[int, ...]:
        """None."""
        return ()

    def examine(self, block: Doubles, wanted: Wanted) -> Examined:
        """Score a block."""
        errors, means = np.empty_like(block), np.empty_like(block)
        for start in range(0, block.shape[1], _BATCH_ROWS):
            part = slice(start, start + _BATCH_ROWS)
            errors[:, part], means[:, part] = self._nearest(block[:, part])
        scores = errors.mean(axis=0)
        return Examined(scores, errors if wanted.squared_errors else None, means if wanted.reconstruction else None, {})

    def _nearest(self, block: Doubles) -> tuple[Doubles, Doubles]:
        """Return (mean squared differences, means) of the nearest, both (slots, n)."""
        rough = (self.rows**2).sum(axis=1)[:, None] - 2.0 * (self.rows @ block)
        candidates = min(self.count + _SPARE_CANDIDATES, len(self.rows))
        found = np.argpartition(rough, candidates - 1, axis=0)[:candidates]
        found.sort(axis=0)  # so that of equally near rows the first is taken
        near = self.rows[found]
        differences = near - block.T
        differences *= differences
        nearest = np.argsort(differences.sum(axis=2), axis=0, kind="stable")[: self.count, :, None]
        errors = np.take_along_axis(differences, nearest, axis=0).mean(axis=0)
        return errors.T, np.take_along_axis(near, nearest, axis=0).mean(axis=0).T


class KnnDetector(Detector):
    """The mean squared distance to the nearest training rows."""

    name = "knn"
    parameters = PARAMETERS
    algorithm_version = 1

    def engine(self) -> str:
        """Return the library and its version."""
        return engine_name("numpy")

    def fit(self, samples: Samples, parameters: Mapping[str, Scalar], *, seed: int, progress: Progress) -> ArrayBundle:
        """Keep training rows, in their order."""
        progress(0.0)
        rows, kept = samples.training, cast("int", parameters["reference_rows_max"])
        if len(rows) > kept:
            rows = rows[np.sort(np.random.default_rng(seed).choice(len(rows), kept, replace=False))]
        progress(1.0)
        return ArrayBundle({"rows": rows}, {"n_neighbors": min(cast("int", parameters["n_neighbors"]), len(rows))})

    def scorer(self, state: ArrayBundle, *, width: int) -> Neighbours:
        """Return the rows to compare with."""
        rows, count = array_of(state, "rows", dimensions=2), state.facts.get("n_neighbors")
        if rows.shape[1] != width or not isinstance(count, int) or not 0 < count <= len(rows):
            raise IntegrityError("the stored detector is not a set of training rows")
        return Neighbours(rows, count)
