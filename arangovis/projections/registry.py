"""The methods by name. A module is loaded when its method is first asked for."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from arangovis.domain.errors import InvalidInput

if TYPE_CHECKING:
    from arangovis.projections.base import Projector  # it needs numpy, which who only asks for the names does not

__all__ = ["ASSEMBLE", "FIT", "METHOD_PREFIX", "STEP_METHODS", "TRANSFORM", "UMAP", "names", "projector"]

METHOD_PREFIX = "projection."
"""A run's method is this and the name of the projection's method."""

FIT, TRANSFORM, ASSEMBLE = METHOD_PREFIX + "fit", METHOD_PREFIX + "transform", METHOD_PREFIX + "assemble"
STEP_METHODS = (FIT, TRANSFORM, ASSEMBLE)
"""What the steps of a projection of all rows run as, whatever its method, which is among their options."""

UMAP = "umap"
"""The method that people ask for first, so compute processes warm up with it."""

_METHODS = {
    UMAP: ("arangovis.projections.umap_method", "Umap"),
    "densmap": ("arangovis.projections.umap_method", "Densmap"),
    "tsne": ("arangovis.projections.tsne_method", "Tsne"),
    "trimap": ("arangovis.projections.pair_methods", "Trimap"),
    "pacmap": ("arangovis.projections.pair_methods", "Pacmap"),
    "pca": ("arangovis.projections.pca", "Pca"),
}


def names() -> tuple[str, ...]:
    """Return the names of all methods."""
    return tuple(_METHODS)


@cache
def projector(name: str) -> "Projector":
    """Return the method of a name.

    Raises:
        InvalidInput: there is none.

    """
    if name not in _METHODS:
        raise InvalidInput(f"Transformer method {name[:80]} is not implemented. Implemented are {', '.join(_METHODS)}.")
    module, class_name = _METHODS[name]
    return cast("Projector", getattr(import_module(module), class_name)())
