"""Labelled real data in the known protocol: learn from 60 % of one class, tell the others apart from its rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.metrics import roc_auc_score

from arangovis.anomaly.frame import NumericColumn, Table
from arangovis.anomaly.scoring import score
from arangovis.anomaly.training import TrainingOptions, train
from arangovis.domain.json import JsonValue

LOADERS = {
    "cancer": (load_breast_cancer, [20, 10, 20]),
    "wine": (load_wine, [8, 4, 8]),
    "digits": (load_digits, [32, 16, 32]),
}


def table(rows: npt.NDArray[np.float64]) -> Table:
    return Table.of(*(NumericColumn(f"f{i}", np.ascontiguousarray(rows[:, i])) for i in range(rows.shape[1])))


@dataclass(frozen=True)
class Task:
    """What is normal, and rows to tell apart."""

    training: Table
    test: Table
    is_anomaly: npt.NDArray[np.bool_]
    hidden: list[int]

    def auc(self, detector: str, *, seed: int, parameters: Mapping[str, JsonValue]) -> float:
        model = train(self.training, TrainingOptions(detector, parameters, seed))
        return float(roc_auc_score(self.is_anomaly, score(model, self.test).score))

    def median_auc(self, detector: str, *, seeds: range, parameters: Mapping[str, JsonValue]) -> float:
        return median(self.auc(detector, seed=seed, parameters=parameters) for seed in seeds)


def task(name: str, normal_class: int) -> Task:
    load, hidden = LOADERS[name]
    data = load()
    normal = data.target == normal_class
    indices = np.flatnonzero(normal)
    np.random.default_rng(0).shuffle(indices)
    count = int(0.6 * len(indices))
    test = np.concatenate([indices[count:], np.flatnonzero(~normal)])
    return Task(table(data.data[indices[:count]]), table(data.data[test]), ~normal[test], hidden)


CANCER = [("cancer", 1)]
WINE = [("wine", label) for label in range(3)]
DIGITS = [("digits", label) for label in range(10)]
