"""Dense networks that give back what they are given: the autoencoder, and principal components as a linear one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from arangovis.anomaly.base import Examined, Wanted, array_of
from arangovis.anomaly.frame import Doubles
from arangovis.domain.errors import IntegrityError
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["LINEAR", "RECTIFIER", "TANH", "Network", "network_from", "network_state"]

TANH, RECTIFIER, LINEAR = "Tanh", "Rectifier", "Linear"
ACTIVATIONS = (TANH, RECTIFIER, LINEAR)

ONE_THREAD_PRODUCTS = 250_000
"""Matrix products up to this many multiplications are computed by one thread. Larger ones wake the threads of the BLAS,
which on a busy machine wait for each other several times longer than the product takes."""
_PART_ROWS_MIN = 64


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Weights (out, in) and biases (out,) of each layer; the activation follows every layer, the last one too."""

    weights: tuple[Doubles, ...]
    biases: tuple[Doubles, ...]
    activation: str

    @property
    def reconstructs(self) -> bool:
        """Always: the last layer is as wide as the first."""
        return True

    @property
    def layers(self) -> tuple[int, ...]:
        """The units of each hidden layer."""
        return tuple(len(biases) for biases in self.biases[:-1])

    def outputs(self, block: Doubles) -> Iterator[Doubles]:
        """Yield what each layer makes of a block (slots, n), the reconstruction last."""
        values = block
        for weights, biases in zip(self.weights, self.biases, strict=True):
            values = weights @ values
            values += biases[:, None]
            if self.activation == TANH:
                np.tanh(values, out=values)
            elif self.activation == RECTIFIER:
                np.maximum(values, 0.0, out=values)
            yield values

    def examine(self, block: Doubles, wanted: Wanted) -> Examined:
        """Score a block by its mean squared error over all slots."""
        rows = block.shape[1]
        scores = np.empty(rows)
        errors = np.empty_like(block) if wanted.squared_errors else None
        reconstruction = np.empty_like(block) if wanted.reconstruction else None
        features = {layer: np.empty((self.layers[layer], rows)) for layer in wanted.layers}
        step = self._part_rows()
        for part in (slice(start, start + step) for start in range(0, rows, step)):
            values = given = block[:, part]
            for layer, values in enumerate(self.outputs(given)):
                if layer in features:
                    features[layer][:, part] = values
            if reconstruction is not None:
                reconstruction[:, part] = values
            values -= given
            values *= values
            values.mean(axis=0, out=scores[part])
            if errors is not None:
                errors[:, part] = values
        return Examined(scores, errors, reconstruction, features)

    def _part_rows(self) -> int:
        """Return how many rows go through the layers at once."""
        largest = max(weights.size for weights in self.weights)
        return max(_PART_ROWS_MIN, ONE_THREAD_PRODUCTS // largest // _PART_ROWS_MIN * _PART_ROWS_MIN)


def network_state(network: Network, **more: Doubles) -> ArrayBundle:
    """Return a network as arrays, and further arrays beside them."""
    arrays = {f"weights_{i}": weights for i, weights in enumerate(network.weights)}
    arrays |= {f"biases_{i}": biases for i, biases in enumerate(network.biases)}
    return ArrayBundle({**arrays, **more}, {"activation": network.activation, "layers": len(network.weights)})


def network_from(state: ArrayBundle, *, width: int) -> Network:
    """Return the network that `network_state` wrote.

    Raises:
        IntegrityError: the arrays do not make one that takes and gives `width` slots.

    """
    activation, count = state.facts.get("activation"), state.facts.get("layers")
    if activation not in ACTIVATIONS or not isinstance(count, int) or not 0 < count <= len(state.arrays):
        raise IntegrityError("the stored detector is not a network")
    weights = tuple(array_of(state, f"weights_{i}", dimensions=2) for i in range(count))
    biases = tuple(array_of(state, f"biases_{i}", dimensions=1) for i in range(count))
    sizes = (width, *(len(b) for b in biases))
    if sizes[-1] != width or any(w.shape != (sizes[i + 1], sizes[i]) for i, w in enumerate(weights)):
        raise IntegrityError("the layers of the stored network do not fit each other")
    return Network(weights, biases, str(activation))
