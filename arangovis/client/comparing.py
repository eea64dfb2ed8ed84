"""Comparing two models that this process has: asked here, and recorded by what they predict."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arangovis.client.compatibility import ComparedModels
from arangovis.client.connection import connect
from arangovis.compatibility.labels import PIVOT, labels_of
from arangovis.domain.errors import Fault, InvalidInput

Metric = Callable[..., float]


def compare_models(
    h1: Any, h2: Any, dataset: Any, performance_metric: Metric | None = None, device: str = "cpu", **given: Any
) -> ComparedModels:
    """Compare two models on a data set, and record the comparison.

    Args:
        h1: the old model: a module of PyTorch, or anything with `predict`, or a function that predicts.
        h2: the new model, likewise.
        dataset: batches of (ids, inputs, targets).
        performance_metric: (model, batches, device) -> number; the accuracy if None.
        device: of PyTorch.
        given: `client`, `project`, `name`, `get_instance_metadata` (id -> text).

    Raises:
        InvalidInput: a model is none of these.

    """
    client, note = given.pop("client", None) or connect(), given.pop("get_instance_metadata", None)
    batches = list(dataset)
    ids = [key for batch in batches for key in _list(batch[0])]
    if performance_metric is not None:
        given |= {
            f"{name}_performance": float(performance_metric(model, batches, device))
            for name, model in (("h1", h1), ("h2", h2))
        }
    return client.compatibility.compare(
        predictions(h1, [batch[1] for batch in batches], device=device),
        predictions(h2, [batch[1] for batch in batches], device=device),
        [truth for batch in batches for truth in _list(batch[2])],
        ids=ids,
        notes=None if note is None else [str(note(key)) for key in ids],
        **given,
    )


def predictions(model: Any, inputs: Sequence[Any], *, device: str = "cpu") -> Sequence[Any]:
    """Return what a model predicts for batches of inputs.

    Raises:
        InvalidInput: it is no module of PyTorch, has no `predict`, and cannot be called.

    """
    predict = getattr(model, "predict", None)
    if callable(predict):
        return [label for batch in inputs for label in _list(predict(batch))]
    if type(model).__module__.partition(".")[0] == "torch" or hasattr(model, "state_dict"):
        from arangovis.compatibility.pytorch.models import predicted

        return [label for batch in inputs for label in predicted(model, batch, device=device, pivot=PIVOT)]
    if callable(model):
        return [label for batch in inputs for label in _labels(np.asarray(model(batch)))]
    raise InvalidInput.of(Fault("model", f"{type(model).__name__} is no model: it has no predict"))


def _labels(answer: npt.NDArray[np.generic]) -> list[Any]:
    """Return labels, or the most probable ones of probabilities."""
    found = labels_of("model", answer) if answer.ndim == 2 else answer
    return list(found.tolist())


def _list(values: Any) -> list[Any]:
    return list(values.tolist()) if hasattr(values, "tolist") else list(values)
