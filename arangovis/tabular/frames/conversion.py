"""Columns of texts made into typed columns, and what was wrong with which cells.

Cells are taken apart in one pass of Arrow's kernels where they look plain; the odd ones are read one by one, each
different text once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.tabular.frames.cells import (
    EXACT_MAX,
    WHOLE_MAX,
    WHOLE_MIN,
    boolean_of,
    has_leading_zero,
    is_infinite,
    is_uuid,
    number_of,
)
from arangovis.tabular.frames.times import microseconds_of
from arangovis.tabular.frames.types import ColumnKind, ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

Mask: TypeAlias = npt.NDArray[np.bool_]
Faults: TypeAlias = Mapping[str, Mask]
"""For each kind of warning the cells that it is about, bool (rows,)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN_WHOLE = r"^-?(0|[1-9][0-9]{0,17})$"
"""What fits 64 bits for certain."""
_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$"
"""What is neither infinite nor a whole number beyond 53 bits."""
_UNREADABLE, _LEADING_ZEROS, _OVERFLOW, _ROUNDED = "unreadable", "leading_zeros", "overflow", "rounded"


@dataclass(frozen=True, slots=True)
class Converted:
    """A typed column, and its faulty cells. `kind` is REAL where whole numbers were asked for and others were there."""

    values: "pa.Array"
    kind: ColumnKind
    faults: Faults


def arrow_type(kind: ColumnKind) -> "pa.DataType":
    """Return how columns of a kind are stored."""
    import pyarrow as pa

    match kind:
        case ColumnKind.INTEGER:
            return pa.int64()
        case ColumnKind.REAL:
            return pa.float64()
        case ColumnKind.TIME:
            return pa.timestamp("us", "UTC")
        case ColumnKind.BOOLEAN:
            return pa.bool_()
        case _:
            return pa.string()


def convert(texts: "pa.Array", column: ColumnType) -> Converted:
    """Return texts as a column of the kind asked for; cells that are not of it are missing, and told."""
    present = _without_missing(texts, column)
    if column.kind.numeric:
        return _numbers(present, column.kind)
    if column.kind is ColumnKind.TIME:
        return _each(present, column.kind, lambda text: microseconds_of(text, day_first=column.day_first))
    if column.kind is ColumnKind.BOOLEAN:
        return _each(present, column.kind, boolean_of)
    if column.kind is ColumnKind.UUID:
        return _each(present, column.kind, lambda text: text if is_uuid(text) else None)
    return Converted(present, column.kind, {})


def texts_of(values: "pa.Array", kind: ColumnKind) -> "pa.Array":
    """Return the values of a typed column as texts; times as ISO 8601 in UTC."""
    import pyarrow as pa

    if kind is not ColumnKind.TIME:
        return values.cast(pa.string())
    return pa.array([_iso(value) for value in values.cast(pa.int64()).to_pylist()], pa.string())


def _iso(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")


def _without_missing(texts: "pa.Array", column: ColumnType) -> "pa.Array":
    """Return texts with nulls where nothing is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    as_written = column.kind in (ColumnKind.TEXT, ColumnKind.CATEGORICAL)
    bare = texts if as_written else pc.utf8_trim_whitespace(texts)
    missing = pc.is_in(bare, pa.array(["", *column.missing], pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), bare) if pc.any(missing).as_py() else bare


def _numbers(texts: "pa.Array", kind: ColumnKind) -> Converted:
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = arrow_type(kind)
    plain = pc.match_substring_regex(texts, _PLAIN_WHOLE if kind is ColumnKind.INTEGER else _PLAIN_NUMBER)
    odd = _mask(pc.invert(plain))
    if not odd.any():
        return Converted(texts.cast(wanted), kind, {})
    found = _Odd(texts.filter(pa.array(odd)))
    if kind is ColumnKind.INTEGER and not found.whole:
        return _numbers(texts, ColumnKind.REAL)
    values = pc.if_else(plain, texts, pa.scalar(None, pa.string())).cast(wanted)
    values = pc.replace_with_mask(values, pa.array(odd), found.numbers(wanted))
    return Converted(values, kind, {name: _spread(odd, cells) for name, cells in found.faults(kind).items()})


class _Odd:
    """Cells of a column of numbers that are not plain ones, each different text read once."""

    def __init__(self, texts: "pa.Array") -> None:
        encoded = texts.dictionary_encode()
        self._places = encoded.indices.to_numpy(zero_copy_only=False)
        self._texts: list[str] = encoded.dictionary.to_pylist()
        self._numbers = [number_of(text) for text in self._texts]

    @property
    def whole(self) -> bool:
        """Whether 64-bit whole numbers hold all that are numbers."""
        found = [number for number in self._numbers if number is not None]
        return all(isinstance(number, int) and WHOLE_MIN <= number <= WHOLE_MAX for number in found)

    def numbers(self, wanted: "pa.DataType") -> "pa.Array":
        """Return them, null where they are none."""
        import pyarrow as pa

        given = self._numbers if pa.types.is_integer(wanted) else [_float(number) for number in self._numbers]
        return pa.array(given, wanted).take(pa.array(self._places))

    def faults(self, kind: ColumnKind) -> Faults:
        """Return what is wrong with which of them."""
        pairs = list(zip(self._texts, self._numbers, strict=True))
        checks: dict[str, Callable[[str, int | float], bool]] = {_LEADING_ZEROS: _loses_zeros, _OVERFLOW: _overflows}
        if kind is ColumnKind.REAL:
            checks[_ROUNDED] = _is_rounded
        flags = {_UNREADABLE: [number is None for _, number in pairs]} | {
            name: [number is not None and check(text, number) for text, number in pairs]
            for name, check in checks.items()
        }
        return {name: np.array(marked)[self._places] for name, marked in flags.items() if any(marked)}


def _float(number: int | float | None) -> float | None:
    try:
        return None if number is None else float(number)
    except OverflowError:
        return float("inf") if number is not None and number > 0 else float("-inf")


def _loses_zeros(text: str, number: float) -> bool:
    return isinstance(number, int) and has_leading_zero(text)


def _overflows(text: str, number: float) -> bool:
    return abs(_float(number) or 0.0) == float("inf") and not is_infinite(text)


def _is_rounded(_text: str, number: float) -> bool:
    return isinstance(number, int) and abs(number) > EXACT_MAX and _float(number) != number


def _each(texts: "pa.Array", kind: ColumnKind, read: Callable[[str], Any]) -> Converted:
    """Read each different text once."""
    import pyarrow as pa

    encoded = texts.dictionary_encode()
    values = pa.array([read(text) for text in encoded.dictionary.to_pylist()], _storage(kind)).cast(arrow_type(kind))
    found = values.take(encoded.indices)
    unreadable = _mask(found.is_null()) & ~_mask(texts.is_null())
    return Converted(found, kind, {_UNREADABLE: unreadable} if unreadable.any() else {})


def _storage(kind: ColumnKind) -> "pa.DataType":
    import pyarrow as pa

    return pa.int64() if kind is ColumnKind.TIME else arrow_type(kind)


def _mask(values: "pa.Array") -> Mask:
    """Return a column of truths as an array, False where it is null."""
    return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _spread(places: Mask, marked: Mask) -> Mask:
    """Return marks of chosen cells as marks of all."""
    whole = np.zeros(len(places), dtype=np.bool_)
    whole[places] = marked
    return whole


def rounded(values: "pa.Array") -> Mask:
    """Return which 64-bit whole numbers a 64-bit float does not hold exactly."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if values.null_count == len(values) or not _beyond(pc.min_max(values).as_py()):
        return np.zeros(len(values), dtype=np.bool_)
    floats = values.cast(pa.float64(), safe=False)
    safe = pc.and_(pc.less(floats, float(2**63)), pc.greater_equal(floats, float(-(2**63))))
    back = pc.if_else(safe, floats, 0.0).cast(values.type, safe=False)
    return _mask(pc.not_equal(back, values))


def _beyond(bounds: Mapping[str, int]) -> bool:
    return bounds["min"] < -EXACT_MAX or bounds["max"] > EXACT_MAX
