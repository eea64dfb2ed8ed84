"""Page "String functions". Arguments are cast to strings, as the server does."""

import base64
import hashlib
import json
import random
import re
import string as alphabets
import urllib.parse
import uuid
from typing import Any

from tests.arango_simulator.aql.failures import INVALID_REGEX
from tests.arango_simulator.aql.functions.registry import MANY, Function, pure
from tests.arango_simulator.aql.patterns import like_pattern, regular_expression
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import array, encoded, number, string, truth

BLANKS = "\r\n \t"


def concat(*values: Any) -> str:
    """Join values, null left out; a single array stands for its elements."""
    parts = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return "".join(string(part) for part in parts)


def concat_separator(separator: Any, *values: Any) -> str:
    """Join values with a separator, null left out."""
    parts = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return string(separator).join(string(part) for part in parts if part is not None)


def contains(text: Any, search: Any, index: Any = False) -> bool | int:
    """Say whether, or with `index` where, a text has a part."""
    place = string(text).find(string(search)) if string(search) else -1
    return place if truth(index) else place >= 0


def find_first(text: Any, search: Any, start: Any = 0, end: Any = None) -> int:
    """Return the first place of a part, -1 if there is none."""
    last = None if end is None else int(number(end)) + 1
    return string(text).find(string(search), int(number(start)), last)


def find_last(text: Any, search: Any, start: Any = 0, end: Any = None) -> int:
    """Return the last place of a part, -1 if there is none."""
    last = None if end is None else int(number(end)) + 1
    return string(text).rfind(string(search), int(number(start)), last)


def left(text: Any, count: Any) -> str:
    """Return the first characters."""
    return string(text)[: max(0, int(number(count)))]


def right(text: Any, count: Any) -> str:
    """Return the last characters."""
    value, wanted = string(text), max(0, int(number(count)))
    return value[max(0, len(value) - wanted) :]


def substring(text: Any, offset: Any, length: Any = None) -> str:
    """Return a part; a negative offset counts from the end."""
    value, start = string(text), int(number(offset))
    start = max(0, start + len(value)) if start < 0 else start
    return value[start:] if length is None else value[start : start + max(0, int(number(length)))]


def split(text: Any, separator: Any = None, limit: Any = None) -> list[str]:
    """Split at a separator, at one of several, or into characters."""
    value = string(text)
    most = -1 if limit is None else int(number(limit))
    if most == 0:
        return []
    if separator is None:
        return [value]
    cuts = [string(one) for one in array(separator)]
    pieces = list(value) if "" in cuts else re.split("|".join(map(re.escape, cuts)), value)
    return pieces if most < 0 else pieces[:most]


def starts_with(text: Any, prefixes: Any, least: Any = 1) -> bool:
    """Say whether a text begins with a prefix, or with one of several."""
    if not isinstance(text, str):
        return False
    found = sum(text.startswith(one) for one in array(prefixes) if isinstance(one, str))
    return found >= int(number(least))


def trim(text: Any, kind: Any = 0) -> str:
    """Strip both ends; `kind` is 1 for the start, 2 for the end, or the characters to strip."""
    value = string(text)
    if isinstance(kind, str):
        return value.strip(kind)
    return {1: value.lstrip(BLANKS), 2: value.rstrip(BLANKS)}.get(int(number(kind)), value.strip(BLANKS))


def substitute(text: Any, search: Any, *more: Any) -> str:
    """Replace parts by a mapping, or by lists of what to replace and by what."""
    if isinstance(search, dict):
        mapping, rest = {name: string(item) for name, item in search.items()}, more
    else:
        mapping, rest = _mapping(array(search), more[0] if more else ""), more[1:]
    most = int(number(rest[0])) if rest and rest[0] is not None else 0
    if not mapping or (rest and rest[0] is not None and most <= 0):
        return string(text)
    pattern = "|".join(re.escape(name) for name in mapping if name)
    return re.sub(pattern, lambda match: mapping[match.group()], string(text), count=most)


def _mapping(search: list[Any], by: Any) -> dict[str, str]:
    if isinstance(by, list):
        by = by[: len(search)]
        given = [string(one) for one in by] + [""] * (len(search) - len(by))
    else:
        given = [string(by)] * len(search)
    return dict(zip((string(one) for one in search), given, strict=True))


def like(text: Any, search: Any, caseless: Any = False) -> bool:
    """Match a pattern with `_` and `%`."""
    return like_pattern(string(search), truth(caseless)).fullmatch(string(text)) is not None


def _pattern(run: Run, search: Any, caseless: Any) -> re.Pattern[str] | None:
    pattern = regular_expression(string(search), truth(caseless))
    if pattern is None:
        run.warn(INVALID_REGEX)
    return pattern


def regex_test(run: Run, text: Any, search: Any, caseless: Any = False) -> bool | None:
    """Say whether a pattern is found."""
    pattern = _pattern(run, search, caseless)
    return None if pattern is None else pattern.search(string(text)) is not None


def regex_matches(run: Run, text: Any, search: Any, caseless: Any = False) -> list[Any] | None:
    """Return the match of a whole text and its groups, null if there is none."""
    pattern = _pattern(run, search, caseless)
    match = None if pattern is None else pattern.search(string(text))
    return None if match is None else [match.group(), *(group or "" for group in match.groups())]


def regex_replace(run: Run, text: Any, search: Any, by: Any, caseless: Any = False) -> str | None:
    """Replace every match."""
    pattern = _pattern(run, search, caseless)
    return None if pattern is None else pattern.sub(lambda _: string(by), string(text))


def regex_split(run: Run, text: Any, search: Any, caseless: Any = False, limit: Any = None) -> list[Any] | None:
    """Split at every match."""
    pattern = _pattern(run, search, caseless)
    if pattern is None:
        return None
    pieces = pattern.split(string(text))
    return pieces if limit is None else pieces[: int(number(limit))]


def json_parse(text: Any) -> Any:
    """Read JSON; null for what is none."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None


def random_token(length: Any) -> str:
    """Return random letters and digits."""
    return "".join(random.choices(alphabets.ascii_letters + alphabets.digits, k=int(number(length))))


def hashed(algorithm: str) -> Function:
    """Return a hash function."""
    return pure(lambda text: hashlib.new(algorithm, string(text).encode()).hexdigest(), 1)


FUNCTIONS: dict[str, Function] = {
    "CHAR_LENGTH": pure(lambda value: len(string(value)), 1),
    "CONCAT": pure(concat, 1, MANY),
    "CONCAT_SEPARATOR": pure(concat_separator, 2, MANY),
    "CONTAINS": pure(contains, 2, 3),
    "ENCODE_URI_COMPONENT": pure(lambda value: urllib.parse.quote(string(value), safe="!'()*-._~"), 1),
    "FIND_FIRST": pure(find_first, 2, 4),
    "FIND_LAST": pure(find_last, 2, 4),
    "JSON_PARSE": pure(json_parse, 1),
    "JSON_STRINGIFY": pure(encoded, 1),
    "LEFT": pure(left, 2),
    "LIKE": pure(like, 2, 3),
    "LOWER": pure(lambda text: string(text).lower(), 1),
    "LTRIM": pure(lambda text, characters=BLANKS: string(text).lstrip(string(characters)), 1, 2),
    "MD5": hashed("md5"),
    "RANDOM_TOKEN": pure(random_token, 1),
    "REGEX_MATCHES": Function(regex_matches, 2, 3),
    "REGEX_REPLACE": Function(regex_replace, 3, 4),
    "REGEX_SPLIT": Function(regex_split, 2, 4),
    "REGEX_TEST": Function(regex_test, 2, 3),
    "RIGHT": pure(right, 2),
    "RTRIM": pure(lambda text, characters=BLANKS: string(text).rstrip(string(characters)), 1, 2),
    "SHA1": hashed("sha1"),
    "SHA256": hashed("sha256"),
    "SHA512": hashed("sha512"),
    "SPLIT": pure(split, 1, 3),
    "STARTS_WITH": pure(starts_with, 2, 3),
    "SUBSTITUTE": pure(substitute, 2, 4),
    "SUBSTRING": pure(substring, 2, 3),
    "TO_BASE64": pure(lambda text: base64.b64encode(string(text).encode()).decode(), 1),
    "TO_HEX": pure(lambda text: string(text).encode().hex(), 1),
    "TRIM": pure(trim, 1, 2),
    "UPPER": pure(lambda text: string(text).upper(), 1),
    "UUID": pure(lambda: str(uuid.uuid4()), 0),
}
