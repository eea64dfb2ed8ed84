"""Graphs of arangopipe written into ours: piece by piece, each piece whole or not at all, and each once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arangovis.domain.errors import ArangovisError, Fault, InvalidInput
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.exchange.arangopipe.documents import digest_of_text, encoded_with_files
from arangovis.exchange.arangopipe.graph import Bundle, Held
from arangovis.exchange.arangopipe.names import EDGE_COLLECTIONS, RELATED, own_kind
from arangovis.exchange.arangopipe.outgoing import DIGEST, KEY, REV
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.exchange.arangopipe_nodes import Place, Writer
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

BUNDLES_MAX = 500
"""Pieces of one request."""


@dataclass(frozen=True, slots=True)
class BundleReport:
    """How one piece went: nodes and links that are new, documents that were there, and what is to be known of it."""

    nodes: int
    links: int
    known: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArangopipeTaken:
    """How the pieces of a request went, in order."""

    bundles: tuple[BundleReport, ...]


class ArangopipeImport:
    """Writes what was exported."""

    def __init__(self, store: GraphStore, blobs: Blobs, catalogue: Catalogue) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue

    def write(self, graph: str, bundles: Sequence[Bundle], caller: Caller) -> ArangopipeTaken:
        """Write pieces of a graph, an action each; what was written before stays as it is.

        Raises:
            InvalidInput: there are none or too many.

        """
        if not 1 <= len(bundles) <= BUNDLES_MAX:
            raise InvalidInput.of(Fault("bundles", f"{len(bundles)} is not between 1 and {BUNDLES_MAX}"))
        return ArangopipeTaken(tuple(self._write(graph, bundle, caller) for bundle in bundles))

    def _write(self, graph: str, bundle: Bundle, caller: Caller) -> BundleReport:
        texts = list(_long_texts(bundle))
        try:
            if texts:
                self._blobs.save_many([text.encode("utf-8", "surrogatepass") for text in texts], caller)
            return self._store.transact(lambda tx: self._piece(tx, graph, bundle), caller)
        except ArangovisError as error:
            named = ", ".join(held.id for held in (*bundle.documents, *bundle.edges)) or str(bundle.links[:1])
            return BundleReport(0, 0, 0, (f"{named}: {error.detail}",))

    def _piece(self, transaction: Transaction, graph: str, bundle: Bundle) -> BundleReport:
        place = Place(transaction, self._catalogue, graph)
        for text in _long_texts(bundle):
            self._blobs.keep(transaction, [digest_of_text(text)])
        writer = Writer(place, bundle)
        nodes, known, problems = 0, 0, []
        for held in bundle.documents:
            before = place.node(held.id)
            if before is None:
                writer.write(held)
                nodes += 1
            else:
                known += 1
                problems += _changed(transaction, before, held)
        links, more = _link_edges(place, bundle)
        made, lost = _link_related(place, bundle.links)
        return BundleReport(nodes, links + made, known, (*problems, *writer.notes, *more, *lost))


def _long_texts(bundle: Bundle) -> Iterable[str]:
    """Return the texts that are files: of parameters of a run that is in the same piece."""
    if any(held.collection == "run" for held in bundle.documents):
        for held in bundle.documents:
            if held.collection == "modelparams":
                yield from encoded_with_files(held.document).files.values()


def _changed(transaction: Transaction, node: NodeId, held: Held) -> list[str]:
    """Say that a document differs from what was imported; the graph keeps what it has."""
    draft = transaction.find(node)
    if draft is None:
        return [f"{held.id}: was deleted here since it was imported"]
    facts = draft.attributes.get("options" if node.kind == "params" else "attributes")
    written = json.dumps(held.document, sort_keys=True, ensure_ascii=False, default=str)
    if isinstance(facts, Mapping) and facts.get(DIGEST) not in (None, digest_of_text(written)):
        return [f"{held.id}: differs from what was imported before, which stays"]
    return []


def _link_edges(place: Place, bundle: Bundle) -> tuple[int, list[str]]:
    made, problems = 0, []
    for edge in bundle.edges:
        try:
            made += place.transaction.attempt(lambda edge=edge: _link_edge(place, edge))  # type: ignore[misc]
        except ArangovisError as error:
            problems.append(f"{edge.id}: {error.detail}; it is kept as it was, without a link")
    return made, problems


def _link_edge(place: Place, edge: Held) -> bool:
    source, target = (place.existing(str(edge.document[end])) for end in ("_from", "_to"))
    spec = EDGE_COLLECTIONS.get(edge.collection)
    if spec is None:
        return _link_own(place, edge, source, target)
    if spec.kind != "contains":
        source, target = place.version_of(source), place.version_of(target)
    ends = (target, source) if spec.reversed else (source, target)
    return place.transaction.link(EdgeId(spec.kind, *ends, spec.role))


def _link_own(place: Place, edge: Held, source: NodeId, target: NodeId) -> bool:
    """Link by a kind of the user's own; its key is the role, for there may be several between two nodes."""
    told: dict[str, Any] = {name: value for name, value in edge.document.items() if not name.startswith("_")}
    facts: Document = {**told, KEY: str(edge.document["_key"]), REV: str(edge.document.get("_rev", ""))}
    return place.transaction.link(EdgeId(own_kind(edge.collection), source, target, str(edge.document["_key"])), facts)


def _link_related(place: Place, links: Sequence[tuple[str, str]]) -> tuple[int, list[str]]:
    made, problems = 0, []
    for source, target in links:
        ends = place.node(source), place.node(target)
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            problems.append(f"{source}: is related to {target}, which is not in the graph; the text is kept")
        else:
            made += place.transaction.link(EdgeId("linked", ends[0], ends[1], RELATED))
    return made, problems
