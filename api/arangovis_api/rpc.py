"""The gRPC face of hydro-visualization: `VisualizationService/Fit` asks for a run, `Health/Check` looks at the store.

Unlike there, nothing is computed in the call, and a call that fails says so: NOT_FOUND, INVALID_ARGUMENT, and so on.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from arangovis.domain import errors
from arangovis.domain.access import OPEN, Role, Scope, acting_in
from arangovis.domain.errors import ArangovisError, Fault, Forbidden, InvalidInput, Unauthorized
from arangovis.domain.graph import Caller
from arangovis.projections.registry import UMAP
from arangovis.settings import check_bind
from arangovis.wiring import Arangovis
from arangovis_api.rpc_messages import FIT_SERVICE, HEALTH_SERVICE, message

__all__ = ["TASK_ID", "serve_rpc"]

THREADS = 8
MESSAGE_BYTES_MAX = 64 * 1024
"""The requests are two numbers, or a name."""
TASK_ID = "task-id"
"""Trailing metadata of a Fit: the task that can be polled."""
ACTOR = "grpc"
SERVING, NOT_SERVING = 1, 2

_CODES: dict[type[ArangovisError], str] = {
    errors.InvalidInput: "INVALID_ARGUMENT",
    errors.NotFound: "NOT_FOUND",
    errors.Unauthorized: "UNAUTHENTICATED",
    errors.Forbidden: "PERMISSION_DENIED",
    errors.Conflict: "ABORTED",
    errors.NotSupported: "FAILED_PRECONDITION",
    errors.NoData: "FAILED_PRECONDITION",
    errors.MissingExtra: "UNIMPLEMENTED",
    errors.StoreUnavailable: "UNAVAILABLE",
    errors.ArangovisError: "INTERNAL",
}
_log = logging.getLogger("arangovis.rpc")


def serve_rpc(service: Arangovis, host: str, port: int) -> Any:
    """Start the server and return it, with `port` as it was bound (0 takes any that is free).

    Raises:
        InvalidInput: others could reach it without a token, or the address cannot be listened on.

    """
    import grpc

    required = service.settings.insecure or service.access.gate.is_required()
    check_bind(host, guarded=required)
    server = grpc.server(
        ThreadPoolExecutor(THREADS, thread_name_prefix="rpc"),
        options=[("grpc.max_receive_message_length", MESSAGE_BYTES_MAX), ("grpc.so_reuseport", 0)],
    )
    server.add_generic_rpc_handlers(_Handlers(service).generic())
    try:
        bound = server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError as error:
        raise InvalidInput.of(Fault("port", f"{host}:{port} cannot be listened on")) from error
    server.start()
    _log.info("gRPC on %s:%d", host, bound)
    return server, bound


class _Handlers:
    """The methods of both services."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    def generic(self) -> tuple[Any, ...]:
        """Return them as grpc takes them."""
        import grpc

        fit = _unary(self._fit, "hydrosphere.interpretability.visualization.FitRequest", lambda _: b"")
        check = _unary(self._check, "grpc.health.v1.HealthCheckRequest", lambda answer: answer.SerializeToString())
        return (
            grpc.method_handlers_generic_handler(FIT_SERVICE, {"Fit": fit}),
            grpc.method_handlers_generic_handler(HEALTH_SERVICE, {"Check": check}),
        )

    def _fit(self, request: Any, context: Any) -> object:
        with _answering(context):
            scope, caller = self._caller(context)
            with acting_in(scope):
                version = self._service.catalogue.version(_number(request.model_version_id))
                run = self._service.projections.recompute(version, UMAP, caller, refit=request.re)
            context.set_trailing_metadata(((TASK_ID, run.id.key),))
            if not run.state.is_open:
                raise errors.NotSupported(run.message or f"the task ended as {run.state.value}")
        return None

    def _check(self, request: Any, context: Any) -> object:
        """Answer for both services alike: they need the store and nothing else. Asking it needs no token."""
        with _answering(context):
            if request.service not in ("", FIT_SERVICE, HEALTH_SERVICE):
                raise errors.NotFound(f"there is no service {request.service[:80]!r}")
        return message("grpc.health.v1.HealthCheckResponse")(status=SERVING if self._is_up() else NOT_SERVING)

    def _is_up(self) -> bool:
        try:
            self._service.store.change_number()
        except ArangovisError:
            return False
        return True

    def _caller(self, context: Any) -> tuple[Scope, Caller]:
        """Return as whom a call acts; a fit writes.

        Raises:
            Unauthorized: a token is asked for, and none that is known was sent.
            Forbidden: its role is not enough.

        """
        gate = self._service.access.gate
        if not gate.is_required():
            return OPEN, Caller(ACTOR)
        given = dict(context.invocation_metadata()).get("authorization", "")
        scheme, _, token = str(given).partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("a bearer token is required, in the metadata `authorization`")
        identity = gate.identify(token.strip())
        if not identity.scope.role.includes(Role.WRITE):
            raise Forbidden(f"this needs the role {Role.WRITE.value}; yours is {identity.scope.role.value}")
        return identity.scope, Caller(identity.account)


def _unary(answer: Callable[[Any, Any], object], request: str, write: Callable[[Any], bytes]) -> Any:
    import grpc

    read = message(request).FromString
    return grpc.unary_unary_rpc_method_handler(answer, request_deserializer=read, response_serializer=write)


@contextmanager
def _answering(context: Any) -> Iterator[None]:
    """Turn an error into a status; of one that nobody expected, the client learns only that there was one."""
    import grpc

    try:
        yield
    except ArangovisError as error:
        code = next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)
        context.abort(getattr(grpc.StatusCode, code), error.detail)
    except Exception:
        _log.exception("a call failed")
        context.abort(grpc.StatusCode.INTERNAL, "Internal error; the server's log has it.")


def _number(given: int) -> int:
    if given < 1:
        raise InvalidInput.of(Fault("model_version_id", f"{given} is not the id of a model version: these start at 1"))
    return int(given)
