"""Statements of the `aql` folder, and how several become one query, which is one call to the server.

Each statement becomes `LET part_n = (...)`; its bind values are numbered with it. Only words of this program, never
values, are put into the text.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

_NO_WORDS: Mapping[str, str] = MappingProxyType({})
_BIND = re.compile(r"(@@?[a-z_]+)\b")
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)


@cache
def statement(name: str) -> str:
    """Return a statement of the folder without its comments."""
    text = resources.files("arangovis.stores.arango").joinpath("aql", f"{name}.aql").read_text("utf-8")
    return _COMMENT.sub("", text).strip()


class Query:
    """A query in the making."""

    def __init__(self) -> None:
        self.binds: dict[str, Any] = {}
        self._lines: list[str] = []
        self._answers: list[str] = []

    def part(
        self, name: str, binds: Mapping[str, Any], *, hidden: bool = False, words: Mapping[str, str] = _NO_WORDS
    ) -> str:
        """Add a statement and return the variable that holds its rows; a hidden one is not in the answer.

        Args:
            name: of the statement.
            binds: its bind values; those of collections are called `@name`.
            hidden: whether only later parts use it.
            words: what stands for `%WORD%` in it.

        """
        text = statement(name)
        for word, replacement in words.items():
            text = text.replace(f"%{word.upper()}%", replacement)
        number = len(self._lines)
        for bind, value in binds.items():
            self.binds[f"{bind}_{number}"] = value
        text = _BIND.sub(lambda found: f"{found[1]}_{number}", text)
        self._lines.append(f"LET part_{number} = (\n{text}\n)")
        if not hidden:
            self._answers.append(f"part_{number}")
        return f"part_{number}"

    def let(self, name: str, expression: str) -> None:
        """Name an expression over earlier parts."""
        self._lines.append(f"LET {name} = {expression}")

    @property
    def text(self) -> str:
        """The whole query: it answers one row, so there is never a cursor to come back to."""
        return "\n".join([*self._lines, f"RETURN {{now: DATE_NOW(), parts: [{', '.join(self._answers)}]}}"])
