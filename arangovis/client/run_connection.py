"""Where a run is logged to: an outbox, and what carries its signs of life. Runs inside runs share one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arangovis.client.capture.guard import warn
from arangovis.client.outbox import Outbox, OutboxOptions, Target
from arangovis.client.transport import Transport
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.series.prepared import import_here

if TYPE_CHECKING:
    from arangovis.client.client import Client

PLACES = ("url", "home", "client")


@dataclass(frozen=True, slots=True)
class RunConnection:
    """An outbox, and a transport that is open already; None if there is none, or nothing is sent."""

    outbox: Outbox
    transport: Transport | None
    owns_transport: bool
    is_shared: bool = False

    def shared(self) -> "RunConnection":
        """Return it for a run inside the run that opened it."""
        return replace(self, is_shared=True)

    def close(self, timeout_s: float) -> bool:
        """Deliver what waits, and close what was opened; say whether all was delivered. A shared one stays open."""
        if self.is_shared:
            return True
        is_done = self.outbox.close(timeout_s)
        if self.owns_transport and self.transport is not None:
            self.transport.close()
        return is_done


def open_connection(options: Mapping[str, Any]) -> RunConnection:
    """Open what the options of a run name: a `client`, a `url`, a `home`, or what `connect` would find.

    Raises:
        InvalidInput: more than one of them is given, or one is not valid.

    """
    given = [place for place in PLACES if options.get(place) is not None]
    if len(given) > 1:
        raise InvalidInput.of(Fault(given[0], f"is given together with {' and '.join(given[1:])}; give one of them"))
    outbox_options = _outbox_options(options)
    import_here()
    client: Client | None = options.get("client")
    if client is not None:
        transport = client.backend.api()
        target = _target_of(client, options.get("actor"))
        return RunConnection(Outbox(target, outbox_options, transport=transport), transport, owns_transport=False)
    target = Target.of(options.get("url"), options.get("home"), options.get("actor"))
    token = options.get("token")
    opened = None if outbox_options.offline else _opened(target, token)
    outbox = Outbox(target, outbox_options, transport=opened, token=token)
    return RunConnection(outbox, opened, owns_transport=True)


def _opened(target: Target, token: str | None) -> Transport | None:
    """Open a target; if that fails now, the outbox goes on trying, and the run gives no signs of life."""
    try:
        return target.open(token)
    except InvalidInput:
        raise
    except Exception as error:  # whatever it is, the user's job goes on
        warn(f"{target.url or target.home} cannot be opened now: {type(error).__name__}: {error}")
        return None


def _outbox_options(options: Mapping[str, Any]) -> OutboxOptions:
    given: OutboxOptions | None = options.get("outbox")
    known = given or OutboxOptions()
    named = {name: options[name] for name in ("offline", "strict") if options.get(name) is not None}
    return replace(known, **named)


def _target_of(client: "Client", actor: str | None) -> Target:
    """Return where a client's calls go."""
    service = getattr(client.backend, "service", None)
    if service is None:
        return Target.of(str(client.backend.api()), None, actor)
    return Target.of(None, Path(service.settings.home), actor)
