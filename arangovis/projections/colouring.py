"""How an output is coloured in the plot, from what its model's signature says of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from arangovis.domain.json import Scalar
from arangovis.projections.values import distinct

__all__ = ["Coloring", "ColoringType", "coloring", "coloring_type", "dtype_number"]


class ColoringType(StrEnum):
    """One colour a class, a scale of colours, or none; spelled as in the documents."""

    CLASS = "class"
    GRADIENT = "gradient"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Coloring:
    """How to colour by an output. `classes`, distinct and in order, for the type `class` only."""

    coloring_type: ColoringType
    dtype: int
    classes: tuple[Scalar, ...] | None


_CLASS_PROFILES = frozenset({"categorical", "nominal", "ordinal"})
_GRADIENT_PROFILES = frozenset({"numerical", "continuous", "interval", "ratio"})

# The numbers of TensorFlow's DataType, which old clients read.
_DTYPE_NUMBERS = {
    "float": 1,
    "float32": 1,
    "double": 2,
    "float64": 2,
    "int32": 3,
    "uint8": 4,
    "int16": 5,
    "int8": 6,
    "string": 7,
    "str": 7,
    "complex64": 8,
    "int64": 9,
    "bool": 10,
    "boolean": 10,
    "uint16": 17,
    "half": 19,
    "float16": 19,
    "uint32": 22,
    "uint64": 23,
}
_DTYPE_UNKNOWN = 0


def coloring_type(profile: str) -> ColoringType:
    """Return how a profile is coloured; `none` for profiles of pictures, sound, text and unknown ones."""
    folded = profile.strip().lower()
    if folded in _CLASS_PROFILES:
        return ColoringType.CLASS
    return ColoringType.GRADIENT if folded in _GRADIENT_PROFILES else ColoringType.NONE


def dtype_number(dtype: str) -> int:
    """Return the number of a dtype such as `int64` or `DT_INT64`; 0 for an unknown one."""
    return _DTYPE_NUMBERS.get(dtype.strip().lower().removeprefix("dt_"), _DTYPE_UNKNOWN)


def coloring(profile: str, dtype: str, values: Iterable[Scalar]) -> Coloring:
    """Return how to colour by an output with these values; missing ones (null, NaN) are no class."""
    kind = coloring_type(profile)
    return Coloring(kind, dtype_number(dtype), distinct(values) if kind is ColoringType.CLASS else None)
