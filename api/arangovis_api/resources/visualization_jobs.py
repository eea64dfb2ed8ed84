"""Answers to polls: the state of a task and, once it succeeded, its result as JSON or Arrow."""

import gzip
from datetime import UTC, datetime
from typing import Any

import falcon
import orjson

from arangovis.domain.errors import Fault, IntegrityError, InvalidInput, NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.runs import RunState
from arangovis.services.projections.answers import Job
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.schemas.visualization import PollQuery

POLL_AFTER_MS = 500
GZIP_BYTES_MIN = 16 * 1024
"""A smaller answer gains nothing by compression."""
GZIP_LEVEL = 1
"""Results are mostly numbers: higher levels cost much and gain little."""
ARROW = "application/vnd.apache.arrow.stream"
UNKNOWN = "UNKNOWN"
DAMAGED = "The stored result is damaged. Ask for the projection again, and it is computed anew."

_STATUSES = {
    RunState.PENDING: 200,
    RunState.STARTED: 200,
    RunState.SUCCESS: 200,
    RunState.NO_DATA: 404,
    RunState.NOT_SUPPORTED: 404,
    RunState.CANCELLED: 409,
    RunState.ERROR: 500,
}
_FORMATS = {"json": falcon.MEDIA_JSON, "arrow": ARROW}


def answer_poll(service: Arangovis, req: falcon.Request, resp: falcon.Response, query: PollQuery) -> None:
    """Answer a poll.

    Raises:
        InvalidInput: no task is named, or the format is not known.

    """
    task_id, media_type = _task_id(query, req), _media_type(query, req)
    try:
        job = service.projections.job(NodeId.of("run", task_id))
    except (InvalidInput, NotFound):
        return _answer_unknown(resp, task_id, legacy=service.settings.legacy_unknown_task)
    if job.run.state is not RunState.SUCCESS:
        return send(resp, _unfinished(job), _STATUSES[job.run.state])
    return _answer_success(service, job, req=req, resp=resp, media_type=media_type)


def _task_id(query: PollQuery, req: falcon.Request) -> str:
    if not isinstance(query.task_id, str) or not query.task_id:
        provided = ", ".join(sorted(req.params)) or "none"
        text = f"Expected args: 'task_id'. Provided args: {provided[:200]}"
        raise InvalidInput(text, (Fault("task_id", "is required, once"),))
    return query.task_id


def _media_type(query: PollQuery, req: falcon.Request) -> str:
    if query.format is None:
        return req.client_prefers((falcon.MEDIA_JSON, ARROW)) or falcon.MEDIA_JSON
    if not isinstance(query.format, str) or query.format not in _FORMATS:
        raise InvalidInput.of(Fault("format", f"{str(query.format)[:80]!r} is not one of {', '.join(_FORMATS)}"))
    return _FORMATS[query.format]


def _answer_unknown(resp: falcon.Response, task_id: str, *, legacy: bool) -> None:
    shown = task_id[:128]
    if legacy:
        return send(resp, {"state": RunState.PENDING.value, "task_id": shown})
    return send(resp, {"state": UNKNOWN, "task_id": shown, **_explained(f"There is no task {shown}.")}, 404)


def _unfinished(job: Job) -> dict[str, JsonValue]:
    answer = _common(job)
    if job.run.state.is_open:
        lease = job.lease
        shown: dict[str, JsonValue] = {
            "progress": lease.progress if lease else 0.0,
            "stage": lease.stage if lease else "",
            "poll_after_ms": POLL_AFTER_MS,
        }
        return answer | shown
    return answer | _explained(job.run.message or f"The task ended as {job.run.state.value}.")


def _answer_success(
    service: Arangovis, job: Job, *, req: falcon.Request, resp: falcon.Response, media_type: str
) -> None:
    file = job.plot if media_type == ARROW else job.result
    resp.set_header("Vary", "Accept, Accept-Encoding")
    resp.set_header("Cache-Control", "private, no-cache")
    # The same result may be sent compressed or not, so the tag is a weak one.
    tag = f"{file.digest if file else job.run.id.key}-{'stale' if job.stale else 'fresh'}"
    resp.set_header("ETag", f'W/"{tag}"')
    if any(known in (tag, "*") for known in req.if_none_match or ()):
        resp.status = 304
        return
    try:
        stored = service.projections.content(file)
    except (IntegrityError, NotFound):
        _answer_damaged(resp, job)
        return
    resp.content_type = media_type
    _send_bytes(req, resp, stored if media_type == ARROW else _spliced(_success(job), stored))


def _answer_damaged(resp: falcon.Response, job: Job) -> None:
    for name in ("ETag", "Cache-Control"):
        resp.delete_header(name)
    send(resp, _common(job) | {"state": RunState.ERROR.value} | _explained(DAMAGED), 500)


def _success(job: Job) -> dict[str, JsonValue]:
    made = datetime.fromtimestamp((job.run.ended or 0) / 1_000_000, UTC)
    return _common(job) | {
        "artifact": None if job.plot is None else str(job.plot.node),
        "created": made.isoformat().replace("+00:00", "Z"),
        "stale": job.stale,
    }


def _common(job: Job) -> dict[str, JsonValue]:
    return {"state": job.run.state.value, "task_id": job.run.id.key, "run": str(job.run.id)}


def _explained(message: str) -> dict[str, JsonValue]:
    return {"message": message, "description": message}


def _spliced(answer: dict[str, Any], result: bytes) -> bytes:
    """Put the stored JSON into the answer as it is; parsing and writing megabytes again would change nothing."""
    return orjson.dumps(answer)[:-1] + b',"result":' + result + b"}"


def _send_bytes(req: falcon.Request, resp: falcon.Response, data: bytes) -> None:
    resp.status = 200
    if len(data) >= GZIP_BYTES_MIN and _accepts_gzip(req.get_header("Accept-Encoding") or ""):
        resp.set_header("Content-Encoding", "gzip")
        data = gzip.compress(data, GZIP_LEVEL, mtime=0)
    resp.data = data


def _accepts_gzip(header: str) -> bool:
    """Say whether an Accept-Encoding header names gzip with a quality above 0; `*` alone is not taken for it."""
    for part in header.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        if coding in ("gzip", "x-gzip"):
            return not any(parameter.removeprefix("q=").strip("0.") == "" for parameter in parameters)
    return False
