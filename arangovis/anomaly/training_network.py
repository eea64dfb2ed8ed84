"""The training of a dense network by minibatches: Adam, one rise and fall of the rate, the best weights kept.

All weights lie in one array, so that a step of Adam is ten array operations however many layers there are.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.base import Progress, Samples
from arangovis.anomaly.frame import Doubles
from arangovis.anomaly.network import RECTIFIER, TANH, Network
from arangovis.domain.errors import ComputeFailed

__all__ = ["NetworkOptions", "TrainedNetwork", "train_network"]

Floats: TypeAlias = npt.NDArray[np.float32]
Layer: TypeAlias = tuple[Floats, Floats]
"""Weights (in, out) and biases (out,): views of one flat array."""

RISE = 0.7
"""The share of all steps in which the rate rises to its peak; units that take large steps early are soon saturated."""
LAST_RATE = 1e-3
"""The rate at the end, as a share of the peak."""
SPREAD = 1.6
"""First weights lie this much wider than is usual for tanh: slots are small, and a net that starts almost linear
stays at the error of principal components."""
REPORTS = 200
_ERROR_ROWS = 256
_DECAY_MEAN, _DECAY_SQUARE, _TINY = np.float32(0.9), np.float32(0.999), np.float32(1e-8)
_ONE = np.float32(1.0)


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """How to train; `stopping_rounds` passes without improvement of the held-out error end it, 0 never do."""

    hidden: tuple[int, ...]
    activation: str
    epochs: int
    mini_batch_size: int
    rate: float
    l1: float
    l2: float
    stopping_rounds: int
    stopping_tolerance: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainedNetwork:
    """The network, and (training error, held-out error) of each pass (passes, 2)."""

    network: Network
    history: Doubles


def train_network(samples: Samples, options: NetworkOptions, *, seed: int, progress: Progress) -> TrainedNetwork:
    """Train a network to give back the training rows. Same arguments, same bits.

    Raises:
        ComputeFailed: the error is no longer a finite number.
        Cancelled: by `progress`.

    """
    with np.errstate(all="ignore"):  # what goes astray is seen in the error
        return _Trainer(samples, options, np.random.default_rng(seed)).run(progress)


class _Trainer:
    """Weights, gradients, moments and buffers of one training."""

    def __init__(self, samples: Samples, options: NetworkOptions, random: np.random.Generator) -> None:
        self._options, self._random = options, random
        self._rows = np.ascontiguousarray(samples.training, dtype=np.float32)
        self._held_out = np.ascontiguousarray(samples.held_out, dtype=np.float32)
        width = int(self._rows.shape[1])
        self._sizes = (width, *options.hidden, width)
        self._batch = min(options.mini_batch_size, len(self._rows))
        count = sum(before * after + after for before, after in pairwise(self._sizes))
        self._weights, self._gradient, self._mean, self._square, self._spare = np.zeros((5, count), np.float32)
        self._layers, self._slopes = (list(_views(flat, self._sizes)) for flat in (self._weights, self._gradient))
        self._penalised = np.zeros(count, np.float32)
        for weights, _ in _views(self._penalised, self._sizes):
            weights[:] = 1.0
        self._values, self._deltas, self._spares = (
            [np.empty((self._batch, size), np.float32) for size in self._sizes] for _ in range(3)
        )
        self._step = 0
        self._steps = options.epochs * -(-len(self._rows) // self._batch)

    def run(self, progress: Progress) -> TrainedNetwork:
        for weights, _ in self._layers:
            bound = SPREAD * np.sqrt(6.0 / sum(weights.shape))
            weights[:] = self._random.uniform(-bound, bound, weights.shape)
        best, best_error, idle = self._weights.copy(), np.inf, 0
        history: list[tuple[float, float]] = []
        for _ in range(self._options.epochs):
            history.append((self._pass(progress), self._error(self._held_out)))
            if not np.isfinite(history[-1]).all():
                raise ComputeFailed("the training diverged: its error is not finite; a lower rate may help")
            idle += 1
            if history[-1][1] < best_error - self._options.stopping_tolerance:
                best[:], best_error, idle = self._weights, history[-1][1], 0
            if self._is_idle(idle):
                break
        self._weights[:] = best
        progress(1.0)
        return TrainedNetwork(_network(self._layers, self._options.activation), np.array(history))

    def _is_idle(self, passes: int) -> bool:
        """Say whether to stop: never while the rate still rises, when the error goes up and down."""
        rounds = self._options.stopping_rounds
        return bool(rounds) and passes >= rounds and self._step > RISE * self._steps

    def _pass(self, progress: Progress) -> float:
        """Go through all rows once and return their mean squared error on the way."""
        rows = len(self._rows)
        order = self._random.permutation(rows)
        total = 0.0
        every = max(1, self._steps // REPORTS)
        for start in range(0, rows, self._batch):
            if self._step % every == 0:
                progress(self._step / self._steps)
            total += self._learn(order[start : start + self._batch])
        return total / (rows * self._sizes[0])

    def _learn(self, picked: npt.NDArray[np.int64]) -> float:
        """Take one step on some rows and return the sum of their squared errors."""
        count = len(picked)
        values, deltas, spares = ([b[:count] for b in group] for group in (self._values, self._deltas, self._spares))
        self._rows.take(picked, axis=0, out=values[0])
        for index, (weights, biases) in enumerate(self._layers):
            after = np.matmul(values[index], weights, out=values[index + 1])
            after += biases
            self._activate(after)
        error = deltas[-1]
        np.subtract(values[-1], values[0], out=error)
        total = float(np.vdot(error, error))
        error *= np.float32(2.0 / (count * self._sizes[0]))
        self._propagate(values, deltas, spares)
        self._adam()
        return total

    def _propagate(self, values: list[Floats], deltas: list[Floats], spares: list[Floats]) -> None:
        """Turn the slope by the output, in `deltas[-1]`, into the slopes by all weights."""
        for index in reversed(range(len(self._layers))):
            after, delta = values[index + 1], deltas[index + 1]
            self._slope(after, spares[index + 1])
            delta *= spares[index + 1]
            by_weights, by_biases = self._slopes[index]
            np.matmul(values[index].T, delta, out=by_weights)
            np.add.reduce(delta, axis=0, out=by_biases)
            if index:
                np.matmul(delta, self._layers[index][0].T, out=deltas[index])

    def _activate(self, values: Floats) -> None:
        if self._options.activation == TANH:
            np.tanh(values, out=values)
        elif self._options.activation == RECTIFIER:
            np.maximum(values, np.float32(0.0), out=values)

    def _slope(self, values: Floats, out: Floats) -> None:
        """Write the slope of the activation where it gave `values`."""
        if self._options.activation == TANH:
            np.multiply(values, values, out=out)
            np.subtract(_ONE, out, out=out)
        else:
            np.greater(values, np.float32(0.0), out=out, casting="unsafe")

    def _adam(self) -> None:
        self._step += 1
        self._penalise()
        rate = self._rate(self._step / self._steps)
        rate *= float(np.sqrt(1.0 - 0.999**self._step) / (1.0 - 0.9**self._step))
        gradient, spare = self._gradient, self._spare
        self._mean *= _DECAY_MEAN
        np.multiply(gradient, _ONE - _DECAY_MEAN, out=spare)
        self._mean += spare
        self._square *= _DECAY_SQUARE
        np.multiply(gradient, gradient, out=spare)
        spare *= _ONE - _DECAY_SQUARE
        self._square += spare
        np.sqrt(self._square, out=spare)
        spare += _TINY
        np.divide(self._mean, spare, out=spare)
        spare *= np.float32(rate)
        self._weights -= spare

    def _penalise(self) -> None:
        if self._options.l2:
            self._gradient += np.float32(self._options.l2) * self._penalised * self._weights
        if self._options.l1:
            self._gradient += np.float32(self._options.l1) * self._penalised * np.sign(self._weights)

    def _rate(self, done: float) -> float:
        if done < RISE:
            return self._options.rate * done / RISE
        fall = 0.5 * (1.0 + math.cos(math.pi * (done - RISE) / (1.0 - RISE)))
        return self._options.rate * (LAST_RATE + (1.0 - LAST_RATE) * fall)

    def _error(self, rows: Floats) -> float:
        """Return the mean squared error of rows."""
        total = 0.0
        for start in range(0, len(rows), _ERROR_ROWS):
            given = values = rows[start : start + _ERROR_ROWS]
            for weights, biases in self._layers:
                values = values @ weights
                values += biases
                self._activate(values)
            values -= given
            total += float(np.vdot(values, values))
        return total / rows.size


def _views(flat: Floats, sizes: Sequence[int]) -> Iterator[Layer]:
    start = 0
    for before, after in pairwise(sizes):
        middle, end = start + before * after, start + before * after + after
        yield flat[start:middle].reshape(before, after), flat[middle:end]
        start = end


def _network(layers: Sequence[Layer], activation: str) -> Network:
    weights = tuple(np.ascontiguousarray(weights.T, dtype=np.float64) for weights, _ in layers)
    return Network(weights, tuple(biases.astype(np.float64) for _, biases in layers), activation)
