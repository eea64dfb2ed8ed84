"""Chunks and heads: the records that rows are kept in. `arangovis.services.series.chunk_log` says how they move."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.views import integer, items
from arangovis.series.codec import Form, Payload
from arangovis.series.statistics import FieldStatistics, joined

CHUNK, HEAD = "chunk", "series_head"
_FORMS: Mapping[str, Form] = {form.value: form for form in Form}


class Place(NamedTuple):
    """Which chunk: the key of the series data, the logger, the first and the last sequence number."""

    series_data: str
    logger: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.series_data}.{self.logger}.{self.first}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that one logger sent to one series, under the sequence numbers `first` to `last`.

    Args:
        series_data: key of the series data.
        logger: who sent them.
        first: the first sequence number.
        last: the last one; more than `first` in a merged chunk only.
        rows: how many rows.
        digest: tells this content from any other; a key for caches.
        form: how the bytes are written.
        letters: the types of the columns.
        unpacked: length of the bytes before compression, 0 if they are plain.
        inline: the bytes in base64, or None if they are in a blob.
        blob: digest of the blob.
        size: how many bytes.
        statistics: of each column; None if there are so few rows that they are quicker computed than read.
        start: the sequence number from which on its rows are asked for, if not from `first`.

    """

    series_data: str
    logger: str
    first: int
    last: int
    rows: int
    digest: str
    form: Form
    letters: str
    unpacked: int
    inline: str | None
    blob: str | None
    size: int
    statistics: tuple[FieldStatistics, ...] | None
    start: int = 0

    @classmethod
    def made(cls, place: Place, rows: int, digest: str, *, payload: Payload, blob: str | None) -> "Chunk":
        """Return a chunk of some bytes, which are in a blob if its digest is given."""
        data = payload.data
        return cls(
            place.series_data,
            place.logger,
            place.first,
            place.last,
            rows,
            digest,
            payload.form,
            payload.letters,
            payload.unpacked,
            None if blob else base64.b64encode(data).decode(),
            blob,
            len(data),
            None,
        )

    @property
    def is_small(self) -> bool:
        """Whether it is read best together with its neighbours."""
        return self.form is Form.ROWS

    def content(self) -> bytes:
        """Return the bytes of a chunk that has them in its record."""
        return binascii.a2b_base64(self.inline or "")

    def record(self) -> Record:
        """Return the record to store."""
        data: dict[str, JsonValue] = {
            "first": self.first,
            "rows": self.rows,
            "digest": self.digest,
            "form": self.form.value,
            "letters": self.letters,
            "bytes": self.size,
        }
        for name in ("unpacked", "inline", "blob"):
            if value := getattr(self, name):
                data[name] = value
        if self.statistics is not None:
            data["statistics"] = [column.document() for column in self.statistics]
        key = chunk_key(self.series_data, self.logger, self.first)
        return Record(CHUNK, key, group_of(self.series_data, self.logger), self.last, data)

    @classmethod
    def of(cls, record: Record) -> "Chunk":
        """Read a chunk from its record: ten thousand of them a moment, so without checking what was written here."""
        data: Mapping[str, Any] = record.data
        series_data, _, logger = record.group.partition(".")
        read = data.get("statistics")
        return cls(
            series_data,
            logger,
            data["first"],
            record.due,
            data["rows"],
            data["digest"],
            _FORMS[data["form"]],
            data["letters"],
            data.get("unpacked", 0),
            data.get("inline"),
            data.get("blob"),
            data["bytes"],
            None if read is None else tuple(map(FieldStatistics.of, read)),
        )


@dataclass(frozen=True, slots=True)
class Head:
    """How far one logger has come in one series.

    Args:
        series_data: key of the series data.
        logger: who sends.
        next: the first sequence number that readers do not see yet: all before it have come.
        rows: how many rows readers see.
        statistics: of each column, of the rows that readers see.
        merged: the sequence numbers below are in merged chunks.
        loose: how many chunks from there on are there.
        ahead: how many of those readers do not see, since one before them has not come.
        updated: when it last moved, microseconds since 1970.

    """

    series_data: str
    logger: str
    next: int = 0
    rows: int = 0
    statistics: tuple[FieldStatistics, ...] = ()
    merged: int = 0
    loose: int = 0
    ahead: int = 0
    updated: int = 0

    def seen(self, chunk: Chunk, statistics: Sequence[FieldStatistics]) -> "Head":
        """Return the head once readers see the next chunk."""
        together = joined(self.statistics, statistics) if self.statistics else tuple(statistics)
        return replace(self, next=chunk.last + 1, rows=self.rows + chunk.rows, statistics=together)

    def record(self) -> Record:
        """Return the record to store."""
        data: Document = {
            "next": self.next,
            "rows": self.rows,
            "merged": self.merged,
            "loose": self.loose,
            "ahead": self.ahead,
            "statistics": [column.document() for column in self.statistics],
        }
        return Record(HEAD, group_of(self.series_data, self.logger), self.series_data, self.updated, data)

    @classmethod
    def of(cls, record: Record) -> "Head":
        """Read a head from its record."""
        series_data, _, logger = record.key.partition(".")
        data = record.data
        return cls(
            series_data=series_data,
            logger=logger,
            next=integer(data, "next"),
            rows=integer(data, "rows"),
            statistics=tuple(map(FieldStatistics.of, items(data, "statistics"))),
            merged=integer(data, "merged"),
            loose=integer(data, "loose"),
            ahead=integer(data, "ahead"),
            updated=record.due,
        )


def group_of(series_data: str, logger: str) -> str:
    """Return the group of a logger's chunks, which is the key of its head too."""
    return f"{series_data}.{logger}"


def chunk_key(series_data: str, logger: str, sequence: int) -> str:
    """Return the key of the chunk that begins at a sequence number."""
    return f"{series_data}.{logger}.{sequence}"


def series_data_of(group: str) -> NodeId:
    """Return the series data that a group of chunks belongs to."""
    return NodeId("series_data", group.partition(".")[0])
