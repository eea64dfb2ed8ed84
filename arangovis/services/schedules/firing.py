"""The clock of schedules: it makes the runs that are due, each once, however many processes look.

Due times are records. Whoever fires a schedule moves its record and writes the run in one action, so two that look at
the same moment cannot both do it, and one that dies has done both or neither. Of several times that were missed, since
nobody was there, one run makes up. While the run before is not done yet, none is made.
"""

from dataclasses import dataclass, replace

from arangovis.domain.errors import ArangovisError
from arangovis.domain.graph import Caller, EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import Priority, Run
from arangovis.domain.views import integer, mapping, optional_integer, optional_text, text
from arangovis.domain.work import RunRequest
from arangovis.services.runs import Runs, run_of_draft
from arangovis.services.schedules.actions import METHOD_PREFIX
from arangovis.services.schedules.schedules import OFF, ON, RECORD, SCHEDULE, times_of
from arangovis.services.schedules.times import Times
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Draft, Transaction

CLOCK = Caller("schedules")
ROUND_MAX = 100
"""Schedules that one round fires; the rest are due in the next."""
LINK = "scheduled"
"""The role of the link from a schedule to a run that it made, and on to the runs that this one asked for."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What a round did: runs that were made, and fires that made none, since the run before was not done yet."""

    made: int = 0
    skipped: int = 0


class ScheduleClock:
    """Rounds may run side by side in any number of processes, and may be stopped at any time."""

    def __init__(self, store: GraphStore, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    def is_due(self) -> bool:
        """Say whether a schedule is due."""
        return bool(self._store.records(RECORD, ON, due_max=self._store.now(), limit=1))

    def __call__(self) -> Fired:
        """Fire what is due.

        Raises:
            StoreUnavailable: the store does not answer; what was not fired is due in the next round.

        """
        made = skipped = 0
        for due in self._store.records(RECORD, ON, due_max=self._store.now(), limit=ROUND_MAX):
            owner = Caller(self._owner(due), f"schedule.{due.key[:12]}")
            run = self._store.transact(lambda tx, key=due.key: self._fire(tx, key), owner)  # type: ignore[misc]
            made, skipped = made + (run is not None), skipped + (run is None)
        return Fired(made, skipped)

    def fire_now(self, node: NodeId, caller: Caller) -> Run:
        """Make the run of a schedule at once, whether it fires by itself or not; when it fires next does not change.

        Raises:
            NotFound: there is no such schedule.

        """

        def action(transaction: Transaction) -> Run:
            draft = transaction.get(node)
            record = transaction.record(RECORD, node.key) or Record(RECORD, node.key, OFF)
            run = self._run(transaction, draft, transaction.now)
            transaction.put_record(_gone_well(record, run, transaction.now, missed=0))
            return run

        return self._store.transact(action, caller)

    def _owner(self, due: Record) -> str:
        node = self._store.find(NodeId(SCHEDULE.name, due.key))
        return CLOCK.actor if node is None else optional_text(node.attributes, "owner") or CLOCK.actor

    def _fire(self, transaction: Transaction, key: str) -> Run | None:
        """Fire a schedule, unless another process just did."""
        record = transaction.record(RECORD, key)
        if record is None or record.group != ON or record.due > transaction.now:
            return None
        draft = transaction.find(NodeId(SCHEDULE.name, key))
        if draft is None:
            transaction.remove_record(RECORD, key)
            return None
        times, now = times_of(draft.attributes), transaction.now
        moved = replace(record, due=times.after(now, since=record.due))
        if self._is_busy(transaction, record):
            transaction.put_record(_with(moved, skipped=integer(record.data, "skipped", 0) + 1))
            return None
        try:
            run = transaction.attempt(lambda: self._run(transaction, draft, record.due))
        except ArangovisError as error:  # such as a project that takes nothing new: told, and tried again next time
            transaction.put_record(_with(moved, problem=error.detail))
            return None
        transaction.put_record(_gone_well(moved, run, now, missed=_missed(times, record.due, now)))
        return run

    def _is_busy(self, transaction: Transaction, record: Record) -> bool:
        last = optional_text(record.data, "last_run")
        draft = None if last is None else transaction.find(NodeId.parse(last))
        return draft is not None and run_of_draft(draft).state.is_open

    def _run(self, transaction: Transaction, schedule: Draft, due: int) -> Run:
        said = schedule.attributes
        options: Document = {
            "schedule": str(schedule.id),
            "scheduled_for": due,
            "owner": text(said, "owner"),
            "options": dict(mapping(said, "options")),
        }
        wanted = RunRequest(
            method=METHOD_PREFIX + text(said, "action"),
            project=schedule.project,
            inputs=(),
            params={},
            options=options,
            question=str(schedule.id),
            priority=Priority.BACKGROUND,
            name=text(said, "name"),
        )
        run = self._runs.request(transaction, wanted)[0]
        transaction.link(EdgeId("linked", schedule.id, run.id, LINK))
        return run


def _missed(times: Times, due: int, now: int) -> int:
    """Return how many fires nobody was there for, up to ROUND_MAX, besides the one that is made now."""
    count, moment = 0, due
    while count < ROUND_MAX and (moment := times.after(moment, since=moment)) <= now:
        count += 1
    return count


def _gone_well(record: Record, run: Run, now: int, *, missed: int) -> Record:
    data = {name: value for name, value in record.data.items() if name != "problem"}
    fired = integer(record.data, "fired", 0) + 1
    total = (optional_integer(record.data, "missed") or 0) + missed
    told: Document = {**data, "last_at": now, "last_run": str(run.id), "fired": fired, "missed": total}
    return replace(record, data=told)


def _with(record: Record, **changes: int | str) -> Record:
    return replace(record, data={**record.data, **changes})
