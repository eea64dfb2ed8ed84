"""What the columns of a prediction are called, as clients of the scoring sequence know them."""

from collections.abc import Sequence

from arangovis.anomaly.model import AnomalyModel

__all__ = ["SCORE_NAME", "deep_feature_names", "reconstruction_names", "squared_error_names"]

SCORE_NAME = "Reconstruction.MSE"


def squared_error_names(model: AnomalyModel) -> tuple[str, ...]:
    """Return `reconstr_<slot>.SE` for each slot; distinct."""
    return _distinct([f"reconstr_{name}.SE" for name in model.expansion.slot_names])


def reconstruction_names(model: AnomalyModel) -> tuple[str, ...]:
    """Return `reconstr_<slot>` for each slot; distinct."""
    return _distinct([f"reconstr_{name}" for name in model.expansion.slot_names])


def deep_feature_names(model: AnomalyModel, layer: int) -> tuple[str, ...]:
    """Return `DF.L<k>.C<j>` for each unit of a hidden layer: the layer is counted from 0, k and j from 1."""
    return tuple(f"DF.L{layer + 1}.C{unit + 1}" for unit in range(model.scorer.layers[layer]))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names with a number after repeated ones: `a` with a level `b.c` meets `a.b` with a level `c`."""
    taken, found = set(names), []
    seen: set[str] = set()
    for name in names:
        free, number = name, 2
        while free in seen or (free != name and free in taken):
            free, number = f"{name}~{number}", number + 1
        seen.add(free)
        found.append(free)
    return tuple(found)
