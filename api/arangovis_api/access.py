"""Who asks, and whether they may: for HTTP, the only place where that is decided; `rpc` asks the same gate.

Every responder declares what it needs (`operation(needs=...)`); what it may then see and write of which projects is
kept by the guarded store, in the scope that is entered here. A route that declares nothing is for admins.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import falcon

from arangovis.domain.access import NOBODY, OPEN, Identity, Role, Scope, acting_in, enter, leave
from arangovis.domain.errors import Forbidden, Unauthorized
from arangovis.domain.graph import Caller
from arangovis.services.access.credentials import equal
from arangovis.services.access.gate import Gate
from arangovis.settings import Settings, is_loopback
from arangovis_api.cookies import cookie_name
from arangovis_api.limits import REFUSALS_BURST, REFUSALS_RATE, Limits
from arangovis_api.middleware import READING
from arangovis_api.routes import Route, declared_operations

ACTOR_LENGTH_MAX = 128
ANONYMOUS = "anonymous"
CSRF_HEADER = "X-CSRF-Token"
STREAM_BLOCK_BYTES = 1 << 16

Needs = Mapping[tuple[str, str], Role | None]
"""By path of a route and method, the role that it needs; None is open to everybody."""


def needs_of(table: Iterable[Route]) -> Needs:
    """Return what the routes of a table declare to need."""
    needs: dict[tuple[str, str], Role | None] = {}
    for route in table:
        for method, declared in declared_operations(route):
            needs[route.path, method.upper()] = declared.needs
    return needs


class Access:
    """Identifies who asks, holds it against what the route needs, and has the service act in their scope."""

    def __init__(self, gate: Gate, settings: Settings, needs: Needs, *, in_process: bool = False) -> None:
        self._gate = gate
        self._needs = needs
        self._in_process = in_process
        self._insecure = settings.insecure
        self._hosts = frozenset(host.strip() for host in settings.allowed_hosts.split(",") if host.strip())
        self._public = settings.public_url.rstrip("/")
        self._cookie = cookie_name(settings)
        self._limits = Limits(settings.token_rate, settings.token_burst, settings.token_concurrency)
        self._refusals = Limits(REFUSALS_RATE, REFUSALS_BURST)
        self._is_open()  # what is wrong with the token file shows when the app is made

    # --- who asks ---------------------------------------------------------------------------------------------

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Name the caller, or keep why there is none until it is known whether the route needs one.

        Raises:
            Forbidden: the request was sent to a name that is not ours, or a page of another origin asks for a change.
            TooManyRequests: this caller asks too much.

        """
        req.context.refused = req.context.entered = req.context.counted = None
        req.context.identity, req.context.refusals = Identity(ANONYMOUS, NOBODY, "nothing"), self._refusals
        self._check_host(req)
        self._check_origin(req)
        try:
            req.context.identity = self._identity(req)
        except Unauthorized as error:
            req.context.refused = error
        identity: Identity = req.context.identity
        req.context.caller = Caller(identity.account, req.context.request_id)
        if identity.key:
            self._limits.enter(identity.key)
            req.context.counted = identity.key

    def _is_open(self) -> bool:
        return self._in_process or not self._gate.is_required()

    def _identity(self, req: falcon.Request) -> Identity:
        if self._is_open():
            return Identity(_named_actor(req), OPEN, "open")
        scheme, _, token = (req.get_header("Authorization") or "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer" or not token.strip():
                raise Unauthorized("a bearer token is required")
            return self._gate.identify(token.strip())
        cookie = (req.get_cookie_values(self._cookie) or [""])[0]
        if not cookie:
            raise Unauthorized("a bearer token is required")
        return self._of_page(req, cookie)

    def _of_page(self, req: falcon.Request, cookie: str) -> Identity:
        """Return whom a cookie lets in: a change must also say what only our own page can read."""
        identity, credential = self._gate.signed_in(cookie)
        if req.method not in READING and not equal(req.get_header(CSRF_HEADER) or "", credential.csrf):
            raise Forbidden(f"a change from the page needs the header {CSRF_HEADER}")
        return identity

    def _check_host(self, req: falcon.Request) -> None:
        if is_loopback(req.host):
            return
        if self._hosts and req.host not in self._hosts:
            raise Forbidden("this service does not answer to that name")
        if self._is_open() and (self._in_process or not self._insecure):
            # so speaks a page whose server lent its name to our address
            raise Forbidden("without a token this service answers to localhost only")

    def _check_origin(self, req: falcon.Request) -> None:
        origin = req.get_header("Origin")
        if not origin or req.method in READING:
            return
        if origin not in (f"{req.scheme}://{req.netloc}", self._public):
            raise Forbidden("changes are not accepted from pages of another origin")

    # --- whether they may -------------------------------------------------------------------------------------

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]
    ) -> None:
        """Let the request through to its responder, in the caller's scope.

        Raises:
            Unauthorized: nobody is let in by what was shown.
            Forbidden: the caller's role is not enough.

        """
        method = "GET" if req.method == "HEAD" else req.method
        default = Role.READ if method == "OPTIONS" else Role.ADMIN
        needed = self._needs.get((req.uri_template or "", method), default)
        scope: Scope = req.context.identity.scope
        if needed is not None:
            self._check_known(req)
            if not scope.role.includes(needed):
                raise Forbidden(f"this needs the role {needed.value}; yours is {scope.role.value}")
        req.context.entered = enter(scope)

    def no_route(self, req: falcon.Request, resp: falcon.Response, **_: str) -> None:
        """Say that there is no such route, to those who may know which there are.

        Raises:
            Unauthorized: nobody is let in by what was shown.
            HTTPRouteNotFound: always else.

        """
        self._check_known(req)
        raise falcon.HTTPRouteNotFound

    def _check_known(self, req: falcon.Request) -> None:
        if req.context.refused is not None:
            count_refusal(req)
            raise req.context.refused

    # --- when it is answered ----------------------------------------------------------------------------------

    def process_response(self, req: falcon.Request, resp: falcon.Response, resource: object, succeeded: bool) -> None:
        """Leave the caller's scope; what is still to be read of a stream is read in it."""
        if req.context.get("counted") is not None:
            self._limits.leave(req.context.counted)
        if req.context.get("entered") is None:
            return
        leave(req.context.entered)
        scope: Scope = req.context.identity.scope
        if resp.stream is not None and not scope.is_open:
            resp.stream = _read_in(scope, resp.stream)


def identity_of(req: falcon.Request) -> Identity:
    """Return who asks."""
    identity: Identity = req.context.identity
    return identity


def count_refusal(req: falcon.Request) -> None:
    """Count that what was shown from this address lets nobody in.

    Raises:
        TooManyRequests: it is one too many.

    """
    refusals: Limits = req.context.refusals
    address = f"address {req.remote_addr}"
    refusals.enter(address)
    refusals.leave(address)


def _read_in(scope: Scope, stream: Any) -> Iterator[bytes]:
    blocks = iter(lambda: stream.read(STREAM_BLOCK_BYTES), b"") if hasattr(stream, "read") else iter(stream)
    try:
        while True:
            with acting_in(scope):
                block = next(blocks, None)
            if block is None:
                return
            yield block
    finally:
        if hasattr(stream, "close"):
            stream.close()


def _named_actor(req: falcon.Request) -> str:
    given = _text(req.get_header("X-Arangovis-Actor") or "").strip()
    return given[:ACTOR_LENGTH_MAX] if given.isprintable() and given else ANONYMOUS


def _text(header: str) -> str:
    """Return a header's text: names outside of ASCII are sent in UTF-8, which WSGI shows as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
