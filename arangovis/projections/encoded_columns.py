"""What an encoder knows of each column of a table: how it is turned into numbers, and what the training rows held."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from arangovis.domain.catalogue import Profile
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.views import items, text
from arangovis.projections.rows_named import rows_named
from arangovis.tabular import Rows
from arangovis.tabular.limits import refused

__all__ = ["LEVELS_MAX", "Coding", "ColumnCode", "Encoded", "coding_of", "learn_column", "level_text"]

LEVELS_MAX = 200
"""Of one column that is one-hot encoded: of more, the most frequent have a slot and the others none."""

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Coding(StrEnum):
    """How a column becomes numbers."""

    SCALED = "robust scaling"
    ORDINAL = "ordinal codes"
    ONE_HOT = "one-hot"


_CODINGS = {
    Profile.CATEGORICAL: Coding.ONE_HOT,
    Profile.NOMINAL: Coding.ONE_HOT,
    Profile.ORDINAL: Coding.ORDINAL,
    Profile.NUMERICAL: Coding.SCALED,
    Profile.CONTINUOUS: Coding.SCALED,
    Profile.INTERVAL: Coding.SCALED,
    Profile.RATIO: Coding.SCALED,
}


def coding_of(profile: Profile) -> Coding | None:
    """Return how columns of a profile are encoded, None for not at all."""
    return _CODINGS.get(profile)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column as numbers, float64 (rows, slots), and what had to be adjusted for it, in words."""

    values: Doubles
    adjusted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnCode:
    """A column: its coding, its levels in order (of numbers or texts), and where its numbers lie.

    `centre` is the median and `scale` the spread of the numbers, or of the codes of an ordinal column.
    """

    name: str
    coding: Coding
    levels: tuple[str | float, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    @property
    def is_categorical(self) -> bool:
        """Whether it has a slot for each level."""
        return self.coding is Coding.ONE_HOT

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of its slots: its own, or `column.level`."""
        return tuple(f"{self.name}.{level}" for level in self.levels) if self.is_categorical else (self.name,)

    def encode(self, rows: Rows) -> Encoded:
        """Encode the column of other rows. A missing number is the median, an unknown level has no slot.

        Raises:
            InvalidInput: the rows lack the column, or it holds something else.

        """
        if not rows.has(self.name):
            raise refused(self.name, "is not among the columns of the rows, but the encoder reads it")
        if self.is_categorical:
            return self._one_hot(rows)
        numbers, adjusted = self.codes(rows) if self.coding is Coding.ORDINAL else _numbers(rows, self.name)
        known = np.where(np.isnan(numbers), self.centre, numbers)
        return Encoded(((known - self.centre) / self.scale)[:, None], adjusted)

    def _one_hot(self, rows: Rows) -> Encoded:
        places = {level: place for place, level in enumerate(self.levels)}
        values = _level_texts(rows, self.name)
        codes = np.array([places.get(value, -1) if value is not None else -1 for value in values], dtype=np.int64)
        found = np.zeros((len(codes), len(self.levels)))
        seen = np.flatnonzero(codes >= 0)
        found[seen, codes[seen]] = 1.0
        missing = np.array([value is None for value in values], dtype=bool)
        return Encoded(found, (*_told(missing, "no value"), *_told((codes < 0) & ~missing, "a level without a slot")))

    def codes(self, rows: Rows) -> tuple[Doubles, tuple[str, ...]]:
        """Return the codes of an ordinal column, and what was adjusted.

        A number between two levels lies between their codes, an unknown text is missing: NaN.
        """
        if not self.levels or isinstance(self.levels[0], str):
            places = {level: float(place) for place, level in enumerate(self.levels)}
            values = _level_texts(rows, self.name)
            codes = np.array([np.nan if value is None else places.get(value, np.nan) for value in values], dtype=float)
            return codes, _told(np.isnan(codes), "no known level: the median stands in")
        numbers, adjusted = _numbers(rows, self.name)
        return np.interp(numbers, np.array(self.levels, dtype=float), np.arange(len(self.levels))), adjusted

    def document(self) -> Document:
        """Return it as JSON."""
        stated: dict[str, JsonValue] = {"name": self.name, "coding": self.coding.value, "levels": list(self.levels)}
        return {**stated, "centre": self.centre, "scale": self.scale}

    @classmethod
    def of(cls, document: Document) -> "ColumnCode":
        """Read what `document` wrote."""
        levels = tuple(level if isinstance(level, str) else float(str(level)) for level in items(document, "levels"))
        centre, scale = (float(str(document[name])) for name in ("centre", "scale"))
        return cls(text(document, "name"), Coding(text(document, "coding")), levels, centre, scale)


def learn_column(name: str, coding: Coding, rows: Rows) -> ColumnCode | str:
    """Return how a column is encoded, learnt from training rows; a text says why it is left out.

    Raises:
        InvalidInput: a column of numbers holds something else.

    """
    if coding is Coding.ONE_HOT:
        levels = _frequent(_level_texts(rows, name))
        return ColumnCode(name, coding, levels) if len(levels) > 1 else _constant(len(levels))
    if coding is Coding.ORDINAL:
        ordinal = ColumnCode(name, coding, _ordered(rows, name))
        return _scaled(ordinal, ordinal.codes(rows)[0]) if len(ordinal.levels) > 1 else _constant(len(ordinal.levels))
    return _scaled(ColumnCode(name, coding), _numbers(rows, name)[0])


def level_text(value: JsonValue) -> str | None:
    """Return a value as the name of its level: 1 and 1.0 are one, None has no name."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _level_texts(rows: Rows, name: str) -> list[str | None]:
    return [level_text(value) for value in rows.values(name)]


def _frequent(values: list[str | None]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for value in values:
        if value is not None:
            counts[value] = counts.get(value, 0) + 1
    kept = sorted(counts, key=lambda level: (-counts[level], level))[:LEVELS_MAX]
    return tuple(sorted(kept))


def _ordered(rows: Rows, name: str) -> tuple[str | float, ...]:
    if rows.columns()[name] in ("number", "boolean"):
        numbers = _numbers(rows, name)[0]
        return tuple(np.unique(numbers[~np.isnan(numbers)]).tolist())
    return tuple(sorted({value for value in _level_texts(rows, name) if value is not None}))


def _numbers(rows: Rows, name: str) -> tuple[Doubles, tuple[str, ...]]:
    """Return the numbers, NaN where there is none or none that is finite, and what is to be said of these."""
    numbers = rows.numbers(name)
    endless, missing = np.isinf(numbers), np.isnan(numbers)
    told = (*_told(missing, "no value: the median stands in"), *_told(endless, "no finite value: the median stands in"))
    return np.where(endless, np.nan, numbers), told


def _scaled(column: ColumnCode, numbers: Doubles) -> ColumnCode | str:
    known = numbers[~np.isnan(numbers)]
    if not len(known) or known.min() == known.max():
        return _constant(min(len(known), 1))
    low, centre, high = (float(part) for part in np.percentile(known, (25, 50, 75)))
    # Where half of the values are one, the quartiles say nothing of the others.
    scale = high - low if high > low else float(known.std())
    if not 0 < scale < np.inf:
        return "its values are too large or too close together to be scaled"
    return ColumnCode(column.name, column.coding, column.levels, centre, scale)


def _constant(values: int) -> str:
    return "has one value only" if values else "has no values"


def _told(rows: Flags, what: str) -> tuple[str, ...]:
    return (f"{rows_named(rows)} {'have' if rows.sum() > 1 else 'has'} {what}",) if rows.any() else ()
