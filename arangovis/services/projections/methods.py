"""What can be asked of projections: methods, parameters with limits, engines, distances, measures."""

from collections.abc import Mapping

from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.projections.base import Projector
from arangovis.projections.metrics import METRICS
from arangovis.projections.quality import DEFAULT_METRICS, QUALITY_FACTS
from arangovis.projections.registry import UMAP, names, projector
from arangovis.services.projections.all_rows_plan import OPTIONS
from arangovis.services.projections.declared import (
    DeclaredDistance,
    DeclaredEngine,
    DeclaredMeasure,
    DeclaredMethod,
    DeclaredParameter,
    ProjectionMethods,
)
from arangovis.services.projections.parameters import SAMPLE_SIZES

__all__ = ["projection_methods"]

_ENGINE, _ANY = "engine", "auto"
_NOT_INSTALLED = "(not installed)"
_TYPES: Mapping[type, str] = {int: "integer", float: "number", str: "text", bool: "boolean"}


def projection_methods() -> ProjectionMethods:
    """Return what there is, as this installation has it."""
    return ProjectionMethods(
        default_method=UMAP,
        methods=tuple(_method(projector(name)) for name in names()),
        distances=tuple(DeclaredDistance(metric.name, metric.parameters, metric.asks) for metric in METRICS.values()),
        measures=_measures(),
        sample_sizes=_parameters(SAMPLE_SIZES),
        all_rows_options=_parameters(OPTIONS),
    )


def _method(method: Projector) -> DeclaredMethod:
    declared = {parameter.name: parameter for parameter in method.parameters.parameters}
    return DeclaredMethod(
        name=method.name,
        title=method.title or method.name,
        summary=method.summary,
        version=method.algorithm_version,
        engines=_engines(method, declared.get(_ENGINE)),
        parameters=_parameters(method.parameters),
        rows_min=method.rows_min,
        turns_freely=method.turns_freely,
    )


def _engines(method: Projector, choice: Parameter | None) -> tuple[DeclaredEngine, ...]:
    default = method.engine()
    asked = [name for name in choice.choices if name != _ANY] if choice is not None else [default.split(" ", 1)[0]]
    libraries = {name: method.engine({_ENGINE: name}) for name in asked}
    return tuple(
        DeclaredEngine(name, library, not library.endswith(_NOT_INSTALLED), library == default)
        for name, library in libraries.items()
    )


def _parameters(declared: ParameterSet) -> tuple[DeclaredParameter, ...]:
    return tuple(
        DeclaredParameter(
            name=p.name,
            type=_TYPES[p.type],
            default=p.default,
            minimum=p.minimum,
            maximum=p.maximum,
            choices=p.choices,
            aliases=p.aliases,
            optional=p.optional,
            description=p.description,
        )
        for p in declared.parameters
    )


def _measures() -> tuple[DeclaredMeasure, ...]:
    return tuple(
        DeclaredMeasure(
            name=name.value,
            sees=facts.sees,
            best=facts.best,
            worst=facts.worst,
            cost=facts.cost,
            labels=facts.labels,
            default=name in DEFAULT_METRICS,
        )
        for name, facts in QUALITY_FACTS.items()
    )
