"""What clients of H2O send: forms, JSON, or a query string, with keys and lists in several spellings."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import falcon
import orjson

from arangovis.domain.errors import Fault, InvalidInput, TooLarge, UnsupportedMedia
from arangovis.domain.json import JsonValue
from arangovis_api.nesting import check_nesting
from arangovis_api.operation import JSON

FORM = "application/x-www-form-urlencoded"
MEDIA_TYPES = (FORM, JSON)
BODY_BYTES_MAX = 8 << 20
FIELDS_MAX = 1000
ITEMS_MAX = 20_000
NESTING_MAX = 8
"""Lists and objects inside each other; H2O's own clients send three."""
_BARE_KEY = re.compile(r"[{,]\s*([A-Za-z_][A-Za-z0-9_]*)\s*:")
_SHOWN = 80
_WORDS = {"true": True, "false": False, "1": True, "0": False}


class Fields:
    """The fields of a request. Each is taken once, by the spelling that H2O documents or another."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def has(self, name: str) -> bool:
        """Say whether a field was sent with a value."""
        return self._given.get(name) not in (None, "")

    def text(self, name: str, *aliases: str) -> str | None:
        """Return a text or a key, `"x"` or `{"name": "x"}`; None if it is absent."""
        value = self._value(name, aliases)
        if isinstance(value, dict):
            value = value.get("name")
        if value is None:
            return None
        if isinstance(value, bool | list | dict):
            raise _wrong(name, value, "text")
        return str(value)

    def needed(self, name: str) -> str:
        """Return a text that must be there."""
        value = self.text(name)
        if not value:
            raise InvalidInput.of(Fault(name, "is required"))
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return a truth: `true`, `"true"`, `1`."""
        value = self._value(name, ())
        if value is None:
            return default
        found = _WORDS.get(str(value).lower())
        if found is None:
            raise _wrong(name, value, "true or false")
        return found

    def integer(self, name: str, default: int, *aliases: str) -> int:
        """Return a whole number, also one that is sent as text."""
        value = self._value(name, aliases)
        if value is None:
            return default
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,15}", str(value)):
            raise _wrong(name, value, "a whole number")
        return int(value)

    def keys(self, name: str, *aliases: str) -> Sequence[str] | None:
        """Return a list of texts or keys: JSON, `[a,b]`, objects with a name, or one alone; None if it is absent."""
        value = self._value(name, aliases)
        if value is None:
            return None
        items = _listed(name, value)
        if len(items) > ITEMS_MAX:
            raise TooLarge(f"{name} has {len(items)} items; at most {ITEMS_MAX} are taken")
        return [_key(name, item) for item in items]

    def lists(self, name: str) -> Sequence[Sequence[str]] | None:
        """Return a list of lists of texts, null for an empty one; None if it is absent."""
        value = self._value(name, ())
        if value is None:
            return None
        found = [[] if item is None else _listed(name, item) for item in _listed(name, value)]
        return [[_key(name, member) for member in item] for item in found]

    def _value(self, name: str, aliases: Sequence[str]) -> Any:
        spelled = next((spelling for spelling in (name, *aliases) if self._given.get(spelling) not in (None, "")), None)
        return None if spelled is None else self._given[spelled]


def fields_of(req: falcon.Request, known: Collection[str]) -> Fields:
    """Read the fields of a request.

    Raises:
        InvalidInput: the body cannot be read, or has a field that is not known.
        UnsupportedMedia: it is neither a form nor JSON.

    """
    given = {**req.params, **_body(req)}
    unknown = [name for name in given if name not in known and not name.startswith("_")]
    if unknown:
        raise InvalidInput.of(*(Fault(name[:_SHOWN], "is not known here") for name in unknown[:20]))
    return Fields(given)


def _body(req: falcon.Request) -> Mapping[str, Any]:
    if (req.content_length or 0) > BODY_BYTES_MAX:
        raise TooLarge(f"the body has {req.content_length} bytes; at most {BODY_BYTES_MAX} are read here")
    data = req.bounded_stream.read() if req.content_length else b""
    media = (req.content_type or "").partition(";")[0].strip().lower()
    if not data and not media:
        return {}
    if media == JSON:
        return _json(data)
    if media == FORM:
        return _form(data)
    raise UnsupportedMedia.of(Fault("Content-Type", f"{media[:_SHOWN]!r} is not one of {', '.join(MEDIA_TYPES)}"))


def _json(data: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        bare = _BARE_KEY.search(data.decode("utf-8", "replace"))
        if bare is not None:
            raise InvalidInput.of(Fault(bare[1][:_SHOWN], "is a bare key; JSON has keys in double quotes")) from error
        raise InvalidInput.of(Fault("body", f"is not valid JSON: {error}")) from error
    if not isinstance(found, dict):
        raise InvalidInput.of(Fault("body", "is not a JSON object"))
    check_nesting("body", found, NESTING_MAX)
    return found


def _form(data: bytes) -> Mapping[str, Any]:
    try:
        pairs = parse_qsl(data.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise InvalidInput.of(Fault("body", "is not a form in UTF-8")) from error
    found: dict[str, Any] = {}
    for name, value in pairs:
        before = found.get(name)
        found[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return found


def _listed(name: str, value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return [value]
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        found = [part.strip() for part in value.strip().removeprefix("[").removesuffix("]").split(",")]
    check_nesting(name[:_SHOWN], found, NESTING_MAX)
    return [item for item in found if item != ""] if isinstance(found, list) else [found]


def _key(name: str, item: Any) -> str:
    value = item.get("name") if isinstance(item, dict) else item
    if isinstance(value, bool | dict | list) or value is None:
        raise _wrong(name, value, "text")
    return str(value)


def _wrong(name: str, value: JsonValue, wanted: str) -> InvalidInput:
    return InvalidInput.of(Fault(name, f"{str(value)[:_SHOWN]!r} is not {wanted}"))
