"""Exported graphs on disk: a folder of arangodump's or arangoexport's, or one file of JSON lines; gzipped or not."""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from arangovis.domain.errors import Fault, InvalidContent, InvalidInput, NoData, TooLarge
from arangovis.exchange.arangopipe.graph import Seed, SeedGraph
from arangovis.exchange.arangopipe.names import EDGE_COLLECTIONS, GRAPH_NAME

_NAME = re.compile(
    r"(?P<collection>[A-Za-z][A-Za-z0-9_-]{0,255}?)(_[0-9a-f]{32})?(\.\d+)?(\.data)?\.(?P<form>jsonl|ndjson|json)(\.gz)?\Z"
)
_NO_DATA = ("dump.json", ".structure.json", ".view.json")
_INSERTED = (2300, 2301)
_REMOVED = (2302,)
LINE_CHARACTERS_MAX = 64 << 20
PACKING_RATIO_MAX = 250
PACKING_RATIO_FROM_CHARACTERS = 64 << 20
"""Below this, a high ratio does no harm."""


def read_graph(path: Path, *, name: str = GRAPH_NAME) -> SeedGraph:
    """Read an exported graph.

    Args:
        path: a folder with a file a collection, or one file of JSON lines that have an `_id`.
        name: what the graph is called.

    Raises:
        NoData: nothing in it is a collection.
        InvalidContent: a file cannot be read; it and the line are named.
        TooLarge: a line has no end, or a packed file becomes too much.

    """
    files = _files(path)
    vertices: dict[str, dict[str, Seed]] = {}
    edges: dict[str, dict[str, Seed]] = {}
    for file, collection in files:
        for line, document, removed in _documents(file):
            place = _place(document, collection)
            if place is None:
                raise InvalidContent.of(Fault(f"{file.name}:{line}", "has neither an _id nor a _key in a collection"))
            group, key = place
            held = (edges if "_from" in document or group in EDGE_COLLECTIONS else vertices).setdefault(group, {})
            if removed:
                held.pop(key, None)
                continue
            _check_edge(file, line, group, document)
            held[key] = {**document, "_key": key}
    if not vertices and not edges:
        raise NoData(f"{path.name} has no documents of arangopipe")
    return SeedGraph(_listed(vertices), _listed(edges), name)


def write_graph(graph: SeedGraph, folder: Path) -> int:
    """Write a graph as a file of JSON lines a collection; return how many documents and edges they are.

    Raises:
        InvalidInput: the folder is there and has something in it.

    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput.of(Fault("directory", f"{folder.name} is not a new or empty folder"))
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for collection, documents in sorted({**graph.vertices, **graph.edges}.items()):
        with (folder / f"{collection}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            for document in sorted(documents, key=lambda one: str(one["_key"])):
                file.write(json.dumps(document, ensure_ascii=False) + "\n")
                count += 1
    return count


def _files(path: Path) -> list[tuple[Path, str | None]]:
    if path.is_file():
        return [(path, None)]
    if not path.is_dir():
        raise InvalidInput.of(Fault("source", f"{path.name[:200]!r} is no file or folder"))
    found: list[tuple[Path, str | None]] = []
    for file in sorted(path.iterdir()):
        match = (
            None if file.name.endswith((*_NO_DATA, *(f"{name}.gz" for name in _NO_DATA))) else _NAME.match(file.name)
        )
        if match is not None and file.is_file():
            found.append((file, match["collection"]))
    _check_plain(path)
    return found


def _check_plain(folder: Path) -> None:
    mark = folder / "ENCRYPTION"
    if mark.is_file() and mark.read_text("utf-8", "replace").strip() not in ("", "none"):
        raise InvalidContent.of(Fault("ENCRYPTION", "says that the dump is encrypted; dump it without a key"))


def _documents(file: Path) -> Iterator[tuple[int, dict[str, Any], bool]]:
    """Yield the number of the line, the document, and whether it was removed."""
    try:
        with _opened(file) as stream:
            for line, value in _values(_lines(file, stream)):
                yield line, *_unwrapped(file, line, value)
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        if isinstance(error, InvalidInput | TooLarge):
            raise
        line = getattr(error, "line", 0)
        raise InvalidContent.of(Fault(f"{file.name}:{line}", "is not JSON in UTF-8")) from error


def _opened(file: Path) -> IO[str]:
    if file.name.endswith(".gz"):
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")


def _lines(file: Path, stream: IO[str]) -> Iterator[str]:
    """Yield the lines of a file: none without an end, and no small file that becomes an endless one."""
    room = max(PACKING_RATIO_FROM_CHARACTERS, PACKING_RATIO_MAX * file.stat().st_size)
    while line := stream.readline(LINE_CHARACTERS_MAX + 1):
        if len(line) > LINE_CHARACTERS_MAX:
            raise TooLarge(f"{file.name} has a line of more than {LINE_CHARACTERS_MAX:,} characters")
        room -= len(line)
        if room < 0:
            raise TooLarge(f"{file.name} unpacks to more than {PACKING_RATIO_MAX} times its size")
        yield line


class _NotJson(ValueError):
    """A line that is no JSON."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def _values(stream: Iterable[str]) -> Iterator[tuple[int, Any]]:
    """Yield the values of JSON lines, or the members of one list over any number of lines."""
    lines = enumerate(stream, start=1)
    number, first = next(((n, line) for n, line in lines if line.strip()), (0, ""))
    if first.lstrip("\ufeff ").startswith("["):
        whole = first.lstrip("\ufeff ") + "".join(line for _, line in lines)
        yield from ((number, value) for value in _parsed(whole, number))
    elif first:
        yield number, _parsed(first.lstrip("\ufeff"), number)
        yield from ((number, _parsed(line, number)) for number, line in lines if line.strip())


def _parsed(text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _NotJson(line) from error


def _unwrapped(file: Path, line: int, value: Any) -> tuple[dict[str, Any], bool]:
    """Take a document out of the envelope that older dumps have."""
    if isinstance(value, Mapping) and value.get("type") in _INSERTED and isinstance(value.get("data"), Mapping):
        return dict(value["data"]), False
    if isinstance(value, Mapping) and value.get("type") in _REMOVED and "key" in value:
        return {"_key": value["key"]}, True
    if not isinstance(value, Mapping):
        raise InvalidContent.of(Fault(f"{file.name}:{line}", f"{type(value).__name__} is no document"))
    return dict(value), False


def _place(document: Mapping[str, Any], collection: str | None) -> tuple[str, str] | None:
    """Return the collection and the key."""
    own, _, key = str(document.get("_id", "")).partition("/")
    if own and key:
        return own, key
    if collection is not None and document.get("_key") not in (None, ""):
        return collection, str(document["_key"])
    return None


def _check_edge(file: Path, line: int, collection: str, document: Mapping[str, Any]) -> None:
    if ("_from" in document) != ("_to" in document) or (collection in EDGE_COLLECTIONS and "_from" not in document):
        raise InvalidContent.of(Fault(f"{file.name}:{line}", "is an edge without _from or _to"))


def _listed(groups: Mapping[str, Mapping[str, Seed]]) -> dict[str, tuple[Seed, ...]]:
    return {name: tuple(documents.values()) for name, documents in groups.items() if documents}
