"""Digits, an old and a new model of them, and a world that has both: what tests of sweeps begin with."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from arangovis.compatibility import LogisticRegression, MLPClassifier, lambda_grid
from arangovis.compatibility.pytorch.trainer import RawBatch
from arangovis.compatibility.pytorch.weights import weights_of
from arangovis.compatibility.sweep import SweepOptions
from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.runs import Run
from arangovis.services.compatibility.sweeps import DataChoice, ModelChoice, SweepWanted
from arangovis.tabular import read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.unit.services.world import ADA, World

TRAIN_ROWS, TEST_ROWS, OLD_ROWS = 600, 300, 100
LOGISTIC: Mapping[str, Any] = {"input_dim": 64, "output_dim": 10}
MLP: Mapping[str, Any] = {"input_size": 64, "num_classes": 10, "hidden_sizes": [16]}
OPTIONS = SweepOptions(
    lambdas=lambda_grid(0.5), optimizer_arguments={"lr": 0.1, "momentum": 0.5}, epochs=2, normalize="reference"
)


@cache
def digits() -> tuple[Tensor, Tensor]:
    """Return digits and what they are."""
    images, targets = load_digits(return_X_y=True)
    return torch.tensor(images / 16, dtype=torch.float32), torch.tensor(targets)


def batches(first: int, end: int, size: int = 100) -> list[RawBatch]:
    """Return rows in batches; a row's id is its number."""
    x, y = digits()
    return [(list(range(i, i + size)), x[i : i + size], y[i : i + size]) for i in range(first, end, size)]


def seen_rows() -> list[RawBatch]:
    return batches(0, TRAIN_ROWS)


def unseen_rows() -> list[RawBatch]:
    return batches(TRAIN_ROWS, TRAIN_ROWS + TEST_ROWS)


def old_model() -> LogisticRegression:
    """Return a model trained on the first digits."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LogisticRegression(**LOGISTIC)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(5):
        for _, x, y in batches(0, OLD_ROWS, 50):
            optimizer.zero_grad()
            nn.functional.nll_loss(model(x)[2], y).backward()
            optimizer.step()
    return model.eval()


def new_model() -> MLPClassifier:
    """Return a model that is not trained yet."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return MLPClassifier(**MLP)


def columns(first: int, end: int) -> bytes:
    """Return rows as a table: id, class and the pixels as embedding."""
    x, y = digits()
    ids = [f"digit-{n}" for n in range(first, end)]
    table = {"_id": ids, "class": y[first:end].numpy(), "embedding": x[first:end].numpy()}
    return to_arrow(table)


class Sweeping:
    """A service that has both models with weights, and both data sets."""

    def __init__(self, service: Arangovis) -> None:
        self.service = service
        service.catalogue.register_project("demo", ADA)
        self.h1 = self._register("old digits", weights_of(old_model()))
        self.h2 = self._register("new digits", weights_of(new_model()))
        self.train = self._rows(self.h1, 0, TRAIN_ROWS)
        self.test = self._rows(self.h2, TRAIN_ROWS, TRAIN_ROWS + TEST_ROWS)

    @classmethod
    def at(cls, folder: Path) -> "Sweeping":
        return cls(World.at(folder).service)

    def wanted(self, options: SweepOptions = OPTIONS) -> SweepWanted:
        columns = (("embedding",), "class", 100, (8, 8))
        return SweepWanted(
            ModelChoice(self.h1.number, "logistic-regression", LOGISTIC),
            ModelChoice(self.h2.number, "mlp", MLP),
            DataChoice(self.train, *columns),
            DataChoice(self.test, *columns),
            options,
        )

    def ask(self, options: SweepOptions = OPTIONS) -> Run:
        return self.service.sweeps.request(self.wanted(options), ADA)

    def drain(self) -> int:
        return drain(worker_context(self.service))

    def _register(self, name: str, weights: bytes) -> ModelVersion:
        self.service.catalogue.register_model("demo", name, ADA)
        made = self.service.catalogue.register_version("demo", name, Signature(), ADA)
        version = self.service.catalogue.version(made.number)
        self.service.sweeps.weights.put(version, weights, ADA)
        return version

    def _rows(self, version: ModelVersion, first: int, end: int) -> str:
        rows = read_rows(columns(first, end), MEDIA_TYPE)
        return str(self.service.datasets.put_training(version, rows, ADA).node)
