"""The values of this room: how a file is to be read, and what was found in it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from arangovis.tabular.frames.limits import SAMPLE_ROWS

Progress: TypeAlias = Callable[[float], None]
"""Is told the fraction done, 0 to 1, which never falls; may raise Cancelled."""

MISSING_WORDS = ("#N/A", "-nan", "N/A", "NA", "NAN", "NULL", "NaN", "Na", "None", "Null", "n/a", "na", "nan", "null")
"""Mean a missing value in columns of numbers, times, truths and UUIDs, unless others are given."""


def no_progress(fraction: float) -> None:
    """Ignore progress."""


class Format(StrEnum):
    """What the bytes are, once they are unpacked."""

    CSV = "csv"
    PARQUET = "parquet"
    ARROW_STREAM = "arrow-stream"
    ARROW_FILE = "arrow-file"


class Packing(StrEnum):
    """How the bytes were packed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class ColumnKind(StrEnum):
    """What a column holds. All but INTEGER, REAL, TIME and BOOLEAN hold texts as they were written."""

    INTEGER = "int"
    REAL = "real"
    CATEGORICAL = "categorical"
    TIME = "time"
    TEXT = "text"
    UUID = "uuid"
    BOOLEAN = "bool"

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self in (ColumnKind.INTEGER, ColumnKind.REAL)

    @property
    def textual(self) -> bool:
        """Whether it holds texts as they were written."""
        return self in (ColumnKind.CATEGORICAL, ColumnKind.TEXT, ColumnKind.UUID)


@dataclass(frozen=True, slots=True)
class ColumnType:
    """How one column is read. An empty cell is missing in every column; `missing` are further words for it."""

    name: str
    kind: ColumnKind
    missing: tuple[str, ...] = ()
    day_first: bool = False
    """Whether 02/03/2020 in a column of times is the second of March."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written. An empty `comment` means that no line is one."""

    separator: str = ","
    header: bool = True
    quote: str = '"'
    comment: str = "#"
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class FrameWarning:
    """Something that a reader of the frame should know.

    `rows` (from 0, without the header) and `lines` (of the file, from 1) are the first places, `count` is how many
    cells, rows or lines there are in all.
    """

    kind: str
    detail: str
    column: str | None = None
    count: int = 0
    rows: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()


LOSSY = frozenset({"unreadable", "rounded", "leading_zeros", "overflow", "short_row", "long_row"})
"""Kinds of warnings that say that the frame holds something else than the file; a strict reader refuses them."""


HEADER_UNSURE = "header_unsure"
"""The kind of the warning that nothing told whether the first line is a header."""


@dataclass(frozen=True, slots=True)
class ParseSetup:
    """How a file is to be read: what `guess` returns and `parse` takes, and a caller may change in between."""

    columns: tuple[ColumnType, ...]
    format: Format = Format.CSV
    packing: Packing = Packing.NONE
    dialect: Dialect = Dialect()
    preview: tuple[tuple[str, ...], ...] = ()
    """The first rows as texts, long ones cut."""
    warnings: tuple[FrameWarning, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class GuessHints:
    """What the caller knows already. None: guess it. `rows` are looked at, at most SAMPLE_ROWS."""

    separator: str | None = None
    header: bool | None = None
    quote: str = '"'
    comment: str = "#"
    encoding: str | None = None
    rows: int = SAMPLE_ROWS


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """Of one column. What makes no sense for its kind, or cannot be counted, is None.

    Times are counted in milliseconds since 1970, truths as 0 and 1. `mean` and `sigma` (of a sample: over n - 1) are
    of the finite values. `levels` are (text, rows) sorted by text: of categorical and boolean columns.
    """

    missing: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    sigma: float | None = None
    zeros: int | None = None
    infinite: int | None = None
    distinct: int | None = None
    levels: tuple[tuple[str, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class FrameColumn:
    """A column of a frame as it was read."""

    name: str
    kind: ColumnKind
    statistics: ColumnStatistics


@dataclass(frozen=True, slots=True)
class ParsedFrame:
    """What was read: its rows are in the segments that were handed out meanwhile, in order."""

    columns: tuple[FrameColumn, ...]
    rows: int
    segments: tuple[int, ...]
    """Rows of each segment."""
    warnings: tuple[FrameWarning, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def lossy(self) -> bool:
        """Whether the frame holds something else than the file; the warnings say what."""
        return any(warning.kind in LOSSY for warning in self.warnings)
