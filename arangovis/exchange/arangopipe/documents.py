"""Documents of arangopipe, which may hold anything, as flat attributes that can be searched, and back without loss.

Texts, truth values and numbers stay what they are. Everything else is kept as JSON text under its name with the prefix
`json:`; a text too long for the graph is a file, and its SHA-256 is kept under the prefix `file:`. Names with the
prefix `arangopipe_` say where a document came from.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from arangovis.domain.errors import Fault, InvalidInput

Flat: TypeAlias = dict[str, str | int | float | bool]

JSON, FILE, ORIGIN = "json:", "file:", "arangopipe_"
FILE_CHARACTERS_MIN = 16_384
"""Texts of so many characters are files."""
_SAID = frozenset({"name", "tag", "generated_by", "description", "source", "version"})
_INTEGER_MAX = 1 << 53
_DTYPE = re.compile(
    r"(u?int|float|complex)\d{1,3}\Z|(datetime|timedelta)64(\[.*\])?\Z"
    r"|(object|category|bool|boolean|str|string|U?Int\d{1,2}|Float\d{1,2})\Z"
)
_BETWEEN = re.compile(r"\s+(?:to|until|-)\s+|\s*/\s*")


class Encoded(NamedTuple):
    """A document as attributes, and its texts that are files, by name."""

    values: Flat
    files: Mapping[str, str]


def encoded(document: Mapping[str, Any]) -> Flat:
    """Return a document as flat attributes; names that begin with `_` are the database's and left out.

    Raises:
        InvalidInput: a value cannot be JSON; all of them are named.

    """
    return _encoded(document, longest=None).values


def encoded_with_files(document: Mapping[str, Any]) -> Encoded:
    """Return a document as flat attributes, with its long texts as files."""
    return _encoded(document, longest=FILE_CHARACTERS_MIN)


def decoded(attributes: Mapping[str, Any], read: Callable[[str, str], str] | None = None) -> dict[str, Any]:
    """Return the document; `read` gives the text of a file by its name and digest, which stays if it is None."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if name.startswith(JSON):
            found[name.removeprefix(JSON)] = json.loads(value)
        elif name.startswith(FILE):
            kept = name.removeprefix(FILE)
            text = value if read is None else read(kept, value)
            found[kept.removeprefix(JSON)] = json.loads(text) if read is not None and kept.startswith(JSON) else text
        elif not name.startswith(ORIGIN):
            found[name] = value
    return found


def searched(name: str, value: Any) -> tuple[str, str | int | float | bool]:
    """Return the name and the value under which an attribute of a document is found.

    Raises:
        InvalidInput: the value cannot be JSON.

    """
    ((stored, kept),) = encoded({name: value}).items()
    return stored, kept


def features_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns of a feature set's document, which are mixed with the rest there.

    They are what names a type; if nothing does, every text that is not one of those which are said of a feature set.
    """
    texts = {name: value for name, value in document.items() if isinstance(value, str) and value and name}
    texts = {name: value for name, value in texts.items() if name not in _SAID and not name.startswith("_")}
    return {name: value for name, value in texts.items() if _DTYPE.match(value)} or texts


def measured(document: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a document of performance; its time is none of them."""
    found = {name: plain(value) for name, value in document.items() if name not in ("run_id", "timestamp")}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and not name.startswith("_")
    }


def moment_of(value: Any) -> int | None:
    """Return a time that was written freely, in microseconds since 1970, or None if it cannot be read.

    A text without a time zone is in that of this process, as it was where it was written.
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return round(float(value) * (1 if abs(value) > 1e14 else 1e3 if abs(value) > 1e11 else 1e6))
        return round(datetime.fromisoformat(str(value).strip()).timestamp() * 1_000_000)
    except (ValueError, OverflowError, OSError):
        return None


def period_of(document: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return the beginning and the end of the period that a document of serving performance names, if they are read.

    It is `from_date` and `to_date`, or a text `period`: a month, a day, or two of them with `to` between. Whole days
    are days of UTC.
    """
    if "from_date" in document or "to_date" in document:
        ends = moment_of(document.get("from_date")), moment_of(document.get("to_date"))
        return (ends[1], ends[0]) if None not in ends and ends[0] > ends[1] else ends  # type: ignore[operator]
    parts = [_span(part.strip()) for part in _BETWEEN.split(str(document.get("period", "")).strip(), maxsplit=1)]
    found = [span for span in parts if span is not None]
    if not found or len(found) < len(parts):
        return None, None
    return min(start for start, _ in found), max(end for _, end in found)


def plain(value: Any) -> Any:
    """Return Python's number for one of numpy's, and a text for a time; whatever else it is stays."""
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", None) == 0:
        return item()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def digest_of_text(text: str) -> str:
    """Return SHA-256 over a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _encoded(document: Mapping[str, Any], *, longest: int | None) -> Encoded:
    values: Flat = {}
    files: dict[str, str] = {}
    faults = []
    for name, given in document.items():
        value = plain(given)
        if str(name).startswith("_"):
            continue
        try:
            kept, text = _kept(str(name), value)
        except (TypeError, ValueError) as error:
            faults.append(Fault(str(name)[:80], f"cannot be kept: {error}"))
            continue
        if longest is not None and isinstance(text, str) and len(text) >= longest:
            files[kept] = text
            values[f"{FILE}{kept}"] = digest_of_text(text)
        else:
            values[kept] = text
    if faults:
        raise InvalidInput.of(*faults)
    return Encoded(values, files)


def _kept(name: str, value: Any) -> tuple[str, Any]:
    """Return the name and the value that are kept: JSON text for what cannot be searched as it is."""
    if _is_flat(name, value):
        return name, value
    return f"{JSON}{name}", json.dumps(value, ensure_ascii=False, default=_listed)


def _is_flat(name: str, value: Any) -> bool:
    if not name or name.startswith((JSON, FILE, ORIGIN)):
        return False
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) <= _INTEGER_MAX
    return isinstance(value, str)


def _listed(value: Any) -> Any:
    """Help JSON with arrays, numbers of numpy's, and times."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, datetime | date):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _span(text: str) -> tuple[int, int] | None:
    """Return the beginning and the end of a month or a day, or of a moment."""
    for form, is_month in (("%Y-%m", True), ("%b-%Y", True), ("%b %Y", True), ("%B %Y", True), ("%Y-%m-%d", False)):
        try:
            start = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        after = (start + timedelta(days=31)).replace(day=1) if is_month else start + timedelta(days=1)
        return _us(start), _us(after)
    moment = moment_of(text) if text else None
    return None if moment is None else (moment, moment)


def _us(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
