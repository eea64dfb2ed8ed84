"""The losses in numpy and in PyTorch, against the original's values and against what they must be."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor, nn

from arangovis.compatibility import losses as table
from arangovis.compatibility.losses import LOSSES, Weighting, binary_loss, multiclass_loss
from arangovis.compatibility.pytorch import losses
from arangovis.compatibility.pytorch.losses import CompatibilityLoss, compatibility_loss
from arangovis.compatibility.pytorch.models import MLPClassifier, triple
from arangovis.domain.errors import InvalidInput
from tests.unit.compatibility.reference import loss_cases, reference

MULTICLASS = [name for name, kind in LOSSES.items() if not kind.binary]
TOLERANCE = {"rel": 1e-9, "abs": 1e-9}
logits = arrays(np.float64, (5, 3), elements=st.floats(-40, 40))
truths = arrays(np.int64, 5, elements=st.integers(0, 2))


class Answering(nn.Module):
    """A model that answers with fixed logits, or probabilities, and counts how often it is asked."""

    def __init__(self, values: Any, *, binary: bool = False) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.tensor(values, dtype=torch.float64))
        self.binary = binary
        self.asked = 0

    def forward(self, x: Tensor) -> Any:
        self.asked += 1
        return self.values if self.binary else triple(self.values)


@pytest.mark.parametrize(("case", "name", "reduction", "lambda_c", "expected"), loss_cases("multiclass_losses"))
def test_the_originals_multiclass_values(
    case: dict[str, Any], name: str, reduction: Any, lambda_c: float, expected: float
) -> None:
    h1, h2, y = case["h1_logits"], case["h2_logits"], case["y"]
    found = multiclass_loss(name, h1, h2, y, Weighting(lambda_c, "reference"), reduction)
    assert found == pytest.approx(expected, **TOLERANCE)
    loss = getattr(losses, name)(Answering(h1), Answering(h2), lambda_c, normalize="reference")
    assert loss(torch.zeros(len(y)), torch.tensor(y), reduction=reduction).item() == pytest.approx(
        expected, **TOLERANCE
    )


@pytest.mark.parametrize(("case", "name", "reduction", "lambda_c", "expected"), loss_cases("binary_losses"))
def test_the_originals_binary_values(
    case: dict[str, Any], name: str, reduction: Any, lambda_c: float, expected: float
) -> None:
    h1, h2, y = case["h1_prob"], case["h2_prob"], case["y"]
    found = binary_loss(name, h1, h2, y, Weighting(lambda_c, "reference"), reduction)
    assert found == pytest.approx(expected, **TOLERANCE)
    models = Answering(h1, binary=True), Answering(h2, binary=True)
    loss = getattr(losses, name)(*models, lambda_c, normalize="reference")
    truth = torch.tensor(y, dtype=torch.float64)
    assert loss(torch.zeros(len(y)), truth, reduction=reduction).item() == pytest.approx(expected, **TOLERANCE)


@pytest.mark.parametrize("name", reference()["gradients"])
@pytest.mark.parametrize("lambda_c", ["0.0", "1.0"])
def test_the_originals_gradients(name: str, lambda_c: str) -> None:
    case = next(case for case in reference()["multiclass_losses"] if case["name"] == "mixed_support_4_of_6")
    h1, h2 = Answering(case["h1_logits"]), Answering(case["h2_logits"])
    getattr(losses, name)(h1, h2, float(lambda_c), normalize="reference")(
        torch.zeros(6), torch.tensor(case["y"])
    ).backward()
    assert h2.values.grad is not None
    np.testing.assert_allclose(h2.values.grad.numpy(), reference()["gradients"][name][lambda_c], atol=1e-9)
    assert h1.values.grad is None


def test_every_loss_has_its_class() -> None:
    for name, kind in LOSSES.items():
        found = getattr(losses, name)
        assert issubclass(found, CompatibilityLoss)
        assert found.kind is kind


@pytest.mark.parametrize("name", MULTICLASS)
@pytest.mark.parametrize("normalize", table.NORMALIZATIONS)
@given(h1=logits, h2=logits, y=truths)
def test_both_forms_agree_and_are_finite(name: str, normalize: Any, h1: Any, h2: Any, y: Any) -> None:
    plain = multiclass_loss(name, h1, h2, y, Weighting(0.7, normalize))
    logs = [torch.log_softmax(torch.tensor(values), dim=1) for values in (h1, h2)]
    found = compatibility_loss(LOSSES[name], logs[0], logs[1], torch.tensor(y), Weighting(0.7, normalize)).item()
    assert np.isfinite(plain)
    assert found == pytest.approx(plain, rel=1e-9, abs=1e-9)


@given(h1=logits, h2=logits, y=truths)
def test_the_divergence_is_zero_only_between_equals(h1: Any, h2: Any, y: Any) -> None:
    name = "StrictImitationKLDivergenceLoss"

    def dissonance(other: Any) -> float:
        return multiclass_loss(name, h1, other, y, Weighting(1.0)) - multiclass_loss(name, h1, other, y, Weighting(0.0))

    assert dissonance(h1) == pytest.approx(0, abs=1e-9)
    assert dissonance(h2) >= -1e-9


@pytest.mark.parametrize("name", MULTICLASS)
def test_without_support_the_loss_is_the_base_loss(name: str) -> None:
    h1, h2, y = [[0.0, 9.0]] * 3, [[1.0, 2.0], [0.5, 0.1], [3.0, 3.0]], [0, 0, 0]
    base = multiclass_loss("BCNLLLoss", h1, h2, y, Weighting(0.0))
    assert multiclass_loss(name, h1, h2, y, Weighting(1.0)) == base
    model = Answering(h2)
    loss = getattr(losses, name)(Answering(h1), model, 1.0)(torch.zeros(3), torch.tensor(y))
    loss.backward()
    assert loss.item() == pytest.approx(base)
    assert model.values.grad is not None
    assert torch.isfinite(model.values.grad).all()


@pytest.mark.parametrize("normalize", table.NORMALIZATIONS)
def test_logits_that_saturate_give_finite_losses(normalize: Any) -> None:
    h1, h2, y = [[9.0, 0.0]], [[-2000.0, 2000.0]], [0]
    for name in MULTICLASS:
        assert np.isfinite(multiclass_loss(name, h1, h2, y, Weighting(0.5, normalize)))


@pytest.mark.parametrize("name", MULTICLASS)
def test_a_step_asks_the_new_model_once_and_counts_one_batch(name: str) -> None:
    torch.manual_seed(0)
    h2 = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3))
    h1 = MLPClassifier(4, 3)
    x, y = torch.rand(8, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    getattr(losses, name)(h1, h2, 0.5)(x, y).backward()
    assert int(h2[0].num_batches_tracked) == 1
    assert all(parameter.grad is None for parameter in h1.parameters())
    assert all(parameter.grad is not None for parameter in h2.parameters())


def test_the_old_model_is_not_trained_with_the_loss() -> None:
    h1, h2 = MLPClassifier(4, 3), MLPClassifier(4, 3)
    loss = losses.BCNLLLoss(h1.eval(), h2, 0.5)
    loss.train()
    assert not h1.training
    assert set(loss.parameters()) == set(h2.parameters())
    assert loss.h1 is h1


def test_a_binary_answer_may_be_a_column() -> None:
    h1, h2 = Answering([[0.9], [0.2]], binary=True), Answering([[0.8], [0.3]], binary=True)
    flat = Answering([0.9, 0.2], binary=True), Answering([0.8, 0.3], binary=True)
    y = torch.tensor([1.0, 0.0], dtype=torch.float64)
    assert losses.BCBinaryCrossEntropyLoss(h1, h2, 0.5)(y, y) == losses.BCBinaryCrossEntropyLoss(*flat, 0.5)(y, y)


def test_a_misspelled_pivot_is_understood() -> None:
    h1, h2 = [0.6, 0.6], Answering([0.5, 0.5], binary=True)
    y = torch.tensor([1.0, 0.0], dtype=torch.float64)
    for given_as in ("discriminan_pivot", "discriminant_pivot"):
        loss = losses.BCBinaryCrossEntropyLoss(Answering(h1, binary=True), h2, 1.0, **{given_as: 0.7})
        assert loss(y, y).item() == pytest.approx(
            binary_loss("BCBinaryCrossEntropyLoss", h1, [0.5, 0.5], y, Weighting(1, pivot=0.7))
        )


def test_an_argument_that_no_loss_has_is_refused() -> None:
    with pytest.raises(TypeError, match="no argument 'margin'"):
        losses.BCNLLLoss(MLPClassifier(2, 2), MLPClassifier(2, 2), 0.5, margin=1)
    losses.BCKLDivergenceLoss(MLPClassifier(2, 2), MLPClassifier(2, 2), 0.5, num_classes=2)


def test_the_wrong_loss_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'HingeLoss' is not one of BCNLLLoss"):
        multiclass_loss("HingeLoss", [[1.0]], [[1.0]], [0], Weighting(0))
    with pytest.raises(InvalidInput, match="probabilities of class 1"):
        multiclass_loss("BCBinaryCrossEntropyLoss", [[1.0]], [[1.0]], [0], Weighting(0))
    with pytest.raises(InvalidInput, match="one logit a class"):
        binary_loss("BCNLLLoss", [1.0], [1.0], [0], Weighting(0))
