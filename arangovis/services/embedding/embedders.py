"""Embedders of model versions: registered, found, and made ready for use."""

from dataclasses import dataclass, replace

from arangovis.domain.catalogue import EMBEDDING, Dataset, ModelVersion
from arangovis.domain.errors import Fault, InvalidInput, NoData, NotFound
from arangovis.domain.graph import Caller, EdgeId, Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.views import integer, mapping, optional_text
from arangovis.embedders.allowed import check_address, check_function
from arangovis.embedders.base import Embed
from arangovis.services.blobs import Blobs
from arangovis.services.embedding.embedder import METHOD, Embedder, EmbedderKind
from arangovis.services.params import ParamsHistory
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

FILE = "embedder"
"""Role of an embedder's file at its model version."""
MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class RegisteredEmbedder:
    """The embedder of a model version: its node, the how manieth it is, and what was said of it."""

    node: NodeId
    number: int
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class EmbedderFile:
    """The uploaded file of an embedder."""

    artifact: NodeId
    digest: str
    bytes: int


class Embedders:
    """The embedders of model versions. Setting one writes a revision, as setting parameters does."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, params: ParamsHistory, settings: Settings) -> None:
        self._store = store
        self._blobs = blobs
        self._params = params
        self._settings = settings

    def upload(self, version: ModelVersion, data: bytes, caller: Caller) -> tuple[EmbedderFile, bool]:
        """Store an ONNX file for an embedder of this model version; return it and whether it is new.

        Raises:
            InvalidInput: there are no bytes.

        """
        if not data:
            raise InvalidInput.of(Fault("body", "is empty; an ONNX file is wanted"))
        blob = self._blobs.save(data, caller)
        node = named_id("artifact", version.project, f"{version.id}/{FILE}", blob.digest)
        facts: Document = {"role": FILE, "digest": blob.digest, "bytes": blob.bytes, "media_type": MEDIA_TYPE}

        def action(transaction: Transaction) -> bool:
            self._blobs.keep(transaction, [blob.digest])
            created = transaction.ensure(node, version.project, facts)
            transaction.link(EdgeId("contains", version.id, node, FILE))
            return created

        created = self._store.transact(action, caller)
        return EmbedderFile(node, blob.digest, blob.bytes), created

    def set(self, version: ModelVersion, embedder: Embedder, caller: Caller) -> tuple[RegisteredEmbedder, bool]:
        """Make this the embedder of a model version; return it and whether that is new.

        Without `columns` it reads the inputs that the signature names.

        Raises:
            InvalidInput: it names everything that is wrong, or the settings do not allow the address or function.
            NotFound: there is no such artifact, or its bytes are not kept here.

        """
        names = embedder.columns or tuple(field.name for field in version.signature.inputs)
        wanted = replace(embedder, columns=names)
        wanted.check()
        self._check_allowed(wanted)
        if wanted.artifact is not None:
            self._file_digest(wanted.artifact)
        before = self.in_force(version)
        node = self._store.transact(lambda tx: self._write(tx, version, wanted), caller)
        return self._registered(self._store.get(node)), node != before

    def _write(self, transaction: Transaction, version: ModelVersion, embedder: Embedder) -> NodeId:
        return self._params.write_content(transaction, version, METHOD, embedder.content())

    def _check_allowed(self, embedder: Embedder) -> None:
        if embedder.url is not None:
            check_address(embedder.url, self._settings.embedder_endpoints)
        if embedder.function is not None:
            check_function(embedder.function, self._settings.embedder_functions)

    def in_force(self, version: ModelVersion) -> NodeId | None:
        """Return the node of the embedder of a model version, or None if it has none."""
        return self._params.in_force(version, METHOD)

    def of(self, version: ModelVersion) -> RegisteredEmbedder:
        """Return the embedder of a model version.

        Raises:
            NotFound: it has none.

        """
        node = self.in_force(version)
        if node is None:
            raise NotFound(f"model version {version.number} has no embedder")
        return self.get(node)

    def get(self, node: NodeId) -> RegisteredEmbedder:
        """Return an embedder by its node."""
        return self._registered(self._store.get(node))

    def _registered(self, node: Node) -> RegisteredEmbedder:
        return RegisteredEmbedder(node.id, integer(node.attributes, "revision"), Embedder.of(node.attributes))

    # --- using ------------------------------------------------------------------------------------------------

    def needed(self, version: ModelVersion, production: Dataset | None) -> NodeId | None:
        """Return the embedder for production data; None if they have embeddings, or the version has no embedder."""
        node = self.in_force(version)
        if node is None or production is None:
            return node
        columns = mapping(self._store.get(production.id).attributes, "columns")
        return None if EMBEDDING in columns else node

    def digest(self, embedder: Embedder) -> str:
        """Return the digest of what decides an embedder's vectors.

        Raises:
            NotFound: its file is gone.

        """
        return embedder.digest(None if embedder.artifact is None else self._file_digest(embedder.artifact))

    def ready(self, embedder: Embedder) -> Embed:
        """Return what computes.

        Raises:
            InvalidInput: this worker's settings do not allow it.
            NotSupported, MissingExtra: this worker cannot run it.
            IntegrityError: its file is damaged or gone.

        """
        if embedder.kind is EmbedderKind.ONNX and embedder.artifact is not None:
            from arangovis.embedders.onnx_file import OnnxEmbedder

            data = self._blobs.read(self._file_digest(embedder.artifact))
            return OnnxEmbedder(data, output=embedder.output or "")
        if embedder.kind is EmbedderKind.PYTHON:
            from arangovis.embedders.functions import FunctionEmbedder

            return FunctionEmbedder(str(embedder.function), setting=self._settings.embedder_functions)
        from arangovis.embedders.endpoint import EndpointEmbedder

        allowed, token = self._settings.embedder_endpoints, self._settings.embedder_token()
        return EndpointEmbedder(str(embedder.url), allowed, embedder.dialect, embedder.model or "", token)

    def _file_digest(self, artifact: NodeId) -> str:
        node = self._store.find(artifact)
        if node is None or node.version.deleted or artifact.kind != "artifact":
            raise NotFound(f"there is no {artifact}")
        digest = optional_text(node.attributes, "digest") or ""
        if not self._blobs.exists(digest):
            raise NoData(f"the bytes of {artifact} are not kept here")
        return digest
