"""Which tables of rows answer a question about a run, and with which columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.runs import RunState
from arangovis.domain.series import FieldKind, SeriesField
from arangovis.series.columns import with_constant
from arangovis.series.filtering import filtered
from arangovis.series.kinds import Table, schema_of
from arangovis.services.series.definitions import SeriesDefinitions
from arangovis.services.series.fields import Fields
from arangovis.services.series.reading.contents import Attribute, RunContents
from arangovis.services.series.reading.question import SeriesQuestion, unique
from arangovis.services.series.series_data import LoggedSeries

_LETTERS = {
    FieldKind.INT: "i",
    FieldKind.FLOAT: "d",
    FieldKind.TEXT: "s",
    FieldKind.BOOL: "b",
    FieldKind.TIMESTAMP: "t",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a run, resolved."""

    contents: RunContents
    question: SeriesQuestion
    sources: tuple[LoggedSeries, ...]
    answered: tuple[str, ...]
    constants: Mapping[str, Attribute]
    """The columns that have one value for the whole run, where a source has no such field."""
    unknown: tuple[str, ...]
    """Names that are no field yet: an open run may still log them."""
    empty: Table = field(repr=False)
    """No rows of the right columns."""

    @property
    def digest(self) -> str:
        """Tells it from every other question."""
        return self.question.digest((name, constant.value) for name, constant in self.constants.items())

    def columns(self, rows: Table) -> Table:
        """Return rows of a source with the run's constants, without what is not needed, filtered."""
        for name, constant in self.constants.items():
            if name not in rows.column_names:
                rows = with_constant(rows, name, constant.value, _type_of(name, constant.field))
        kept = filtered(rows, self.question.where)
        return kept.select(unique((*self.answered, *self.question.needed)))


class Sources:
    """Resolves questions."""

    def __init__(self, fields: Fields, definitions: SeriesDefinitions) -> None:
        self._fields = fields
        self._definitions = definitions

    def of(self, contents: RunContents, question: SeriesQuestion) -> Asked:
        """Find the tables and the constants that answer a question.

        Raises:
            InvalidInput: it lists the names that are not in the series, or are no fields though the run has ended.
            NotFound: there is no such series.

        """
        if question.series is None:
            return self._by_fields(contents, question)
        return self._by_name(contents, question, question.series)

    def _by_name(self, contents: RunContents, question: SeriesQuestion, name: str) -> Asked:
        sources = tuple(item for item in contents.logged if item.series.name == name)
        series = sources[0].series if sources else self._definitions.named(contents.project, name)
        known = {item.name: item for item in series.fields}
        unknown = [name for name in question.needed if name not in known and name not in contents.attributes]
        if unknown:
            raise InvalidInput.of(
                *(Fault("fields", f"{name[:80]!r} is not a field of this series") for name in unknown)
            )
        every = () if question.fields else tuple(known)
        return _asked(contents, question, sources, known=known, answered=unique((*every, *question.answered)))

    def _by_fields(self, contents: RunContents, question: SeriesQuestion) -> Asked:
        varying = [name for name in question.needed if name not in contents.attributes]
        logged = [item for item in contents.logged if _has(item, varying)]
        logged = [item for item in logged if _has(item, question.needed)] or logged
        known = {field.name: field for item in logged for field in item.series.fields}
        if not logged:
            known = dict(self._fields.named(contents.project, question.needed))
            unknown = [name for name in question.needed if name not in known and name not in contents.attributes]
            if unknown and not RunState(contents.state).is_open:
                raise InvalidInput.of(*(Fault("fields", f"there is no field {name[:80]!r}") for name in unknown))
        return _asked(contents, question, tuple(logged), known=known, answered=question.answered)


def _has(logged: LoggedSeries, names: Sequence[str]) -> bool:
    return set(names) <= {field.name for field in logged.series.fields}


def _asked(
    contents: RunContents,
    question: SeriesQuestion,
    sources: tuple[LoggedSeries, ...],
    *,
    known: Mapping[str, SeriesField],
    answered: tuple[str, ...],
) -> Asked:
    names = unique((*question.needed, *question.filtered_names))
    constants = {name: contents.attributes[name] for name in names if name in contents.attributes}
    fields = {name: constant.field for name, constant in constants.items()} | dict(known)
    columns = unique((*answered, *question.needed))
    unknown = tuple(name for name in columns if name not in fields)
    # a column of a kind that nobody knows yet has to be of some kind
    letters = "".join(_LETTERS[fields[name].kind] if name in fields else "d" for name in columns)
    empty = schema_of(columns, letters).empty_table()
    return Asked(contents, question, sources, answered, constants, unknown, empty)


def _type_of(name: str, field: SeriesField) -> object:
    return schema_of((name,), _LETTERS[field.kind]).field(0).type
