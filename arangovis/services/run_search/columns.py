"""One property of many runs: its distinct values, and which run has which of them."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from arangovis.domain.json import JsonValue, Scalar
from arangovis.domain.search import type_of

Mask = npt.NDArray[np.bool_]
Value = str | float | int | bool


@dataclass(frozen=True)
class Column:
    """A property. A run may have several values (tags) or none; every pair of run and value is once in it.

    Args:
        size: how many runs there are.
        options: the distinct values; of different types, even if Python takes them for equal.
        rows: for each pair, the position of the run.
        codes: for each pair, the position of the value in `options`.

    """

    size: int
    options: tuple[Value, ...] = field(repr=False)
    rows: npt.NDArray[np.int64] = field(repr=False)
    codes: npt.NDArray[np.int64] = field(repr=False)

    @classmethod
    def of(cls, values: Sequence[JsonValue]) -> "Column":
        """Make a column of what each run has: a value, a list of values, or anything else, which is none."""
        return cls(0, (), _NOTHING, _NOTHING).moved(_NOTHING, len(values), enumerate(values))

    def moved(self, places: npt.NDArray[np.int64], size: int, values: Iterable[tuple[int, JsonValue]]) -> "Column":
        """Return the column of a table that changed a little: what it is now, without reading what did not change.

        Args:
            places: where each run of this column is now, or -1.
            size: how many runs there are now.
            values: positions and values of runs that are not from here.

        """
        known, options = dict(self._codes), list(self.options)
        rows: list[int] = []
        codes: list[int] = []
        for row, value in values:
            for one in (value,) if type(value) in _SIMPLE else _several(value):
                identity = one if type(one) is str else _identity(one)  # type: ignore[arg-type]  # it is simple
                code = known.get(identity)
                if code is None:
                    code = known[identity] = len(options)
                    options.append(one)  # type: ignore[arg-type]
                rows.append(row)
                codes.append(code)
        stayed = places[self.rows] if len(self.rows) else _NOTHING
        all_rows = np.concatenate([stayed[stayed >= 0], np.array(rows, dtype=np.int64)])
        all_codes = np.concatenate([self.codes[stayed >= 0], np.array(codes, dtype=np.int64)])
        return _of_used(size, options, all_rows, all_codes)

    @cached_property
    def ordered(self) -> npt.NDArray[np.int64]:
        """The positions of the options in order of their values, by type; without NaN."""
        named = [code for code, option in enumerate(self.options) if option == option]
        return np.array(sorted(named, key=lambda code: (type_of(self.options[code]), self.options[code])), np.int64)

    @cached_property
    def missing(self) -> Mask:
        """Which runs have no value."""
        mask = np.ones(self.size, dtype=np.bool_)
        mask[self.rows] = False
        return mask

    def code_of(self, value: Scalar) -> int | None:
        """Return the position of a value in the options, or None."""
        return None if value is None or value != value else self._codes.get(_identity(value))

    def having(self, wanted: Callable[[Value], bool]) -> Mask:
        """Say which runs have some value of which this is true."""
        chosen = np.fromiter(map(wanted, self.options), dtype=np.bool_, count=len(self.options))
        mask = np.zeros(self.size, dtype=np.bool_)
        mask[self.rows[chosen[self.codes]]] = True
        return mask

    def counts(self, runs: Mask) -> npt.NDArray[np.int64]:
        """Return for each option how many of these runs have it."""
        return np.bincount(self.codes[runs[self.rows]], minlength=len(self.options))

    @cached_property
    def _codes(self) -> Mapping[Hashable, int]:
        return {_identity(option): code for code, option in enumerate(self.options)}


def same(one: Scalar, other: Scalar) -> bool:
    """Say whether two values are one: of the same type, and equal. NaN is equal to nothing."""
    if one is None or other is None:
        return False
    return type_of(one) is type_of(other) and one == other


_SIMPLE = frozenset({str, int, float, bool})
_NOTHING: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)


def _of_used(size: int, options: Sequence[Value], rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> Column:
    """Return a column without the options that no run has any more."""
    used = np.bincount(codes, minlength=len(options)) > 0
    if not used.all():
        codes = (np.cumsum(used) - 1)[codes]
        options = [option for option, kept in zip(options, used, strict=True) if kept]
    return Column(size, tuple(options), rows, codes)


def _several(value: JsonValue) -> Iterable[Value]:
    """Return the values of a list, each once; of anything else none."""
    if not isinstance(value, list | tuple):
        return ()
    return {_identity(one): one for one in value if isinstance(one, str | int | float)}.values()


def _identity(value: Value) -> Hashable:
    """Return what tells an option from every other: texts never equal pairs, and all NaN are one option."""
    if isinstance(value, str):
        return value
    return isinstance(value, bool), None if value != value else value
