"""What a reader asks of the rows of a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.filter_grammar import parse
from arangovis.domain.json import Scalar, digest_of
from arangovis.domain.search import AllOf, AnyOf, Filter, Not
from arangovis.series.decimation import Decimation
from arangovis.series.windows import Window

FIELDS_MAX = 200
"""Columns of one answer."""
_DIGEST_LENGTH = 16


@dataclass(frozen=True)
class SeriesQuestion:
    """Which columns of which rows. A field that a series does not have may be an attribute of the run: one value.

    Args:
        series: the name of a series; None for every series of the run that has all the fields.
        fields: the fields; empty for all of a named series.
        attributes: further fields whose value for the run is wanted in every row.
        filter: only rows that this is true of, in the filter language.
        window: the mean of how many rows is wanted; None for the rows themselves.
        stride: with a window, every how many rows there is a mean.
        group: fields whose values tell one line of a plot from another.
        order: the field that rows are in order of; None for as they were logged.
        decimate: how many points are enough; None for all.
        x: the field that goes along the axis, for `decimate`; None for `order`.

    """

    series: str | None = None
    fields: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    filter: str = ""
    window: int | None = None
    stride: int = 1
    group: tuple[str, ...] = ()
    order: str | None = None
    decimate: int | None = None
    x: str | None = None

    def __post_init__(self) -> None:
        if self.series is None and not self.fields:
            raise InvalidInput.of(Fault("fields", "name at least one field, or a series"))
        if len(self.answered) > FIELDS_MAX:
            raise InvalidInput.of(Fault("fields", f"{len(self.answered)} are more than {FIELDS_MAX}"))
        if self.window is None and self.stride != 1:
            raise InvalidInput.of(Fault("stride", "is given without a window"))
        _ = self.where, self.averaging, self.thinning  # what cannot be is refused now

    @cached_property
    def where(self) -> Filter:
        """The condition on rows."""
        return parse(self.filter)

    @cached_property
    def averaging(self) -> Window | None:
        """The moving mean, if there is one."""
        return None if self.window is None else Window(self.window, self.stride, self.group, self.order)

    @cached_property
    def thinning(self) -> Decimation | None:
        """The decimation, if there is one."""
        return None if self.decimate is None else Decimation(self.decimate, self.x or self.order, self.group)

    @cached_property
    def answered(self) -> tuple[str, ...]:
        """The columns of the answer, if fields are named: these, then the groups, x and the attributes."""
        return unique((*self.fields, *self.group, *self._ends, *self.attributes))

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The columns that are asked for by any means."""
        return unique((*self.answered, *(() if self.order is None else (self.order,))))

    @cached_property
    def filtered_names(self) -> tuple[str, ...]:
        """The names in the filter; one that is no field is missing in every row, as in any search."""
        return unique(_names(self.where))

    @property
    def is_plain(self) -> bool:
        """Whether a part of the rows can be answered before the others are looked at."""
        return self.window is None and self.decimate is None and self.order is None

    def digest(self, attributes: Iterable[tuple[str, Scalar]]) -> str:
        """Tell this question from any other, asked of a run whose attributes have these values."""
        asked = [self.series, list(self.fields), list(self.attributes), self.filter, self.window, self.stride]
        return digest_of([*asked, list(self.group), self.order, *map(list, sorted(attributes))])[:_DIGEST_LENGTH]

    @property
    def _ends(self) -> tuple[str, ...]:
        return () if self.x is None else (self.x,)


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Return names, each once, in order."""
    return tuple(dict.fromkeys(names))


def _names(where: Filter) -> Iterable[str]:
    if isinstance(where, AllOf | AnyOf):
        for term in where.terms:
            yield from _names(term)
    elif isinstance(where, Not):
        yield from _names(where.term)
    elif (name := getattr(where, "name", None)) is not None:
        yield name
