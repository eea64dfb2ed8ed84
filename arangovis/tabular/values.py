"""Python values, as JSON gives them, made into Arrow columns."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from arangovis.tabular.columns import SERVICE_PREFIX, json_texts
from arangovis.tabular.limits import refused, shown
from arangovis.tabular.types import list_of

if TYPE_CHECKING:
    import pyarrow as pa

DEPTH_MAX = 2
"""A list of lists, as an embedding of shape [1, N] is."""

_WORDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}


def column_of(name: str, values: Sequence[object]) -> "pa.Array":
    """Return the values of one column, one a row; None is null.

    Numbers of extended JSON (`{"$numberLong": "5"}`, ...) and `{"$oid": ...}` are unwrapped.

    Raises:
        InvalidInput: the values are of different kinds, objects, lists too deep, or numbers that 64 bits do not hold.

    """
    return _Builder(name).column(values, lambda position: position + 1, depth=0)


class _Builder:
    """Builds one column; knows its name for errors."""

    def __init__(self, name: str) -> None:
        self._name = name

    def column(self, values: Sequence[object], row_of: Callable[[int], int], *, depth: int) -> "pa.Array":
        """Build from values, of which the one at a position belongs to row `row_of(position)`."""
        import pyarrow as pa

        kinds = set(map(type, values)) - {type(None)}
        if dict in kinds:
            if self._name.startswith(SERVICE_PREFIX) and depth == 0 and kinds == {dict}:
                return json_texts(self._name, list(values))
            values = [self._unwrapped(v, row_of(i)) if isinstance(v, dict) else v for i, v in enumerate(values)]
            kinds = set(map(type, values)) - {type(None)}
        if len({_WORDS[kind] for kind in kinds}) > 1:
            raise self._mixed(values, row_of)
        if kinds == {list}:
            return self._lists(values, row_of, depth=depth)
        if kinds <= {int, float}:
            return self._numbers(values, row_of, whole=float not in kinds) if kinds else pa.nulls(len(values))
        return self._scalars(values)

    def _numbers(self, values: Sequence[object], row_of: Callable[[int], int], *, whole: bool) -> "pa.Array":
        import pyarrow as pa

        for arrow_type in (pa.int64(), pa.uint64()) if whole else (pa.float64(),):
            try:
                return self._finite(pa.array(values, arrow_type), row_of)
            except (OverflowError, pa.ArrowInvalid):
                continue
        limit = 1 << 53 if not whole else 1 << 63
        position = next(i for i, v in enumerate(values) if isinstance(v, int) and not -limit <= v < limit)
        where = "a column of decimal numbers" if not whole else "64 bits"
        raise refused(self._name, f"row {row_of(position)} has {shown(values[position])}, which {where} cannot hold")

    def _finite(self, array: "pa.Array", row_of: Callable[[int], int]) -> "pa.Array":
        import pyarrow as pa
        import pyarrow.compute as pc

        position = pc.index(pc.is_inf(array), True).as_py() if pa.types.is_floating(array.type) else -1
        if position >= 0:
            raise refused(self._name, f"row {row_of(position)} has a number that 64 bits cannot hold")
        return array

    def _scalars(self, values: Sequence[object]) -> "pa.Array":
        import pyarrow as pa

        try:
            return pa.array(values)
        except (pa.ArrowException, UnicodeError) as error:
            raise refused(self._name, "has a text with half of a surrogate pair") from error

    def _lists(self, values: Sequence[object], row_of: Callable[[int], int], *, depth: int) -> "pa.Array":
        import pyarrow as pa

        if depth == DEPTH_MAX:
            raise refused(self._name, "has lists in lists in lists")
        lengths = np.array([len(v) if isinstance(v, list) else 0 for v in values], dtype=np.int64)
        ends = np.cumsum(lengths)
        members = list(chain.from_iterable(v for v in values if isinstance(v, list)))
        inner = self.column(
            members, lambda position: row_of(int(np.searchsorted(ends, position, side="right"))), depth=depth + 1
        )
        starts = [None if v is None else start for v, start in zip(values, (ends - lengths).tolist(), strict=True)]
        offsets = pa.array([*starts, len(members)], pa.int32())
        return pa.ListArray.from_arrays(offsets, inner, type=list_of(inner.type))

    def _unwrapped(self, value: dict[str, object], row: int) -> object:
        """Return the value that an object of extended JSON stands for."""
        if len(value) == 1:
            (key, inner), *_ = value.items()
            reader = _EXTENDED.get(key)
            if reader is not None:
                try:
                    return reader(str(inner))
                except ValueError as error:
                    raise refused(self._name, f"row {row} has {shown(value)}, which is no {key[1:]}") from error
        raise refused(self._name, f"row {row} has an object, {shown(value)}; a column is scalars or lists of them")

    def _mixed(self, values: Sequence[object], row_of: Callable[[int], int]) -> Exception:
        first = next(i for i, v in enumerate(values) if v is not None)
        word = _WORDS[type(values[first])]
        other = next(i for i, v in enumerate(values) if v is not None and _WORDS[type(v)] != word)
        return refused(
            self._name,
            f"row {row_of(other)} has {shown(values[other])}, {_WORDS[type(values[other])]};"
            f" row {row_of(first)} has {shown(values[first])}, {word}",
        )


_EXTENDED: dict[str, Callable[[str], object]] = {
    "$numberLong": int,
    "$numberInt": int,
    "$numberDouble": float,
    "$oid": str,
}
