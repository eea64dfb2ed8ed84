"""Command lines, addresses and messages without the secrets in them."""

import re
from collections.abc import Sequence

MASK = "***"
ARGUMENT_LENGTH_MAX = 4000
_WORDS = r"token(?![a-z])|secret|passw|pwd|(?:api|access|private)[-_]?key|credential|auth(?!ors?\b)"
_NAME = rf"(?<![\w.-])[\w.-]*(?:{_WORDS})[\w.-]*"
_ASSIGNED = re.compile(rf"(?i)(?P<name>{_NAME})(?P<sign>\s*[=:]\s*)(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&]+)")
_SECRET = re.compile(rf"(?i){_WORDS}")
_OPTION = re.compile(rf"(?i)-{{1,2}}[\w.-]*(?:{_WORDS})[\w.-]*\Z")
_USER_INFO = re.compile(r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/@]+@")
_BEARER = re.compile(r"(?i)\b(?P<scheme>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")


def masked(text: str) -> str:
    """Return a text with stars for what looks like a secret: in addresses, headers, and after telling names."""
    text = _USER_INFO.sub(rf"\g<scheme>{MASK}@", text)
    text = _BEARER.sub(rf"\g<scheme> {MASK}", text)
    return _ASSIGNED.sub(rf"\g<name>\g<sign>{MASK}", text)


def masked_command(arguments: Sequence[str]) -> list[str]:
    """Return a command line with stars for secrets: also for what follows an option with a telling name."""
    shown: list[str] = []
    hides_next = False
    for argument in arguments:
        is_option = argument.startswith("-")
        shown.append(MASK if hides_next and not is_option else masked(argument[:ARGUMENT_LENGTH_MAX]))
        hides_next = _OPTION.match(argument) is not None
    return shown


def is_secret_name(name: str) -> bool:
    """Say whether what has this name is a secret."""
    return _SECRET.search(name) is not None
