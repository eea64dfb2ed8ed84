"""The figures of a service that an operator watches, read from its store: queue, runs, workers, bytes, messages."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from arangovis.domain.access import OPEN, acting_in
from arangovis.domain.graph import Record
from arangovis.domain.runs import Lease
from arangovis.domain.search import Search
from arangovis.domain.views import integer, text
from arangovis.services.housekeeping import UPKEEP, UPKEEP_KEY
from arangovis.services.webhooks.deliveries import SETTLED, WAITING
from arangovis.stores.base import GraphStore

RECORDS_MAX = 100_000
FACET_VALUES_MAX = 100
_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Queued:
    """The runs of a method that wait or are computed; `age_s` is how long the first of them has waited."""

    method: str
    pending: int
    started: int
    age_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is at a moment.

    Args:
        queues: by method.
        runs: how many runs there are in each state.
        methods: and by method, of the most frequent.
        workers: how many live.
        slots: how many runs they compute at once.
        schedules: how many there are, `on` and `off`.
        late_s: how late the schedule is that should have fired first.
        messages: how many there are in each state: `waiting`, `delivered`, `dead`.
        message_age_s: how long the first of those that are due has waited.
        upkeep: what the last round of housekeeping found: see `Housekeeping`.

    """

    queues: tuple[Queued, ...]
    runs: Mapping[str, int]
    methods: Mapping[str, int]
    workers: int
    slots: int
    schedules: Mapping[str, int]
    late_s: float
    messages: Mapping[str, int]
    message_age_s: float
    upkeep: Mapping[str, int] = field(default_factory=dict)


def figures(store: GraphStore) -> Figures:
    """Read the figures; of very many records, the first are counted."""
    with acting_in(OPEN):
        now = store.now()
        workers = [record for record in _records(store, "worker") if record.due >= now]
        runs, methods = _runs(store)
        on = list(_records(store, "schedule", "on"))
        due = store.records(WAITING, due_max=now, limit=1)
        upkeep = store.record(UPKEEP, UPKEEP_KEY)
        return Figures(
            queues=_queues(store, now),
            runs=runs,
            methods=methods,
            workers=len(workers),
            slots=sum(integer(record.data, "slots", 0) for record in workers),
            schedules={"on": len(on), "off": sum(1 for _ in _records(store, "schedule", "off"))},
            late_s=max(0.0, (now - on[0].due) / _US) if on else 0.0,
            messages=_messages(store),
            message_age_s=(now - due[0].due) / _US if due else 0.0,
            upkeep={} if upkeep is None else {name: integer(upkeep.data, name, 0) for name in upkeep.data},
        )


def _queues(store: GraphStore, now: int) -> tuple[Queued, ...]:
    pending, started, oldest = Counter[str](), Counter[str](), dict[str, int]()
    for record in _records(store, "lease"):
        lease = Lease.of(record)
        (started if lease.owner else pending)[lease.method] += 1
        if not lease.owner:
            oldest[lease.method] = min(oldest.get(lease.method, now), lease.queued)
    names = sorted(pending.keys() | started.keys())
    return tuple(Queued(m, pending[m], started[m], max(0.0, (now - oldest.get(m, now)) / _US)) for m in names)


def _runs(store: GraphStore) -> tuple[Mapping[str, int], Mapping[str, int]]:
    found = store.facets(Search("run"), ("state", "method"), FACET_VALUES_MAX).facets
    states, methods = ({str(value.value): value.count for value in facet.values} for facet in found)
    return states, methods


def _messages(store: GraphStore) -> Mapping[str, int]:
    settled = Counter(text(record.data, "state") for record in _records(store, SETTLED))
    waiting = sum(1 for _ in _records(store, WAITING))
    return {"waiting": waiting, "delivered": settled["delivered"], "dead": settled["dead"]}


def _records(store: GraphStore, kind: str, group: str | None = None) -> Iterator[Record]:
    return islice(store.all_records(kind, group), RECORDS_MAX)
