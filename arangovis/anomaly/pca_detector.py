"""Principal components: a row is as anomalous as it lies far from the plane of the normal ones.

Written as a linear network with one hidden layer, it is scored and exported by the same code as the autoencoder.
"""

from collections.abc import Mapping
from typing import cast

import numpy as np

from arangovis.anomaly.base import COMMON, Detector, Progress, Samples
from arangovis.anomaly.engines import engine_name
from arangovis.anomaly.network import LINEAR, Network, network_from, network_state
from arangovis.domain.errors import NotSupported
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["PARAMETERS", "PcaDetector"]

PARAMETERS = ParameterSet(
    (
        Parameter("k", int, 10, "Components, at most one less than there are slots and rows.", 1, 4096),
        *COMMON,
    )
)


class PcaDetector(Detector):
    """The squared error of the projection on the first components. The seed decides only what is held out."""

    name = "pca"
    parameters = PARAMETERS
    algorithm_version = 1

    def engine(self) -> str:
        """Return the library and its version."""
        return engine_name("numpy")

    def fit(self, samples: Samples, parameters: Mapping[str, Scalar], *, seed: int, progress: Progress) -> ArrayBundle:
        """Find the components.

        Raises:
            NotSupported: there is one slot only.

        """
        del seed
        rows = samples.training
        count = min(cast("int", parameters["k"]), rows.shape[1] - 1, len(rows) - 1)
        if count < 1:
            raise NotSupported("pca needs at least two slots: with one it would give back every row as it is")
        progress(0.0)
        mean = rows.mean(axis=0)
        _, _, directions = np.linalg.svd(rows - mean, full_matrices=False)
        components = directions[:count]
        # A direction and its opposite are equally good: the largest entry is made positive, for stable features.
        largest = np.abs(components).argmax(axis=1)
        components = components * np.where(components[np.arange(count), largest] < 0, -1.0, 1.0)[:, None]
        progress(1.0)
        return network_state(Network((components, components.T.copy()), (-components @ mean, mean), LINEAR))

    def scorer(self, state: ArrayBundle, *, width: int) -> Network:
        """Return the linear network."""
        return network_from(state, width=width)
