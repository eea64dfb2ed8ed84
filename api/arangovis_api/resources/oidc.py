"""Signing in to the page with a provider of OpenID Connect: there, and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import falcon
from marshmallow import EXCLUDE, fields, validate

from arangovis.domain.errors import NotFound, Unauthorized
from arangovis.services.access.claims import account_of, read_rules, scope_of
from arangovis.services.access.credentials import equal
from arangovis.wiring import Arangovis
from arangovis_api.cookies import clear, cookie_name, set_session
from arangovis_api.middleware import caller_of
from arangovis_api.oidc_client import Attempt, Provider
from arangovis_api.operation import operation
from arangovis_api.routes import Route
from arangovis_api.schemas.base import QuerySchema

TAG = "access"
ATTEMPT = "arangovis_sign_in"
ATTEMPT_LASTS_S = 600
CODE_LENGTH_MAX = 4000


@dataclass(frozen=True, slots=True)
class CallbackQuery:
    """What the provider sends the browser back with."""

    state: str = ""
    code: str = ""
    error: str = ""


class CallbackSchema(QuerySchema):
    """What the provider sends the browser back with; of what else it says, nothing is read."""

    target: ClassVar[type] = CallbackQuery

    class Meta:
        """Providers add parameters of their own."""

        unknown = EXCLUDE

    state = fields.String(validate=validate.Length(1, CODE_LENGTH_MAX))
    code = fields.String(validate=validate.Length(1, CODE_LENGTH_MAX))
    error = fields.String(validate=validate.Length(1, CODE_LENGTH_MAX))


def routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the routes there and back."""
    oidc = Oidc(service, f"{root}/callback")
    return (Route(root, oidc), Route(f"{root}/callback", oidc, "callback"))


class Oidc:
    """The two redirects of a sign-in. What is known of it meanwhile is in a cookie of the browser that began it."""

    def __init__(self, service: Arangovis, callback: str) -> None:
        self._service = service
        self._callback = callback
        self._cookie = cookie_name(service.settings, ATTEMPT)
        if service.settings.oidc_issuer:
            read_rules(service.settings.oidc_roles)  # what is wrong with them shows when the app is made

    @cached_property
    def _provider(self) -> Provider:
        if not self._service.settings.oidc_issuer:
            raise NotFound("nobody but tokens signs in here")
        return Provider(self._service.settings)

    @operation("Sign in with the provider", answers={303: None}, tag=TAG, needs=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Send the browser to the provider."""
        url, attempt = self._provider.begin(self._redirect_uri(req))
        resp.set_cookie(
            self._cookie,
            f"{attempt.state}.{attempt.nonce}.{attempt.verifier}",
            max_age=ATTEMPT_LASTS_S,
            path="/",
            secure=self._service.settings.is_https,
            http_only=True,
            same_site="Lax",  # it must come along when the provider sends the browser back
        )
        resp.status = falcon.HTTP_303
        resp.location = url

    @operation("Come back from the provider", query=CallbackSchema, answers={303: None}, tag=TAG, needs=None)
    def on_get_callback(self, req: falcon.Request, resp: falcon.Response, *, query: CallbackQuery) -> None:
        """Sign in whom the provider vouches for, and open the page."""
        provider, service = self._provider, self._service
        attempt = self._attempt(req, query)
        clear(service.settings, resp, self._cookie)
        claims = provider.finish(query.code, attempt, self._redirect_uri(req))
        account = account_of(service.settings, claims)
        sign_in, made = service.access.sign_ins.begin(
            account,
            scope_of(service.settings, claims, service.access.store),
            expires=service.access.gate.ends_at(),
            token=None,
            request_id=caller_of(req).request_id,
        )
        set_session(service, resp, sign_in, made)
        resp.status = falcon.HTTP_303
        resp.location = "/"

    def _attempt(self, req: falcon.Request, query: CallbackQuery) -> Attempt:
        """Return the attempt of this browser that the answer belongs to."""
        kept = req.cookies.get(self._cookie, "").split(".")
        if len(kept) != 3 or not kept[0] or not equal(kept[0], query.state):
            raise Unauthorized("this sign-in was not begun here, or too long ago; begin again")
        if query.error or not query.code:
            raise Unauthorized("the provider did not sign you in")
        return Attempt(*kept)

    def _redirect_uri(self, req: falcon.Request) -> str:
        base = self._service.settings.public_url.rstrip("/") or f"{req.scheme}://{req.netloc}"
        return f"{base}{self._callback}"
