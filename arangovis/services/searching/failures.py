"""Which runs failed with an input, with which code, and whether trying again helped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

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
"""Why an answer is partial: more runs read the input than are looked at."""
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

        A retry names the run that it does again, or is a later run of the same method with the same parameters and seed
        on the same input.

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
        return FailedRuns(node, tuple(_failed(run, runs) for run in failed[:limit]), reasons)

    def _readers(self, node: NodeId, at: int | None) -> tuple[list[Node], bool]:
        edges = self._store.all_edges(node, Direction.DOWNSTREAM, "input_to", at=at)
        ids = list(dict.fromkeys(edge.id.target for edge in islice(edges, RUNS_MAX)))
        runs = [run for run in self._store.get_many(ids, at=at).values() if not run.version.deleted]
        return sorted(runs, key=lambda run: (run.created, run.id), reverse=True), next(edges, None) is None


def _failed(run: Node, runs: Sequence[Node]) -> FailedRun:
    retries = tuple(_retry(run, later) for later in _later(run, runs))
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


def _later(run: Node, runs: Sequence[Node]) -> Iterator[Node]:
    """Yield the runs that did the same again, oldest first."""
    mine, work = str(run.id), _work(run)
    for other in reversed(runs):
        named = optional_text(other.attributes, "retry_of")
        later = (other.created, other.id) > (run.created, run.id)
        if named == mine or (later and named is None and _work(other) == work):
            yield other


def _work(run: Node) -> tuple[str, bytes, int | None]:
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
