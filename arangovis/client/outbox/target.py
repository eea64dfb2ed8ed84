"""Where requests go: a server, or the embedded store of a home in this process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from arangovis.client.connection import TOKEN_VARIABLE, server_url, user_name
from arangovis.client.transport import Identity, Response, Transport, check_actor

HOME_VARIABLE = "ARANGOVIS_HOME"
HOME_DEFAULT = Path("~/.arangovis")


@dataclass(frozen=True, slots=True)
class Target:
    """A server's `url`, or a `home`, and who acts. It is written beside what waits, so it holds no token."""

    url: str | None = None
    home: str | None = None
    actor: str | None = None

    @classmethod
    def of(cls, url: str | None = None, home: str | Path | None = None, actor: str | None = None) -> "Target":
        """Return what `connect` would connect to.

        Raises:
            InvalidInput: both a URL and a home are given, or the actor's name cannot be sent.

        """
        who = check_actor(actor or user_name())
        address = server_url(url, home)
        if address is not None:
            return cls(address.rstrip("/"), None, who)
        return cls(None, str(_home(home)), who)

    @property
    def folder(self) -> Path:
        """Where what waits for this target is kept, if nothing else is said."""
        return _home(self.home) / "spool"

    def open(self, token: str | None = None) -> Transport:
        """Return what carries requests there; the token is by default that of `ARANGOVIS_TOKEN`.

        Raises:
            InvalidInput: the URL, the token or a setting is not valid.
            StoreUnavailable: the home's store does not open.

        """
        if self.url is not None:
            from arangovis.client.http_transport import HttpTransport

            return HttpTransport(self.url, Identity(token or os.environ.get(TOKEN_VARIABLE) or None, self.actor))
        return _HomeTransport(str(self.home), self.actor)


class _HomeTransport:
    """The REST API over the home's store; closing it closes the store."""

    def __init__(self, home: str, actor: str | None) -> None:
        from arangovis.client.connection import connect

        self._client = connect(home=home, actor=actor)
        self._transport = self._client.backend.api()

    def __str__(self) -> str:
        return str(self._transport)

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request, as `AppTransport` does."""
        return self._transport.send(method, path, body=body, headers=headers)

    def close(self) -> None:
        """Close the store."""
        self._client.close()


def _home(home: str | Path | None) -> Path:
    return Path(home or os.environ.get(HOME_VARIABLE) or HOME_DEFAULT).expanduser().absolute()
