"""Means over a moving window of rows, exact and independent of how many polls the rows came in.

A window of size w is the w rows up to and including a row, in order, within its group; at the beginning of a group it
is the rows that there are. With stride s the rows number s, 2s, 3s, ... of a group are answered (from 1).

A group's rows are cut into blocks of w from its first row on. A window is then the end of one block and the beginning
of the next, so its sum is one suffix sum plus one prefix sum: n steps whatever w is, a NaN spoils the windows that
hold it and no other, and each mean depends only on the row's number and the rows of its window. That makes it equal
to the last bit whether the rows come at once or one by one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.series.columns import Array, codes_of, is_numeric, require, table_of, values_of
from arangovis.series.ordering import order_of

if TYPE_CHECKING:
    import pyarrow as pa

WINDOW_MAX = 1_000_000
STRIDE_MAX = 1_000_000
GROUPS_MAX = 10_000
"""Groups of one table: each has a state of its own."""

GroupKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A moving mean.

    Args:
        size: how many rows one mean is over, 1 to WINDOW_MAX.
        stride: every how many rows of a group there is one, 1 to STRIDE_MAX.
        group: fields whose values part the rows; they are answered as they are.
        order: the field that orders the rows of a group; None for the order in which they come.

    """

    size: int
    stride: int = 1
    group: tuple[str, ...] = ()
    order: str | None = None

    def __post_init__(self) -> None:
        limits = (("window", self.size, WINDOW_MAX), ("stride", self.stride, STRIDE_MAX))
        faults = [Fault(name, f"{value} is not between 1 and {most}") for name, value, most in limits]
        wrong = [fault for fault, (_, value, most) in zip(faults, limits, strict=True) if not 1 <= value <= most]
        if wrong:
            raise InvalidInput.of(*wrong)


@dataclass(frozen=True, slots=True)
class GroupState:
    """Where a group stands: how many rows it had, and those that windows to come may still need."""

    rows: int
    tail: "pa.Table" = field(repr=False)


@dataclass(frozen=True, slots=True)
class WindowState:
    """Where all groups of a table stand."""

    groups: Mapping[GroupKey, GroupState] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """About how much memory it holds."""
        return sum(int(state.tail.nbytes) + 200 for state in self.groups.values())


@dataclass(frozen=True, slots=True)
class Windowed:
    """The means of the rows that are new, and the state to go on from.

    `late` says that a new row belongs before one that was there already, so that means answered before are not those
    of all rows together; then nothing is computed, and the caller begins again from the first row.
    """

    table: "pa.Table" = field(repr=False)
    state: WindowState = field(repr=False)
    late: bool = False


def windowed(
    table: "pa.Table", window: Window, state: WindowState | None = None, *, ties_are_late: bool = False
) -> Windowed:
    """Return the means of new rows, going on from a state; numbers and times are averaged, others are the first row's.

    Answers of a sequence of tables, each with the state before it, hold the same rows as the answer of all tables
    joined. Rows come group by group, in order. Means of numbers are float64. With `ties_are_late`, a row that is equal
    in order to the last one of before counts as late too: where several loggers' rows would be joined in another order.

    Raises:
        InvalidInput: a group or the order is not a field of the table, or there are more than GROUPS_MAX groups.

    """
    require(table, "group", window.group)
    require(table, "order", () if window.order is None else (window.order,))
    groups = dict((state or WindowState()).groups)
    answers = []
    for key, rows in _groups(table, window):
        before = groups.get(key)
        if before is not None and _is_late(before.tail, rows, window.order, ties=ties_are_late):
            return Windowed(table.slice(0, 0), WindowState(), late=True)
        answer, groups[key] = _group_windowed(rows, window, before)
        answers.append(answer)
    if len(groups) > GROUPS_MAX:
        raise InvalidInput.of(Fault("group", f"there are more than {GROUPS_MAX} groups"))
    return Windowed(_joined(answers, table, window), WindowState(groups))


def _groups(table: "pa.Table", window: Window) -> list[tuple[GroupKey, "pa.Table"]]:
    """Return the rows of each group in order, with the values that make the group."""
    ordered = table if window.order is None else table.take(order_of(table, (window.order,)))
    if not window.group:
        return [((), ordered)] if table.num_rows else []
    codes = codes_of(ordered, window.group)
    by_group = np.argsort(codes, kind="stable")
    parts = np.split(by_group, np.flatnonzero(np.diff(codes[by_group])) + 1) if len(codes) else []
    if len(parts) > GROUPS_MAX:
        raise InvalidInput.of(Fault("group", f"there are more than {GROUPS_MAX} groups"))
    tables = [ordered.take(part) for part in parts]
    return [(_key(rows, window.group), rows) for rows in tables]


def _key(rows: "pa.Table", group: tuple[str, ...]) -> GroupKey:
    values = (rows.column(name)[0].as_py() for name in group)
    return tuple("nan" if isinstance(value, float) and math.isnan(value) else (value,) for value in values)


def _is_late(tail: "pa.Table", rows: "pa.Table", order: str | None, *, ties: bool) -> bool:
    """Say whether the first new row, in order, belongs before the last one of before; NaN is last."""
    if order is None or not tail.num_rows:
        return False
    import pyarrow as pa

    last, first = (part.select([order]) for part in (tail.slice(tail.num_rows - 1), rows.slice(0, 1)))
    both = pa.concat_tables([first, last] if ties else [last, first], promote_options="permissive")
    return bool(order_of(both, (order,))[0] == 0) if ties else bool(order_of(both, (order,))[0] == 1)


def _group_windowed(rows: "pa.Table", window: Window, before: GroupState | None) -> tuple["pa.Table", GroupState]:
    import pyarrow as pa

    had = 0 if before is None else before.rows
    known = rows if before is None else pa.concat_tables([before.tail, rows], promote_options="permissive")
    first = had + rows.num_rows - known.num_rows
    """How many rows of the group are not known any more; a whole number of blocks."""
    total = had + rows.num_rows
    ends = np.arange((had // window.stride + 1) * window.stride, total + 1, window.stride) - 1 - first
    answer = _means(known, window, ends)
    keep_from = max(0, (total + 1 - window.size) // window.size * window.size - first)
    return answer, GroupState(total, known.slice(keep_from).combine_chunks())


def _means(known: "pa.Table", window: Window, ends: npt.NDArray[np.int64]) -> "pa.Table":
    """Return the mean row of each window that ends at a position."""
    starts = np.maximum(ends - window.size + 1, 0)
    columns = {name: _column(known, name, window, (starts, ends)) for name in known.column_names}
    return table_of(columns, known)


def _column(
    known: "pa.Table", name: str, window: Window, frames: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
) -> "pa.Array":
    import pyarrow as pa

    starts, ends = frames
    if name in window.group or not is_numeric(known, name):
        return known.column(name).take(starts)
    means = _sums(values_of(known, name), window.size, ends) / (ends - starts + 1)
    kind = known.schema.field(name).type
    if pa.types.is_timestamp(kind):
        return pa.array(np.floor(means).astype(np.int64)).cast(pa.timestamp("us", kind.tz))
    return pa.array(means)


def _sums(values: Array, size: int, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the sum of each window that ends at a position."""
    size = min(size, max(1, len(values)))
    blocks = -(-len(values) // size)
    padded = np.zeros(blocks * size)
    padded[: len(values)] = values
    parts = padded.reshape(blocks, size)
    with np.errstate(invalid="ignore", over="ignore"):
        beginnings = np.cumsum(parts, axis=1).reshape(-1)
        endings = np.cumsum(parts[:, ::-1], axis=1)[:, ::-1].reshape(-1)
        starts = ends - size + 1
        crossing = (starts > 0) & (starts % size != 0)
        return beginnings[ends] + np.where(crossing, endings[np.maximum(starts, 0)], 0.0)


def _joined(answers: list["pa.Table"], table: "pa.Table", window: Window) -> "pa.Table":
    import pyarrow as pa

    if answers:
        return pa.concat_tables(answers, promote_options="permissive")
    return _means(table.slice(0, 0), window, np.empty(0, dtype=np.int64))
