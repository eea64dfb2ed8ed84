"""Warnings as they add up while a file is read, and the refusal of a strict reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.tabular.frames.limits import PLACES_SHOWN
from arangovis.tabular.frames.types import LOSSY, FrameWarning

DETAILS = {
    "unreadable": "cells that are not of the column's type; they are missing",
    "rounded": "whole numbers beyond 53 bits or times below a microsecond, rounded",
    "leading_zeros": "numbers that lost their leading zeros; read the column as text to keep them",
    "overflow": "numbers beyond 64 bits; they are infinite",
    "short_row": "rows with too few cells; the rest is missing",
    "long_row": "rows with too many cells; those were dropped",
    "blank_line": "blank lines, which are no rows",
    "comment_line": "comments, which are no rows",
    "many_levels": "different texts, too many for levels; the column is text",
}
LinesOf = Callable[[Sequence[int]], tuple[int, ...]]


def no_lines(_rows: Sequence[int]) -> tuple[int, ...]:
    """Return nothing: the file has no lines."""
    return ()


@dataclass(slots=True)
class _Finding:
    count: int = 0
    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


class Findings:
    """Counts what was found, and keeps its first places."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._found: dict[tuple[str, str | None], _Finding] = {}

    def cells(
        self, kind: str, column: str | None, mask: npt.NDArray[np.bool_], first_row: int, lines_of: LinesOf = no_lines
    ) -> None:
        """Note marked rows of a block that begins with row `first_row` of the frame."""
        self.rows(kind, np.flatnonzero(mask).tolist(), first_row, lines_of, column)

    def rows(
        self, kind: str, rows: Sequence[int], first_row: int, lines_of: LinesOf = no_lines, column: str | None = None
    ) -> None:
        """Note rows of a block, counted from its beginning."""
        found = self._found.setdefault((kind, column), _Finding())
        found.count += len(rows)
        if first := rows[: PLACES_SHOWN - len(found.rows)]:
            found.rows += [first_row + row for row in first]
            found.lines += lines_of(first)

    def adopt(self, other: "Findings", column: str) -> None:
        """Take over what another found about a column; it comes first."""
        for earlier in other.warnings():
            if earlier.column == column:
                found = self._found.setdefault((earlier.kind, column), _Finding())
                found.count += earlier.count
                found.rows = [*earlier.rows, *found.rows][:PLACES_SHOWN]
                found.lines = [*earlier.lines, *found.lines][:PLACES_SHOWN]

    def lines(self, kind: str, numbers: Sequence[int]) -> None:
        """Note lines that hold no row."""
        if numbers:
            found = self._found.setdefault((kind, None), _Finding())
            found.count += len(numbers)
            found.lines += numbers[: PLACES_SHOWN - len(found.lines)]

    def column(self, kind: str, column: str, count: int) -> None:
        """Note something about a whole column."""
        self._found[kind, column] = _Finding(count)

    def check(self) -> None:
        """Refuse what was found, if the reader is strict.

        Raises:
            InvalidInput: cells would be lost.

        """
        if self._strict and (lost := [warning for warning in self.warnings() if warning.kind in LOSSY]):
            raise InvalidInput.of(*(Fault(warning.column or "file", _problem(warning)) for warning in lost))

    def warnings(self) -> tuple[FrameWarning, ...]:
        """Return all that was found, by kind and column."""
        return tuple(
            FrameWarning(kind, DETAILS[kind], column, found.count, tuple(found.rows), tuple(found.lines))
            for (kind, column), found in sorted(self._found.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        )


def _problem(warning: FrameWarning) -> str:
    places = f"lines {_listed(warning.lines)}" if warning.lines else f"rows {_listed([r + 1 for r in warning.rows])}"
    return f"{warning.count} {warning.detail} ({places})"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
