"""How H2O writes its answers: `__meta`, keys with a type, columns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import falcon

from arangovis.domain.runs import Lease, Run, RunState
from arangovis.tabular.frames.types import ColumnKind, FrameColumn
from arangovis_api.encode import send

PRECISION = -1
FRAME_TYPES = {
    ColumnKind.INTEGER: "int",
    ColumnKind.REAL: "real",
    ColumnKind.CATEGORICAL: "enum",
    ColumnKind.BOOLEAN: "enum",
    ColumnKind.TIME: "time",
    ColumnKind.TEXT: "string",
    ColumnKind.UUID: "uuid",
}
SETUP_TYPES = {"int": "Numeric", "real": "Numeric", "enum": "Enum", "time": "Time", "string": "String", "uuid": "UUID"}
STATES = {
    RunState.PENDING: "RUNNING",
    RunState.STARTED: "RUNNING",
    RunState.SUCCESS: "DONE",
    RunState.CANCELLED: "CANCELLED",
}
_MESSAGES = {"RUNNING": "Running.", "DONE": "Done.", "CANCELLED": "Cancelled.", "FAILED": "Failed."}


def meta(schema: str, kind: str, version: int = 3) -> dict[str, Any]:
    """Return what names the schema of an answer."""
    return {"schema_version": version, "schema_name": schema, "schema_type": kind}


def answer(req: falcon.Request, resp: falcon.Response, schema: tuple[str, str], document: Mapping[str, Any]) -> None:
    """Send an answer, without the fields that the request excludes."""
    excluded = str(req.params.get("_exclude_fields") or "")
    whole = {"__meta": meta(*schema), "_exclude_fields": excluded, **document}
    send(resp, _pruned(whole, [path.split("/") for path in excluded.split(",") if path]))


def key(name: str | None, kind: str, place: str) -> dict[str, Any] | None:
    """Return a key with where it is found, or None for none."""
    if name is None:
        return None
    url = f"/3/{place}/{quote(name, safe='')}"
    return {"__meta": meta(f"{kind}KeyV3", f"Key<{kind}>"), "name": name, "type": f"Key<{kind}>", "URL": url}


def job(run: Run, lease: Lease | None, dest: str | None) -> dict[str, Any]:
    """Return a run as a job."""
    status = STATES.get(run.state, "FAILED")
    progress = (lease.progress if lease is not None else 0.0) if status == "RUNNING" else 1.0
    failed = status == "FAILED"
    started, ended = run.started or run.ended or 0, run.ended or 0
    return {
        "__meta": meta("JobV3", "Job"),
        "key": key(run.id.key, "Job", "Jobs"),
        "description": run.name or run.method,
        "status": status,
        "progress": progress,
        "progress_msg": _MESSAGES[status],
        "start_time": started // 1000,
        "msec": max(0, ended - started) // 1000,
        "dest": key(dest, "Frame", "Frames"),
        "warnings": [],
        "exception": (run.message or "it failed") if failed else None,
        "stacktrace": None,
        "ready_for_view": status == "DONE",
        "auto_recoverable": False,
    }


def column(found: FrameColumn, values: Sequence[Any]) -> dict[str, Any]:
    """Return a column of a frame with its figures and the values of a page."""
    kind, figures = FRAME_TYPES[found.kind], found.statistics
    domain = [level for level, _ in figures.levels] if kind == "enum" and figures.levels is not None else None
    texts = kind in ("string", "uuid")
    return {
        "__meta": meta("ColV3", "Vec"),
        "label": found.name,
        "type": kind,
        "missing_count": figures.missing,
        "zero_count": figures.zeros or 0,
        "positive_infinity_count": figures.infinite or 0,
        "negative_infinity_count": 0,
        "mins": [] if figures.minimum is None else [figures.minimum],
        "maxs": [] if figures.maximum is None else [figures.maximum],
        "mean": figures.mean,
        "sigma": figures.sigma,
        "domain": domain,
        "domain_cardinality": len(domain or ()),
        "data": None if texts else _coded(values, domain),
        "string_data": list(values) if texts else None,
        "precision": PRECISION,
    }


def _coded(values: Sequence[Any], domain: Sequence[str] | None) -> list[Any]:
    """Return levels as their numbers, as H2O sends them."""
    if domain is None:
        return list(values)
    places = {level: place for place, level in enumerate(domain)}
    return [places.get(str(value).lower() if isinstance(value, bool) else value) for value in values]


def _pruned(document: Any, paths: Collection[Sequence[str]]) -> Any:
    """Return a document without the fields at these paths; a list is looked through."""
    if not paths:
        return document
    if isinstance(document, list):
        return [_pruned(item, paths) for item in document]
    if not isinstance(document, Mapping):
        return document
    gone = {path[0] for path in paths if len(path) == 1}
    deeper = {name: [path[1:] for path in paths if len(path) > 1 and path[0] == name] for name in document}
    return {name: _pruned(value, deeper[name]) for name, value in document.items() if name not in gone}
