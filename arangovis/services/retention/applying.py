"""Doing what a rule says, run by run: each is one action, so that stopping it leaves every run whole or done.

The graph keeps its shape: what goes leaves a tombstone with the hash of its content, its edges stay, and earlier
versions can still be read. A file that something live rests on, a result in force, whatever carries the tag `pinned`
and whatever a run in service made stay. Bytes go once nothing refers to them: see `collecting`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from arangovis.domain.access import OPEN, acting_in
from arangovis.domain.errors import ArangovisError, InUse
from arangovis.domain.graph import Caller, Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import Run, RunState
from arangovis.domain.views import mapping
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.retention.rules import RetentionRule, What
from arangovis.services.retention.selecting import selected
from arangovis.services.runs import run_of
from arangovis.services.series.release import delete_series_data
from arangovis.services.stewardship.deletion import is_active
from arangovis.services.stewardship.retention import EXPIRED, KINDS, Retention
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import LINEAGE_EDGE_KINDS

ROWS = "series_data"


@dataclass(frozen=True, slots=True)
class ExpiringRun:
    """A run that a rule selects. Times are microseconds since 1970.

    Args:
        run: its node.
        name: its name.
        method: its method.
        state: how it ended.
        ended: when.
        files: the files and data sets that go.
        series: how many series' rows go.
        bytes: how many bytes nothing else refers to are among them, at most.
        kept: what it made and stays, since something rests on it, it is in force, or it is pinned.
        run_goes: whether the run itself goes.
        reason: why nothing of it goes; None if something does.

    """

    run: NodeId
    name: str | None
    method: str
    state: RunState
    ended: int | None
    files: tuple[NodeId, ...]
    series: int
    bytes: int
    kept: tuple[NodeId, ...]
    run_goes: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Expiry:
    """What a rule removes, or removed: run by run, and in sum. A dry run changes nothing.

    `failed` are runs that could not be done, with the reason: the next time tries again.
    """

    dry_run: bool
    runs: tuple[ExpiringRun, ...]
    files: int
    series: int
    bytes: int
    runs_gone: int
    failed: Document


class Expiring:
    """Says what a rule removes, and removes it."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._retention = Retention(store)

    def plan(self, rule: RetentionRule) -> Expiry:
        """Say what a rule would remove now.

        Raises:
            NotFound: there is no such project.

        """
        return _summed([self._planned(node, rule) for node in selected(self._store, rule)], {}, dry_run=True)

    def apply(self, rule: RetentionRule, caller: Caller, progress: Callable[[float], None] | None = None) -> Expiry:
        """Remove what a rule says, oldest run first.

        Raises:
            NotFound: there is no such project.

        """
        nodes, done, failed = selected(self._store, rule), list[ExpiringRun](), dict[str, str]()
        for number, node in enumerate(nodes, start=1):
            planned = self._planned(node, rule)
            try:
                done.append(planned if planned.reason else self._done(planned, caller))
            except ArangovisError as error:
                failed[str(node.id)] = error.detail
            if progress is not None:
                progress(number / len(nodes))
        return _summed(done, failed, dry_run=False)

    def _planned(self, node: Node, rule: RetentionRule) -> ExpiringRun:
        # what rests on it counts whether the caller may see it or not; only what is the run's own is told
        with acting_in(OPEN):
            return self._judged(node, rule)

    def _judged(self, node: Node, rule: RetentionRule) -> ExpiringRun:
        run = run_of(node)
        told = _told(run)
        if self._serves(node.id):
            return replace(told, reason="a deployment in service rests on it")
        edges = edges_at(self._store, (node.id,), Direction.DOWNSTREAM, ("generated",))
        made = live_nodes(self._store, (edge.id.target for edge in edges))
        files = [made[end] for end in made if end.kind in KINDS]
        free = self._retention.free(files)
        going = {candidate.node for candidate in free}
        series = sum(end.kind == ROWS for end in made)
        kept = tuple(sorted(end for end in made if end not in going and end.kind != ROWS))
        goes = rule.what == What.RUNS and not kept and not self._held(node.id)
        nothing = not going and not series and not goes
        reason = "there is nothing of it that nobody uses" if nothing else None
        size = sum(candidate.bytes for candidate in free)
        return replace(
            told, files=tuple(sorted(going)), series=series, bytes=size, kept=kept, run_goes=goes, reason=reason
        )

    def _serves(self, run: NodeId) -> bool:
        edges = edges_at(self._store, (run,), Direction.DOWNSTREAM, ("deployed_as",))
        live = live_nodes(self._store, (edge.id.target for edge in edges))
        return any(is_active(node) for node in live.values())

    def _held(self, run: NodeId) -> bool:
        """Say whether something other than what it made rests on a run."""
        kinds = [kind for kind in LINEAGE_EDGE_KINDS if kind != "generated"]
        edges = edges_at(self._store, (run,), Direction.DOWNSTREAM, kinds)
        return bool(live_nodes(self._store, (edge.id.target for edge in edges)))

    def _done(self, planned: ExpiringRun, caller: Caller) -> ExpiringRun:
        return self._store.transact(lambda transaction: _remove(transaction, planned), caller)


def _remove(transaction: Transaction, planned: ExpiringRun) -> ExpiringRun:
    """Remove inside an action what was planned, but for what came into use meanwhile."""
    draft = transaction.get(planned.run)
    going = tuple(node for node in planned.files if _is_free(transaction, node))
    for node in going:
        transaction.delete(node, force=True)
    delete_series_data(transaction, planned.run)
    gone = planned.run_goes and len(going) == len(planned.files) and _deleted(transaction, planned.run)
    if not gone:
        extra = mapping(draft.attributes, "extra")
        facts: Document = {"at": transaction.now, "files": len(going), "series": planned.series, "bytes": planned.bytes}
        transaction.update(planned.run, {**draft.attributes, "extra": {**extra, EXPIRED: facts}})
    kept = (*planned.kept, *(node for node in planned.files if node not in going))
    return replace(planned, files=going, kept=kept, run_goes=gone)


def _is_free(transaction: Transaction, node: NodeId) -> bool:
    """Say whether a file is there, and nothing live rests on it."""
    if transaction.find(node) is None:
        return False
    targets = {edge.id.target for edge in transaction.edges_of(node, Direction.DOWNSTREAM, LINEAGE_EDGE_KINDS)}
    ends = transaction.find_many(targets)
    if targets - ends.keys():
        return False  # somebody whom this caller cannot see rests on it
    return all(end.deleted or EXPIRED in mapping(end.attributes, "extra") for end in ends.values())


def _deleted(transaction: Transaction, run: NodeId) -> bool:
    """Delete a run unless something rests on it."""
    try:
        transaction.attempt(lambda: transaction.delete(run))
    except InUse:
        return False
    return True


def _told(run: Run) -> ExpiringRun:
    return ExpiringRun(
        run=run.id,
        name=run.name,
        method=run.method,
        state=run.state,
        ended=run.ended,
        files=(),
        series=0,
        bytes=0,
        kept=(),
        run_goes=False,
        reason=None,
    )


def _summed(runs: Sequence[ExpiringRun], failed: Document, *, dry_run: bool) -> Expiry:
    return Expiry(
        dry_run=dry_run,
        runs=tuple(runs),
        files=sum(len(run.files) for run in runs),
        series=sum(run.series for run in runs if run.reason is None),
        bytes=sum(run.bytes for run in runs),
        runs_gone=sum(run.run_goes for run in runs),
        failed=failed,
    )
