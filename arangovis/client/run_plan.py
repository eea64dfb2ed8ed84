"""What is decided about a run before it begins."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arangovis.client.capture import Capture, Captured, captured
from arangovis.client.logger_options import LoggerOptions
from arangovis.client.run_values import flat_values
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.services.external.values import METHOD_DEFAULT, Mode, Relation

WITHIN_DEFAULT_S = 120.0
_OF_ROWS = ("flush_every_s", "copy", "kinds", "series")


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Key, session, and the body of the request that begins the run; `rows`: how its rows are logged.

    `generation` None: whatever is current.
    """

    key: str
    session: str
    generation: int | None
    body: Mapping[str, Any]
    capture: Capture
    captured: Captured
    within_s: float | None
    rows: LoggerOptions


def plan_run(
    facts: Mapping[str, Any], run: object, options: Mapping[str, Any], *, outer: RunPlan | None = None
) -> RunPlan:
    """Return how a run is begun.

    Args:
        facts: `project`, `name`, `tags`, `params`.
        run: the run to come to, if it is not a new one.
        options: see `RunOptions`.
        outer: of the run that this one is inside; the process is not looked at again.

    Raises:
        InvalidInput: something is not right; it names the field.

    """
    now_us = time.time_ns() // 1000
    key = time_ordered_id("run", now_us).key if run is None else _run_id("run", run).key
    mode = _mode(options.get("mode"), is_new=run is None)
    generation = _generation(mode, now_us)
    capture = outer.capture if outer is not None and "capture" not in options else Capture.of(options.get("capture"))
    seen = outer.captured if outer is not None and outer.capture == capture else captured(capture)
    within_s = options.get("within_s", WITHIN_DEFAULT_S)
    session = uuid.uuid4().hex
    project = facts["project"]
    body = {
        "session": session,
        "mode": mode.value,
        "generation": now_us if mode is Mode.REPLACE else None,
        "method": options.get("method", METHOD_DEFAULT if mode in (Mode.BEGIN, Mode.REPLACE) else None),
        "project": project,
        "create_project": options.get("create_project", True) if project is not None else None,
        "name": facts["name"],
        "description": options.get("description"),
        "tags": _tags(facts["tags"]),
        "params": flat_values("params", facts["params"] or {}),
        "started": now_us if mode in (Mode.BEGIN, Mode.REPLACE) else None,
        "within_s": within_s,
        **_parent(options),
        **seen.document(),
    }
    sent = {name: value for name, value in body.items() if value is not None}
    rows = LoggerOptions(**{name: options[name] for name in _OF_ROWS if name in options})
    return RunPlan(key, session, generation, sent, capture, seen, within_s, rows)


def _mode(given: object, *, is_new: bool) -> Mode:
    if given is None:
        return Mode.BEGIN if is_new else Mode.RESUME
    if given not in tuple(Mode):
        raise InvalidInput.of(Fault("mode", f"{str(given)[:40]!r} is not one of {', '.join(Mode)}"))
    if is_new and Mode(str(given)) is Mode.RESUME:
        raise InvalidInput.of(Fault("run", "which run is to be resumed? Give its key"))
    return Mode(str(given))


def _generation(mode: Mode, now_us: int) -> int | None:
    """Return the generation of what is logged, as far as it is known without asking the service."""
    if mode is Mode.REPLACE:
        return now_us
    return 0 if mode is Mode.BEGIN else None


def _run_id(field: str, given: object) -> NodeId:
    node = getattr(given, "id", given)
    if isinstance(node, str):
        node = NodeId.parse(node) if "/" in node else NodeId.of("run", node)
    if not isinstance(node, NodeId) or node.kind != "run":
        raise InvalidInput.of(Fault(field, f"{str(given)[:80]!r} is no run: give a run, its id or its key"))
    return node


def _tags(tags: object) -> list[str]:
    if isinstance(tags, str) or not isinstance(tags, list | tuple | set | frozenset):
        raise InvalidInput.of(Fault("tags", "is no list of texts"))
    if not all(isinstance(tag, str) for tag in tags):
        raise InvalidInput.of(Fault("tags", "has a member that is no text"))
    return sorted(tags) if isinstance(tags, set | frozenset) else list(tags)


def _parent(options: Mapping[str, Any]) -> dict[str, str]:
    parent = options.get("parent")
    if parent is None:
        return {}
    relation = options.get("relation", Relation.CHILD)
    if relation not in tuple(Relation):
        raise InvalidInput.of(Fault("relation", f"{str(relation)[:40]!r} is not one of {', '.join(Relation)}"))
    return {"parent": str(_run_id("parent", parent)), "relation": Relation(relation).value}
