"""The data: rows of breast cancer drawn again with some noise, 30 columns of numbers."""

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer

from arangovis.anomaly.frame import NumericColumn, Table

HIDDEN = [20, 10, 20]
EPOCHS = 10


def matrix(rows: int) -> npt.NDArray[np.float64]:
    """Return rows by 30 columns, the same every time."""
    data = load_breast_cancer().data
    random = np.random.default_rng(7)
    picked = random.integers(0, len(data), rows)
    return np.asarray(data[picked] + random.normal(size=(rows, 30)) * data.std(axis=0) * 0.05)


def table(rows: npt.NDArray[np.float64]) -> Table:
    """Return the rows as columns."""
    return Table.of(*(NumericColumn(f"c{i}", np.ascontiguousarray(rows[:, i])) for i in range(rows.shape[1])))
