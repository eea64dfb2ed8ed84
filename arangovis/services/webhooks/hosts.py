"""Where messages may be sent: hosts that the operator lists, at public addresses or ones that he lists too."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from arangovis.domain.errors import Fault, Forbidden, InvalidInput
from arangovis.services.outgoing import Address, addresses_of, is_public

URL_LENGTH_MAX = 2000
PORTS = {"https": 443, "http": 80}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class WebhookHosts:
    """The hosts that messages may be sent to; none by default.

    A name is listed as it is, or as `*.example.org` with all below it. Where it leads must be a public address, or
    within an address or network (`10.1.0.0/16`) that is listed as well. `http` is for those networks only.
    """

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, setting: str) -> "WebhookHosts":
        """Read the hosts, separated by commas.

        Raises:
            InvalidInput: one is neither a host name, an address, nor a network.

        """
        listed = [host.strip().lower() for host in setting.split(",") if host.strip()]
        networks = {host: found for host in listed if (found := _network(host)) is not None}
        names = [host for host in listed if host not in networks]
        if wrong := [name for name in names if not _is_name(name)]:
            problem = f"{wrong[0][:80]!r} is neither a host name, *.domain, an address, nor a network (10.1.0.0/16)"
            raise InvalidInput.of(Fault("webhook_hosts", problem))
        return cls(frozenset(names), tuple(networks.values()))

    def check(self, url: str) -> SplitResult:
        """Return a URL in its parts, if messages may be sent there; no address is looked up.

        Raises:
            InvalidInput: it is no URL of a host that is listed.

        """
        parts = _parts(url)
        host = "" if parts is None else parts.hostname or ""
        if parts is None:
            problem = "is not of the form https://host[:port]/path, without user name, password and fragment"
        elif not self._lists(host):
            problem = f"{host[:80]!r} is not among the hosts that this service may send to (webhook_hosts)"
        elif parts.scheme == "http" and not self.networks:
            problem = "http is for addresses that are listed in webhook_hosts; use https"
        else:
            return parts
        raise InvalidInput.of(Fault("url", problem))

    def address(self, parts: SplitResult) -> str:
        """Return the address to connect to; the name is looked up now, and every address of it must be allowed.

        Raises:
            Forbidden: one is not.
            NotFound: there is no such host.

        """
        host, port = parts.hostname or "", port_of(parts)
        if not self._lists(host):
            raise Forbidden("the host is not listed any more")
        found = addresses_of(host, port)
        if not all(self._allows(address, parts.scheme) for address in found):
            raise Forbidden("the host has an address that is neither public nor listed")
        return str(found[0])

    def _lists(self, host: str) -> bool:
        literal = _network(host)
        if literal is not None:
            return self._holds(literal.network_address)
        labels = host.split(".")
        above = {"*." + ".".join(labels[begin:]) for begin in range(1, len(labels))}
        return host in self.names or not self.names.isdisjoint(above)

    def _allows(self, address: Address, scheme: str) -> bool:
        return self._holds(address) or (is_public(address) and scheme == "https")

    def _holds(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.networks)


def port_of(parts: SplitResult) -> int:
    """Return the port of a URL."""
    return parts.port or PORTS[parts.scheme]


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in PORTS and parts.hostname and parts.port != 0 and len(url) <= URL_LENGTH_MAX
    except ValueError:
        return None
    if not is_sound or parts.username is not None or parts.fragment or "\\" in url:
        return None
    return parts if url.isascii() and url.isprintable() and " " not in url else None


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=True)
    except ValueError:
        return None


def _is_name(text: str) -> bool:
    labels = text.removeprefix("*.").split(".")
    sound = all(label and label.isascii() and label.replace("-", "").replace("_", "").isalnum() for label in labels)
    return sound and not labels[-1].isdigit()
