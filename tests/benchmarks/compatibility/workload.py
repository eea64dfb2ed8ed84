"""The workload: an old and a new model of digits, swept over five lambdas with both kinds of dissonance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from arangovis.compatibility import LogisticRegression, MLPClassifier, SweepOptions, lambda_grid
from arangovis.compatibility.pytorch.trainer import RawBatch

EPOCHS = 5
OPTIONS = SweepOptions(
    lambdas=lambda_grid(0.25), optimizer_arguments={"lr": 0.1, "momentum": 0.9}, epochs=EPOCHS, normalize="reference"
)


@dataclass(frozen=True)
class Workload:
    """Both models and both data sets. `asked` counts the forward passes of each model."""

    h1: nn.Module
    h2: nn.Module
    train: list[RawBatch]
    test: list[RawBatch]
    asked: dict[str, int]


def workload() -> Workload:
    """Make it: the same every time."""
    torch.manual_seed(0)
    x, y = _digits()
    train, test = _batches(x[:1440], y[:1440], 64, 0), _batches(x[1440:], y[1440:], 119, 1440)
    h1, h2 = LogisticRegression(64, 10), MLPClassifier(64, 10, hidden_sizes=[64])
    _train_old(h1, train[:6])
    asked = {"h1": 0, "h2": 0}
    h1.register_forward_hook(_counting(asked, "h1"))
    h2.register_forward_hook(_counting(asked, "h2"))
    return Workload(h1.eval(), h2, train, test, asked)


def _digits() -> tuple[Tensor, Tensor]:
    images, targets = load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(images))
    return torch.tensor(images[order] / 16, dtype=torch.float32), torch.tensor(targets[order])


def _batches(x: Tensor, y: Tensor, size: int, offset: int) -> list[RawBatch]:
    starts = range(0, len(x), size)
    return [(list(range(offset + i, offset + min(i + size, len(x)))), x[i : i + size], y[i : i + size]) for i in starts]


def _train_old(model: nn.Module, batches: list[RawBatch]) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(EPOCHS):
        for _, x, y in batches:
            optimizer.zero_grad()
            nn.functional.nll_loss(model(x)[2], y).backward()
            optimizer.step()


def _counting(asked: dict[str, int], name: str) -> Callable[..., None]:
    def count(*_: object) -> None:
        asked[name] += 1

    return count
