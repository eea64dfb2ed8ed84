"""Models and what they answer, whichever way they say it."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

Module = nn.Module
Triple = tuple[Tensor, Tensor, Tensor]
"""Logits, softmax and log-softmax, each of shape (n, classes)."""


class LogisticRegression(nn.Module):
    """Softmax regression."""

    def __init__(self, input_dim: int, output_dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(input_dim, output_dim)

    def forward(self, x: Tensor) -> Triple:
        """Return logits, softmax and log-softmax of rows of shape (n, input_dim)."""
        return triple(self.linear(x))


class MLPClassifier(nn.Module):
    """Fully connected layers with ReLU between them."""

    def __init__(self, input_size: int, num_classes: int, hidden_sizes: Sequence[int] = (50, 10)) -> None:
        super().__init__()
        sizes = (input_size, *hidden_sizes, num_classes)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

    def forward(self, x: Tensor) -> Triple:
        """Return logits, softmax and log-softmax of rows of shape (n, input_size)."""
        for layer in self.layers[:-1]:
            x = functional.relu(layer(x))
        return triple(self.layers[-1](x))


def triple(logits: Tensor) -> Triple:
    """Return logits, softmax and log-softmax."""
    return logits, functional.softmax(logits, dim=1), functional.log_softmax(logits, dim=1)


def answers(model: nn.Module, x: Tensor, *, binary: bool) -> Tensor:
    """Return what a model answers: log-probabilities of shape (n, classes), or (n,) probabilities of class 1.

    A model of several classes may return the triple or the logits alone; a binary one its probabilities, of the
    shape (n,) or (n, 1).

    Raises:
        ValueError: the answer has another shape.

    """
    found = model(x)
    if binary:
        return _column(found)
    log_probabilities: Tensor = found[2] if isinstance(found, tuple) else functional.log_softmax(found, dim=1)
    if log_probabilities.ndim != 2:
        raise ValueError(f"a model of several classes answered with the shape {tuple(log_probabilities.shape)}")
    return log_probabilities


def labels(answer: Tensor, *, pivot: float = 0.5) -> Tensor:
    """Return the predicted class of each row; the first among equals."""
    return (answer >= pivot).long() if answer.ndim == 1 else torch.argmax(answer, dim=1)


def _column(found: Tensor) -> Tensor:
    column = found.squeeze(1) if found.ndim == 2 and found.shape[1] == 1 else found
    if column.ndim != 1:
        raise ValueError(f"a binary model answered with the shape {tuple(found.shape)}; (n,) or (n, 1) is needed")
    return column


@torch.no_grad()
def predicted(model: nn.Module, x: Tensor, *, device: str, pivot: float) -> list[int]:
    """Return the predicted class of each row; a model that answers one number a row gives the probability of 1."""
    was_training, rows = model.training, torch.as_tensor(x, device=device)
    found = model.to(device).eval()(rows)
    model.train(was_training)
    binary = isinstance(found, Tensor) and (found.ndim == 1 or found.shape[-1] == 1)
    answer = _column(found) if binary else (found[2] if isinstance(found, tuple) else found)
    chosen: list[int] = labels(answer, pivot=pivot).cpu().tolist()
    return chosen
