"""Weights of model versions: files in the safetensors format, and the versions that runs trained."""

import json
from dataclasses import dataclass

from arangovis.domain.catalogue import ModelVersion
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.views import mapping, text
from arangovis.domain.work import MadeModel
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.catalogue.registry import create_version, version_id
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

MEDIA_TYPE = "application/vnd.safetensors"
ROLE = "weights"
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """The artifact that holds the weights of a model version, and whether it is new."""

    artifact: NodeId
    digest: str
    created: bool


class Weights:
    """Weights that people upload, and where those of a model version are."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    def stage(self, data: bytes, caller: Caller) -> BlobReference:
        """Store weights that a run is about to refer to; they are kept for a day.

        Raises:
            InvalidInput: they are not in the safetensors format.

        """
        check_format(data)
        return self._blobs.save(data, caller)

    def put(self, version: ModelVersion, data: bytes, caller: Caller) -> StoredWeights:
        """Make these the weights of a model version; the same again change nothing.

        Raises:
            InvalidInput: they are not in the safetensors format.

        """
        blob = self.stage(data, caller)

        def action(transaction: Transaction) -> StoredWeights:
            self._blobs.keep(transaction, [blob.digest])
            artifact, created = write_weights(transaction, version.id, blob)
            return StoredWeights(artifact, blob.digest, created)

        return self._store.transact(action, caller)

    def digest(self, version: NodeId) -> str | None:
        """Return the digest of the weights of a model version, or None if it has none."""
        artifact = self._store.reserved(ROLE, str(version))
        return None if artifact is None else text(self._store.get(artifact).attributes, "digest")


def check_format(data: bytes) -> None:
    """Refuse bytes that do not begin as the safetensors format does; their tensors are not looked at.

    Raises:
        InvalidInput: they begin otherwise.

    """
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    try:
        header = json.loads(data[_LENGTH_BYTES : _LENGTH_BYTES + length]) if length < len(data) else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise InvalidInput.of(Fault("body", "is not a file in the safetensors format"))


def write_weights(transaction: Transaction, version: NodeId, blob: BlobReference) -> tuple[NodeId, bool]:
    """Give a model version uploaded weights inside an action; return their artifact and whether it is new."""
    project = transaction.get(version).project
    artifact = named_id("artifact", project, f"{version}/{ROLE}", blob.digest)
    facts: Document = {"role": ROLE, "digest": blob.digest, "bytes": blob.bytes, "media_type": MEDIA_TYPE}
    created = transaction.ensure(artifact, project, facts)
    _attach(transaction, version, artifact)
    return artifact, created


def write_trained(transaction: Transaction, run: NodeId, made: MadeModel, weights: NodeId) -> NodeId:
    """Write inside an action the model version that a run trained, as a successor of its base.

    It is a candidate: the newest version of the model stays what it is.
    """
    base = transaction.get(made.base)
    model, name = NodeId.parse(text(base.attributes, "model")), text(base.attributes, "name")
    node = version_id(base.project, name, f"{made.version} {run}")
    signature = mapping(base.attributes, "signature")
    create_version(transaction, model, node, {"version": f"{made.version} {run.key[-12:]}", "signature": signature})
    transaction.link(EdgeId("generated", run, node, "model"))
    transaction.link(EdgeId("succeeded_by", made.base, node), {"reason": made.reason})
    _attach(transaction, node, weights)
    return node


def _attach(transaction: Transaction, version: NodeId, artifact: NodeId) -> None:
    transaction.link(EdgeId("contains", version, artifact, ROLE))
    transaction.move_reservation(ROLE, str(version), artifact)
