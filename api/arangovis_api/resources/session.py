"""Signing in to the page, and out: a cookie that scripts cannot read, in the place of a token."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import falcon

from arangovis.domain.access import Identity
from arangovis.domain.errors import Unauthorized
from arangovis.domain.wire import to_wire
from arangovis.wiring import Arangovis
from arangovis_api.access import count_refusal, identity_of
from arangovis_api.cookies import clear, cookie_name, set_session
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.oidc import routes as oidc_routes
from arangovis_api.routes import Route
from arangovis_api.schemas.access import SignInBody, SignInSchema
from arangovis_api.schemas.generated import answer_schema

TAG = "access"


@dataclass(frozen=True, slots=True)
class Session:
    """Who asks, and what they may do; `account` is null if nobody is signed in and `required` says one must be.

    `projects` are names, null for all. A change that comes with the cookie must carry `csrf` as `X-CSRF-Token`.
    `expires` is microseconds since 1970; `oidc` says that there is a provider to sign in with, at `session/oidc`.
    """

    required: bool
    account: str | None
    role: str | None
    projects: tuple[str, ...] | None
    via: str
    expires: int | None
    csrf: str | None = field(repr=False)
    oidc: bool


ANSWER = answer_schema(Session)


def routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the routes of signing in."""
    return (Route(f"{root}/session", Sessions(service)), *oidc_routes(service, f"{root}/session/oidc"))


class Sessions:
    """The sign-in of whoever asks."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service
        self._gate = service.access.gate
        self._cookie = cookie_name(service.settings)

    @operation("Read who is signed in", answers={200: ANSWER}, tag=TAG, needs=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer also if nobody is."""
        identity = identity_of(req)
        csrf = self._gate.signed_in(req.cookies[self._cookie])[1].csrf if identity.via == "session" else None
        send(resp, to_wire(self._session(identity, csrf, self._gate.expires(identity))))

    @operation("Sign in", body=SignInSchema, answers={201: ANSWER}, tag=TAG, needs=None)
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: SignInBody) -> None:
        """Take a token and answer with a cookie; a token that lets nobody in is refused as everywhere."""
        try:
            sign_in, made = self._gate.sign_in(body.token.strip(), caller_of(req).request_id)
        except Unauthorized:
            count_refusal(req)
            raise
        set_session(self._service, resp, sign_in, made)
        identity = Identity(sign_in.account, sign_in.scope, "session", sign_in.key)
        send(resp, to_wire(self._session(identity, made.csrf, sign_in.expires)), 201)

    @operation("Sign out", answers={204: None}, tag=TAG, needs=None)
    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        """End the sign-in of the cookie; without one, nothing changes."""
        self._gate.sign_out(req.cookies.get(self._cookie, ""), caller_of(req))
        clear(self._service.settings, resp, self._cookie)
        resp.status = falcon.HTTP_204

    def _session(self, identity: Identity, csrf: str | None, expires: int | None) -> Session:
        required, scope = self._gate.is_required(), identity.scope
        oidc = bool(self._service.settings.oidc_issuer)
        if identity.via == "nothing":
            return Session(required, None, None, None, "nothing", None, None, oidc)
        names = self._service.access.tokens.project_names(scope)
        return Session(required, identity.account, scope.role.value, names, identity.via, expires, csrf, oidc)
