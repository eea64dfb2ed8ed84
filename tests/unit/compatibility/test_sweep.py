"""Sweeps: the original's deterministic one, binary models, other trainers, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import SGDClassifier
from torch import Tensor, nn

from arangovis.compatibility import LogisticRegression, MLPClassifier, Split, lambda_grid
from arangovis.compatibility.losses import Dissonance
from arangovis.compatibility.pytorch.trainer import Models, RawBatch, TorchTrainer, optimizers
from arangovis.compatibility.pytorch.weights import load_weights, weights_of
from arangovis.compatibility.sweep import (
    Point,
    PointResult,
    Progress,
    SweepOptions,
    Trained,
    points,
    run_point,
)
from arangovis.domain.errors import Cancelled, ComputeFailed, IntegrityError, InvalidInput
from tests.unit.compatibility.reference import reference

SGD: Mapping[str, float] = {"lr": 0.1, "momentum": 0.5}
REFERENCE = SweepOptions(lambdas=lambda_grid(0.5), normalize="reference", optimizer_arguments=SGD, epochs=2)


def no_progress(fraction: float) -> None:
    """Ignore it."""


def batches(x: Tensor, y: Tensor, first: int, end: int, size: int) -> list[RawBatch]:
    """Return rows in batches; a row's id is its number."""
    return [(list(range(i, i + size)), x[i : i + size], y[i : i + size]) for i in range(first, end, size)]


def digits() -> tuple[Tensor, Tensor]:
    images, targets = load_digits(return_X_y=True)
    return torch.tensor(images / 16), torch.tensor(targets)


def zero_model() -> LogisticRegression:
    model = LogisticRegression(64, 10).double()
    nn.init.zeros_(model.linear.weight)
    nn.init.zeros_(model.linear.bias)
    return model


def old_model(x: Tensor, y: Tensor) -> LogisticRegression:
    """Train on the first 200 digits, as the original's values were made."""
    model = zero_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
    for _ in range(3):
        for _, part, truth in batches(x, y, 0, 200, 100):
            optimizer.zero_grad()
            nn.functional.nll_loss(model(part)[2], truth).backward()
            optimizer.step()
    return model


def digits_trainer(options: SweepOptions, *, h2: nn.Module | None = None) -> TorchTrainer:
    x, y = digits()
    data = {"train": batches(x, y, 0, 1200, 100), "test": batches(x, y, 1200, 1797, 199)}
    return TorchTrainer(options, Models(old_model(x, y), h2 or zero_model()), data)


def sweep(options: SweepOptions, trainer: TorchTrainer, *, by_batch: bool = False) -> list[PointResult]:
    splits = trainer.splits(by_batch=by_batch)
    return [run_point(trainer, point, splits, no_progress) for point in points(options)]


@pytest.fixture(scope="module")
def original() -> list[PointResult]:
    """Our points of the original's sweep."""
    return sweep(REFERENCE, digits_trainer(REFERENCE), by_batch=True)


def test_the_originals_points(original: list[PointResult]) -> None:
    expected = reference()["sweep"]["data"]
    found = [(result.point, name, evaluation) for result in original for name, evaluation in result.evaluations.items()]
    for (point, name, evaluation), wanted in zip(found, expected, strict=True):
        assert (point.lambda_c, name == "train") == (wanted["lambda_c"], wanted["training"])
        assert (point.dissonance is Dissonance.NEW_ERROR) == wanted["new-error"]
        scores = evaluation.h2_performance, evaluation.scores.btc, evaluation.scores.bec
        assert scores == pytest.approx([wanted[name] for name in ("performance", "btc", "bec")], abs=1e-9)
        overlap = evaluation.record()["models_error_overlap"]
        assert [len(ids) for ids in overlap] == wanted["_overlap_sizes"]  # type: ignore[union-attr,arg-type]
        by_class = {str(label): len(ids) for label, ids in evaluation.incompatible.items()}
        assert by_class == wanted["_incompatible_by_class"]


def test_the_originals_weights(original: list[PointResult]) -> None:
    kinds = {Dissonance.NEW_ERROR: "new-error", Dissonance.STRICT_IMITATION: "strict-imitation"}
    for result in original:
        wanted = reference()["sweep"]["models"][f"{result.point.lambda_c}-model-{kinds[result.point.dissonance]}"]
        weights = safetensors.torch.load(result.weights or b"")
        norm = torch.linalg.vector_norm(weights["linear.weight"]).item()
        assert norm == pytest.approx(wanted["weight_l2"], abs=1e-8)
        np.testing.assert_allclose(weights["linear.bias"].numpy(), wanted["bias"], atol=1e-8)


def test_strict_imitation_is_tested_with_its_own_model(original: list[PointResult]) -> None:
    by_kind = {(r.point.lambda_c, r.point.dissonance): r.evaluations["test"].scores for r in original}
    assert by_kind[1.0, Dissonance.NEW_ERROR] != by_kind[1.0, Dissonance.STRICT_IMITATION]


def test_pooled_scores_are_the_default() -> None:
    options = replace(REFERENCE, lambdas=(0.5,))
    trainer = digits_trainer(options)
    found = sweep(options, trainer)[0].evaluations["train"]
    truth = np.asarray(trainer.splits()["train"].truth)
    assert found.h2_performance == pytest.approx(1 - found.scores.h2_errors / len(truth))


# --- points ---------------------------------------------------------------------------------------------------------


def test_the_cross_entropies_are_trained_once() -> None:
    options = SweepOptions(
        lambdas=lambda_grid(0.25), new_error="BCCrossEntropyLoss", strict_imitation="StrictImitationCrossEntropyLoss"
    )
    found = points(options)
    assert len(found) == 5
    assert all(point.dissonances == tuple(Dissonance) for point in found)
    assert len(points(SweepOptions())) == 10
    # Divided in the original's ways, the two are not the same function.
    mixed = replace(options, new_error="BCNLLLoss", normalize="reference")
    assert len(points(mixed)) == 10


def test_a_points_seed_does_not_depend_on_the_others() -> None:
    few, many = points(SweepOptions(lambdas=(0.5,))), points(SweepOptions())
    assert {p.seed for p in few} <= {p.seed for p in many}
    assert len({p.seed for p in many}) == len(many)
    assert {p.seed for p in many}.isdisjoint(p.seed for p in points(SweepOptions(seed=1)))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"lambdas": ()}, "lambdas"),
        ({"lambdas": (0.0, 1.5)}, "lambdas"),
        ({"epochs": 0}, "epochs"),
        ({"normalize": "sum"}, "normalize"),
        ({"new_error": "StrictImitationNLLLoss"}, "a loss of strict imitation"),
        ({"strict_imitation": "StrictImitationBinaryCrossEntropyLoss"}, "binary"),
        ({"new_error": "Nothing"}, "'Nothing' is not one of"),
    ],
)
def test_options_that_cannot_be_are_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        points(replace(SweepOptions(), **change))


# --- training -------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_in_any_order() -> None:
    torch.manual_seed(1)
    h2 = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 10)).double()
    options = replace(REFERENCE, lambdas=(0.0, 1.0), epochs=1)
    forward = sweep(options, digits_trainer(options, h2=h2))
    trainer = digits_trainer(options, h2=h2)
    backward = [run_point(trainer, p, trainer.splits(), no_progress) for p in reversed(points(options))]
    assert [r.weights for r in forward] == [r.weights for r in reversed(backward)]
    assert [r.evaluations for r in forward] == [r.evaluations for r in reversed(backward)]
    assert forward[0].weights != forward[1].weights


def test_training_leaves_the_users_models_and_random_state_alone() -> None:
    h2 = zero_model()
    before = weights_of(h2)
    options = replace(REFERENCE, lambdas=(1.0,), epochs=1)
    trainer = digits_trainer(options, h2=h2)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    sweep(options, trainer)
    assert torch.rand(1) == expected
    assert weights_of(h2) == before


def test_the_old_model_is_asked_once_a_batch_and_the_new_one_once_a_step() -> None:
    x, y = digits()
    asked = {"h1": 0, "h2": 0}
    h1, h2 = old_model(x, y), zero_model()
    h1.register_forward_hook(lambda *_: asked.update(h1=asked["h1"] + 1))
    h2.register_forward_hook(lambda *_: asked.update(h2=asked["h2"] + 1))
    data = {"train": batches(x, y, 0, 1200, 100), "test": batches(x, y, 1200, 1797, 199)}
    sweep(REFERENCE, TorchTrainer(REFERENCE, Models(h1, h2), data))
    trainings, steps, evaluation = 6, 2 * 12, 12 + 3
    assert asked == {"h1": 12 + 3, "h2": trainings * (steps + evaluation)}


def test_progress_grows_to_one_with_each_epoch() -> None:
    options = replace(REFERENCE, lambdas=(0.0,), epochs=4)
    trainer = digits_trainer(options)
    seen: list[float] = []
    run_point(trainer, points(options)[0], trainer.splits(), seen.append)
    assert seen == [0.25, 0.5, 0.75, 1.0]


def test_a_cancelled_training_stops_at_the_epoch() -> None:
    def cancel(fraction: float) -> None:
        raise Cancelled(f"at {fraction}")

    trainer = digits_trainer(REFERENCE)
    with pytest.raises(Cancelled, match=r"at 0\.5"):
        run_point(trainer, points(REFERENCE)[0], trainer.splits(), cancel)


def test_a_loss_that_is_not_finite_fails_the_point() -> None:
    options = replace(REFERENCE, optimizer_arguments={"lr": 1e308, "momentum": 0.9}, lambdas=(1.0,), epochs=3)
    trainer = digits_trainer(options)
    with pytest.raises(ComputeFailed, match=r"the loss became (nan|inf) at lambda_c 1\.0"):
        run_point(trainer, points(options)[0], trainer.splits(), no_progress)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"optimizer": "Optimizer"}, "'Optimizer' is not one of"),
        ({"optimizer": "system"}, "'system' is not one of"),
        ({"optimizer_arguments": {"speed": 1}}, "optimizer_arguments"),
        ({"optimizer_arguments": {"lr": -1.0}}, "Invalid learning rate"),
    ],
)
def test_optimizers_are_those_of_pytorch(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        digits_trainer(replace(REFERENCE, **change))
    assert {"SGD", "Adam", "AdamW"} <= set(optimizers())


class BinaryModel(nn.Module):
    """Logistic regression of one class, which answers with a column as many models do."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.linear(x))


def test_binary_models_are_swept_too() -> None:
    table = load_breast_cancer()
    x = torch.tensor((table.data - table.data.mean(0)) / table.data.std(0), dtype=torch.float32)
    y = torch.tensor(table.target, dtype=torch.float32)
    torch.manual_seed(0)
    options = SweepOptions(
        lambdas=(0.0, 1.0),
        new_error="BCBinaryCrossEntropyLoss",
        strict_imitation="StrictImitationBinaryCrossEntropyLoss",
        optimizer="Adam",
        optimizer_arguments={"lr": 0.05},
    )
    data = {"train": batches(x, y, 0, 400, 50), "test": [(list(range(400, 569)), x[400:], y[400:])]}
    results = sweep(options, TorchTrainer(options, Models(BinaryModel(30), BinaryModel(30)), data))
    assert len(results) == 4
    for result in results:
        assert result.evaluations["test"].h2_performance > 0.9
        assert result.evaluations["test"].labels == (0, 1)


def test_a_metric_of_the_users_own() -> None:
    def negative_log_likelihood(model: nn.Module, data: Any, device: str) -> float:
        return float(sum(nn.functional.nll_loss(model(x)[2], y) for _, x, y in data) / len(data))

    x, y = digits()
    data = {"train": batches(x, y, 0, 1200, 100), "test": batches(x, y, 1200, 1797, 199)}
    models = Models(old_model(x, y), zero_model())
    trainer = TorchTrainer(REFERENCE, models, data, metric=negative_log_likelihood)
    result = run_point(trainer, points(REFERENCE)[0], trainer.splits(), no_progress)
    with torch.no_grad():
        expected = negative_log_likelihood(models.h1, data["test"], "cpu")
    assert result.evaluations["test"].h1_performance == pytest.approx(expected)
    assert result.evaluations["test"].h2_performance > 0.1


def test_a_model_that_is_not_pytorchs() -> None:
    """The dissonance as weights of rows: what the old model gets right counts 1 + lambda_c times."""
    images, targets = load_digits(return_X_y=True)
    parts = {"train": slice(0, 1200), "test": slice(1200, 1797)}
    old = SGDClassifier(random_state=0).fit(images[:200], targets[:200])

    def train(point: Point, progress: Progress) -> Trained:
        x, y = images[parts["train"]], targets[parts["train"]]
        weights = 1 + point.lambda_c * (old.predict(x) == y)
        model = SGDClassifier(random_state=point.seed % 1000).fit(x, y, sample_weight=weights)
        progress(1.0)
        return Trained({name: model.predict(images[part]) for name, part in parts.items()})

    splits = {
        name: Split(targets[part], old.predict(images[part]), list(range(1797))[part]) for name, part in parts.items()
    }
    results = [run_point(train, p, splits, no_progress) for p in points(SweepOptions(lambdas=(0.0, 1.0)))]
    assert all(result.weights is None for result in results)
    assert all(result.evaluations["test"].h2_performance > 0.8 for result in results)


# --- weights --------------------------------------------------------------------------------------------------------


def test_weights_come_back() -> None:
    first, second = MLPClassifier(8, 3), MLPClassifier(8, 3)
    load_weights(second, weights_of(first))
    x = torch.rand(4, 8)
    assert torch.equal(first(x)[0], second(x)[0])


def test_weights_that_two_layers_share_come_back() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    again = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    load_weights(again, weights_of(model))
    assert torch.equal(again[0].weight, again[1].weight)


def test_wrong_weights_are_refused() -> None:
    with pytest.raises(InvalidInput, match="do not fit the model"):
        load_weights(MLPClassifier(8, 4), weights_of(MLPClassifier(8, 3)))
    with pytest.raises(IntegrityError, match="safetensors"):
        load_weights(MLPClassifier(8, 4), b"not weights")
