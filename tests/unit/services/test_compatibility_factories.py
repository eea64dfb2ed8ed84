"""Sweeps with a factory that the operator allows: a binary model of breast cancer, by columns of a table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.compatibility.pytorch.weights import weights_of
from arangovis.compatibility.sweep import SweepOptions
from arangovis.domain.catalogue import Signature
from arangovis.domain.errors import InvalidInput
from arangovis.domain.runs import RunState
from arangovis.services.compatibility.sweeps import DataChoice, ModelChoice, Sweep, SweepWanted
from arangovis.settings import Settings
from arangovis.stores.memory import MemoryStore
from arangovis.tabular import read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.wiring import Arangovis, compose, worker_context
from arangovis.workers.inline import drain
from tests.unit.services.world import ADA

FACTORY = "tests.unit.services.test_compatibility_factories:binary_model"
FEATURES = ("radius", "texture", "perimeter", "area")
OPTIONS = SweepOptions(
    lambdas=(0.0, 1.0),
    new_error="BCBinaryCrossEntropyLoss",
    strict_imitation="StrictImitationBinaryCrossEntropyLoss",
    optimizer_arguments={"lr": 0.5},
    epochs=10,
)


class BinaryModel(nn.Module):
    """The probability of class 1."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).sigmoid().squeeze(1)


def binary_model(inputs: int) -> BinaryModel:
    return BinaryModel(inputs)


def no_model() -> int:
    return 7


def service_at(folder: Path, factories: str) -> Arangovis:
    settings = Settings(home=folder, model_factories=factories)
    return compose(settings, MemoryStore(), LocalArtifactStore(folder / "artifacts"))


def wanted(service: Arangovis, factory: str = FACTORY, **arguments: int) -> SweepWanted:
    """Register both models and both halves of the data; return a sweep of them."""
    x, y = load_breast_cancer(return_X_y=True)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    service.catalogue.register_project("demo", ADA)
    models, data = [], []
    for number, (first, end) in enumerate(((0, 300), (300, 569))):
        service.catalogue.register_model("demo", f"m{number}", ADA)
        made = service.catalogue.register_version("demo", f"m{number}", Signature(), ADA)
        version = service.catalogue.version(made.number)
        model = BinaryModel(len(FEATURES))
        nn.init.constant_(model.linear.weight, -1.0)
        nn.init.zeros_(model.linear.bias)
        service.sweeps.weights.put(version, weights_of(model), ADA)
        table = {name: scaled[first:end, i].astype(np.float64) for i, name in enumerate(FEATURES)}
        rows = read_rows(to_arrow({**table, "benign": y[first:end]}), MEDIA_TYPE)
        stored = service.datasets.put_training(version, rows, ADA)
        models.append(ModelChoice(made.number, factory, arguments or {"inputs": len(FEATURES)}))
        data.append(DataChoice(str(stored.node), FEATURES, "benign", 50))
    return SweepWanted(models[0], models[1], data[0], data[1], OPTIONS)


def swept(service: Arangovis, sweep: SweepWanted) -> Sweep:
    run = service.sweeps.request(sweep, ADA)
    drain(worker_context(service))
    return service.sweeps.get(run.id)


def test_an_allowed_factory_makes_the_models(tmp_path: Path) -> None:
    service = service_at(tmp_path, f"other:thing, {FACTORY}")
    found = swept(service, wanted(service))
    assert (found.run.state, found.done) == (RunState.SUCCESS, 4)
    for point in found.points:
        assert float(str(point.metrics["test_performance"])) > 0.85
        assert point.metrics["test_rows"] == 269


def test_another_factory_is_refused(tmp_path: Path) -> None:
    service = service_at(tmp_path, "other:thing")
    with pytest.raises(InvalidInput, match="model_factories") as refusal:
        service.sweeps.request(wanted(service), ADA)
    assert refusal.value.faults[0].field == "reference.factory"


@pytest.mark.parametrize(
    ("factory", "arguments", "said"),
    [
        (FACTORY, {"outputs": 3}, "refuses them"),
        (FACTORY, {"inputs": 9}, "do not fit the model"),
        (FACTORY.replace("binary_model", "nothing"), {}, "cannot be imported"),
        ("nowhere.at.all:make", {}, "cannot be imported"),
        (FACTORY.replace("binary_model", "no_model"), {"x": 1}, "refuses them"),
    ],
)
def test_a_factory_that_fails_says_why(tmp_path: Path, factory: str, arguments: dict[str, int], said: str) -> None:
    service = service_at(tmp_path, factory)
    found = swept(service, wanted(service, factory, **arguments))
    assert found.run.state is RunState.ERROR
    assert said in str(found.run.message)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    factory = FACTORY.replace("binary_model", "no_model")
    service = service_at(tmp_path, factory)
    asked = wanted(service, factory)
    bare = [replace(choice, arguments={}) for choice in (asked.reference, asked.base)]
    found = swept(service, replace(asked, reference=bare[0], base=bare[1]))
    assert "makes a int" in str(found.run.message)


def test_classes_that_a_binary_loss_cannot_use_are_named(tmp_path: Path) -> None:
    service = service_at(tmp_path, FACTORY)
    asked = wanted(service)
    found = swept(service, replace(asked, train=replace(asked.train, target="radius")))
    assert "'radius' does not hold a class" in str(found.run.message)
