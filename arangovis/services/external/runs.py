"""The life of runs that users' own processes log. Every request may arrive twice, and late."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.runs import Run
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.external.beginning import Begun, begin
from arangovis.services.external.contents import find_known, link_inputs, link_outputs
from arangovis.services.external.editing import load_any, load_external, with_facts, with_tags
from arangovis.services.external.ending import end
from arangovis.services.external.sessions import sessions_of
from arangovis.services.external.values import (
    Begin,
    Content,
    End,
    Facts,
    FileFacts,
    Linked,
    LoggedFile,
    Standing,
)
from arangovis.services.external.watching import beat
from arangovis.services.runs import run_of
from arangovis.services.series.release import delete_series_data
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction


class ExternalRuns:
    """The verbs. All raise NotFound for a run that never was, and RunGone for one that was deleted."""

    def __init__(self, store: GraphStore, blobs: Blobs, catalogue: Catalogue) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue

    def begin(self, run_id: NodeId, wanted: Begin, caller: Caller) -> Begun:
        """Let a process begin, join, resume or replace a run; the same session again changes nothing.

        Raises:
            AlreadyExists: it begins a run that is there.
            Conflict: the run is a worker's, of another project, or was replaced later.
            InvalidInput: a fact does not fit.

        """
        known = find_known(self._store, wanted.inputs)
        return self._store.transact(lambda tx: begin(tx, self._catalogue, run_id, wanted, known), caller)

    def beat(self, run_id: NodeId, session: str | None, within_s: float, caller: Caller) -> Standing:
        """Note a sign of life: the run counts as lost if there is no other within `within_s` seconds."""
        return self._store.transact(lambda tx: beat(tx, run_id, session, within_s), caller)

    def end(self, run_id: NodeId, wanted: End, caller: Caller) -> Standing:
        """End a session, and with the last one the run; also one that counts as lost already.

        Raises:
            Conflict: without a session, and the run has ended in another state.
            InvalidInput: the state is not a last one, or the session is not known.

        """
        return self._store.transact(lambda tx: end(tx, run_id, wanted), caller)

    def tag(self, run_id: NodeId, add: Iterable[str], remove: Iterable[str], caller: Caller) -> Standing:
        """Add tags to a run, each once, and remove others. It may be anybody's run."""
        added, removed = tuple(add), tuple(remove)

        def action(transaction: Transaction) -> Standing:
            return _update(transaction, with_tags(load_any(transaction, run_id), added, removed))

        return self._store.transact(action, caller)

    def change(self, run_id: NodeId, facts: Facts, caller: Caller) -> Standing:
        """Change what is known of a run; what was known before stays in its history, with who changed it."""
        return self._store.transact(
            lambda tx: _update(tx, with_facts(load_external(tx, run_id), facts)),
            caller,
        )

    def link(self, run_id: NodeId, inputs: Sequence[Content], outputs: Sequence[Content], caller: Caller) -> Linked:
        """Link what a run read and made, also after its end.

        Raises:
            InvalidInput: a content is neither a node nor a digest.

        """
        known = find_known(self._store, inputs)

        def action(transaction: Transaction) -> Linked:
            run = load_external(transaction, run_id)
            read = link_inputs(transaction, run, inputs, known)
            return Linked(run_id, (*read, *link_outputs(transaction, run, outputs)))

        return self._store.transact(action, caller)

    def log_file(self, run_id: NodeId, stream: BinaryIO, about: FileFacts, caller: Caller) -> tuple[LoggedFile, bool]:
        """Keep a file that a run made: bytes first, then its node and link. Return it, and whether it is new."""
        self._store.transact(lambda tx: load_external(tx, run_id), caller)  # before anything is stored
        blob = self._blobs.save_stream(stream, caller)

        def action(transaction: Transaction) -> tuple[LoggedFile, bool]:
            run = load_external(transaction, run_id)
            self._blobs.keep(transaction, (blob.digest,))
            node, created = _write_file(transaction, run, about, blob)
            return LoggedFile(node, blob.digest, blob.bytes), created

        return self._store.transact(action, caller)

    def delete(self, run_id: NodeId, caller: Caller, *, force: bool = False) -> None:
        """Leave a tombstone in place of a run, and of what it logged to series; again, it changes nothing.

        Raises:
            InUse: something that it made is there, and `force` is false.

        """

        def action(transaction: Transaction) -> None:
            present = transaction.find_many((run_id,)).get(run_id)
            if present is None or run_id.kind != "run":
                raise NotFound(f"there is no {run_id}")
            if present.deleted:
                return
            load_external(transaction, run_id)
            delete_series_data(transaction, run_id)
            transaction.delete(run_id, force=force)
            sessions = sessions_of(transaction, run_id)
            if sessions.all:
                transaction.put_record(sessions.resting().record())

        self._store.transact(action, caller)

    def standing(self, run_id: NodeId) -> Standing:
        """Return how a run stands."""
        run = run_of(self._store.get(run_id))
        return Standing(run_id, run.generation, run.state)


def _update(transaction: Transaction, run: Run) -> Standing:
    transaction.update(run.id, run.document())
    return Standing(run.id, run.generation, run.state)


def _write_file(transaction: Transaction, run: Run, about: FileFacts, blob: BlobReference) -> tuple[NodeId, bool]:
    place = f"{run.id}/{run.generation}/{about.role}/{about.name}"
    node = named_id("artifact", run.project, place, blob.digest)
    created = transaction.find(node) is None
    if created:
        attributes: Document = {
            "role": about.role,
            "name": about.name,
            "digest": blob.digest,
            "bytes": blob.bytes,
            "media_type": about.media_type,
            **({"facts": about.facts} if about.facts else {}),
        }
        transaction.create(node, run.project, attributes)
    transaction.link(EdgeId("generated", run.id, node, about.role))
    return node, created
