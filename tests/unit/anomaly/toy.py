"""The small model whose scores are written down; worked out once with another scorer of the same rules."""

import numpy as np

from arangovis.anomaly.expansion import ColumnSpec, Expansion
from arangovis.anomaly.frame import CATEGORICAL, NUMERIC, CategoricalColumn, NumericColumn, Table
from arangovis.anomaly.model import AnomalyModel, Origin, TrainingMetrics
from arangovis.anomaly.network import TANH, Network, network_state

NETWORK = Network(
    (
        np.array([[0.5, -0.25, 0.1, 0.2, -0.3], [0.0, 0.4, -0.2, 0.6, 0.1]]),
        np.array([[0.3, -0.1], [0.2, 0.5], [-0.4, 0.25], [0.7, 0.0], [-0.2, 0.9]]),
    ),
    (np.array([0.1, -0.05]), np.array([0.0, 0.05, 0.0, -0.1, 0.2])),
    TANH,
)

EXPANSION = Expansion(
    (
        ColumnSpec("e", CATEGORICAL, levels=("a", "b")),
        ColumnSpec("n1", NUMERIC, mean=1.0, minimum=0.0, maximum=2.0),
        ColumnSpec("n2", NUMERIC, mean=20.0, minimum=15.0, maximum=25.0),
    )
)

MODEL = AnomalyModel(
    Origin("autoencoder", {"hidden": "2"}, 0, "by hand", 1),
    EXPANSION,
    network_state(NETWORK),
    0.25,
    TrainingMetrics(9, 1, 0.1, 0.1),
)

TABLE = Table.of(
    CategoricalColumn.of("e", ["a", "zzz", "b", None]),
    NumericColumn.of("n1", [2.0, 2.0, None, None]),
    NumericColumn.of("n2", [25.0, 25.0, 10.0, None]),
)
SCORES = [0.19211700163822548, 0.27889292605268967, 0.5046710394127472, 0.2622057929796272]
FEATURES = [
    [0.5005202112, 0.2913126125],
    [0.1488850336, 0.0996679946],
    [0.1488850336, 0.2449186624],
    [0.1973753202, -0.2449186624],
]
SLOTS = [[1, 0, 0, 0.5, 0.5], [0, 0, 1, 0.5, 0.5], [0, 1, 0, 0, -1], [0, 0, 1, 0, 0]]
FIRST_ERRORS = [0.7736304376, 0.0826148415, 0.0160517327, 0.0648919906, 0.0233960058]
