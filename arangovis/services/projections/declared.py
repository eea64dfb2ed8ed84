"""What can be asked of projections, as values: light, for clients too; `methods` makes them."""

from dataclasses import dataclass

from arangovis.domain.json import Scalar

__all__ = [
    "DeclaredDistance",
    "DeclaredEngine",
    "DeclaredMeasure",
    "DeclaredMethod",
    "DeclaredParameter",
    "ProjectionMethods",
]


@dataclass(frozen=True, slots=True)
class DeclaredParameter:
    """A parameter with its limits, both included; None for none. An `optional` one may be left out by every client."""

    name: str
    type: str
    default: Scalar
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    aliases: tuple[str, ...]
    optional: bool
    description: str


@dataclass(frozen=True, slots=True)
class DeclaredEngine:
    """A library that computes a method: as `library` it is recorded in runs."""

    name: str
    library: str
    installed: bool
    default: bool


@dataclass(frozen=True, slots=True)
class DeclaredMethod:
    """A method; the choices of its parameter `metric`, where it has one, are distances."""

    name: str
    title: str
    summary: str
    version: int
    engines: tuple[DeclaredEngine, ...]
    parameters: tuple[DeclaredParameter, ...]
    rows_min: int
    turns_freely: bool


@dataclass(frozen=True, slots=True)
class DeclaredDistance:
    """A distance between rows, the names of the parameters that it takes, and what it asks of the rows."""

    name: str
    parameters: tuple[str, ...]
    asks: str


@dataclass(frozen=True, slots=True)
class DeclaredMeasure:
    """A measure of a plot, as named in `visualization_metrics`; `default` ones are measured of every plot."""

    name: str
    sees: str
    best: float
    worst: float | None
    cost: str
    labels: bool
    default: bool


@dataclass(frozen=True, slots=True)
class ProjectionMethods:
    """Everything that a projection can be told."""

    default_method: str
    methods: tuple[DeclaredMethod, ...]
    distances: tuple[DeclaredDistance, ...]
    measures: tuple[DeclaredMeasure, ...]
    sample_sizes: tuple[DeclaredParameter, ...]
    all_rows_options: tuple[DeclaredParameter, ...]
