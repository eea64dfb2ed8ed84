"""The graph's declared facts: vertex kinds, edge kinds, record kinds and migrations.

Nothing here opens a database. Every store, the REST documents and the search projections are
generated from these declarations, so a kind is described once.
"""

from arangovis_schema.edges import EDGE_KINDS, LINEAGE_EDGE_KINDS
from arangovis_schema.fields import Field, FieldType
from arangovis_schema.kinds import EdgeKind, KeyRule, VertexKind
from arangovis_schema.migrations import MIGRATIONS, SCHEMA_VERSION, Migration
from arangovis_schema.records import RECORD_KINDS, RecordKind
from arangovis_schema.registry import BUILT_IN, Schema
from arangovis_schema.vertices import VERTEX_KINDS

__all__ = [
    "BUILT_IN",
    "EDGE_KINDS",
    "LINEAGE_EDGE_KINDS",
    "MIGRATIONS",
    "RECORD_KINDS",
    "SCHEMA_VERSION",
    "VERTEX_KINDS",
    "EdgeKind",
    "Field",
    "FieldType",
    "KeyRule",
    "Migration",
    "RecordKind",
    "Schema",
    "VertexKind",
]
