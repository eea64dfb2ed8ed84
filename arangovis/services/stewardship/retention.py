"""What nobody uses any more: files and data sets without consumers, older than some days, that nothing keeps.

A result in force is kept: what the newest success of a question made, the sample that is in force, the training data
of a model version, the state of a detector. So is what carries the tag `pinned`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.search import AllOf, Comparison, Operator, Search
from arangovis.domain.views import items, mapping, optional_integer, optional_text
from arangovis.services.catalogue.names import find_project
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.stewardship.stored import StoredFiles
from arangovis.stores.base import GraphStore
from arangovis_schema import LINEAGE_EDGE_KINDS

DAY_US = 24 * 3600 * 1_000_000
DAYS_DEFAULT, DAYS_MAX = 30, 36_500
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000
SCANNED_MAX = 5000
"""Nodes that one page looks at, whether it finds that many candidates or not."""
KINDS = ("artifact", "dataset")
PINNED = "pinned"
EXPIRED = "expired"
"""Among a run's further facts: when a rule removed its files, and how many there were."""


@dataclass(frozen=True, slots=True)
class RetentionQuestion:
    """What to look for: of which project (by name), how old at least; a page is full with `limit`, or a few more."""

    project: str | None = None
    older_than_days: float = DAYS_DEFAULT
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could go: what it is, how old, and how many bytes are kept for it."""

    node: NodeId
    role: str
    name: str | None
    project: str | None
    created: int
    age_days: float
    bytes: int


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """A page of candidates, newest first, files before data sets; `bytes` is the sum of those on it.

    A page that is cut by `scan` looked at as many nodes as it may; the next one goes on behind them.
    """

    items: tuple[Candidate, ...]
    bytes: int
    scanned: int
    next_cursor: str | None
    partial_reasons: tuple[str, ...]


class Retention:
    """Finds what could go; removes nothing."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._files = StoredFiles(store)

    def candidates(self, question: RetentionQuestion) -> RetentionPage:
        """Return a page of what could go.

        Raises:
            InvalidInput: a number is out of range, or the cursor is not one of these pages.
            NotFound: there is no such project.

        """
        _check(question)
        project = None if question.project is None else self._project(question.project)
        now, found, scanned = self._store.now(), list[Candidate](), 0
        before = now - int(question.older_than_days * DAY_US)
        kind, cursor = _read(question.cursor)
        while len(found) < question.limit and scanned < SCANNED_MAX:
            size = min(question.limit, SCANNED_MAX - scanned)
            page = self._store.search(Search(kind, project=project, limit=size, cursor=cursor))
            scanned += len(page.items)
            found += self._orphans([node for node in page.items if node.created <= before], now)
            kind, cursor = _next(kind, page)
            if not kind:
                break
        total = sum(candidate.bytes for candidate in found)
        reasons = ("scan",) if kind and scanned >= SCANNED_MAX else ()
        return RetentionPage(tuple(found), total, scanned, f"{kind}:{cursor or ''}" if kind else None, reasons)

    def free(self, nodes: Sequence[Node]) -> list[Candidate]:
        """Return those of some files and data sets that could go, whatever their age."""
        return self._orphans(nodes, self._store.now())

    def _project(self, name: str) -> str:
        return find_project(self._store, name).id.key

    def _orphans(self, nodes: Sequence[Node], now: int) -> list[Candidate]:
        free: Mapping[NodeId, Node] = {node.id: node for node in nodes if not is_pinned(node)}
        free = self._without_consumers(free)
        free = self._without_parts(free)
        kept = self._in_force(free.values())
        return [self._candidate(node, now) for node in free.values() if node.id not in kept]

    def _without_consumers(self, nodes: Mapping[NodeId, Node]) -> Mapping[NodeId, Node]:
        edges = edges_at(self._store, nodes, Direction.DOWNSTREAM, LINEAGE_EDGE_KINDS)
        live = live_nodes(self._store, (edge.id.target for edge in edges))
        used = {edge.id.source for edge in edges if edge.id.target in live and not is_expired(live[edge.id.target])}
        return {node_id: node for node_id, node in nodes.items() if node_id not in used}

    def _without_parts(self, nodes: Mapping[NodeId, Node]) -> Mapping[NodeId, Node]:
        """Leave out what is a part of something live, unless it was succeeded since."""
        edges = edges_at(self._store, nodes, Direction.UPSTREAM, ("contains",))
        live = live_nodes(self._store, (edge.id.source for edge in edges))
        parts = {edge.id.target for edge in edges if edge.id.source in live and edge.id.source.kind != "project"}
        old = {e.id.source for e in edges_at(self._store, parts, Direction.DOWNSTREAM, ("succeeded_by",))}
        return {node_id: node for node_id, node in nodes.items() if node_id not in parts - old}

    def _in_force(self, nodes: Iterable[Node]) -> set[NodeId]:
        """Return the nodes that are answers still: of the newest success of a question, and samples in force."""
        ids = {node.id: node for node in nodes}
        made = edges_at(self._store, ids, Direction.UPSTREAM, ("generated",))
        runs = live_nodes(self._store, (edge.id.source for edge in made))
        newest: dict[str, NodeId | None] = {}
        kept = {node_id for node_id, node in ids.items() if self._is_sample_in_force(node)}
        for edge in made:
            question = optional_text(runs[edge.id.source].attributes, "question") if edge.id.source in runs else None
            if question is not None:
                if question not in newest:
                    newest[question] = self._newest_success(question)
                kept |= {edge.id.target} if newest[question] == edge.id.source else set()
        return kept

    def _newest_success(self, question: str) -> NodeId | None:
        equal = Operator.EQUAL
        where = AllOf((Comparison("question", equal, question), Comparison("state", equal, "SUCCESS")))
        found = self._store.search(Search("run", where, limit=1)).items
        return found[0].id if found else None

    def _is_sample_in_force(self, node: Node) -> bool:
        source, size = optional_text(node.attributes, "source"), optional_integer(node.attributes, "sample_size")
        if source is None:
            return False
        return self._store.reserved("snapshot", f"{source} {'all rows' if size is None else size}") == node.id

    def _candidate(self, node: Node, now: int) -> Candidate:
        facts = node.attributes
        return Candidate(
            node=node.id,
            role=str(facts.get("role") or facts.get("form") or ""),
            name=optional_text(facts, "name"),
            project=node.project,
            created=node.created,
            age_days=round((now - node.created) / DAY_US, 3),
            bytes=self._files.size(node),
        )


def _check(question: RetentionQuestion) -> None:
    faults = []
    if not 0 <= question.older_than_days <= DAYS_MAX:
        faults.append(Fault("older_than_days", f"{question.older_than_days} is not between 0 and {DAYS_MAX}"))
    if not 1 <= question.limit <= LIMIT_MAX:
        faults.append(Fault("limit", f"{question.limit} is not between 1 and {LIMIT_MAX}"))
    if faults:
        raise InvalidInput.of(*faults)


def _read(cursor: str | None) -> tuple[str, str | None]:
    if cursor is None:
        return KINDS[0], None
    kind, colon, rest = cursor.partition(":")
    if kind not in KINDS or not colon:
        raise InvalidInput.of(Fault("cursor", "is not the `next_cursor` of a page of candidates"))
    return kind, rest or None


def _next(kind: str, page: Page[Node]) -> tuple[str, str | None]:
    """Return where to go on: further in this kind, at the next kind, or nowhere."""
    if page.next_cursor is not None:
        return kind, page.next_cursor
    following = KINDS[KINDS.index(kind) + 1 :]
    return (following[0], None) if following else ("", None)


def is_expired(node: Node) -> bool:
    """Say whether a rule of retention removed the files of a run: what it read need not be kept for it."""
    return EXPIRED in mapping(node.attributes, "extra")


def is_pinned(node: Node) -> bool:
    """Say whether somebody wants a node kept."""
    tags = items(node.attributes, "tags")
    return PINNED in tags or mapping(node.attributes, "attributes").get(PINNED) is True
