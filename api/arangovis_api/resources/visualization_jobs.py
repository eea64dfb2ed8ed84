"""Answers to polls: the state of a task and, once it succeeded, its result as JSON, Arrow or Parquet."""

from datetime import UTC, datetime
from typing import Any

import falcon
import orjson

from arangovis.domain.errors import Fault, IntegrityError, InvalidInput, NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.runs import RunState
from arangovis.services.projections.answers import Job
from arangovis.services.projections.neighbour_stage import TOP_NEIGHBOURS
from arangovis.services.projections.points import PointsWanted
from arangovis.tabular.arrow_stream import MEDIA_TYPE as ARROW
from arangovis.tabular.parquet_columns import PARQUET
from arangovis.wiring import Arangovis
from arangovis_api.compressed import send_bytes, tag_weakly
from arangovis_api.encode import send
from arangovis_api.schemas.visualization import PollQuery

POLL_AFTER_MS = 500
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
_FORMATS = {"json": falcon.MEDIA_JSON, "arrow": ARROW, "parquet": PARQUET}


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
        return req.client_prefers(tuple(_FORMATS.values())) or falcon.MEDIA_JSON
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
    file = job.result if media_type == falcon.MEDIA_JSON else job.plot
    form = "-parquet" if media_type == PARQUET else ""
    if tag_weakly(req, resp, f"{file.digest if file else job.run.id.key}{form}-{'stale' if job.stale else 'fresh'}"):
        return
    try:
        data = _bytes_of(service, job, media_type)
    except (IntegrityError, NotFound):
        _answer_damaged(resp, job)
        return
    resp.content_type = media_type
    send_bytes(req, resp, data)


def _bytes_of(service: Arangovis, job: Job, media_type: str) -> bytes:
    if media_type == ARROW:
        return service.projections.content(job.plot)
    if media_type == PARQUET:
        return service.plot_points.table(job, PointsWanted(TOP_NEIGHBOURS)).table.to_parquet()
    return _spliced(_success(job), service.projections.content(job.result))


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
