"""Looking for what names a person, in all bytes that are stored and in all that the graph says."""

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from arangovis.domain.search import Search
from arangovis.wiring import Arangovis
from arangovis_schema import RECORD_KINDS


def plain(data: bytes) -> str:
    """Return what stored bytes say, whatever their format."""
    try:
        return str(pq.read_table(pa.BufferReader(data)).to_pydict())
    except pa.ArrowException:
        pass
    try:
        return str(pa.ipc.open_stream(pa.BufferReader(data)).read_all().to_pydict())
    except pa.ArrowException:
        return data.decode("latin-1")


def traces(service: Arangovis, words: list[str]) -> list[str]:
    """Return where any of some words stands: in blobs, in nodes, in records."""
    found = []
    for blob in service.artifacts.blobs():
        said = plain(service.artifacts.read(blob.digest))
        found += [f"blob {blob.digest[:8]} has {word}" for word in words if word in said]
    for kind in service.store.schema().vertices:
        for node in service.store.all_nodes(Search(kind, limit=500)):
            said = orjson.dumps(node.attributes, default=dict).decode()
            found += [f"{node.id} has {word}" for word in words if word in said]
    for kind in (kind.name for kind in RECORD_KINDS):
        for record in service.store.all_records(kind):
            said = orjson.dumps([record.key, record.data], default=dict).decode()
            found += [f"{kind} {record.key} has {word}" for word in words if word in said]
    return found
