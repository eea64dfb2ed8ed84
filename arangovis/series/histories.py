"""A history as rows: of each entry the step, when, and the value, in the columns that they are stored in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.series import FieldKind
from arangovis.series.codec import Payload, digest_of_rows, encode, encode_few
from arangovis.series.kinds import schema_of
from arangovis.series.statistics import FieldStatistics, array_statistics, statistics_of

STEP, WALLTIME = "step", "walltime"
"""The fields beside the value; the `SummaryWriter` of the SDK calls them so too."""
_LETTERS = {FieldKind.FLOAT: "d", FieldKind.TEXT: "s"}
_KINDS = {"i": "iu", "t": "iu", "d": "fiu"}
"""The sorts of numbers, as numpy calls them, that a column takes."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of a history: steps, times (microseconds since 1970) and values, equally many."""

    name: str
    steps: Sequence[int]
    times: Sequence[int]
    values: Sequence[float] | Sequence[str]
    kind: FieldKind = FieldKind.FLOAT

    def part(self, start: int, stop: int) -> "Entries":
        """Return those from one place to before another."""
        cut = slice(start, stop)
        return Entries(self.name, self.steps[cut], self.times[cut], self.values[cut], self.kind)


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows as they are stored, with what is to be known of them."""

    payload: Payload
    digest: str
    statistics: tuple[FieldStatistics, ...]
    rows: int


def value_field(name: str) -> str:
    """Return what the field of a history's values is called: its name, unless that is one of the other two."""
    return f"{name} (value)" if name in (STEP, WALLTIME) else name


def encode_entries(entries: Entries) -> EncodedRows:
    """Return entries as rows, the columns in order of their names.

    Raises:
        InvalidInput: there are more of one than of another, or one is of another type.

    """
    letters, columns = _columns(entries)
    few = None if "s" in letters else encode_few(letters, columns)
    if few is not None:
        return EncodedRows(*few, tuple(map(array_statistics, columns)), len(columns[0]))
    import pyarrow as pa

    schema = schema_of(tuple(map(str, range(len(letters)))), letters)
    arrays = [pa.array(column).cast(field.type) for column, field in zip(columns, schema, strict=True)]
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    return EncodedRows(encode(batch), digest_of_rows(batch), statistics_of(batch), batch.num_rows)


def _columns(entries: Entries) -> tuple[str, list[npt.NDArray[Any]]]:
    """Return the type letters and the columns, in order of the names of their fields."""
    counts = len(entries.steps), len(entries.times), len(entries.values)
    if len(set(counts)) > 1:
        problem = "has {} steps, {} times and {} values; there must be as many of each".format(*counts)
        raise InvalidInput.of(Fault(entries.name[:80], problem))
    value = value_field(entries.name)
    given: dict[str, tuple[str, Sequence[Any]]] = {
        STEP: ("i", entries.steps),
        WALLTIME: ("t", entries.times),
        value: (_LETTERS[entries.kind], entries.values),
    }
    names = sorted(given)
    columns = [_texts(entries.name, values) if letter == "s" else _numbers(entries.name, letter, values)
               for letter, values in map(given.__getitem__, names)]  # fmt: skip
    return "".join(given[name][0] for name in names), columns


def _numbers(name: str, letter: str, values: Sequence[Any]) -> npt.NDArray[Any]:
    try:
        found = np.asarray(values)
    except (ValueError, OverflowError):
        found = np.asarray(values, object)
    if found.ndim != 1 or found.dtype.kind not in _KINDS[letter] or (letter != "d" and found.dtype == np.uint64):
        wanted = "numbers" if letter == "d" else "whole numbers of 64 bits"
        raise InvalidInput.of(Fault(name[:80], f"has steps, times or values that are not {wanted}"))
    return found.astype("<f8" if letter == "d" else "<i8", copy=False)


def _texts(name: str, values: Sequence[Any]) -> npt.NDArray[Any]:
    if not all(isinstance(value, str) for value in values):
        raise InvalidInput.of(Fault(name[:80], "has values that are not texts"))
    return np.asarray(values, object)
