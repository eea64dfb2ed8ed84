"""Which runs failed with an input, with which code, and whether trying again helped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import canonical
from arangovis.domain.runs import RunState
from arangovis.domain.views import optional_integer, optional_text, scalars, text
from arangovis.stores.base import GraphStore

RUNS_MAX = 10_000
LIMIT_DEFAULT = 100
RUNS = "runs"
"""Why an answer is partial: more runs read the input than are looked at, the newest."""
LIMIT = "limit"
"""Why an answer is partial: more runs failed than are shown."""


@dataclass(frozen=True, slots=True)
class Retry:
    """A later run that did the same again; `same_code` is None where one of the two does not say its commit."""

    run: NodeId
    state: str
    commit: str | None
    same_code: bool | None
    created: int


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed, and what was tried after it. Times are microseconds since 1970."""

    run: NodeId
    name: str | None
    method: str
    reason: str | None
    message: str | None
    commit: str | None
    created: int
    retries: tuple[Retry, ...]
    recovered: bool


@dataclass(frozen=True, slots=True)
class FailedRuns:
    """The runs that read a node and failed, newest first."""

    input: NodeId
    failed: tuple[FailedRun, ...]
    partial_reasons: tuple[str, ...]


class Failures:
    """Answers what failed, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def with_input(self, node: NodeId, *, limit: int = LIMIT_DEFAULT, at: int | None = None) -> FailedRuns:
        """Return the failed runs that read a node, each with its retries.

        A retry reads the same input and names the run that it does again, or is a later run of the same method with the
        same parameters and seed. A retry of a retry is one, too.

        Raises:
            NotFound: the node does not exist, or not yet at that time.
            InvalidInput: the limit is out of range.

        """
        if not 1 <= limit <= RUNS_MAX:
            raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {RUNS_MAX}"))
        self._store.get(node, at=at)
        runs, complete = self._readers(node, at)
        failed = [run for run in runs if text(run.attributes, "state") == RunState.ERROR]
        reasons = (() if complete else (RUNS,)) + ((LIMIT,) if len(failed) > limit else ())
        retries = _Retries(runs, self._between(runs, at))
        return FailedRuns(node, tuple(_failed(run, retries) for run in failed[:limit]), reasons)

    def _readers(self, node: NodeId, at: int | None) -> tuple[list[Node], bool]:
        """Return the runs that read a node, newest first, and whether they are all.

        Stores give edges in an order of their own, so all are gone through: those are kept that were written last.
        """
        edges = self._store.all_edges(node, Direction.DOWNSTREAM, "input_to", at=at)
        newest = nlargest(RUNS_MAX + 1, edges, key=lambda edge: (edge.version.valid_from, edge.id.target))
        ids = list(dict.fromkeys(edge.id.target for edge in newest[:RUNS_MAX]))
        runs = [run for run in self._store.get_many(ids, at=at).values() if not run.version.deleted]
        return sorted(runs, key=lambda run: (run.created, run.id), reverse=True), len(newest) <= RUNS_MAX

    def _between(self, runs: Sequence[Node], at: int | None) -> Mapping[NodeId, Node]:
        """Return the runs that retries name, and those that these name, that did not read the input themselves."""
        known, found = {run.id for run in runs}, dict[NodeId, Node]()
        wanted = {_named(run) for run in runs}
        while missing := [run for run in wanted if run is not None and run not in known]:
            some = self._store.get_many(missing, at=at)
            found |= some
            known.update(missing)
            wanted = {_named(run) for run in some.values()}
        return found


_Work = tuple[str, bytes, int | None]


class _Retries:
    """What was tried again after which run, among the runs that read an input."""

    def __init__(self, runs: Sequence[Node], between: Mapping[NodeId, Node]) -> None:
        self._readers = {run.id: run for run in runs}
        self._naming: dict[NodeId, list[NodeId]] = {}
        self._unnamed: dict[_Work, list[NodeId]] = {}
        for run in (*runs, *between.values()):
            if (named := _named(run)) is not None:
                self._naming.setdefault(named, []).append(run.id)
            elif run.id in self._readers:
                self._unnamed.setdefault(_work(run), []).append(run.id)

    def of(self, run: Node) -> Iterator[Node]:
        """Yield the runs that did the same again, oldest first."""
        again = dict.fromkeys(self._naming.get(run.id, ()))
        again |= dict.fromkeys(other for other in self._unnamed.get(_work(run), ()) if self._is_later(other, run))
        todo = list(again)
        for retry in todo:
            further = [other for other in self._naming.get(retry, ()) if other not in again and other != run.id]
            again |= dict.fromkeys(further)
            todo += further
        found = (self._readers[retry] for retry in again if retry in self._readers)
        return iter(sorted(found, key=lambda node: (node.created, node.id)))

    def _is_later(self, other: NodeId, run: Node) -> bool:
        return (self._readers[other].created, other) > (run.created, run.id)


def _failed(run: Node, tried: _Retries) -> FailedRun:
    retries = tuple(_retry(run, later) for later in tried.of(run))
    return FailedRun(
        run=run.id,
        name=optional_text(run.attributes, "name"),
        method=text(run.attributes, "method"),
        reason=optional_text(run.attributes, "reason"),
        message=optional_text(run.attributes, "message"),
        commit=_commit(run),
        created=run.created,
        retries=retries,
        recovered=any(retry.state == RunState.SUCCESS for retry in retries),
    )


def _named(run: Node) -> NodeId | None:
    """Return the run that a run does again, if it says so."""
    named = optional_text(run.attributes, "retry_of")
    try:
        return None if named is None else NodeId.parse(named)
    except InvalidInput:  # whoever wrote the node by hand may have put anything there
        return None


def _work(run: Node) -> _Work:
    """Return what tells runs apart that do other work on the same input."""
    params = canonical(dict(scalars(run.attributes, "params")))
    return text(run.attributes, "method"), params, optional_integer(run.attributes, "seed")


def _retry(run: Node, later: Node) -> Retry:
    before, after = _commit(run), _commit(later)
    same = None if before is None or after is None else before == after
    return Retry(later.id, text(later.attributes, "state"), after, same, later.created)


def _commit(run: Node) -> str | None:
    """Return the commit of the code that ran, if the run says it."""
    for field, name in (("code", "commit"), ("environment", "git_commit"), ("attributes", "commit")):
        commit = scalars(run.attributes, field).get(name)
        if isinstance(commit, str) and commit:
            return commit
    return None
