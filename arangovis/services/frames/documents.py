"""How a file is read, and what was found in it, as requests and answers have it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import Document, JsonValue
from arangovis.tabular.frames.types import (
    ColumnKind,
    ColumnStatistics,
    ColumnType,
    Dialect,
    Format,
    FrameWarning,
    GuessHints,
    Packing,
    ParsedFrame,
    ParseSetup,
)

LEVELS_SHOWN_MAX = 100
"""Levels that a node names with their counts; `distinct` says how many there are."""
_DIALECT = ("separator", "header", "quote", "comment", "encoding")


def setup_answer(setup: ParseSetup) -> Document:
    """Return how a file is read, as JSON for people."""
    return {
        "format": setup.format.value,
        "packing": setup.packing.value,
        **{name: getattr(setup.dialect, name) for name in _DIALECT},
        "columns": [_column_document(column) for column in setup.columns],
        "warnings": [warning_document(warning) for warning in setup.warnings],
        "preview": [list(row) for row in setup.preview],
    }


def changed_setup(base: ParseSetup, document: Document) -> ParseSetup:
    """Return a set-up with what a request says in the words of `setup_answer`; what it leaves out stays.

    Raises:
        InvalidInput: it names every field at fault.

    """
    reader = _Reader(document)
    columns = tuple(reader.columns(base.columns))
    dialect = Dialect(**{name: reader.given(name, getattr(base.dialect, name)) for name in _DIALECT})  # type: ignore[arg-type]
    form = reader.choice("format", Format, base.format)
    packing = reader.choice("packing", Packing, base.packing)
    if reader.faults:
        raise InvalidInput.of(*reader.faults)
    return replace(base, columns=columns, dialect=dialect, format=Format(form), packing=Packing(packing))


def columns_document(frame: ParsedFrame) -> list[JsonValue]:
    """Return the columns of a frame with their types and figures, as JSON."""
    return [
        {"name": column.name, "type": column.kind.value, **statistics_document(column.statistics)}
        for column in frame.columns
    ]


def hints_of(document: Document) -> GuessHints:
    """Return what a request says of a file before anything is guessed.

    Raises:
        InvalidInput: it names every field at fault.

    """
    reader = _Reader(document)
    separator, encoding = reader.text("separator"), reader.text("encoding")
    quote, comment = reader.text("quote"), reader.text("comment")
    header = document.get("header")
    if header is not None and not isinstance(header, bool):
        reader.faults.append(Fault("header", f"{header!r:.80} is not true or false"))
    if reader.faults:
        raise InvalidInput.of(*reader.faults)
    plain = GuessHints()
    return GuessHints(
        separator=separator,
        header=header if isinstance(header, bool) else None,
        quote=plain.quote if quote is None else quote,
        comment=plain.comment if comment is None else comment,
        encoding=encoding,
    )


def statistics_document(found: ColumnStatistics) -> Document:
    """Return the figures of a column; what makes no sense for it is left out."""
    names = ("missing", "minimum", "maximum", "mean", "sigma", "zeros", "infinite", "distinct")
    document: dict[str, JsonValue] = {name: getattr(found, name) for name in names if getattr(found, name) is not None}
    if found.levels is not None:
        most = sorted(found.levels, key=lambda level: (-level[1], level[0]))[:LEVELS_SHOWN_MAX]
        document["levels"] = [{"level": level, "rows": rows} for level, rows in sorted(most)]
    return document


def warning_document(warning: FrameWarning) -> Document:
    """Return a warning as JSON: rows from 0, lines from 1."""
    return {
        "kind": warning.kind,
        "detail": warning.detail,
        "column": warning.column,
        "count": warning.count,
        "rows": list(warning.rows),
        "lines": list(warning.lines),
    }


def _column_document(column: ColumnType) -> Document:
    return {
        "name": column.name,
        "type": column.kind.value,
        "missing": list(column.missing),
        "day_first": column.day_first,
    }


class _Reader:
    """Takes fields of a set-up, and remembers what is wrong."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.faults: list[Fault] = []

    def given(self, name: str, default: str | bool) -> str | bool:
        value = self._document.get(name)
        if value is None:
            return default
        if type(value) is not type(default):
            wanted = "true or false" if isinstance(default, bool) else "text"
            self.faults.append(Fault(name, f"{value!r:.80} is not {wanted}"))
            return default
        return value

    def text(self, name: str) -> str | None:
        value = self._document.get(name)
        if value is not None and not isinstance(value, str):
            self.faults.append(Fault(name, f"{value!r:.80} is not text"))
            return None
        return value

    def choice(self, name: str, choices: "type[Format] | type[Packing]", default: str) -> str:
        value = self._document.get(name)
        known = [str(choice.value) for choice in choices]
        if value is None or value in known:
            return default if value is None else str(value)
        self.faults.append(Fault(name, f"{value!r:.80} is not one of {', '.join(known)}"))
        return default

    def columns(self, base: tuple[ColumnType, ...]) -> Iterable[ColumnType]:
        value = self._document.get("columns")
        if value is None:
            return base
        if not isinstance(value, list | tuple):
            self.faults.append(Fault("columns", "is not a list of columns"))
            return base
        return [self._column(place, item, base) for place, item in enumerate(value)]

    def _column(self, place: int, item: JsonValue, base: tuple[ColumnType, ...]) -> ColumnType:
        guessed = base[place] if place < len(base) else ColumnType("", ColumnKind.TEXT)
        if not isinstance(item, Mapping):
            self.faults.append(Fault(f"columns.{place}", "is not a JSON object"))
            return guessed
        kind = self._kind(place, item.get("type", guessed.kind.value), guessed.kind)
        missing = item.get("missing", guessed.missing if kind is guessed.kind else ())
        if not isinstance(missing, list | tuple) or not all(isinstance(word, str) for word in missing):
            self.faults.append(Fault(f"columns.{place}.missing", "is not a list of words"))
            missing = ()
        name = item.get("name", guessed.name)
        if not isinstance(name, str):
            self.faults.append(Fault(f"columns.{place}.name", f"{name!r:.80} is not text"))
            name = guessed.name
        day_first = item.get("day_first", guessed.day_first) is True
        return ColumnType(name, kind, tuple(map(str, missing)), day_first)

    def _kind(self, place: int, value: JsonValue, default: ColumnKind) -> ColumnKind:
        known = {choice.value: choice for choice in ColumnKind}
        if isinstance(value, str) and value in known:
            return known[value]
        self.faults.append(Fault(f"columns.{place}.type", f"{value!r:.80} is not one of {', '.join(known)}"))
        return default
