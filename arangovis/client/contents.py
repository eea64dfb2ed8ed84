"""What a run reads and makes, known by the SHA-256 of its content: files, bytes, arrays, tables."""

import hashlib
import mimetypes
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from arangovis.client.tables import Table, table_bytes
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.services.external.values import UNKNOWN_MEDIA_TYPE

ARRAY_MEDIA_TYPE = "application/x-array"
FOLDER_MEDIA_TYPE = "inode/directory"
FOLDER_FILES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class KnownContent:
    """A node that exists, or content by its digest; the fields are those of the service's `Content`."""

    node: NodeId | None = None
    digest: str | None = None
    kind: str = "artifact"
    name: str | None = None
    bytes: int | None = None
    rows: int | None = None
    media_type: str = UNKNOWN_MEDIA_TYPE
    facts: Mapping[str, Scalar] = field(default_factory=dict)

    def document(self, role: str, name: str | None = None) -> Mapping[str, Any]:
        """Return it as a link of a run is sent."""
        if self.node is not None:
            return {"role": role, "node": str(self.node)}
        given: dict[str, Any] = {
            "role": role,
            "digest": self.digest,
            "kind": self.kind,
            "name": name or self.name,
            "bytes": self.bytes if self.kind == "artifact" else None,
            "rows": self.rows if self.kind == "dataset" else None,
            "media_type": self.media_type,
            "facts": dict(self.facts) or None,
        }
        return {name: value for name, value in given.items() if value is not None}


def is_content(value: object) -> bool:
    """Say whether a value is data rather than a parameter: an array, a table, a path that is there, a node."""
    if isinstance(value, os.PathLike):
        return Path(value).exists()
    if isinstance(value, NodeId | np.ndarray) or hasattr(value, "__arrow_c_stream__"):
        return not isinstance(value, np.ndarray) or value.ndim > 0
    return _is_tensor(value)


def content_of(thing: object) -> KnownContent:
    """Return what a thing holds.

    Args:
        thing: a node (an id, its text, or anything with a `node` or an `id` that is one), a path of a file or folder,
            bytes, an array or tensor, a frame, an Arrow table, or a mapping of columns.

    Raises:
        InvalidInput: it is none of these, or its path is not there.

    """
    node = _node_of(thing)
    if node is not None:
        return KnownContent(node=node)
    if isinstance(thing, str | os.PathLike):
        return _path(Path(thing))
    if isinstance(thing, bytes | bytearray | memoryview):
        data = bytes(thing)
        return KnownContent(digest=hashlib.sha256(data).hexdigest(), bytes=len(data))
    if isinstance(thing, np.ndarray) or _is_tensor(thing):
        return _array(as_array(thing))
    return _table(thing)


def as_array(thing: Any) -> np.ndarray[Any, Any]:
    """Return an array or tensor in the memory of this machine."""
    return np.asarray(thing.detach().cpu() if hasattr(thing, "detach") else thing)


def file_digest(path: Path) -> str:
    """Return SHA-256 over the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def media_type_of(name: str) -> str:
    """Return the media type that a name suggests."""
    return mimetypes.guess_type(name)[0] or UNKNOWN_MEDIA_TYPE


def _node_of(thing: object) -> NodeId | None:
    if isinstance(thing, NodeId):
        return thing
    if isinstance(thing, str):
        return None if Path(thing).exists() else _parsed(thing)
    named = getattr(thing, "node", None) or getattr(thing, "id", None)
    return named if isinstance(named, NodeId) else None


def _parsed(text: str) -> NodeId | None:
    try:
        return NodeId.parse(text)
    except InvalidInput:
        return None


def _path(path: Path) -> KnownContent:
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise InvalidInput.of(Fault("thing", f"{str(path)[:200]!r} is neither a node nor a file or folder"))
    media_type = media_type_of(path.name)
    return KnownContent(digest=file_digest(path), name=path.name, bytes=path.stat().st_size, media_type=media_type)


def _folder(path: Path) -> KnownContent:
    """Return the content of a folder: its files by their names in it; their times and rights do not count."""
    digest, size, count = hashlib.sha256(), 0, 0
    for file in sorted(item for item in path.rglob("*") if item.is_file()):
        count += 1
        if count > FOLDER_FILES_MAX:
            raise InvalidInput.of(Fault("thing", f"a folder of more than {FOLDER_FILES_MAX} files"))
        digest.update(f"{file.relative_to(path).as_posix()}\0{file_digest(file)}\n".encode())
        size += file.stat().st_size
    return KnownContent(
        digest=digest.hexdigest(),
        name=path.resolve().name,
        bytes=size,
        media_type=FOLDER_MEDIA_TYPE,
        facts={"files": count},
    )


def _array(array: np.ndarray[Any, Any]) -> KnownContent:
    if array.dtype.hasobject:
        raise InvalidInput.of(Fault("thing", "an array of Python objects has no content of its own"))
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}\n".encode())
    digest.update(np.ascontiguousarray(array).tobytes())
    shape = "x".join(map(str, array.shape))
    return KnownContent(
        digest=digest.hexdigest(),
        kind="dataset",
        rows=array.shape[0] if array.ndim else 1,
        media_type=ARRAY_MEDIA_TYPE,
        facts={"dtype": str(array.dtype), "shape": shape},
    )


def _table(table: Table) -> KnownContent:
    body, media_type = table_bytes(table)
    rows = len(next(iter(table.values()), ())) if isinstance(table, Mapping) else len(table)
    digest = hashlib.sha256(body).hexdigest()
    return KnownContent(digest=digest, kind="dataset", rows=rows, media_type=media_type)


def _is_tensor(value: object) -> bool:
    return type(value).__module__.partition(".")[0] in ("torch", "jax", "jaxlib") and hasattr(value, "__array__")
