"""Training the points of a sweep with PyTorch: the old model is asked once a batch, the new one once a step."""

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
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


@dataclass(frozen=True)
class Batch:
    """Some rows of a data set on the device, and what the old model answers to them."""

    ids: tuple[InstanceId, ...]
    x: Tensor
    y: Tensor
    h1: Tensor


@dataclass(frozen=True)
class Models:
    """The old model, and the new one as every training begins with it."""

    h1: nn.Module
    h2: nn.Module
    device: str = "cpu"


class TorchTrainer:
    """Trains copies of the new model; see `arangovis.compatibility.sweep.Trainer`.

    Each data set is read once, and the old model answers each of its batches once, whatever the number of points.

    Args:
        options: what the sweep tries.
        models: the models.
        data: name of the split -> its batches; re-iterables such as a DataLoader are read once.
        metric: the performance metric; None for the accuracy.

    """

    def __init__(
        self,
        options: SweepOptions,
        models: Models,
        data: Mapping[str, Iterable[RawBatch]],
        *,
        metric: Metric | None = None,
    ) -> None:
        self._options = options
        self._models = models
        self._metric = metric
        self._binary = options.loss(Dissonance.NEW_ERROR).binary
        _optimizer(options, models.h2)
        models.h1.to(models.device).eval()
        self._data = {name: [self._batch(raw) for raw in data[name]] for name in SPLITS}

    def splits(self, *, by_batch: bool = False) -> dict[str, Split]:
        """Return both data sets with the old model's predictions; `by_batch` for scores averaged over batches."""
        return {name: self._split(name, batches, by_batch=by_batch) for name, batches in self._data.items()}

    def __call__(self, point: Point, progress: Progress) -> Trained:
        """Train a copy of the new model.

        Raises:
            Cancelled: `progress` said so.
            ComputeFailed: a loss was not finite.

        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(point.seed)
            model = copy.deepcopy(self._models.h2).to(self._models.device)
            losses = self._train(model, point, progress)
        model.eval()
        predictions = {name: self._predicted(model, batches) for name, batches in self._data.items()}
        return Trained(predictions, self._performance(model), losses, weights_of(model))

    def _train(self, model: nn.Module, point: Point, progress: Progress) -> tuple[float, ...]:
        model.train()
        optimizer = _optimizer(self._options, model)
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
    def _batch(self, raw: RawBatch) -> Batch:
        ids, x, y = raw
        device = self._models.device
        x, y = torch.as_tensor(x, device=device), torch.as_tensor(y, device=device)
        return Batch(tuple(_plain(ids)), x, y, answers(self._models.h1, x, binary=self._binary))

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
            h1_performance=self._performance(self._models.h1).get(name),
            classes=classes,
            batch_ends=tuple(np.cumsum([len(batch.ids) for batch in batches]).tolist()) if by_batch else None,
        )


def optimizers() -> tuple[str, ...]:
    """Return the names of the optimizers that a sweep may use."""
    return tuple(name for name in sorted(vars(optim)) if _is_optimizer(getattr(optim, name)))


def _is_optimizer(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, optim.Optimizer) and found is not optim.Optimizer


def _optimizer(options: SweepOptions, model: nn.Module) -> optim.Optimizer:
    if options.optimizer not in optimizers():
        problem = f"{options.optimizer[:80]!r} is not one of {', '.join(optimizers())}"
        raise InvalidInput.of(Fault("optimizer", problem))
    try:
        found: optim.Optimizer = getattr(optim, options.optimizer)(model.parameters(), **options.optimizer_arguments)
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
