"""Fewer points for a plot: of every stretch of a line the rows that hold its extremes, so that no peak is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.series.columns import Array, codes_of, is_numeric, require, values_of
from arangovis.series.ordering import sorted_by

if TYPE_CHECKING:
    import pyarrow as pa

POINTS_MIN = 4
POINTS_MAX = 1_000_000

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Decimation:
    """How a table is thinned out.

    Args:
        points: how many rows are kept at most, POINTS_MIN to POINTS_MAX.
        x: the field that goes along the axis; None for the order in which rows were logged.
        group: fields whose values tell one line from another; each line keeps its own extremes.

    """

    points: int
    x: str | None = None
    group: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not POINTS_MIN <= self.points <= POINTS_MAX:
            problem = f"{self.points} is not between {POINTS_MIN} and {POINTS_MAX}"
            raise InvalidInput.of(Fault("decimate", problem))


@dataclass(frozen=True, slots=True)
class Decimated:
    """The rows that were kept, in order of x, and how many there were."""

    table: "pa.Table" = field(repr=False)
    of_points: int


def decimate(table: "pa.Table", asked: Decimation) -> Decimated:
    """Keep the rows that a plot cannot do without.

    The rows of a line are cut into stretches of equal length. Of each, the rows with the least and the greatest finite
    value of every numeric field are kept, and one where the field is not finite, if there is one, so that a gap stays
    a gap; and the first and the last row of the line. Values are never changed. More than `points` rows are answered
    only if the lines are so many that one stretch of each is more.

    Raises:
        InvalidInput: x or a group is not a field of the table.

    """
    require(table, "x", () if asked.x is None else (asked.x,))
    require(table, "group", asked.group)
    ordered = sorted_by(table, asked.x)
    if table.num_rows <= asked.points:
        return Decimated(ordered, table.num_rows)
    columns = _measured(ordered, asked)
    kept = [_kept(columns, line, len(line) * asked.points // table.num_rows) for line in _lines(ordered, asked.group)]
    return Decimated(ordered.take(np.sort(np.concatenate(kept))), table.num_rows)


def _measured(table: "pa.Table", asked: Decimation) -> Sequence[Array]:
    """Return the columns whose extremes count: all numeric ones but x and the groups; x too if nothing else is."""
    names = [name for name in table.column_names if is_numeric(table, name)]
    chosen = [name for name in names if name != asked.x and name not in asked.group]
    return [values_of(table, name) for name in chosen or names]


def _lines(table: "pa.Table", group: tuple[str, ...]) -> Iterator[Positions]:
    """Yield the positions of each line, in order."""
    if not group:
        yield np.arange(table.num_rows)
        return
    codes = codes_of(table, group)
    by_line = np.argsort(codes, kind="stable")
    yield from np.split(by_line, np.flatnonzero(np.diff(codes[by_line])) + 1)


def _kept(columns: Sequence[Array], line: Positions, points: int) -> Positions:
    """Return the positions of one line that are kept: at most `points`, or those of one stretch if that is more."""
    if points >= len(line):
        return line
    picked = [column if len(line) == len(column) else column[line] for column in columns]
    finite = [None if column.dtype.kind != "f" else np.isfinite(column) for column in picked]
    gaps = [mask is not None and not mask.all() for mask in finite]
    a_stretch = sum(3 if gap else 2 for gap in gaps)
    stretches = max(1, (points - 2) // max(1, a_stretch))
    found = [np.array([0, len(line) - 1])]
    for column, mask, gap in zip(picked, finite, gaps, strict=True):
        found.append(_extremes(column, mask if gap else None, stretches))
    return cast("Positions", line[np.unique(np.concatenate(found))])


def _extremes(values: Array, finite: npt.NDArray[np.bool_] | None, stretches: int) -> Positions:
    """Return where each stretch has its least and greatest finite value, and its first value that is not finite."""
    starts = _starts(len(values), stretches)
    if finite is None:
        return np.concatenate([_first_at(values, np.minimum, starts), _first_at(values, np.maximum, starts)])
    low, high = np.where(finite, values, np.inf), np.where(finite, values, -np.inf)
    found = [_first_at(low, np.minimum, starts), _first_at(high, np.maximum, starts)]
    return np.concatenate([*found, _first_at(~finite, np.maximum, starts)])


def _starts(rows: int, stretches: int) -> Positions:
    return np.unique(np.arange(stretches, dtype=np.int64) * rows // stretches)


def _first_at(values: Array, extreme: np.ufunc, starts: Positions) -> Positions:
    """Return the first position of each stretch that holds its extreme value."""
    best = np.repeat(extreme.reduceat(values, starts), np.diff(starts, append=len(values)))
    hits = np.flatnonzero(values == best)
    return hits[np.searchsorted(hits, starts)]
