"""The gRPC face of hydro-visualization: `VisualizationService/Fit` asks for a run, `Health/Check` looks at the store.

Unlike there, nothing is computed in the call, and a call that fails says so: NOT_FOUND, INVALID_ARGUMENT, and so on.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from arangovis.domain import errors
from arangovis.domain.access import OPEN, Identity, Role, acting_in
from arangovis.domain.errors import ArangovisError, Fault, Forbidden, InvalidInput, Unauthorized
from arangovis.domain.graph import Caller
from arangovis.projections.registry import UMAP
from arangovis.settings import Settings, check_bind, check_tls
from arangovis.wiring import Arangovis
from arangovis_api.limits import REFUSALS_BURST, REFUSALS_RATE, Limits
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
    errors.TooManyRequests: "RESOURCE_EXHAUSTED",
    errors.StoreUnavailable: "UNAVAILABLE",
    errors.ArangovisError: "INTERNAL",
}
_log = logging.getLogger("arangovis.rpc")


def serve_rpc(service: Arangovis, host: str, port: int) -> Any:
    """Start the server and return it, with `port` as it was bound (0 takes any that is free).

    Raises:
        InvalidInput: others could reach it without a token, the address cannot be listened on, or the certificate or
            its key cannot be used.

    """
    import grpc

    check_tls(service.settings)
    required = service.settings.insecure or service.access.gate.is_required()
    check_bind(host, guarded=required)
    server = grpc.server(
        ThreadPoolExecutor(THREADS, thread_name_prefix="rpc"),
        options=[("grpc.max_receive_message_length", MESSAGE_BYTES_MAX), ("grpc.so_reuseport", 0)],
    )
    server.add_generic_rpc_handlers(_Handlers(service).generic())
    try:
        bound = _bound(server, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", service.settings)
    except RuntimeError as error:
        raise InvalidInput.of(Fault("port", f"{host}:{port} cannot be listened on")) from error
    server.start()
    _log.info("gRPC on %s:%d", host, bound)
    return server, bound


def _bound(server: Any, address: str, settings: Settings) -> int:
    """Have a server listen, encrypted if there is a certificate (TLS 1.2 or later, by grpc's own rule)."""
    import grpc

    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return int(server.add_insecure_port(address))
    pair = settings.tls_key_file.read_bytes(), settings.tls_cert_file.read_bytes()
    return int(server.add_secure_port(address, grpc.ssl_server_credentials((pair,))))


class _Handlers:
    """The methods of both services."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service
        settings = service.settings
        self._limits = Limits(settings.token_rate, settings.token_burst, settings.token_concurrency)
        self._refusals = Limits(REFUSALS_RATE, REFUSALS_BURST)

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
        with _answering(context), self._counted(context) as identity:
            with acting_in(identity.scope):
                version = self._service.catalogue.version(_number(request.model_version_id))
                run = self._service.projections.recompute(version, UMAP, Caller(identity.account), refit=request.re)
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

    @contextmanager
    def _counted(self, context: Any) -> Iterator[Identity]:
        """Give as whom a call acts, and count it while it lasts; a fit writes.

        Raises:
            Unauthorized: a token is asked for, and none that is known was sent.
            Forbidden: its role is not enough.
            TooManyRequests: this token asks too much, or this address was refused too often.

        """
        try:
            identity = self._identity(context)
        except Unauthorized:
            address = _address(context)
            self._refusals.enter(address)
            self._refusals.leave(address)
            raise
        if identity.key:
            self._limits.enter(identity.key)
        try:
            if not identity.scope.role.includes(Role.WRITE):
                raise Forbidden(f"this needs the role {Role.WRITE.value}; yours is {identity.scope.role.value}")
            yield identity
        finally:
            self._limits.leave(identity.key)

    def _identity(self, context: Any) -> Identity:
        gate = self._service.access.gate
        if not gate.is_required():
            return Identity(ACTOR, OPEN, "open")
        given = dict(context.invocation_metadata()).get("authorization", "")
        scheme, _, token = str(given).partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("a bearer token is required, in the metadata `authorization`")
        return gate.identify(token.strip())


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


def _address(context: Any) -> str:
    """Return the address that a call came from, without its port: `ipv4:10.0.0.7`."""
    return str(context.peer()).rpartition(":")[0]


def _number(given: int) -> int:
    if given < 1:
        raise InvalidInput.of(Fault("model_version_id", f"{given} is not the id of a model version: these start at 1"))
    return int(given)
