"""Content that a run read or made, known by its SHA-256: found among the nodes, or noted as a node of its own.

What a run read leads to what another run made if the bytes are the same, so lineage joins processes that only share
files.
"""

from collections.abc import Iterable, Mapping, Sequence

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.runs import Run
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.services.external.values import CONTENT_KINDS, Content
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

CANDIDATES_MAX = 20

Known = Mapping[str, Sequence[NodeId]]
"""The nodes that hold some content, by its digest, the newest first; data sets before files."""


def find_known(store: GraphStore, contents: Iterable[Content]) -> Known:
    """Return the nodes that hold the contents which are given by digest."""
    digests = dict.fromkeys(content.digest for content in contents if content.digest is not None)
    return {digest: _holders(store, digest) for digest in digests}


def _holders(store: GraphStore, digest: str) -> tuple[NodeId, ...]:
    where = Comparison("digest", Operator.EQUAL, digest)
    return tuple(
        node.id
        for kind in ("dataset", "artifact")
        for node in store.search(Search(kind, where, limit=CANDIDATES_MAX)).items
    )


def link_inputs(transaction: Transaction, run: Run, inputs: Sequence[Content], known: Known) -> tuple[NodeId, ...]:
    """Link what a run read, inside an action; the same content in the same role is linked once."""
    if not inputs:
        return ()
    check(inputs, "inputs")
    present = _linked_digests(transaction, run.id)
    return tuple(_link_input(transaction, run, content, known, present) for content in inputs)


def link_outputs(transaction: Transaction, run: Run, outputs: Sequence[Content]) -> tuple[NodeId, ...]:
    """Link what a run made, inside an action."""
    check(outputs, "outputs")
    return tuple(_link_output(transaction, run, content) for content in outputs)


def check(contents: Sequence[Content], field: str) -> None:
    """Check that each content is a node or a digest.

    Raises:
        InvalidInput: it names every one that is not.

    """
    faults = []
    for number, content in enumerate(contents):
        where = f"{field}.{number}"
        if (content.node is None) == (content.digest is None):
            faults.append(Fault(where, "needs either a node or a digest"))
        if content.digest is not None and content.kind not in CONTENT_KINDS:
            faults.append(Fault(f"{where}.kind", f"{content.kind!r} is not one of {', '.join(CONTENT_KINDS)}"))
    if faults:
        raise InvalidInput.of(*faults)


def _linked_digests(transaction: Transaction, run_id: NodeId) -> dict[tuple[object, str], NodeId]:
    edges = transaction.edges_of(run_id, Direction.UPSTREAM, ("input_to",))
    drafts = transaction.find_many(edge.id.source for edge in edges)
    return {
        (drafts[edge.id.source].attributes.get("digest"), edge.id.role): edge.id.source
        for edge in edges
        if edge.id.source in drafts
    }


def _link_input(
    transaction: Transaction,
    run: Run,
    content: Content,
    known: Known,
    present: Mapping[tuple[object, str], NodeId],
) -> NodeId:
    node = content.node
    if node is None:
        linked = present.get((content.digest, content.role))
        if linked is not None:
            return linked
        node = _holder(transaction, run, known.get(str(content.digest), ()))
        node = node or _note(transaction, run.project, content, f"content/{content.name or ''}")
    transaction.link(EdgeId("input_to", node, run.id, content.role))
    return node


def _holder(transaction: Transaction, run: Run, candidates: Sequence[NodeId]) -> NodeId | None:
    """Return the first candidate that is there, of the run's project or of none, and not made by the run itself."""
    for node_id in candidates:
        draft = transaction.find(node_id)
        if draft is not None and draft.project in (None, run.project) and not _made_by(transaction, node_id, run.id):
            return node_id
    return None


def _made_by(transaction: Transaction, node_id: NodeId, run_id: NodeId) -> bool:
    edges = transaction.edges_of(node_id, Direction.UPSTREAM, ("generated",))
    return any(edge.id.source == run_id for edge in edges)


def _link_output(transaction: Transaction, run: Run, content: Content) -> NodeId:
    node = content.node or _note(transaction, run.project, content, f"{run.id}/{run.generation}/{content.role}")
    transaction.link(EdgeId("generated", run.id, node, content.role))
    return node


def _note(transaction: Transaction, project: str | None, content: Content, place: str) -> NodeId:
    """Write a node for content that no node holds; its bytes stay where they are."""
    digest = str(content.digest)
    if content.kind == "dataset":
        node = named_id("dataset", project, content.name or content.role or digest[:12], digest)
        attributes = _dataset(content)
    else:
        node = named_id("artifact", project, place, digest)
        attributes = _artifact(content)
    if transaction.find(node) is None:
        transaction.create(node, project, attributes)
    return node


def _dataset(content: Content) -> Document:
    given: dict[str, object] = {
        "name": content.name or content.role or str(content.digest)[:12],
        "form": "external",
        "digest": content.digest,
        "rows": content.rows,
        "attributes": content.facts or None,
    }
    return {name: value for name, value in given.items() if value is not None}  # type: ignore[misc]


def _artifact(content: Content) -> Document:
    given: dict[str, object] = {
        "role": content.role or "content",
        "digest": content.digest,
        "bytes": content.bytes,
        "media_type": content.media_type,
        "name": content.name,
        "facts": content.facts or None,
    }
    return {name: value for name, value in given.items() if value is not None}  # type: ignore[misc]
