"""Column lineage: which columns a column was made of, and what was made of it."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.services.blobs import Blobs
from arangovis.services.lineage.column_maps import ColumnMaps, ColumnStep
from arangovis.stores.base import GraphStore

if TYPE_CHECKING:
    from arangovis.services.anomaly.detectors import Detectors

LINKS_DEFAULT, LINKS_MAX = 10_000, 100_000
COLUMN_LENGTH_MAX = 1000


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a node."""

    node: NodeId
    column: str


@dataclass(frozen=True, slots=True)
class ColumnLink:
    """A column that was made of another; by what is known (`edge`, `sample`, `parse`, `encoder`, ...), in which run."""

    source: ColumnRef
    target: ColumnRef
    transform: str | None
    known_by: str
    run: NodeId | None


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A column of a node that may be connected with the other node: nobody recorded how, or that it is not."""

    column: ColumnRef
    other: NodeId
    run: NodeId | None
    reason: str


@dataclass(frozen=True, slots=True)
class ColumnTrace:
    """The answer: links by distance from the start, what is unknown, and the columns at which they end."""

    node: NodeId
    columns: tuple[str, ...]
    direction: Direction
    links: tuple[ColumnLink, ...]
    unknown: tuple[UnknownColumn, ...]
    ends: tuple[ColumnRef, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnQuestion:
    """Which columns to follow: one, or all that the node is known to have. `links_max` is the budget."""

    node: NodeId
    column: str | None = None
    direction: Direction = Direction.UPSTREAM
    at: int | None = None
    links_max: int = LINKS_DEFAULT


@dataclass(slots=True)
class _Trace:
    question: ColumnQuestion
    todo: deque[ColumnRef]
    seen: set[ColumnRef]
    links: dict[ColumnLink, None] = field(default_factory=dict)
    unknown: dict[UnknownColumn, None] = field(default_factory=dict)
    steps: dict[NodeId, Sequence[ColumnStep]] = field(default_factory=dict)
    targets: dict[NodeId, Sequence[NodeId]] = field(default_factory=dict)

    def add(self, link: ColumnLink, further: ColumnRef) -> None:
        self.links[link] = None
        if further not in self.seen:
            self.seen.add(further)
            self.todo.append(further)

    @property
    def is_spent(self) -> bool:
        return len(self.links) + len(self.unknown) >= self.question.links_max


class ColumnLineages:
    """Answers questions about columns."""

    def __init__(self, store: GraphStore, blobs: Blobs, detectors: "Detectors") -> None:
        self._store = store
        self._maps = ColumnMaps(store, blobs, detectors)

    def ask(self, question: ColumnQuestion) -> ColumnTrace:
        """Follow columns upstream or downstream.

        Raises:
            NotFound: the node does not exist, or has no such column.
            InvalidInput: the direction is both, or a number is out of range.

        """
        _check(question)
        node = self._store.get(question.node, at=question.at)
        steps = self._maps.into(node, at=question.at)
        columns = self._columns(node, steps, question.column)
        start = [ColumnRef(node.id, column) for column in columns]
        trace = _Trace(question, deque(start), set(start), steps={node.id: steps})
        while trace.todo and not trace.is_spent:
            here = trace.todo.popleft()
            if question.direction is Direction.UPSTREAM:
                self._up(here, trace)
            else:
                self._down(here, trace)
        return ColumnTrace(
            node=node.id,
            columns=columns,
            direction=question.direction,
            links=tuple(trace.links),
            unknown=tuple(trace.unknown),
            ends=tuple(_ends(trace)),
            partial_reasons=("limit",) if trace.todo else (),
        )

    def _columns(self, node: Node, steps: Sequence[ColumnStep], wanted: str | None) -> tuple[str, ...]:
        known = self._maps.columns_of(node, steps)
        if wanted is None:
            return known
        is_open = not known or any(step.is_same for step in steps)
        if wanted not in known and not is_open:
            raise NotFound(f"{node.id} has no column {wanted[:80]!r}")
        return (wanted,)

    def _up(self, here: ColumnRef, trace: _Trace) -> None:
        steps = self._steps(here.node, trace)
        is_mapped = any(step.into(here.column) for step in steps)
        for step in steps:
            for entry in step.into(here.column):
                for source in entry.sources:
                    ref = ColumnRef(step.source, source)
                    trace.add(ColumnLink(ref, here, entry.transform, step.known_by, step.run), ref)
            if step.reason is not None or not is_mapped:
                reason = step.reason or "the record of columns does not speak of this one"
                trace.unknown[UnknownColumn(here, step.source, step.run, reason)] = None

    def _down(self, here: ColumnRef, trace: _Trace) -> None:
        for target in self._targets(here.node, trace):
            for step in self._steps(target, trace):
                if step.source != here.node:
                    continue
                for entry in step.out_of(here.column):
                    ref = ColumnRef(target, entry.to)
                    trace.add(ColumnLink(here, ref, entry.transform, step.known_by, step.run), ref)
                if step.reason is not None:
                    trace.unknown[UnknownColumn(here, target, step.run, step.reason)] = None

    def _steps(self, node_id: NodeId, trace: _Trace) -> Sequence[ColumnStep]:
        if node_id not in trace.steps:
            node = self._store.find(node_id, at=trace.question.at)
            trace.steps[node_id] = [] if node is None else self._maps.into(node, at=trace.question.at)
        return trace.steps[node_id]

    def _targets(self, node_id: NodeId, trace: _Trace) -> Sequence[NodeId]:
        if node_id not in trace.targets:
            trace.targets[node_id] = self._maps.targets(node_id, at=trace.question.at)
        return trace.targets[node_id]


def _check(question: ColumnQuestion) -> None:
    faults = []
    if question.direction is Direction.BOTH:
        faults.append(Fault("direction", "columns are followed one way: upstream or downstream"))
    if question.column is not None and not 1 <= len(question.column) <= COLUMN_LENGTH_MAX:
        faults.append(Fault("column", f"has {len(question.column)} characters; a name has 1 to {COLUMN_LENGTH_MAX}"))
    if not 1 <= question.links_max <= LINKS_MAX:
        faults.append(Fault("limit", f"{question.links_max} is not between 1 and {LINKS_MAX}"))
    if faults:
        raise InvalidInput.of(*faults)


def _ends(trace: _Trace) -> Iterator[ColumnRef]:
    """Yield the columns from which nothing leads on, the unknown included."""
    is_up = trace.question.direction is Direction.UPSTREAM
    led = {link.target if is_up else link.source for link in trace.links} | {gap.column for gap in trace.unknown}
    yield from (ref for ref in trace.seen if ref not in led and ref not in trace.todo)
