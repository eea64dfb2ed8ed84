"""The encoder that a projection of a table used: which slots it made of which columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.errors import ArangovisError
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.views import text
from arangovis.services.blobs import Blobs
from arangovis.services.lineage.bulk import edges_at
from arangovis.stores.base import GraphStore
from arangovis.tabular.bundle import from_bytes

__all__ = ["ENCODER_ROLE", "EncodedColumn", "encoded_columns"]

ENCODER_ROLE = "encoder"


@dataclass(frozen=True, slots=True)
class EncodedColumn:
    """A column of a table, the slots that it became, and how."""

    name: str
    slots: tuple[str, ...]
    coding: str


def encoded_columns(
    store: GraphStore, blobs: Blobs, run: Node, read: Sequence[Edge], *, at: int | None
) -> tuple[EncodedColumn, ...] | None:
    """Return what the encoder of a run made of which columns; none without one, None if its bytes are gone."""
    made = edges_at(store, (run.id,), Direction.DOWNSTREAM, ("generated",), at=at)
    found = [edge.id.source for edge in read if edge.id.role == ENCODER_ROLE]
    found += [edge.id.target for edge in made if edge.id.role == ENCODER_ROLE]
    return _read(store, blobs, found[0]) if found else ()


def _read(store: GraphStore, blobs: Blobs, artifact: NodeId) -> tuple[EncodedColumn, ...] | None:
    from arangovis.projections.table_encoder import TableEncoder

    try:
        bundle = from_bytes(blobs.read(text(store.get(artifact).attributes, "digest")))
        encoder = TableEncoder.from_bundle(bundle)
    except ArangovisError:
        return None
    return tuple(EncodedColumn(column.name, column.slots, column.coding.value) for column in encoder.columns)
