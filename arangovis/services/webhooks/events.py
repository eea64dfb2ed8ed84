"""What happened, read from the actions of a store: runs that ended, and what they found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from arangovis.domain.graph import Action, Node
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.domain.search import node_properties
from arangovis.domain.views import mapping, optional_text, scalars
from arangovis.drift.methods import DETECT
from arangovis.stores.base import GraphStore
from arangovis_schema import BUILT_IN

METRICS_MAX = 100
"""So many metrics of a run are told; the rest is in the service."""
GATE_METHOD, THRESHOLD_METHOD = "gate.decide", "schedule.threshold"
_US = 1_000_000


class EventType(StrEnum):
    """What can be subscribed to."""

    RUN_FINISHED = "run.finished"
    """A run ended, in whichever state."""
    RUN_FAILED = "run.failed"
    """A run ended in ERROR: it failed, was killed or lost, or took too long or too much memory."""
    DRIFT_FOUND = "drift.found"
    """A detection found that one data set does not come from where the other came from."""
    THRESHOLD_CROSSED = "threshold.crossed"
    """A schedule that watches a value found it across its threshold, and it was not the time before."""
    GATE_FAILED = "gate.failed"
    """A gate refused a run."""
    PING = "ping"
    """A trial message, sent when somebody asks for it."""


SUBSCRIBABLE = tuple(kind.value for kind in EventType if kind is not EventType.PING)


@dataclass(frozen=True, slots=True)
class Happening:
    """A run that ended in an action, and what that amounts to."""

    run: Node
    types: frozenset[EventType]
    action: Action


def happenings(store: GraphStore, action: Action) -> Iterator[Happening]:
    """Yield the runs that ended in an action. One that is written again in the same state does not end again."""
    runs = [node for node in action.nodes if node.id.kind == "run" and not node.version.deleted]
    ended = [run for run in runs if not _state(run).is_open]
    before = store.get_many([run.id for run in ended], at=action.time - 1) if ended else {}
    for run in ended:
        old = before.get(run.id)
        if old is None or old.version.deleted or _state(old) is not _state(run):
            yield Happening(run, types_of(run), action)


def types_of(run: Node) -> frozenset[EventType]:
    """Return what the end of a run amounts to."""
    state, method = _state(run), optional_text(run.attributes, "method")
    found = {EventType.RUN_FINISHED}
    if state is RunState.ERROR:
        found.add(EventType.RUN_FAILED)
    if state is not RunState.SUCCESS:
        return frozenset(found)
    metrics = scalars(run.attributes, "metrics")
    if method == DETECT and metrics.get("shifted") is True:
        found.add(EventType.DRIFT_FOUND)
    if method == THRESHOLD_METHOD and metrics.get("newly_crossed") is True:
        found.add(EventType.THRESHOLD_CROSSED)
    if method == GATE_METHOD and mapping(run.attributes, "attributes").get("result") == "failed":
        found.add(EventType.GATE_FAILED)
    return frozenset(found)


def holds_for(condition: str, run: Node) -> bool:
    """Say whether a condition of the filter language holds for a run; an empty one always does."""
    if not condition:
        return True
    from arangovis.domain.filter_grammar import parse
    from arangovis.domain.search import matches

    return matches(parse(condition), node_properties(BUILT_IN.vertices["run"], run))


def message_of(kind: EventType, happening: Happening, project: str | None) -> Document:
    """Return the body of a message: what happened, when, and the facts of the run. Rows are never in it."""
    said, run = happening.run.attributes, happening.run
    metrics = dict(list(scalars(said, "metrics").items())[:METRICS_MAX])
    facts: dict[str, object] = {
        "id": str(run.id),
        "project": project,
        "metrics": metrics,
        "result": dict(mapping(said, "attributes")) if optional_text(said, "method") == GATE_METHOD else None,
        "schedule": mapping(said, "options").get("schedule"),
        **{name: said.get(name) for name in ("method", "name", "state", "reason", "message", "started", "ended")},
        "tags": list(said.get("tags") or ()),  # type: ignore[arg-type]  # a list, as the schema says
    }
    known: Document = {name: value for name, value in facts.items() if value is not None}  # type: ignore[misc]
    action = happening.action
    data: Document = {"run": known, "actor": action.actor, "request_id": action.request_id}
    return {"type": kind.value, "timestamp": moment_text(action.time), "data": data}


def moment_text(moment: int) -> str:
    """Return a time (microseconds since 1970) as ISO 8601."""
    return datetime.fromtimestamp(moment / _US, UTC).isoformat()


def _state(run: Node) -> RunState:
    said: Mapping[str, object] = run.attributes
    return RunState(str(said["state"]))
