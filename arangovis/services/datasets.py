"""Rows of model versions: training data (immutable tables) and production data (a growing stream).

Rows live in blobs only, one Parquet segment a body. A data set's manifest is its segment records, numbered from 1;
its digest is a hash chain over them, so that appending costs the same however long the stream is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import EMBEDDING, EMPTY_CHAIN, Dataset, DatasetForm, ModelVersion, chained
from arangovis.domain.errors import Conflict, Fault, InvalidInput
from arangovis.domain.graph import Caller, EdgeId, Record
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.views import integer, mapping, optional_integer, text
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.embedding.embedder import METHOD as EMBEDDER
from arangovis.services.params import params_slot
from arangovis.stores.base import GraphStore
from arangovis.stores.drafts import Draft
from arangovis.stores.transaction import Transaction, record_key
from arangovis.tabular import Rows

REMEMBERED_US = 7 * 24 * 3600 * 1_000_000
"""How long an idempotency key is remembered."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing rows answers: the data set, how many rows this body had, and whether anything was added."""

    node: NodeId
    rows: int
    created: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a manifest: `errors` of its rows carry an error flag.

    `appended` is when, in microseconds since 1970; None for one written before that was kept.
    """

    number: int
    digest: str
    rows: int
    errors: int
    appended: int | None = None


class Datasets:
    """Training tables and production streams."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    def put_training(self, version: ModelVersion, rows: Rows, caller: Caller) -> Stored:
        """Make these rows the training data of a model version; the same rows again change nothing.

        Other rows become a new data set that succeeds the old one.

        Raises:
            InvalidInput: the rows do not fit the model's signature.

        """
        _check_embedding(version, rows, required=False)
        blob = self._blobs.save(rows.to_parquet(), caller)
        digest = chained([blob.digest])
        name = f"training data of {version.name} {version.version}"
        node = named_id("dataset", version.project, f"{version.id}/training", digest)

        def action(transaction: Transaction) -> Stored:
            self._blobs.keep(transaction, [blob.digest])
            facts = _facts(name, DatasetForm.TABLE, digest=digest, rows=rows.count, segments=1)
            created = transaction.ensure(node, version.project, {**facts, "columns": rows.columns()})
            if created:
                _put_segment(transaction, node, 1, blob, rows)
            self._make_current(transaction, version, node)
            return Stored(node, rows.count, created)

        return self._store.transact(action, caller)

    def _make_current(self, transaction: Transaction, version: ModelVersion, node: NodeId) -> None:
        before = transaction.reserved("training", str(version.id))
        if before == node:
            return
        if before is not None:
            transaction.link(EdgeId("succeeded_by", before, node))
        transaction.move_reservation("training", str(version.id), node)
        transaction.link(EdgeId("contains", version.id, node, "training"))

    def append_production(
        self, version: ModelVersion, rows: Rows, caller: Caller, *, idempotency_key: str | None = None
    ) -> Stored:
        """Append rows to the production stream of a model version as one segment.

        The same idempotency key, or without one the same rows, are appended once. The same rows under another key
        are appended again; sent without a key, rows that any key brought before are a repeat.

        Raises:
            InvalidInput: the rows do not fit the model's signature or the rows before.
            Conflict: the idempotency key was used for other rows.

        """
        has_embedder = self._store.reserved("current-params", params_slot(version, EMBEDDER)) is not None
        _check_embedding(version, rows, required=version.signature.embedding_dimension is not None and not has_embedder)
        blob = self._blobs.save(rows.to_parquet(), caller)
        node = production_id(version)
        body = record_key(str(node), "body", rows.body_digest)
        key = record_key(str(node), "key", idempotency_key) if idempotency_key else body

        def action(transaction: Transaction) -> Stored:
            seen = transaction.record("idempotency", key)
            if seen is not None and seen.due >= transaction.now:
                return _repeat(seen, node, rows)
            if has_embedder:
                _check_alike(transaction.find(node), rows)
            _append_segment(transaction, version, blob, rows)
            self._blobs.keep(transaction, [blob.digest])
            data: Document = {"digest": rows.body_digest, "rows": rows.count}
            for name in {key, body}:
                transaction.put_record(Record("idempotency", name, due=transaction.now + REMEMBERED_US, data=data))
            return Stored(node, rows.count, created=True)

        return self._store.transact(action, caller)

    def training(self, version: ModelVersion) -> Dataset | None:
        """Return the training data in force, or None."""
        node_id = self._store.reserved("training", str(version.id))
        return None if node_id is None else self.find(node_id)

    def production(self, version: ModelVersion) -> Dataset | None:
        """Return the production stream, or None if nothing was ever sent."""
        return self.find(production_id(version))

    def find(self, node_id: NodeId) -> Dataset | None:
        """Return a data set, or None if it does not exist or was deleted."""
        node = self._store.find(node_id)
        if node is None or node.version.deleted:
            return None
        return Dataset.of(node.id, node.project, node.attributes)

    def segments(self, dataset: Dataset) -> Sequence[Segment]:
        """Return the manifest of a data set as it was when this value was read."""
        found: list[Segment] = []
        after: Record | None = None
        while len(found) < dataset.segments:
            page = self._store.records("segment", dataset.id.key, due_max=dataset.segments, after=after, limit=1000)
            if not page:
                break
            found.extend(_segment(record) for record in page)
            after = page[-1]
        return found


def production_id(version: ModelVersion) -> NodeId:
    """Return the id of a model version's production stream."""
    return named_id("dataset", version.project, f"{version.id}/production")


def _append_segment(transaction: Transaction, version: ModelVersion, blob: BlobReference, rows: Rows) -> None:
    node = production_id(version)
    present = transaction.find(node)
    before = None if present is None else Dataset.of(present.id, present.project, present.attributes)
    columns = rows.columns() if present is None else _joined_columns(present.attributes, rows)
    facts = _facts(
        f"production data of {version.name} {version.version}",
        DatasetForm.STREAM,
        digest=chained([blob.digest], before.digest if before else EMPTY_CHAIN),
        rows=rows.count + (before.rows if before else 0),
        segments=1 + (before.segments if before else 0),
    )
    attributes: Document = {**facts, "columns": columns}
    if before is None:
        transaction.create(node, version.project, attributes)
        transaction.link(EdgeId("contains", version.id, node, "production"))
    else:
        transaction.update(node, attributes)
    _put_segment(transaction, node, int(str(facts["segments"])), blob, rows)


def _put_segment(transaction: Transaction, node: NodeId, number: int, blob: BlobReference, rows: Rows) -> None:
    errors = int(rows.errors.sum())
    facts: Document = {"digest": blob.digest, "rows": rows.count, "errors": errors, "bytes": blob.bytes}
    data: Document = {**facts, "appended": transaction.now}
    transaction.put_record(Record("segment", f"{node.key}.{number}", group=node.key, due=number, data=data))


def _segment(record: Record) -> Segment:
    data = record.data
    appended = optional_integer(data, "appended")
    return Segment(record.due, text(data, "digest"), integer(data, "rows"), integer(data, "errors"), appended)


def _facts(name: str, form: DatasetForm, *, digest: str, rows: int, segments: int) -> dict[str, str | int]:
    return {"name": name, "form": form.value, "digest": digest, "rows": rows, "segments": segments}


def _repeat(seen: Record, node: NodeId, rows: Rows) -> Stored:
    if seen.data["digest"] != rows.body_digest:
        raise Conflict("this Idempotency-Key was used for other rows")
    return Stored(node, rows.count, created=False)


def _check_embedding(version: ModelVersion, rows: Rows, *, required: bool) -> None:
    expected = version.signature.embedding_dimension
    if rows.dimension is None:
        if required:
            raise InvalidInput.of(Fault(EMBEDDING, "is missing: the model's signature has an embedding output"))
        return
    if expected is not None and expected > 0 and rows.dimension != expected:
        raise InvalidInput.of(Fault(EMBEDDING, f"has {rows.dimension} dimensions; the signature says {expected}"))


def _check_alike(stream: Draft | None, rows: Rows) -> None:
    """Refuse rows with embeddings behind rows without, or the reverse: vectors of two kinds are not in one space."""
    if stream is None:
        return
    had = EMBEDDING in mapping(stream.attributes, "columns")
    if had and rows.dimension is None:
        raise InvalidInput.of(Fault(EMBEDDING, "is missing, and the rows before have embeddings: send them too"))
    if not had and rows.dimension is not None:
        raise InvalidInput.of(Fault(EMBEDDING, "is there, and the rows before have none: leave it out"))


def _joined_columns(attributes: Document, rows: Rows) -> Document:
    known = attributes.get("columns")
    joined = dict(known) if isinstance(known, Mapping) else {}
    for name, kind in rows.columns().items():
        earlier = joined.get(name)
        if earlier not in (None, "null", kind) and kind != "null":
            raise InvalidInput.of(Fault(name, f"is {kind} here, but {earlier} in the rows before"))
        joined[name] = kind if kind != "null" else earlier or kind
    return joined
