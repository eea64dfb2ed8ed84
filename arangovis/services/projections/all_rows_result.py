"""The result of a projection of all rows: a manifest of parts, each a table of ids and coordinates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from arangovis.domain.errors import IntegrityError
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, Scalar, decode, encode
from arangovis.domain.views import integer, items, mapping, text
from arangovis.domain.work import Made
from arangovis.projections.base import Matrix
from arangovis.services.blobs import Blobs
from arangovis.services.projections.all_rows_plan import PART, RESULT
from arangovis.tabular.arrow_stream import Column, from_arrow
from arangovis.tabular.bloom import BloomFilter
from arangovis.tabular.parquet_columns import PARQUET, from_parquet, is_parquet, to_parquet

FORMAT = 1
AXES = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class PartFile:
    """A part as the manifest lists it: rows `start` to `stop`, the last one not included."""

    artifact: NodeId
    digest: str
    start: int
    rows: int
    components: int

    @property
    def stop(self) -> int:
        """The row after its last."""
        return self.start + self.rows

    def document(self) -> Document:
        """Return it as JSON."""
        return {
            "artifact": str(self.artifact),
            "digest": self.digest,
            "start": self.start,
            "rows": self.rows,
            "components": self.components,
        }

    @classmethod
    def read(cls, document: Document) -> "PartFile":
        """Read what `document` wrote."""
        numbers = (integer(document, name) for name in ("start", "rows", "components"))
        return cls(NodeId.parse(text(document, "artifact")), text(document, "digest"), *numbers)

    @classmethod
    def of(cls, node: Node) -> "PartFile":
        """Read it from the artifact's node."""
        facts = mapping(node.attributes, "facts")
        own: Document = {"artifact": str(node.id), "digest": text(node.attributes, "digest")}
        return cls.read({**facts, **own})


@dataclass(frozen=True, slots=True)
class Manifest:
    """All parts, in order of their rows. `quality` are values by metric, or why one was skipped."""

    method: str
    rows: int
    parts: tuple[PartFile, ...]
    quality: Mapping[str, Scalar]

    @property
    def components(self) -> int:
        """How many coordinates a row has."""
        return self.parts[0].components

    @property
    def columns(self) -> Sequence[str]:
        """The columns of each part."""
        return ("id", *AXES[: self.components])

    def check(self) -> None:
        """Make sure that the parts are all of the rows, each once.

        Raises:
            IntegrityError: they are not.

        """
        ends = [0, *(part.stop for part in self.parts)]
        if [part.start for part in self.parts] != ends[:-1] or ends[-1] != self.rows:
            raise IntegrityError(f"the parts do not make up the {self.rows} rows")

    def within(self, start: int, stop: int) -> Sequence[PartFile]:
        """Return the parts that hold some of the rows `start` to `stop`."""
        return [part for part in self.parts if part.start < stop and part.stop > start]


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """Some rows of a projection, one after the other from row `start` on; coordinates float32 (rows, components)."""

    start: int
    ids: Sequence[str]
    coordinates: Matrix

    def between(self, start: int, stop: int) -> "PlacedRows":
        """Return those of its rows that are among `start` to `stop`."""
        first, last = max(start, self.start), min(stop, self.start + len(self.ids))
        within = slice(first - self.start, last - self.start)
        return PlacedRows(first, self.ids[within], self.coordinates[within])


def part_artifact(ids: Sequence[str], coordinates: Matrix, *, start: int, stage_key: str | None) -> Made:
    """Return a part: a Parquet file with `id` and the coordinates `x`, `y` (and `z`), float32."""
    facts: dict[str, Scalar] = {"start": start, "rows": len(coordinates), "components": coordinates.shape[1]}
    data, held = to_parquet(placed_columns(ids, coordinates)), BloomFilter.of(ids).document()
    return Made(PART, data, PARQUET, stage_key=stage_key, facts=facts, row_filter=held)


def placed_columns(ids: Sequence[str], coordinates: Matrix) -> Mapping[str, Column]:
    """Return the columns `id`, `x`, `y` (and `z`) of some rows."""
    axes = enumerate(AXES[: coordinates.shape[1]])
    return {"id": list(ids)} | {axis: np.ascontiguousarray(coordinates[:, i], dtype=np.float32) for i, axis in axes}


def sound_bytes(blobs: Blobs, digest: str) -> bytes | memoryview:
    """Return the verified bytes of a blob. Damaged ones are cleared away, so that they can be made again.

    Raises:
        IntegrityError: they are damaged or gone.

    """
    try:
        return blobs.content(digest)
    except IntegrityError:
        blobs.verify(digest)
        raise


def part_columns(data: bytes | memoryview) -> tuple[Sequence[str], Matrix]:
    """Return the ids and the coordinates, float32 (rows, components), of a part; earlier ones are Arrow streams.

    Raises:
        IntegrityError: the bytes are no part.

    """
    columns = from_parquet(data) if is_parquet(data) else from_arrow(data)
    axes = [axis for axis in AXES if axis in columns]
    if len(axes) < 2 or "id" not in columns:
        raise IntegrityError("the stored columns are no part of a projection")
    coordinates = np.column_stack([np.asarray(columns[axis], dtype=np.float32) for axis in axes])
    return cast("Sequence[str]", columns["id"]), coordinates


def manifest_artifact(manifest: Manifest, stage_key: str | None) -> Made:
    """Return the manifest as a file."""
    document: dict[str, JsonValue] = {
        "format": FORMAT,
        "method": manifest.method,
        "rows": manifest.rows,
        "columns": list(manifest.columns),
        "parts": [part.document() for part in manifest.parts],
        "quality": dict(manifest.quality),
    }
    facts: dict[str, Scalar] = {
        "rows": manifest.rows,
        "components": manifest.components,
        "parts": len(manifest.parts),
        "method": manifest.method,
    }
    return Made(RESULT, encode(document), "application/json", stage_key=stage_key, facts=facts)


def read_manifest(data: bytes | memoryview) -> Manifest:
    """Read what `manifest_artifact` wrote.

    Raises:
        IntegrityError: the bytes are something else.

    """
    try:
        document = decode(bytes(data))
        if document["format"] != FORMAT:
            raise IntegrityError("the manifest has another format")
        parts = tuple(PartFile.read(cast("Document", part)) for part in items(document, "parts"))
        quality = cast("Mapping[str, Scalar]", mapping(document, "quality"))
        manifest = Manifest(text(document, "method"), integer(document, "rows"), parts, quality)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError("the stored manifest is damaged") from error
    manifest.check()
    return manifest
