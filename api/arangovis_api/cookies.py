"""The cookies of the page: no script reads them, and no other site sends them."""

from datetime import UTC, datetime

import falcon

from arangovis.services.access.credentials import Credential
from arangovis.services.access.sign_ins import SignIn
from arangovis.settings import Settings
from arangovis.wiring import Arangovis

SESSION = "arangovis_session"


def cookie_name(settings: Settings, name: str = SESSION) -> str:
    """Return what a cookie is called; so called over HTTPS, no other host and no plain HTTP can set it."""
    return f"__Host-{name}" if settings.is_https else name


def set_session(service: Arangovis, resp: falcon.Response, sign_in: SignIn, made: Credential) -> None:
    """Give the browser the cookie of a sign-in."""
    settings = service.settings
    resp.set_cookie(
        cookie_name(settings),
        made.text,
        max_age=max(1, (sign_in.expires - service.store.now()) // 1_000_000),
        path="/",
        secure=settings.is_https,
        http_only=True,
        same_site="Strict",
    )


def clear(settings: Settings, resp: falcon.Response, name: str) -> None:
    """Have the browser forget a cookie."""
    past = datetime.fromtimestamp(0, UTC)
    resp.set_cookie(name, "", expires=past, path="/", secure=settings.is_https, http_only=True, same_site="Strict")
