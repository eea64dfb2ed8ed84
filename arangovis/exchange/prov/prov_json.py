"""PROV-JSON, as submitted to the W3C."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from arangovis.exchange.prov.statements import PREFIXES, Name, Statement, Value


def prov_json(statements: Iterable[Statement]) -> str:
    """Return statements as a PROV-JSON document."""
    document: dict[str, Any] = {"prefix": dict(PREFIXES)}
    numbers: Counter[str] = Counter()
    for statement in statements:
        key = statement.id
        if key is None:
            numbers[statement.kind] += 1
            key = f"_:{statement.kind}{numbers[statement.kind]}"
        document.setdefault(statement.kind, {})[key] = _members(statement)
    return json.dumps(document, indent=1, ensure_ascii=False)


def _members(statement: Statement) -> dict[str, Any]:
    members: dict[str, Any] = {name: value for name, value in statement.arguments if value is not None}
    for name, value in statement.attributes:
        written = _value(value)
        if name not in members:
            members[name] = written
        elif isinstance(members[name], list):
            members[name].append(written)
        else:
            members[name] = [members[name], written]
    return members


def _value(value: Value) -> Any:
    if isinstance(value, Name):
        return {"$": value.text, "type": "prov:QUALIFIED_NAME"}
    if isinstance(value, str):
        return value
    return dict(zip(("$", "type"), literal(value), strict=True))


def literal(value: float | bool) -> tuple[str, str]:
    """Return a number or truth value as text, and its type in XML Schema."""
    if isinstance(value, bool):
        return ("true" if value else "false"), "xsd:boolean"
    if isinstance(value, int):
        return str(value), "xsd:long"
    if math.isfinite(value):
        return repr(value), "xsd:double"
    return ("NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"), "xsd:double"
