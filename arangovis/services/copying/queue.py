"""Open runs in a store that none of their workers knows: they go back to the queue."""

from dataclasses import replace
from functools import partial

from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Executor, Lease, Priority, RunState
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.services.copying.marks import COPIER
from arangovis.services.runs import run_of_draft
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

PAGE = 200


def give_back(source: GraphStore, target: GraphStore) -> int:
    """Queue the open runs of workers in the target, and return how many had been started.

    A started one is pending again; how often its attempts died is forgotten, its place in the queue is not. Runs that
    a user's own process logs stay as they are, since that process can go on logging them; plans follow their steps.
    Repeating it changes nothing.
    """
    started = 0
    for state in (RunState.STARTED, RunState.PENDING):
        where = Comparison("state", Operator.EQUAL, state.value)
        for nodes in target.all_pages(Search("run", where, limit=PAGE)):
            leases = {node.id: _lease_in(source, node.id) for node in nodes}
            started += target.transact(partial(_queue, leases), COPIER)
    return started


def _lease_in(source: GraphStore, run: NodeId) -> Lease | None:
    record = source.record("lease", run.key)
    return None if record is None else Lease.of(record)


def _queue(leases: dict[NodeId, Lease | None], transaction: Transaction) -> int:
    started = 0
    drafts = transaction.find_many(leases)
    for run in map(run_of_draft, drafts.values()):
        if run.executor is not Executor.WORKER or not run.state.is_open:
            continue
        if run.state is RunState.STARTED:
            started += 1
            transaction.update(run.id, replace(run, state=RunState.PENDING).document())
        if transaction.record("lease", run.id.key) is None:
            known = leases[run.id]
            queued = transaction.now if known is None else min(known.queued, transaction.now)
            priority = Priority.NORMAL if known is None else known.priority
            lease = Lease(run.id, run.method, due=queued, queued=queued, priority=priority, attempt=run.attempt)
            transaction.put_record(lease.record())
    return started
