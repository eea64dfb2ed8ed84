"""The detectors by name. A module is loaded when its detector is first asked for."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import JsonValue, Scalar

if TYPE_CHECKING:
    from arangovis.anomaly.base import Detector  # it needs numpy, which who only asks for the names does not

__all__ = ["complete_parameters", "detector", "names"]

_DETECTORS = {
    "autoencoder": ("arangovis.anomaly.autoencoder", "Autoencoder"),
    "pca": ("arangovis.anomaly.pca_detector", "PcaDetector"),
    "knn": ("arangovis.anomaly.knn_detector", "KnnDetector"),
    "isolation_forest": ("arangovis.anomaly.forest_detector", "ForestDetector"),
}


def names() -> tuple[str, ...]:
    """Return the names of all detectors."""
    return tuple(_DETECTORS)


@cache
def detector(name: str) -> "Detector":
    """Return the detector of a name.

    Raises:
        InvalidInput: there is none.

    """
    if name not in _DETECTORS:
        raise InvalidInput.of(Fault("detector", f"{name!r:.80} is not one of {', '.join(_DETECTORS)}"))
    module, class_name = _DETECTORS[name]
    return cast("Detector", getattr(import_module(module), class_name)())


def complete_parameters(name: str, values: Mapping[str, JsonValue]) -> Mapping[str, Scalar]:
    """Return every parameter of a detector, those left out at their defaults.

    Raises:
        InvalidInput: there is no such detector or parameter, or a value is outside its limits.

    """
    found = detector(name)
    declared = found.parameters.defaults()
    unknown = [
        Fault(f"parameters.{key[:80]}", f"is not a parameter of {name}; these are {', '.join(declared)}")
        for key in values
        if key not in declared
    ]
    good, faults = found.parameters.check(found.normalised(values))
    faults = (*unknown, *faults, *found.faults(good))
    if faults:
        raise InvalidInput.of(*faults)
    return {**declared, **good}
