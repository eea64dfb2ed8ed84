"""PROV-N, the notation of the W3C for people."""

import re
from collections.abc import Iterable, Iterator

from arangovis.exchange.prov.prov_json import literal
from arangovis.exchange.prov.statements import PREFIXES, Name, Statement, Value

_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"}
_ESCAPED = re.compile('[\\\\"\n\r\t\b\f]')
_IN_NAMES = re.compile(r"[='(),:;\[\]-]|\.\Z")
"""What stands behind a backslash in a name."""


def prov_n(statements: Iterable[Statement]) -> str:
    """Return statements in PROV-N."""
    return "\n".join(_lines(statements)) + "\n"


def _lines(statements: Iterable[Statement]) -> Iterator[str]:
    yield "document"
    yield from (f"  prefix {prefix} <{address}>" for prefix, address in PREFIXES.items())
    yield ""
    yield from (f"  {_expression(statement)}" for statement in statements)
    yield "endDocument"


def _expression(statement: Statement) -> str:
    subject = [] if statement.id is None else [_name(statement.id)]
    formal = [_argument(name, value) for name, value in statement.arguments]
    told = [f"[{', '.join(f'{name}={_value(value)}' for name, value in statement.attributes)}]"]
    return f"{statement.kind}({', '.join([*subject, *formal, *(told if statement.attributes else [])])})"


def _argument(name: str, value: str | None) -> str:
    if value is None:
        return "-"
    return value if name.lower().endswith("time") else _name(value)


def _value(value: Value) -> str:
    if isinstance(value, Name):
        return f"'{_name(value.text)}'"
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(lambda found: _ESCAPES[found[0]], value)}"'
    text, kind = literal(value)
    return f'"{text}" %% {kind}'


def _name(text: str) -> str:
    prefix, _, local = text.partition(":")
    return f"{prefix}:{_IN_NAMES.sub(lambda found: chr(92) + found[0], local)}"
