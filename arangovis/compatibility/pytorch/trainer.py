"""Training the points of a sweep with PyTorch: the old model is asked once a batch, the new one once a step."""

import copy
import hashlib
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn, optim

from arangovis.compatibility.evaluation import InstanceId, Split
from arangovis.compatibility.losses import Dissonance, Weighting
from arangovis.compatibility.pytorch.losses import compatibility_loss
from arangovis.compatibility.pytorch.models import answers, labels
from arangovis.compatibility.pytorch.weights import weights_of
from arangovis.compatibility.sweep import SPLITS, TRAIN, Point, Progress, SweepOptions, Trained
from arangovis.domain.errors import ComputeFailed, Fault, InvalidInput

RawBatch: TypeAlias = tuple[Sequence[InstanceId], Tensor, Tensor]
"""Ids, inputs and right answers, as BackwardCompatibilityML has them."""
Metric: TypeAlias = Callable[[nn.Module, Sequence[RawBatch], str], float]
"""A performance metric: (model, batches, device) -> number."""
MakeOptimizer: TypeAlias = Callable[..., optim.Optimizer]
"""An optimizer's class: (parameters, **arguments) -> optimizer."""


@dataclass(frozen=True)
class Batch:
    """Some rows of a data set on the device, and what the old model answers to them."""

    ids: tuple[InstanceId, ...]
    x: Tensor
    y: Tensor
    h1: Tensor


@dataclass(frozen=True)
class Models:
    """The old model, and the new one as every training begins with it.

    Args:
        h1: the old model; None if its answers are known.
        h2: the new model.
        device: where they are trained.
        optimizer: a class that is not among `torch.optim`; None for the one that the options name.

    """

    h1: nn.Module | None
    h2: nn.Module
    device: str = "cpu"
    optimizer: MakeOptimizer | None = None


class TorchTrainer:
    """Trains copies of the new model; see `arangovis.compatibility.sweep.Trainer`.

    Each data set is read once, and the old model answers each of its batches once, whatever the number of points.
    Points are trained one at a time and by one thread of PyTorch, so that their numbers are the same wherever they are
    trained.

    Args:
        options: what the sweep tries.
        models: the models.
        data: name of the split -> its batches; re-iterables such as a DataLoader are read once.
        metric: the performance metric; None for the accuracy.
        known: name of the split -> what the old model answers to all its rows, if that was asked before.

    """

    def __init__(
        self,
        options: SweepOptions,
        models: Models,
        data: Mapping[str, Iterable[RawBatch]],
        *,
        metric: Metric | None = None,
        known: Mapping[str, npt.NDArray[np.floating]] | None = None,
    ) -> None:
        self._options = options
        self._models = models
        self._metric = metric
        self._binary = options.loss(Dissonance.NEW_ERROR).binary
        _optimizer(options, models, models.h2)
        answered = known or {}
        with one_thread():
            self._data = {name: _batches(models, data[name], answered.get(name), self._binary) for name in SPLITS}

    def splits(self, *, by_batch: bool = False) -> dict[str, Split]:
        """Return both data sets with the old model's predictions; `by_batch` for scores averaged over batches."""
        return {name: self._split(name, batches, by_batch=by_batch) for name, batches in self._data.items()}

    def digest(self, name: str) -> str:
        """Return SHA-256, 64 hex digits, over ids, inputs, right answers and batches of a data set."""
        found = hashlib.sha256()
        for batch in self._data[name]:
            for tensor in (batch.x, batch.y):
                found.update(f"{tensor.dtype} {tuple(tensor.shape)} {list(batch.ids)!r}".encode())
                found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return found.hexdigest()

    def __call__(self, point: Point, progress: Progress) -> Trained:
        """Train a copy of the new model.

        Raises:
            Cancelled: `progress` said so.
            ComputeFailed: a loss was not finite.

        """
        with one_thread(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(point.seed)
            model = copy.deepcopy(self._models.h2).to(self._models.device)
            losses = self._train(model, point, progress)
            model.eval()
            predictions = {name: self._predicted(model, batches) for name, batches in self._data.items()}
            return Trained(predictions, self._performance(model), losses, weights_of(model))

    def _train(self, model: nn.Module, point: Point, progress: Progress) -> tuple[float, ...]:
        model.train()
        optimizer = _optimizer(self._options, self._models, model)
        epochs, losses = self._options.epochs, []
        for epoch in range(epochs):
            sums = [self._step(model, optimizer, batch, point) for batch in self._data[TRAIN]]
            losses.append(sum(sums) / max(1, len(sums)))
            progress((epoch + 1) / epochs)
        return tuple(losses)

    def _step(self, model: nn.Module, optimizer: optim.Optimizer, batch: Batch, point: Point) -> float:
        optimizer.zero_grad()
        kind = self._options.loss(point.dissonance)
        weighting = Weighting(point.lambda_c, self._options.normalize, self._options.pivot)
        answer = answers(model, batch.x, binary=self._binary)
        loss = compatibility_loss(kind, batch.h1, answer, batch.y, weighting)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise ComputeFailed(f"the loss became {value} at lambda_c {point.lambda_c}; try a smaller learning rate")
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch does not say
        optimizer.step()
        return value

    @torch.no_grad()
    def _predicted(self, model: nn.Module, batches: Sequence[Batch]) -> npt.NDArray[np.int64]:
        parts = [labels(answers(model, batch.x, binary=self._binary), pivot=self._options.pivot) for batch in batches]
        return _joined(parts)

    @torch.no_grad()
    def _performance(self, model: nn.Module) -> dict[str, float]:
        if self._metric is None:
            return {}
        raw = {name: [(list(b.ids), b.x, b.y) for b in batches] for name, batches in self._data.items()}
        return {name: float(self._metric(model, batches, self._models.device)) for name, batches in raw.items()}

    def _split(self, name: str, batches: Sequence[Batch], *, by_batch: bool) -> Split:
        classes = None if self._binary or not batches else tuple(range(batches[0].h1.shape[1]))
        return Split(
            ids=[key for batch in batches for key in batch.ids],
            truth=_joined([batch.y for batch in batches]),
            h1=_joined([labels(batch.h1, pivot=self._options.pivot) for batch in batches]),
            h1_performance=None if self._models.h1 is None else self._performance(self._models.h1).get(name),
            classes=classes,
            batch_ends=tuple(np.cumsum([len(batch.ids) for batch in batches]).tolist()) if by_batch else None,
        )


def in_batches(
    ids: Sequence[InstanceId], x: npt.NDArray[np.generic], y: npt.NDArray[np.generic], size: int
) -> list[RawBatch]:
    """Return rows in batches of `size`, the last one shorter."""
    inputs, truth = torch.from_numpy(x), torch.from_numpy(y)
    starts = range(0, len(ids), size)
    return [(ids[i : i + size], inputs[i : i + size], truth[i : i + size]) for i in starts]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread, and one caller at a time the random numbers of the process."""
    with _turn:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


_turn = threading.RLock()


def _start_afresh() -> None:
    """Forget in a forked process who had the turn in its parent: that thread does not live here."""
    global _turn  # noqa: PLW0603
    _turn = threading.RLock()


os.register_at_fork(after_in_child=_start_afresh)


@torch.no_grad()
def old_answers(h1: nn.Module, data: Iterable[RawBatch], *, binary: bool) -> npt.NDArray[np.floating]:
    """Return what the old model answers to all rows: log-probabilities (n, classes), or probabilities (n,)."""
    with one_thread():
        found = [batch.h1 for batch in _batches(Models(h1, h1), data, None, binary)]
    array: npt.NDArray[np.floating] = torch.cat(found).cpu().numpy()
    return array


@torch.no_grad()
def _batches(
    models: Models, data: Iterable[RawBatch], known: npt.NDArray[np.floating] | None, binary: bool
) -> list[Batch]:
    found, start, device = [], 0, models.device
    h1 = None if models.h1 is None else models.h1.to(device).eval()
    for ids, inputs, truth in data:
        x, y = torch.as_tensor(inputs, device=device), torch.as_tensor(truth, device=device)
        if known is not None:
            answer = torch.as_tensor(known[start : start + len(y)], device=device)
        elif h1 is not None:
            answer = answers(h1, x, binary=binary)
        else:
            raise InvalidInput.of(Fault("h1", "is needed where its answers are not known"))
        found.append(Batch(tuple(_plain(ids)), x, y, answer))
        start += len(y)
    return found


def optimizers() -> tuple[str, ...]:
    """Return the names of the optimizers that a sweep may use."""
    return tuple(name for name in sorted(vars(optim)) if _is_optimizer(getattr(optim, name)))


def _is_optimizer(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, optim.Optimizer) and found is not optim.Optimizer


def _optimizer(options: SweepOptions, models: Models, model: nn.Module) -> optim.Optimizer:
    if models.optimizer is None and options.optimizer not in optimizers():
        problem = f"{options.optimizer[:80]!r} is not one of {', '.join(optimizers())}"
        raise InvalidInput.of(Fault("optimizer", problem))
    make: MakeOptimizer = models.optimizer or getattr(optim, options.optimizer)
    try:
        found = make(model.parameters(), **options.optimizer_arguments)
    except (TypeError, ValueError) as error:
        raise InvalidInput.of(Fault("optimizer_arguments", str(error))) from error
    return found


def _plain(ids: Sequence[InstanceId] | Tensor) -> Sequence[InstanceId]:
    return ids.tolist() if isinstance(ids, Tensor) else ids


def _joined(parts: Sequence[Tensor]) -> npt.NDArray[np.int64]:
    if not parts:
        return np.empty(0, dtype=np.int64)
    joined: npt.NDArray[np.int64] = torch.cat(list(parts)).cpu().numpy().astype(np.int64)
    return joined
