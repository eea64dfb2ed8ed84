"""What there is to plot: the series of a run, and what a set of runs has in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.series import FieldKind, SeriesField
from arangovis.series.statistics import FieldStatistics, joined
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.chunks import Head
from arangovis.services.series.reading.contents import Contents, RunContents
from arangovis.services.series.series_data import LoggedSeries

STEP = "step"
"""The field that counts: its greatest value says how far a run is."""


@dataclass(frozen=True, slots=True)
class FieldListed:
    """A column, and what is known of its values without reading them."""

    field: NodeId
    name: str
    kind: FieldKind
    count: int
    nulls: int
    nans: int
    minimum: Scalar
    maximum: Scalar


@dataclass(frozen=True, slots=True)
class SeriesListed:
    """What a run logged to one series. `name` is None if the series is implicit; times are microseconds since 1970."""

    series: NodeId
    series_data: NodeId
    name: str | None
    rows: int
    loggers: tuple[str, ...]
    updated: int | None
    newest_step: Scalar
    fields: tuple[FieldListed, ...]


@dataclass(frozen=True, slots=True)
class AttributeListed:
    """A run's value of a field."""

    field: NodeId
    name: str
    kind: FieldKind
    value: Scalar


@dataclass(frozen=True, slots=True)
class RunSeries:
    """Everything of a run that can be plotted."""

    run: NodeId
    generation: int
    state: str
    series: tuple[SeriesListed, ...]
    attributes: tuple[AttributeListed, ...]


@dataclass(frozen=True, slots=True)
class FieldCommon:
    """A field that every run has."""

    field: NodeId
    name: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class SeriesCommon:
    """A series that every run logged to."""

    series: NodeId
    name: str | None
    fields: tuple[FieldCommon, ...]


@dataclass(frozen=True, slots=True)
class InCommon:
    """What every one of some runs has: series, fields in whatever series, and fields with one value for the run."""

    runs: int
    series: tuple[SeriesCommon, ...]
    fields: tuple[FieldCommon, ...]
    attributes: tuple[FieldCommon, ...]


class Listing:
    """Lists without reading rows."""

    def __init__(self, contents: Contents, log: ChunkLog) -> None:
        self._contents = contents
        self._log = log

    def of(self, run: NodeId) -> RunSeries:
        """List the series of a run.

        Raises:
            NotFound: there is no such run.
            RunGone: it was deleted.

        """
        contents = self._contents.of(run)
        listed = tuple(self._listed(logged) for logged in contents.logged)
        attributes = tuple(
            AttributeListed(item.field.node, name, item.field.kind, item.value)
            for name, item in sorted(contents.attributes.items())
        )
        return RunSeries(contents.run, contents.generation, contents.state, listed, attributes)

    def common(self, runs: Sequence[NodeId]) -> InCommon:
        """Say what runs have in common; those that there are not are not counted."""
        found = list(self._contents.of_many(runs).values())
        series = {logged.series.node: logged for contents in found for logged in contents.logged}
        shared = _shared({logged.series.node for logged in contents.logged} for contents in found)
        fields = {field.node: field for contents in found for field in _fields(contents)}
        own = {item.field.node: item.field for contents in found for item in contents.attributes.values()}
        return InCommon(
            runs=len(found),
            series=tuple(_series_common(series[node]) for node in sorted(shared)),
            fields=_sorted(fields[node] for node in _shared({f.node for f in _fields(one)} for one in found)),
            attributes=_sorted(
                own[node] for node in _shared({a.field.node for a in one.attributes.values()} for one in found)
            ),
        )

    def _listed(self, logged: LoggedSeries) -> SeriesListed:
        heads = self._log.heads(logged.data.node)
        by_key = {field.node.key: field for field in logged.series.fields}
        fields = [by_key[key] for key in logged.data.fields]
        statistics = _together(heads, len(fields))
        listed = tuple(_field_listed(*pair) for pair in zip(fields, statistics, strict=True))
        return SeriesListed(
            series=logged.series.node,
            series_data=logged.data.node,
            name=logged.series.name,
            rows=sum(head.rows for head in heads),
            loggers=tuple(head.logger for head in heads),
            updated=max((head.updated for head in heads), default=None),
            newest_step=next((field.maximum for field in listed if field.name == STEP), None),
            fields=listed,
        )


def _together(heads: Sequence[Head], fields: int) -> Sequence[FieldStatistics | None]:
    known: list[Sequence[FieldStatistics]] = [head.statistics for head in heads if head.statistics]
    if not known:
        return [None] * fields
    together: Sequence[FieldStatistics] = reduce(joined, known)
    return together


def _field_listed(field: SeriesField, found: FieldStatistics | None) -> FieldListed:
    if found is None:
        return FieldListed(field.node, field.name, field.kind, 0, 0, 0, None, None)
    counts = (found.count, found.nulls, found.nans)
    return FieldListed(field.node, field.name, field.kind, *counts, found.minimum, found.maximum)


def _fields(contents: RunContents) -> Sequence[SeriesField]:
    return [field for logged in contents.logged for field in logged.series.fields]


def _shared(sets: Iterable[set[NodeId]]) -> set[NodeId]:
    every = list(sets)
    return set.intersection(*every) if every else set()


def _sorted(fields: Iterable[SeriesField]) -> tuple[FieldCommon, ...]:
    return tuple(sorted((_field_common(field) for field in fields), key=lambda field: field.name))


def _field_common(field: SeriesField) -> FieldCommon:
    return FieldCommon(field.node, field.name, field.kind)


def _series_common(logged: LoggedSeries) -> SeriesCommon:
    return SeriesCommon(logged.series.node, logged.series.name, tuple(map(_field_common, logged.series.fields)))
