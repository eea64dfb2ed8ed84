"""What a projection is asked to do: defaults, and reading what a client sends."""

from collections.abc import Mapping

from arangovis.domain.catalogue import ProjectionParams
from arangovis.domain.errors import Fault, InvalidInput, NotSupported
from arangovis.domain.json import JsonValue, Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.projections.base import Projector
from arangovis.projections.metrics import check_dimensions, chosen_metric
from arangovis.projections.neighbour_method import METRIC
from arangovis.projections.quality import QualityMetric, metric_name
from arangovis.projections.registry import METHOD_PREFIX
from arangovis.projections.table_encoder import CATEGORICAL_WEIGHT

__all__ = ["DEFAULT_QUALITY", "METHOD_PREFIX", "SAMPLE_SIZES", "check_rows_measurable", "default_params", "read_params"]

DEFAULT_QUALITY = (QualityMetric.GLOBAL_SCORE.value,)
"""What the old dialect names if a client names nothing; `quality.DEFAULT_METRICS` are measured in any case."""
SAMPLE_SIZES = ParameterSet(
    (
        Parameter("production_data_sample_size", int, 500, "Rows of production data to project.", 20, 5000),
        Parameter("training_data_sample_size", int, 5000, "Rows of training data to fit on.", 20, 10000),
    )
)
_METRICS_FIELD = "visualization_metrics"


def default_params(engine: Projector) -> ProjectionParams:
    """Return what a projection does if nobody set anything."""
    return _params(engine.parameters.defaults(), SAMPLE_SIZES.defaults(), DEFAULT_QUALITY)


def read_params(engine: Projector, body: Mapping[str, JsonValue], *, dimensions: int | None = None) -> ProjectionParams:
    """Read parameters as a client sends them: `parameters` complete, the rest optional, unknown names ignored.

    With `dimensions` of the rows, parameters of the metric must suit these too.

    Raises:
        InvalidInput: it names everything that is wrong.

    """
    values, faults = _read_values(engine, body, dimensions)
    sizes, size_faults = SAMPLE_SIZES.check(body, where="")
    metrics, metric_faults = _read_metrics(body)
    if all_faults := (*faults, *size_faults, *metric_faults):
        raise InvalidInput.of(*all_faults)
    return _params(values, {**SAMPLE_SIZES.defaults(), **sizes}, metrics)


def _params(values: Mapping[str, Scalar], sizes: Mapping[str, Scalar], metrics: tuple[str, ...]) -> ProjectionParams:
    production, training = (int(str(sizes[parameter.name])) for parameter in SAMPLE_SIZES.parameters)
    return ProjectionParams(values, production, training, metrics)


def _read_values(
    engine: Projector, body: Mapping[str, JsonValue], dimensions: int | None
) -> tuple[Mapping[str, Scalar], tuple[Fault, ...]]:
    name = "properties" if "properties" in body and "parameters" not in body else "parameters"
    if name not in body:
        return {}, (Fault(name, "is a required property"),)
    given = body[name]
    if not isinstance(given, Mapping):
        return {}, (Fault(name, "is not an object"),)
    values, faults = engine.parameters.check(given, complete=True, where=name)
    return values, faults or (*_metric_faults(values, dimensions, where=name), *_table_faults(values, dimensions, name))


def _metric_faults(values: Mapping[str, Scalar], dimensions: int | None, *, where: str) -> tuple[Fault, ...]:
    """Return what a metric does not take of its parameters, where rows of so many dimensions are to be measured.

    That a metric measures no such rows at all is said when a projection is asked for: all names can be put in force.
    """
    try:
        check_rows_measurable(values, dimensions)
    except InvalidInput as error:
        return tuple(Fault(f"{where}.{f.field}", f.problem) for f in error.faults if f.field != METRIC.name)
    return ()


def _table_faults(values: Mapping[str, Scalar], dimensions: int | None, where: str) -> tuple[Fault, ...]:
    """Return what means something to tables only, where a model has embeddings."""
    name, default = CATEGORICAL_WEIGHT.name, CATEGORICAL_WEIGHT.default
    if dimensions is None or values.get(name, default) == default:
        return ()
    return (Fault(f"{where}.{name}", "means nothing to a model that has embeddings; leave it out"),)


def check_rows_measurable(values: Mapping[str, Scalar], dimensions: int | None) -> None:
    """Refuse parameters whose metric cannot measure rows of so many dimensions, before anything is computed.

    Raises:
        InvalidInput: it names the parameter, and what would be right.

    """
    choice = chosen_metric(values)
    if dimensions is None or dimensions < 1:
        return
    try:
        check_dimensions(choice, dimensions)
    except NotSupported as error:
        raise InvalidInput.of(Fault(METRIC.name, error.detail)) from error


def _read_metrics(body: Mapping[str, JsonValue]) -> tuple[tuple[str, ...], tuple[Fault, ...]]:
    if _METRICS_FIELD not in body:
        return DEFAULT_QUALITY, ()
    given = body[_METRICS_FIELD]
    if not isinstance(given, list | tuple):
        return (), (Fault(_METRICS_FIELD, "is not a list of names"),)
    read = [_read_metric(name) for name in given]
    names = [name for name in read if isinstance(name, str)]
    faults = tuple(fault for fault in read if isinstance(fault, Fault))
    if len(set(names)) < len(names):
        faults = (*faults, Fault(_METRICS_FIELD, "has a name twice"))
    return tuple(names), faults


def _read_metric(given: JsonValue) -> str | Fault:
    if not isinstance(given, str):
        return Fault(_METRICS_FIELD, f"{repr(given)[:80]} is not a name")
    try:
        return metric_name(given).value
    except InvalidInput as error:
        return Fault(_METRICS_FIELD, error.detail)
