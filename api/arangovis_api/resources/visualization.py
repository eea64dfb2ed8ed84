"""The routes of hydro-visualization, for its clients. `/api/v1` has the same things in our own words."""

import platform
from collections.abc import Callable, Sequence

import falcon

from arangovis.domain.access import Role
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.json import JsonValue
from arangovis.domain.version import VERSION
from arangovis.projections.registry import projector
from arangovis.services.projections.parameters import read_params
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.errors import status_of
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.visualization_jobs import answer_poll
from arangovis_api.resources.visualization_keys import check_key, chosen_key, find_version, query_key
from arangovis_api.routes import Route
from arangovis_api.schemas.visualization import (
    BuildInfo,
    ParametersBody,
    ParametersSet,
    PollQuery,
    ProjectionParameters,
    ProjectionParametersBody,
    ProjectionPollQuery,
    ProjectionRestartBody,
    ProjectionStartBody,
    StartBody,
    Support,
    TaskStarted,
    TaskState,
    VersionKey,
    VersionKeyQuery,
)

TAG = "visualization"
_NOT_RECORDED = "unknown"
_POLLED = {200: TaskState, 304: None, 404: TaskState, 409: TaskState, 500: TaskState}


def routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes under the prefix of the settings."""
    prefix = url_prefix(service.settings.url_prefix)
    starts, jobs, parameters = Starts(service, prefix), Jobs(service), Parameters(service)
    return (
        Route(f"{prefix}/health", Health()),
        Route(f"{prefix}/buildinfo", Build()),
        Route(f"{prefix}/supported", Supported(service)),
        Route(f"{prefix}/plottable_embeddings/{{method}}", starts),
        Route(f"{prefix}/jobs", jobs),
        Route(f"{prefix}/jobs/{{method}}", MethodJobs(service, prefix)),
        Route(f"{prefix}/params/{{method}}", parameters),
    )


def url_prefix(setting: str) -> str:
    """Return the prefix with one slash before it and none behind; empty for none."""
    inner = setting.strip("/ ")
    return f"/{inner}" if inner else ""


class Health:
    """Liveness."""

    @operation("Say that the service is alive", answers={200: "text/plain"}, tag=TAG, needs=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer Ok."""
        resp.content_type = "text/plain; charset=utf-8"
        resp.text = "Ok"


class Build:
    """What is running."""

    @operation("Say which version is running", answers={200: BuildInfo}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer name and versions; an installed package does not know the commit that it was built from."""
        info = {
            "name": "arangovis",
            "version": VERSION,
            "gitHeadCommit": _NOT_RECORDED,
            "gitCurrentBranch": _NOT_RECORDED,
            "pythonVersion": platform.python_version(),
        }
        send(resp, info)


class Supported:
    """Whether a model version can be projected."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Say whether a model version can be projected",
        query=VersionKeyQuery,
        answers={200: Support, 400: Support, 404: Support},
        tag=TAG,
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: VersionKey) -> None:
        """Answer 200 for every decision; an error for a question that cannot be decided."""
        try:
            version = find_version(self._service.catalogue, query_key(query, req.params))
        except (InvalidInput, NotFound) as error:
            refused = {"supported": False, "message": error.detail, "description": error.detail}
            return send(resp, refused, status_of(error))
        support = self._service.projections.support(version)
        return send(resp, {"supported": support.supported, "message": support.message})


class Starts:
    """Asking for the plot of a model version."""

    def __init__(self, service: Arangovis, prefix: str) -> None:
        self._service = service
        self._prefix = prefix

    @operation(
        "Get the plot of a model version, computing it if there is none",
        query=VersionKeyQuery,
        body=Body(ProjectionStartBody, optional=True),
        answers={202: TaskStarted},
        tag=TAG,
        needs=Role.READ,
    )
    def on_post(
        self, req: falcon.Request, resp: falcon.Response, *, method: str, query: VersionKey, body: StartBody
    ) -> None:
        """Answer the task: one that succeeded, one under way, or a new one."""
        key = chosen_key(body.key, query)
        projector(method)
        version = find_version(self._service.catalogue, key)
        run = self._service.projections.plottable(version, method, caller_of(req))
        send_started(resp, self._prefix, run_key=run.id.key)


class Jobs:
    """Polling."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Poll a task", query=ProjectionPollQuery, answers=_POLLED, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: PollQuery) -> None:
        """Answer the state, and the result once there is one."""
        answer_poll(self._service, req, resp, query)


class MethodJobs:
    """Polling where openapi.yaml of hydro-visualization has it, and recomputing."""

    def __init__(self, service: Arangovis, prefix: str) -> None:
        self._service = service
        self._prefix = prefix

    @operation("Poll a task", query=ProjectionPollQuery, answers=_POLLED, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, method: str, query: PollQuery) -> None:
        """Answer as without the method."""
        projector(method)
        answer_poll(self._service, req, resp, query)

    @operation(
        "Compute the plot of a model version anew, on a new sample of its traffic",
        query=VersionKeyQuery,
        body=Body(ProjectionRestartBody, optional=True),
        answers={202: TaskStarted},
        tag=TAG,
    )
    def on_post(
        self, req: falcon.Request, resp: falcon.Response, *, method: str, query: VersionKey, body: StartBody
    ) -> None:
        """Answer a new task."""
        key = chosen_key(body.key, query)
        projector(method)
        check_key(key)
        refit = _boolean("refit_transformer", body.refit_transformer)
        version = find_version(self._service.catalogue, key)
        run = self._service.projections.recompute(version, method, caller_of(req), refit=refit)
        send_started(resp, self._prefix, run_key=run.id.key)


class Parameters:
    """The parameters of a model version's projections."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Get the parameters in force", query=VersionKeyQuery, answers={200: ProjectionParameters}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, method: str, query: VersionKey) -> None:
        """Answer exactly four keys."""
        key = query_key(query, req.params)
        projector(method)
        version = find_version(self._service.catalogue, key)
        params = self._service.projections.params(version, method)
        send(resp, {"parameters": dict(params.values), **params.options()})

    @operation(
        "Put parameters in force: a full replacement",
        query=VersionKeyQuery,
        body=ProjectionParametersBody,
        answers={200: ParametersSet},
        tag=TAG,
    )
    def on_post(
        self, req: falcon.Request, resp: falcon.Response, *, method: str, query: VersionKey, body: ParametersBody
    ) -> None:
        """Store them all or, if anything is wrong with one, none."""
        engine = projector(method)
        check_all(lambda: check_key(chosen_key(body.key, query)), lambda: read_params(engine, body.given))
        version = find_version(self._service.catalogue, chosen_key(body.key, query))
        self._service.projections.set_params(version, method, body.given, caller_of(req))
        send(resp, {"message": "Set parameters."})


def check_all(*checks: Callable[[], object]) -> None:
    """Run every check, so that a client learns of everything that is wrong at once.

    Raises:
        InvalidInput: some failed; its text has a line for each fault.

    """
    failed: list[InvalidInput] = []
    for check in checks:
        try:
            check()
        except InvalidInput as error:
            failed.append(error)
    if failed:
        raise InvalidInput("\n".join(e.detail for e in failed), tuple(fault for e in failed for fault in e.faults))


def send_started(resp: falcon.Response, prefix: str, *, run_key: str) -> None:
    """Answer a start: the task and where to poll it."""
    resp.set_header("Location", f"{prefix}/jobs?task_id={run_key}")
    send(resp, {"task_id": run_key, "run": f"run/{run_key}"}, 202)


def _boolean(field: str, given: JsonValue) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in ("true", "false"):
        return given.lower() == "true"
    raise InvalidInput.of(Fault(field, f"{str(given)[:80]!r} is not true or false"))
