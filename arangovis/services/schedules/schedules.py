"""Schedules: what is done, when, and by whom it was set up. A change is a new version of its node."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import starmap

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Caller, Node, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, exact
from arangovis.domain.runs import RunState
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.domain.views import integer, mapping, optional_integer, optional_text, text
from arangovis.services.catalogue.names import Registered, check_name
from arangovis.services.catalogue.standing import Standing
from arangovis.services.schedules.actions import FOR_ALL, read_action
from arangovis.services.schedules.times import ZONE_DEFAULT, Times
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import Field, FieldType, KeyRule, VertexKind

SCHEDULE = VertexKind(
    "schedule",
    "Something that is done at set times.",
    KeyRule.NAMED,
    (
        Field("name", FieldType.TEXT, "The name people know it by.", required=True, searchable=True),
        Field("description", FieldType.TEXT, "What it is for."),
        Field("owner", FieldType.TEXT, "Who set it up; its runs act in this name.", required=True, searchable=True),
        Field("action", FieldType.TEXT, "What is done.", required=True, searchable=True),
        Field("options", FieldType.DOCUMENT, "With which options."),
        Field("cron", FieldType.TEXT, "When, as a cron expression."),
        Field("every_s", FieldType.INTEGER, "Or every so many seconds."),
        Field("zone", FieldType.TEXT, "The time zone of the cron expression."),
        Field("enabled", FieldType.BOOLEAN, "Whether it fires.", searchable=True),
    ),
    custom=True,
)
RECORD, ON, OFF = "schedule", "on", "off"
STANDING = Standing(SCHEDULE, RECORD)
RUNS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ScheduleWanted:
    """A schedule to make or change.

    Args:
        name: unique in its project, or among those of none.
        action: what is done; see `actions.ACTIONS`.
        options: of the action.
        times: when.
        project: whose it is (its name), and of which its runs are; None for the whole service.
        description: what it is for.
        enabled: whether it fires.

    """

    name: str
    action: str
    times: Times
    options: Document = field(default_factory=lambda: EMPTY)
    project: str | None = None
    description: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it stands. Times are microseconds since 1970.

    Args:
        node: its node.
        name: its name.
        project: the key of its project.
        description: what it is for.
        owner: in whose name its runs act.
        action: what is done.
        options: with which options.
        cron: when, as a cron expression in `zone`.
        every_s: or every so many seconds.
        zone: the time zone.
        enabled: whether it fires.
        next_at: when it fires next; None while it does not.
        last_at: when it fired last.
        last_run: the run that it made then.
        fired: how often it made a run.
        skipped: how often it made none, since the one before was not done yet.
        missed: how often nobody was there; several in a row are caught up with one run.
        problem: why the last attempt made no run.

    """

    node: NodeId
    name: str
    project: str | None
    description: str | None
    owner: str
    action: str
    options: Document
    cron: str | None
    every_s: int | None
    zone: str
    enabled: bool
    next_at: int | None
    last_at: int | None
    last_run: NodeId | None
    fired: int
    skipped: int
    missed: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """A run that a schedule made: for when, and how it stands."""

    run: NodeId
    scheduled_for: int | None
    created: int
    state: RunState
    message: str | None


class Schedules:
    """Makes, changes, lists and removes schedules."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def put(self, wanted: ScheduleWanted, caller: Caller) -> Registered:
        """Make a schedule, or change the one of this name; whoever changes it is its owner from then on.

        Raises:
            InvalidInput: the name or an option is not valid, or backups and checks are asked for in a project.
            NotFound: there is no such project.

        """
        check_name("name", wanted.name)
        read_action(wanted.action, wanted.options)
        if wanted.action in FOR_ALL and wanted.project is not None:
            problem = f"{wanted.action} concerns the whole service; give no project"
            raise InvalidInput.of(Fault("project", problem))
        return self._store.transact(lambda transaction: _put(transaction, wanted, caller), caller)

    def set_enabled(self, node: NodeId, enabled: bool, caller: Caller) -> Schedule:
        """Stop a schedule from firing, or let it fire again: from now on, without what it missed meanwhile.

        Raises:
            NotFound: there is no such schedule.

        """

        def action(transaction: Transaction) -> None:
            draft = STANDING.draft(transaction, node)
            transaction.update(node, {**draft.attributes, "enabled": enabled})
            _plan(transaction, node, times_of(draft.attributes), enabled=enabled)

        self._store.transact(action, caller)
        return self.get(node)

    def delete(self, node: NodeId, caller: Caller) -> None:
        """Remove a schedule; its runs stay, and a tombstone says who removed it.

        Raises:
            NotFound: there is no such schedule.

        """
        self._store.transact(lambda transaction: STANDING.remove(transaction, node), caller)

    def get(self, node: NodeId) -> Schedule:
        """Return a schedule.

        Raises:
            NotFound: there is no such schedule.

        """
        return schedule_of(*STANDING.get(self._store, node))

    def all(self, project: str | None = None) -> Sequence[Schedule]:
        """Return the schedules of a project, or all, by name.

        Raises:
            NotFound: there is no such project.

        """
        found = starmap(schedule_of, STANDING.all(self._store, project))
        return tuple(sorted(found, key=lambda schedule: (schedule.name, schedule.node)))

    def runs(self, node: NodeId) -> Sequence[ScheduledRun]:
        """Return the newest runs that a schedule made.

        Raises:
            NotFound: there is no such schedule.

        """
        self.get(node)
        where = Comparison("question", Operator.EQUAL, str(node))
        found = self._store.search(Search("run", where, limit=RUNS_SHOWN)).items
        return [_scheduled(run) for run in found]


def schedule_of(node: Node, record: Record | None) -> Schedule:
    """Read a schedule from its node and its record."""
    said, went = node.attributes, EMPTY if record is None else record.data
    last = optional_text(went, "last_run")
    is_on = record is not None and record.group == ON
    return Schedule(
        node=node.id,
        name=text(said, "name"),
        project=node.project,
        description=optional_text(said, "description"),
        owner=text(said, "owner"),
        action=text(said, "action"),
        options=mapping(said, "options"),
        cron=optional_text(said, "cron"),
        every_s=optional_integer(said, "every_s"),
        zone=optional_text(said, "zone") or ZONE_DEFAULT,
        enabled=said.get("enabled") is True,
        next_at=record.due if record is not None and is_on else None,
        last_at=optional_integer(went, "last_at"),
        last_run=None if last is None else NodeId.parse(last),
        fired=integer(went, "fired", 0),
        skipped=integer(went, "skipped", 0),
        missed=integer(went, "missed", 0),
        problem=optional_text(went, "problem"),
    )


def times_of(said: Document) -> Times:
    """Read when a schedule fires."""
    zone = optional_text(said, "zone") or ZONE_DEFAULT
    return Times(optional_text(said, "cron"), optional_integer(said, "every_s"), zone)


def _put(transaction: Transaction, wanted: ScheduleWanted, caller: Caller) -> Registered:
    named, facts = STANDING.named(transaction, wanted.project, wanted.name), _document(wanted)
    node = named.node
    present = transaction.find(node)
    if present is None:
        named.create(transaction, {**facts, "owner": caller.actor})
        _plan(transaction, node, wanted.times, enabled=wanted.enabled)
        return Registered(node, created=True)
    if exact({**facts, "owner": text(present.attributes, "owner")}) != exact(present.attributes):
        transaction.update(node, {**facts, "owner": caller.actor})
        _plan(transaction, node, wanted.times, enabled=wanted.enabled)
    return Registered(node, created=False)


def _document(wanted: ScheduleWanted) -> Document:
    times = wanted.times
    said = {"description": wanted.description, "cron": times.cron, "every_s": times.every_s}
    return {name: value for name, value in said.items() if value is not None} | {
        "name": wanted.name,
        "action": wanted.action,
        "options": dict(wanted.options),
        "zone": times.zone,
        "enabled": wanted.enabled,
    }


def _plan(transaction: Transaction, node: NodeId, times: Times, *, enabled: bool) -> None:
    """Say when a schedule fires next, counted from now."""
    present = transaction.record(RECORD, node.key) or Record(RECORD, node.key)
    data = {name: value for name, value in present.data.items() if name != "problem"}
    group, due = (ON, times.after(transaction.now)) if enabled else (OFF, 0)
    transaction.put_record(replace(present, group=group, due=due, data=data))


def _scheduled(run: Node) -> ScheduledRun:
    said = run.attributes
    due = optional_integer(mapping(said, "options"), "scheduled_for")
    return ScheduledRun(run.id, due, run.created, RunState(text(said, "state")), optional_text(said, "message"))
