"""Frames: a file of columns guessed at, read into typed Parquet segments with nothing lost in silence, and read back.

`guess` looks at the beginning of a file and returns a `ParseSetup`, which the caller may change; `parse` reads the
whole file as the set-up says, in bounded memory; `FrameReader` gives out pages, columns, percentiles and CSV.
"""

from arangovis.tabular.frames.documents import (
    frame_document,
    frame_of,
    setup_document,
    setup_of,
)
from arangovis.tabular.frames.export import csv_pieces
from arangovis.tabular.frames.guessing import guess
from arangovis.tabular.frames.parsing import Segment, Sink, parse
from arangovis.tabular.frames.reading import Codes, FrameReader, Page, read_frame
from arangovis.tabular.frames.types import (
    LOSSY,
    MISSING_WORDS,
    ColumnKind,
    ColumnStatistics,
    ColumnType,
    Dialect,
    Format,
    FrameColumn,
    FrameWarning,
    GuessHints,
    Packing,
    ParsedFrame,
    ParseSetup,
    Progress,
)

__all__ = [
    "LOSSY",
    "MISSING_WORDS",
    "Codes",
    "ColumnKind",
    "ColumnStatistics",
    "ColumnType",
    "Dialect",
    "Format",
    "FrameColumn",
    "FrameReader",
    "FrameWarning",
    "GuessHints",
    "Packing",
    "Page",
    "ParseSetup",
    "ParsedFrame",
    "Progress",
    "Segment",
    "Sink",
    "csv_pieces",
    "frame_document",
    "frame_of",
    "guess",
    "parse",
    "read_frame",
    "setup_document",
    "setup_of",
]
