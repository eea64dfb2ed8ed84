"""Reading a body of rows by its media type."""

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from arangovis.domain.errors import Fault, UnsupportedMedia
from arangovis.tabular.arrow_body import read_arrow
from arangovis.tabular.canonical import canonical_rows
from arangovis.tabular.csv_body import read_csv
from arangovis.tabular.json_body import read_json
from arangovis.tabular.limits import BODY_BYTES_MAX, refused, too_large
from arangovis.tabular.parquet_body import read_parquet
from arangovis.tabular.rows import Rows

if TYPE_CHECKING:
    import pyarrow as pa

    BodyReader: TypeAlias = Callable[[bytes], pa.Table]

_READERS: "dict[str, BodyReader]" = {
    "text/csv": read_csv,
    "application/vnd.apache.parquet": read_parquet,
    "application/vnd.apache.arrow.stream": read_arrow,
    "application/json": read_json,
}

MEDIA_TYPES = tuple(_READERS)


def read_rows(body: bytes | BinaryIO, media_type: str, *, now_us: int | None = None, stable_ids: bool = False) -> Rows:
    """Read a body of rows into canonical form.

    Args:
        body: the bytes, or a stream that is read to its end.
        media_type: one of `MEDIA_TYPES`, parameters allowed; a charset, if named, is UTF-8 or ASCII.
        now_us: the time that made ids carry, microseconds since 1970; None for now.
        stable_ids: make ids from the body instead, so that the same body gives the same rows.

    Raises:
        UnsupportedMedia: another media type or charset.
        InvalidInput: the body is not right; the fault names the column, and the row (from 1) and value.
        TooLarge: it is over a limit of `arangovis.tabular.limits`.

    """
    reader = _reader(media_type)
    data = body if isinstance(body, bytes) else body.read(BODY_BYTES_MAX + 1)
    if len(data) > BODY_BYTES_MAX:
        raise too_large("bytes or more", len(data), BODY_BYTES_MAX)
    if not data:
        raise refused("body", "is empty")
    made_us = None if stable_ids else (now_us or time.time_ns() // 1000)
    return canonical_rows(reader(data), source_digest=hashlib.sha256(data).hexdigest(), now_us=made_us)


def _reader(media_type: str) -> "BodyReader":
    essence, *parameters = [part.strip().lower() for part in media_type.split(";")]
    reader = _READERS.get(essence)
    if reader is None:
        raise _unsupported(f"{essence[:80]!r} is not read here; send one of {', '.join(MEDIA_TYPES)}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise _unsupported(f"the charset {value[:40]!r} is not read here; send utf-8")
    return reader


def _unsupported(problem: str) -> UnsupportedMedia:
    return UnsupportedMedia(f"content-type: {problem}", (Fault("content-type", problem),))
