"""Rows out of lines of text as they come: CSV with a header, or a JSON object a line."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from arangovis.domain.errors import Fault, InvalidContent, InvalidInput
from arangovis.domain.moments import read_moment
from arangovis.domain.series import FieldKind

LINE_LENGTH_MAX = 1 << 20
_INT = re.compile(r"[+-]?[0-9]{1,20}")
_SHOWN_MAX = 60


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says: the number of the line, and either a row or what is wrong."""

    number: int
    values: Mapping[str, Any]
    faults: tuple[Fault, ...] = ()

    def wrong(self, faults: Iterable[Fault]) -> InvalidInput:
        """Return the error for a line that cannot be taken."""
        told = (Fault(f"line {self.number}: {fault.field}".removesuffix(": "), fault.problem) for fault in faults)
        return InvalidContent.of(*told)


class RowLines:
    """Reads lines as they come.

    Args:
        form: how rows are written.
        kinds: of fields that are known. Of the other columns of a CSV the first row decides: a whole number is an int,
            another number a float, `true` and `false` are bool, all else is text.

    """

    def __init__(self, form: Format, kinds: Mapping[str, FieldKind]) -> None:
        self._form = form
        self._kinds = dict(kinds)

    def read(self, lines: Iterable[str]) -> Iterator[Line]:
        """Yield what the lines say; empty ones say nothing.

        Raises:
            InvalidContent: there is no usable header, or no end of a line or of a cell that was opened.

        """
        return self._csv(_checked(lines)) if self._form is Format.CSV else self._json(_checked(lines))

    # --- CSV --------------------------------------------------------------------------------------------------

    def _csv(self, lines: Iterator[str]) -> Iterator[Line]:
        reader = csv.reader(lines, strict=True)
        header: list[str] | None = None
        try:
            for cells in reader:
                if not cells:
                    continue
                if header is None:
                    header = _header(cells)
                else:
                    yield self._row(reader.line_num, header, cells)
        except csv.Error as error:
            raise InvalidContent.of(Fault(f"line {reader.line_num}", f"is no CSV: {error}")) from error

    def _row(self, number: int, header: list[str], cells: list[str]) -> Line:
        if len(cells) != len(header):
            return Line(number, {}, (Fault("", f"has {len(cells)} cells, the header {len(header)}"),))
        values, faults = {}, []
        kinds = {name: self._kinds.get(name) or _guessed(cell) for name, cell in zip(header, cells, strict=True)}
        for name, cell in zip(header, cells, strict=True):
            try:
                values[name] = _FROM_TEXT[kinds[name]](cell)
            except ValueError:
                faults.append(Fault(name, _no_value(name, cell, kinds[name])))
        if not faults:
            self._kinds = kinds
        return Line(number, values, tuple(faults))

    # --- JSON -------------------------------------------------------------------------------------------------

    def _json(self, lines: Iterator[str]) -> Iterator[Line]:
        for number, text in enumerate(lines, 1):
            if text.strip():
                yield self._object(number, text)

    def _object(self, number: int, text: str) -> Line:
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            return Line(number, {}, (Fault("", f"is no JSON: {error}"),))
        if not isinstance(values, dict):
            return Line(number, {}, (Fault("", f"is no JSON object: {_short(text.strip())}"),))
        faults = []
        for name in values.keys() & self._kinds.keys():
            if self._kinds[name] is FieldKind.TIMESTAMP and isinstance(values[name], str):
                try:
                    values[name] = read_moment(values[name])
                except ValueError:
                    faults.append(Fault(name, _no_value(name, values[name], FieldKind.TIMESTAMP)))
        return Line(number, values, tuple(faults))


def _checked(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_LENGTH_MAX:
            raise InvalidContent.of(Fault(f"line {number}", f"is longer than {LINE_LENGTH_MAX} characters"))
        yield line


def _header(cells: list[str]) -> list[str]:
    faults = [Fault("line 1", f"has no name in column {place}") for place, cell in enumerate(cells, 1) if not cell]
    repeated = sorted({cell for cell in cells if cell and cells.count(cell) > 1})
    faults += [Fault("line 1", f"has the column {_short(name)} more than once") for name in repeated]
    if faults:
        raise InvalidContent.of(*faults)
    return cells


def _guessed(cell: str) -> FieldKind:
    if _INT.fullmatch(cell):
        return FieldKind.INT
    if cell.lower() in _BOOLS:
        return FieldKind.BOOL
    try:
        float(cell)
    except ValueError:
        return FieldKind.TEXT
    return FieldKind.FLOAT


_BOOLS = {"true": True, "false": False}


def _int(cell: str) -> int:
    if not _INT.fullmatch(cell):
        raise ValueError(cell)
    return int(cell)


def _bool(cell: str) -> bool:
    if cell.lower() not in _BOOLS:
        raise ValueError(cell)
    return _BOOLS[cell.lower()]


_FROM_TEXT: Mapping[FieldKind, Callable[[str], Any]] = {
    FieldKind.INT: _int,
    FieldKind.FLOAT: float,
    FieldKind.TEXT: str,
    FieldKind.BOOL: _bool,
    FieldKind.TIMESTAMP: read_moment,
}


def _no_value(name: str, cell: str, kind: FieldKind) -> str:
    hint = f"; --kind {name}=float would take it" if kind is FieldKind.INT and _guessed(cell) is FieldKind.FLOAT else ""
    return f"{_short(cell)} is no {kind}{hint}"


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…")
