"""Checking that rows hold together: each logger's chunks follow one another as its head says."""

from collections.abc import Iterator

from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.services.series.chunks import CHUNK, HEAD, Chunk, Head, group_of
from arangovis.stores.base import GraphStore

PAGE = 1000


def series_data_of(head: Record) -> NodeId:
    """Return the series data that a head record belongs to."""
    return NodeId("series_data", head.group)


def blobs_of(store: GraphStore, series_data: NodeId) -> Iterator[str]:
    """Yield the digests of the blobs that hold rows of some series data."""
    for head in _heads(store, series_data):
        yield from (chunk.blob for chunk in _chunks(store, head) if chunk.blob is not None)


def chunk_problems(store: GraphStore, series_data: NodeId) -> Iterator[str]:
    """Yield a sentence for each logger whose chunks are not what its head says.

    Rows that come or are merged meanwhile can show a problem that is none a moment later.
    """
    for head in _heads(store, series_data):
        sequence = rows = loose = ahead = 0
        for chunk in _chunks(store, head):
            loose += chunk.first >= head.merged
            if chunk.last < head.next and chunk.first == sequence:
                sequence, rows = chunk.last + 1, rows + chunk.rows
            else:
                ahead += 1
        if (sequence, rows, loose, ahead) != (head.next, head.rows, head.loose, head.ahead):
            told = f"{head.rows} rows in chunks 0 to {head.next}"
            yield f"logger {head.logger!r} has not the {told} that its head tells, but {rows} up to {sequence}"


def _heads(store: GraphStore, series_data: NodeId) -> Iterator[Head]:
    yield from (Head.of(record) for record in _records(store, HEAD, series_data.key))


def _chunks(store: GraphStore, head: Head) -> Iterator[Chunk]:
    yield from (Chunk.of(record) for record in _records(store, CHUNK, group_of(head.series_data, head.logger)))


def _records(store: GraphStore, kind: str, group: str) -> Iterator[Record]:
    after: Record | None = None
    while page := store.records(kind, group, after=after, limit=PAGE):
        yield from page
        after = page[-1]
