"""Sweeps that this process trains: resumed, side by side, cancelled, of any framework; on the embedded store."""

import os
import signal
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression as Logistic
from sklearn.linear_model import SGDClassifier
from torch import Tensor, nn

import arangovis as av
from arangovis.client import forked
from arangovis.client.sweep_arguments import SweepArguments
from arangovis.client.sweep_training import LocalSweep, prepare, sweep_function
from arangovis.compatibility import BCNLLLoss, Split, StrictImitationNLLLoss, SweepOptions
from arangovis.compatibility.sweep import Point, Progress, Trained
from arangovis.domain.errors import InvalidInput
from arangovis.services.verification import check_store
from tests.unit.services.sweep_world import batches, new_model, old_model

SGD = {"lr": 0.1, "momentum": 0.5}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[av.Client]:
    with av.connect(home=tmp_path / "home", actor="ada") as client:
        yield client
        service = client._backend.service  # type: ignore[attr-defined]
        assert check_store(service.store, service.artifacts) == []


def arguments(client: av.Client, **given: Any) -> dict[str, Any]:
    """Return the arguments of a sweep of three lambdas."""
    own = {
        "folder_name": None,
        "number_of_epochs": 2,
        "h1": old_model(),
        "h2": new_model(),
        "training_set": batches(0, 400),
        "test_set": batches(400, 600),
        "batch_size_train": 100,
        "batch_size_test": 100,
        "OptimizerClass": torch.optim.SGD,
        "optimizer_kwargs": SGD,
        "NewErrorLossClass": BCNLLLoss,
        "StrictImitationLossClass": StrictImitationNLLLoss,
        "lambda_c_stepsize": 0.5,
        "client": client,
    }
    return {**own, **given}


def metrics(sweep: Any) -> list[Any]:
    return [point["metrics"] for point in sweep.points]


def test_the_originals_arguments_give_a_sweep(client: av.Client, tmp_path: Path) -> None:
    told: SimpleQueue[float] = SimpleQueue()
    folder = tmp_path / "sweep"
    sweep = av.compatibility_sweep(**arguments(client, folder_name=folder, percent_complete_queue=told))
    assert (sweep.state, sweep.status()["done"]) == ("SUCCESS", 6)
    seen = [told.get_nowait() for _ in range(told.qsize())]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert len(set(seen)) >= 7
    assert len(list(folder.glob("*-evaluation-data.json"))) == 12
    assert (folder / "0.5-model-strict-imitation.safetensors").read_bytes() == sweep.weights(3)
    assert (folder / "sweep_summary.json").exists()
    rows = list(sweep.instances(3, region="regress"))
    assert len(rows) == sweep.point(3)["evaluations"]["test"]["scores"]["regress"]
    assert sweep.most_compatible()["metrics"]["test_btc"] == max(p["metrics"]["test_btc"] for p in sweep.points)
    assert "<table>" in sweep._repr_html_()


def test_the_number_of_workers_changes_no_number(client: av.Client, tmp_path: Path) -> None:
    alone = av.compatibility_sweep(**arguments(client))
    with av.connect(home=tmp_path / "other", actor="ada") as other:
        together = av.compatibility_sweep(**arguments(other, workers=3))
        assert together.state == "SUCCESS"
        assert metrics(together) == metrics(alone)
        assert [together.weights(n) for n in range(6)] == [alone.weights(n) for n in range(6)]


def test_the_same_sweep_again_trains_nothing(client: av.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = av.compatibility_sweep(**arguments(client))
    monkeypatch.setattr(LocalSweep, "_train", None)
    assert av.compatibility_sweep(**arguments(client)).run == first.run


def test_an_interrupted_sweep_trains_only_what_is_missing(client: av.Client) -> None:
    trained: list[int] = []

    def counted(limit: int) -> LocalSweep:
        local = LocalSweep(prepare(SweepArguments(**arguments(client))), client)
        train = local._train

        def train_some(point: Point, progress: Progress) -> forked.TrainedPoint:
            if len(trained) == limit:
                raise KeyboardInterrupt
            trained.append(point.index)
            return train(point, progress)

        local._train = train_some  # type: ignore[method-assign]
        return local

    with pytest.raises(KeyboardInterrupt):
        counted(4).run()
    first = counted(99)
    assert (first.sweep.state, first.sweep.status()["done"]) == ("STARTED", 4)
    assert first.run().state == "SUCCESS"
    assert trained == [0, 1, 2, 3, 4, 5]


def test_a_cancelled_sweep_keeps_what_was_trained(client: av.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arangovis.client.sweep_training.LOOK_EVERY_S", 0.0)
    local = LocalSweep(prepare(SweepArguments(**arguments(client))), client)

    def stop(fraction: float) -> None:
        if fraction >= 0.5 and local.sweep.state == "STARTED":
            local.sweep.cancel()

    stopped = local.run(progress=stop)
    assert (stopped.state, stopped.status()["done"]) == ("CANCELLED", 2)
    told: list[float] = []
    again = LocalSweep(prepare(SweepArguments(**arguments(client))), client).run(progress=told.append)
    assert again.run != stopped.run
    assert (again.state, again.status()["done"], told[0]) == ("SUCCESS", 6, 2 / 6)
    models = [point["model"] for point in again.points]
    assert [point["model"] for point in stopped.points][:2] == models[:2]


def test_a_metric_that_is_no_number_fails_its_points(client: av.Client) -> None:
    def nan(model: nn.Module, dataset: Any, device: str) -> float:
        return float("nan")

    sweep = av.compatibility_sweep(**arguments(client, performance_metric=nan, lambdas=(0.0,)))
    assert (sweep.state, sweep.status()["failed"]) == ("ERROR", 2)
    assert "performance" in sweep.points[0]["message"]


def test_a_child_that_dies_fails_its_point_alone(client: av.Client) -> None:
    local = LocalSweep(prepare(SweepArguments(**arguments(client))), client, workers=2)
    train = local._train

    def dying(point: Point, progress: Progress) -> forked.TrainedPoint:
        if point.index == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return train(point, progress)

    local._train = dying  # type: ignore[method-assign]
    sweep = local.run()
    assert (sweep.state, sweep.status()["failed"], sweep.status()["done"]) == ("ERROR", 1, 5)
    assert sweep.points[2]["message"] == "the process that trained it was killed by signal 9"


@pytest.mark.parametrize("workers", [1, 2])
def test_cancelling_stops_within_an_epoch(client: av.Client, workers: int) -> None:
    local = LocalSweep(prepare(SweepArguments(**arguments(client, number_of_epochs=100_000))), client, workers=workers)
    seen: list[float] = []

    def stop(fraction: float) -> None:
        seen.append(fraction)
        if fraction > 0 and local.sweep.state == "STARTED":
            local.sweep.cancel()

    sweep = local.run(progress=stop)
    assert (sweep.state, sweep.status()["done"]) == ("CANCELLED", 0)
    assert seen[-1] < 0.5


@pytest.mark.parametrize("workers", [1, 2])
def test_a_loss_that_is_not_finite_fails_its_points(client: av.Client, workers: int) -> None:
    sweep = av.compatibility_sweep(**arguments(client, optimizer_kwargs={"lr": 1e30}, workers=workers))
    assert (sweep.state, sweep.status()["failed"]) == ("ERROR", 6)
    assert all("smaller learning rate" in point["message"] for point in sweep.points)


def test_a_metric_of_ones_own_is_the_performance(client: av.Client) -> None:
    def half(model: nn.Module, dataset: Any, device: str) -> float:
        return 0.5

    sweep = av.compatibility_sweep(**arguments(client, performance_metric=half, lambdas=(0.0,)))
    assert sweep.points[0]["metrics"]["test_performance"] == 0.5
    assert sweep.status()["metric"] == "half"


def test_an_optimizer_of_ones_own_trains(client: av.Client) -> None:
    class Own(torch.optim.SGD):
        """Not among torch.optim."""

    own = av.compatibility_sweep(**arguments(client, OptimizerClass=Own, lambdas=(0.5,)))
    plain = av.compatibility_sweep(**arguments(client, lambdas=(0.5,)))
    assert own.run != plain.run
    assert metrics(own) == metrics(plain)


def test_metadata_and_ids_are_those_of_the_instances(client: av.Client) -> None:
    sweep = av.compatibility_sweep(**arguments(client, get_instance_metadata=lambda key: f"row {key}", lambdas=(0.0,)))
    rows = list(sweep.instances(0))
    assert rows
    assert all(row["metadata"] == f"row {row['id']}" for row in rows)
    assert all(400 <= row["id"] < 600 for row in rows)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"workers": 0}, "workers"),
        ({"workers": 2, "device": "cuda"}, "workers"),
        ({"lambda_c_stepsize": 0}, "lambda_c_stepsize"),
        ({"NewErrorLossClass": "MSELoss"}, "loss"),
        ({"optimizer_kwargs": {"rate": 1}}, "optimizer_arguments"),
    ],
)
def test_what_is_wrong_is_named(client: av.Client, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        av.compatibility_sweep(**arguments(client, **given))
    assert [fault.field for fault in refusal.value.faults] == [field]


def test_without_mlflow_only_who_wants_it_is_told(client: av.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(av.errors.MissingExtra, match="mlflow"):
        av.compatibility_sweep(**arguments(client, use_ml_flow=True))


# --- any framework ------------------------------------------------------------------------------------------------


class SklearnTrainer:
    """scikit-learn's SGD on breast cancer: rows that the old model gets right weigh 1 + lambda."""

    def __init__(self) -> None:
        x, y = load_breast_cancer(return_X_y=True)
        scaled = (x - x.mean(axis=0)) / x.std(axis=0)
        self.x, self.y = {"train": scaled[:300], "test": scaled[300:]}, {"train": y[:300], "test": y[300:]}
        old = Logistic(max_iter=5000).fit(self.x["train"][:40], self.y["train"][:40])
        self.h1 = {name: old.predict(part) for name, part in self.x.items()}

    def splits(self) -> dict[str, Split]:
        return {name: Split(self.y[name], self.h1[name]) for name in self.x}

    def __call__(self, point: Point, progress: Progress) -> Trained:
        model = SGDClassifier(random_state=point.seed % 1000)
        right = self.h1["train"] == self.y["train"]
        model.fit(self.x["train"], self.y["train"], sample_weight=1 + point.lambda_c * right)
        progress(1.0)
        return Trained({name: model.predict(part) for name, part in self.x.items()})


def test_a_sweep_of_another_framework(client: av.Client) -> None:
    trainer = SklearnTrainer()
    options = SweepOptions(lambdas=(0.0, 1.0))
    sweep = sweep_function(trainer, trainer.splits(), options, client, h1="old", h2="sgd", workers=2)
    assert (sweep.state, sweep.status()["done"]) == ("SUCCESS", 4)
    assert sweep.points[0]["model"] is None
    assert sweep.points[0]["metrics"]["test_rows"] == 269
    assert sweep_function(trainer, trainer.splits(), options, client, h1="old", h2="sgd").run == sweep.run


def test_two_models_are_compared_whatever_they_are(client: av.Client) -> None:
    data = batches(400, 600)
    found = av.compare_models(old_model(), new_model(), data, client=client)
    again = av.compare_models(
        lambda x: old_model()(x)[1].detach().numpy(),
        lambda x: new_model()(x)[1].detach().numpy().argmax(axis=1),
        data,
        client=client,
    )
    assert again.scores == found.scores
    assert found.scores["rows"] == 200
    assert len(list(found.instances(region="common"))) == found.scores["common"]
    assert "<table>" in found._repr_html_()
    assert client.compatibility.comparison(found.run).answer == found.answer


def test_columns_are_compared(client: av.Client) -> None:
    client.register_project("demo")
    client.register_model("demo", "m")
    version = client.register_model_version("demo", "m", av.Signature())
    stored = client.put_training_data(
        version, {"old": np.array([0, 1, 1]), "new": np.array([0, 0, 1]), "y": np.array([0, 1, 0])}
    )
    found = client.compatibility.compare_columns(stored.node, h1="old", h2="new", truth="y", h1_model=version.number)
    assert (found.scores["regress"], found.scores["common"]) == (1, 1)


def test_a_sweep_by_reference_is_computed_where_it_is_waited_for(client: av.Client) -> None:
    from arangovis.compatibility.pytorch.weights import weights_of
    from tests.unit.services.sweep_world import LOGISTIC, MLP, digits

    client.register_project("demo")
    used = []
    for name, model in (("old", old_model()), ("new", new_model())):
        client.register_model("demo", name)
        version = client.register_model_version("demo", name, av.Signature())
        client.compatibility.put_weights(version, weights_of(model))
        first = 300 * len(used)
        x, y = (part[first : first + 300].numpy() for part in digits())
        rows = client.put_training_data(version, {"embedding": x, "class": y})
        used.append((version, {"dataset": str(rows.node), "features": ["embedding"], "target": "class"}))
    (old, train), (new, test) = used
    sweep = client.compatibility.sweep(
        reference={"model_version": old, "factory": "logistic-regression", "arguments": LOGISTIC},
        base={"model_version": new, "factory": "mlp", "arguments": MLP},
        train=train,
        test=test,
        lambdas=[0, 1],
        epochs=1,
        optimizer_arguments=SGD,
    )
    assert sweep.state == "STARTED"
    assert sweep.wait(timeout_s=120).status()["done"] == 4
    assert [found.run for found in client.compatibility.sweeps()] == [sweep.run]
    assert sweep.pareto()


def test_the_old_model_is_left_as_it_was(client: av.Client) -> None:
    h1, h2 = old_model(), new_model()
    h1.zero_grad()
    before = {name: tensor.clone() for name, tensor in h2.state_dict().items()}
    asked: list[Tensor] = []
    h1.register_forward_hook(lambda module, inputs, output: asked.append(inputs[0]))
    av.compatibility_sweep(**arguments(client, h1=h1, h2=h2))
    assert len(asked) == 6
    assert all(torch.equal(before[name], tensor) for name, tensor in h2.state_dict().items())
    assert all(parameter.grad is None for parameter in h1.parameters())


def test_options_travel_whole(client: av.Client) -> None:
    options = SweepArguments(**arguments(client, normalize="support", seed=3)).options
    sweep = av.compatibility_sweep(**arguments(client, normalize="support", seed=3))
    assert sweep.status()["options"]["normalize"] == "support"
    assert sweep.status()["options"]["seed"] == 3
    assert replace(options, seed=3) == options


# --- MLflow -------------------------------------------------------------------------------------------------------


class Ledger(types.ModuleType):
    """What a sweep says to MLflow, in MLflow's place; the calls are those of mlflow 2.22."""

    def __init__(self) -> None:
        super().__init__("mlflow")
        self.started: list[str] = []
        self.ended: list[str] = []
        self.metrics: dict[int, dict[str, float]] = {}

    def start_run(self, *, run_name: str, nested: bool) -> None:
        self.started.append(run_name)

    def log_params(self, params: dict[str, object]) -> None:
        self.params = params

    def log_metrics(self, metrics: dict[str, float], *, step: int) -> None:
        self.metrics.setdefault(step, {}).update(metrics)

    def end_run(self, status: str) -> None:
        self.ended.append(status)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    made = Ledger()
    monkeypatch.setitem(sys.modules, "mlflow", made)
    return made


def test_mlflow_is_told_what_the_original_told(client: av.Client, ledger: Ledger) -> None:
    sweep = av.compatibility_sweep(**arguments(client, use_ml_flow=True, ml_flow_run_name="mine"))
    assert (ledger.started, ledger.ended) == (["mine"], ["FINISHED"])
    assert ledger.params == {"lambda_c_stepsize": 0.5, "batch_size_train": 100, "batch_size_test": 100}
    assert sorted(ledger.metrics) == [1, 2, 3]
    assert all(len(metrics) == 13 for metrics in ledger.metrics.values())
    assert ledger.metrics[2]["strict_imitation_testing_btc"] == sweep.points[3]["metrics"]["test_btc"]


def test_a_failed_sweep_ends_its_run_of_mlflow_as_failed(client: av.Client, ledger: Ledger) -> None:
    av.compatibility_sweep(**arguments(client, use_ml_flow=True, optimizer_kwargs={"lr": 1e30}))
    assert ledger.ended == ["FAILED"]


def test_an_interrupted_sweep_ends_its_run_of_mlflow_too(client: av.Client, ledger: Ledger) -> None:
    class Stopping:
        def put(self, fraction: float) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        av.compatibility_sweep(**arguments(client, use_ml_flow=True, percent_complete_queue=Stopping()))
    assert ledger.ended == ["FAILED"]
