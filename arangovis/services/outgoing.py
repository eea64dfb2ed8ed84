"""Connections that the service makes on somebody's word: only to an address that was looked at."""

import http.client
import ipaddress
import socket
import ssl

from arangovis.domain.errors import NotFound

CONNECT_S = 10.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PinnedConnection(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name means by then."""

    def __init__(self, host: str, port: int, address: str, *, timeout_s: float = CONNECT_S) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._pinned = address
        self._secure = False

    def secure(self) -> None:
        """Speak TLS."""
        self._secure = True

    def connect(self) -> None:
        """Connect to the address."""
        self.sock = socket.create_connection((self._pinned, self.port), self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def addresses_of(host: str, port: int) -> list[Address]:
    """Look up the addresses of a host, each once.

    Raises:
        NotFound: there is no such host.

    """
    try:
        found = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise NotFound("there is no such host") from error
    return [_plain(ipaddress.ip_address(address)) for address in sorted(found)]


def is_public(address: Address) -> bool:
    """Say whether an address is of the public network, and no other one is written within it.

    Addresses of IPv6 that translators turn into one of IPv4 (NAT64, 6to4) may lead into a network of our own.
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return isinstance(address, ipaddress.IPv4Address) or not (address.is_site_local or address.sixtofour)


def address_of(host: str) -> str | None:
    """Return the IP address that a host is named by, or None."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _plain(address: Address) -> Address:
    """Return an address of IPv4 that is written as one of IPv6 as what it is."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped
