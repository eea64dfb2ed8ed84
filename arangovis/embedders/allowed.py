"""Which addresses and functions an embedder may be: those that the settings name, and nothing else."""

from urllib.parse import SplitResult, unquote, urlsplit

from arangovis.domain.errors import Fault, InvalidInput

__all__ = ["address_of", "check_address", "check_function", "named"]

_PORTS = {"http": 80, "https": 443}


def named(setting: str) -> tuple[str, ...]:
    """Return the names in a setting, which are separated by commas."""
    return tuple(name for part in setting.split(",") if (name := part.strip()))


def address_of(url: str) -> SplitResult | None:
    """Return the parts of an `http(s)://host[:port][/path]`, or None if it is something else."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError:
        return None
    if not sound or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        return None
    return None if " " in url or "\\" in url or _leads_up(parts.path) else parts


def check_address(url: str, setting: str) -> None:
    """Refuse an address that is not below one that the setting `embedder_endpoints` names.

    Raises:
        InvalidInput: it is none, or not allowed.

    """
    wanted = address_of(url)
    if wanted is None:
        raise InvalidInput.of(Fault("url", f"{url[:80]!r} is not of the form http(s)://host[:port]/path"))
    if not any(_is_below(wanted, root) for root in map(address_of, named(setting)) if root is not None):
        problem = f"{url[:80]!r} is not below an address that the setting embedder_endpoints names"
        raise InvalidInput.of(Fault("url", problem))


def check_function(name: str, setting: str) -> None:
    """Refuse a `module:function` that the setting `embedder_functions` does not name.

    Raises:
        InvalidInput: it is not allowed.

    """
    if name not in named(setting):
        allowed = ", ".join(named(setting)) or "none are"
        problem = f"{name[:80]!r} is not among the functions that the setting embedder_functions names: {allowed}"
        raise InvalidInput.of(Fault("function", problem))


def _is_below(wanted: SplitResult, root: SplitResult) -> bool:
    if (wanted.scheme, wanted.hostname, _port(wanted)) != (root.scheme, root.hostname, _port(root)):
        return False
    prefix = root.path.rstrip("/")
    return wanted.path == prefix or wanted.path.startswith(f"{prefix}/")


def _port(address: SplitResult) -> int:
    return address.port or _PORTS[address.scheme]


def _leads_up(path: str) -> bool:
    return any(part in (".", "..") for part in unquote(path).replace("\\", "/").split("/"))
