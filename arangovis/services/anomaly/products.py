"""What runs make besides files: data sets and detectors, written in the action that ends the run."""

from arangovis.domain.catalogue import chained
from arangovis.domain.errors import NotFound
from arangovis.domain.graph import EdgeId, Record
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.runs import Run
from arangovis.domain.views import text
from arangovis.domain.work import MadeDataset, MadeDetector
from arangovis.services.catalogue.registry import create_version, free_version, succeed, version_id
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

DETECTOR = "detector"
"""Namespace of the reservation, and role of the file, of a detector's state."""


def write_dataset(transaction: Transaction, run: Run, made: MadeDataset) -> NodeId:
    """Write a data set and its manifest, and that the run made it."""
    digest = chained(segment.digest for segment in made.segments)
    node = named_id("dataset", run.project, f"{run.id}/{made.role}", digest)
    facts: dict[str, object] = {
        "name": made.name,
        "form": "table",
        "digest": digest,
        "rows": sum(segment.rows for segment in made.segments),
        "segments": len(made.segments),
        "columns": made.columns,
        "attributes": dict(made.facts),
        "frame": made.frame,
    }
    kept: Document = {name: value for name, value in facts.items() if value != {}}  # type: ignore[misc]
    transaction.create(node, run.project, kept)
    for number, segment in enumerate(made.segments, start=1):
        data: Document = {"digest": segment.digest, "rows": segment.rows, "errors": 0, "bytes": segment.bytes}
        transaction.put_record(Record("segment", f"{node.key}.{number}", group=node.key, due=number, data=data))
    transaction.link(EdgeId("generated", run.id, node, made.role))
    return node


def write_detector(transaction: Transaction, run: Run, made: MadeDetector, state: NodeId) -> NodeId:
    """Write a model version whose state is an artifact of the run; it becomes the newest of its model."""
    model = _model(transaction, run.project, made.name)
    version = free_version(transaction, run.project, made.name)
    node = version_id(run.project, made.name, version)
    facts: Document = {"version": version, "signature": made.signature, "attributes": dict(made.facts)}
    create_version(transaction, model, node, facts)
    transaction.link(EdgeId("contains", node, state, DETECTOR))
    transaction.link(EdgeId("generated", run.id, node, "model"))
    transaction.move_reservation(DETECTOR, str(node), state)
    succeed(transaction, model, node)
    return node


def detector_digest(store: GraphStore, version: NodeId) -> str:
    """Return the digest of a detector's state.

    Raises:
        NotFound: the model version is no detector.

    """
    state = store.reserved(DETECTOR, str(version))
    if state is None:
        raise NotFound(f"{version} is no detector")
    return text(store.get(state).attributes, "digest")


def _model(transaction: Transaction, project: str | None, name: str) -> NodeId:
    model = named_id("model", project, name)
    if transaction.find(model) is None:
        transaction.create(model, project, {"name": name})
        if project is not None:
            transaction.link(EdgeId("contains", NodeId("project", project), model))
    return model
