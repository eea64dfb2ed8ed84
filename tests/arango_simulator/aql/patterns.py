"""LIKE and regular expressions (pages "Operators", "String functions")."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tests.arango_simulator.aql.failures import INVALID_REGEX
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import string


@lru_cache(1000)
def like_pattern(search: str, caseless: bool) -> re.Pattern[str]:
    """Return the pattern of LIKE as a regular expression: `_` any character, `%` any number of them."""
    parts, place = [], 0
    while place < len(search):
        character = search[place]
        if character == "\\" and search[place + 1 : place + 2] in ("_", "%", "\\"):
            place += 1
            parts.append(re.escape(search[place]))
        else:
            parts.append({"_": ".", "%": ".*"}.get(character) or re.escape(character))
        place += 1
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if caseless else 0))


@lru_cache(1000)
def regular_expression(search: str, caseless: bool) -> re.Pattern[str] | None:
    """Return a compiled regular expression, None if it is none; the server's are ICU's, so keep to the common part."""
    try:
        return re.compile(search, re.IGNORECASE if caseless else 0)
    except re.error:
        return None


def like(_run: Run, text: Any, search: Any) -> bool:
    """Whether LIKE holds; false unless both are strings."""
    both = isinstance(text, str) and isinstance(search, str)
    return both and like_pattern(search, False).fullmatch(text) is not None


def regex_match(run: Run, text: Any, search: Any) -> bool | None:
    """Whether a regular expression is found in a text; null and a warning if it is none."""
    pattern = regular_expression(string(search), False)
    if pattern is None:
        run.warn(INVALID_REGEX)
        return None
    return pattern.search(string(text)) is not None


PATTERNS: dict[str, tuple[Callable[[Run, Any, Any], bool | None], bool]] = {
    "LIKE": (like, True), "NOT LIKE": (like, False), "=~": (regex_match, True), "!~": (regex_match, False),
}  # fmt: skip
