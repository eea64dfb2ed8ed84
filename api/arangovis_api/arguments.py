"""What stands in a path: read here only."""

import re

import falcon

from arangovis.domain.errors import Fault, InvalidInput, NotFound

HEADER_LENGTH_MAX = 256
_NUMBER = re.compile(r"[0-9]{1,18}\Z", re.ASCII)


def version_number(text: str) -> int:
    """Return the integer id of a model version.

    Raises:
        InvalidInput: it is not a whole number.
        NotFound: it is so large that no model version has it.

    """
    if not text.isascii() or not text.isdecimal():
        raise InvalidInput.of(Fault("id", f"{text[:80]!r} is not the integer id of a model version"))
    if not _NUMBER.match(text):
        raise NotFound(f"there is no model version {text[:80]}")
    return int(text)


def short_header(req: falcon.Request, name: str) -> str | None:
    """Return a request header, or None if it is absent.

    Raises:
        InvalidInput: it is empty, too long or not printable.

    """
    value = req.get_header(name)
    if value is not None and not (0 < len(value) <= HEADER_LENGTH_MAX and value.isprintable()):
        raise InvalidInput.of(Fault(name, f"is not 1 to {HEADER_LENGTH_MAX} printable characters"))
    return value
