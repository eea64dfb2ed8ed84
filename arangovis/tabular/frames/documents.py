"""Set-ups and frames as JSON documents, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import Document
from arangovis.tabular.frames.types import (
    ColumnKind,
    ColumnStatistics,
    ColumnType,
    Dialect,
    Format,
    FrameColumn,
    FrameWarning,
    Packing,
    ParsedFrame,
    ParseSetup,
)


def setup_document(setup: ParseSetup) -> Document:
    """Return a set-up as a document."""
    return cast("Document", asdict(setup))


def setup_of(document: Document) -> ParseSetup:
    """Return the set-up that `setup_document` wrote.

    Raises:
        IntegrityError: the document is something else.

    """
    try:
        given = cast("Mapping[str, Any]", document)
        return ParseSetup(
            columns=tuple(_column_type(item) for item in given["columns"]),
            format=Format(given["format"]),
            packing=Packing(given["packing"]),
            dialect=Dialect(**given["dialect"]),
            preview=tuple(tuple(row) for row in given["preview"]),
            warnings=_warnings(given["warnings"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError("a stored parse set-up cannot be read") from error


def frame_document(frame: ParsedFrame) -> Document:
    """Return a frame as a document."""
    return cast("Document", asdict(frame))


def frame_of(document: Document) -> ParsedFrame:
    """Return the frame that `frame_document` wrote.

    Raises:
        IntegrityError: the document is something else.

    """
    try:
        given = cast("Mapping[str, Any]", document)
        return ParsedFrame(
            columns=tuple(_frame_column(item) for item in given["columns"]),
            rows=int(given["rows"]),
            segments=tuple(given["segments"]),
            warnings=_warnings(given["warnings"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError("a stored frame cannot be read") from error


def _column_type(item: Mapping[str, Any]) -> ColumnType:
    return ColumnType(item["name"], ColumnKind(item["kind"]), tuple(item["missing"]), item["day_first"])


def _frame_column(item: Mapping[str, Any]) -> FrameColumn:
    facts = dict(item["statistics"])
    if facts["levels"] is not None:
        facts["levels"] = tuple((level, count) for level, count in facts["levels"])
    return FrameColumn(item["name"], ColumnKind(item["kind"]), ColumnStatistics(**facts))


def _warnings(items: Sequence[Mapping[str, Any]]) -> tuple[FrameWarning, ...]:
    return tuple(FrameWarning(**{**item, "rows": tuple(item["rows"]), "lines": tuple(item["lines"])}) for item in items)
