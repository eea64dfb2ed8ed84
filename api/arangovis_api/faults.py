"""What is wrong with a document, told with the value that was sent."""

import reprlib
from collections.abc import Iterable, Mapping

from arangovis.domain.errors import Fault

SHOWN_LENGTH_MAX = 80
_SHORT = reprlib.Repr()  # looks at the beginning only, however large or deep a value is
_SHORT.maxstring = _SHORT.maxother = SHOWN_LENGTH_MAX
UNKNOWN = "Unknown field."
_ABSENT = object()


def faults_in(messages: object, path: str = "") -> list[Fault]:
    """Return marshmallow's nested messages as faults with a dotted path."""
    if isinstance(messages, dict):
        return [fault for name, inner in messages.items() for fault in faults_in(inner, _joined(path, name))]
    if isinstance(messages, list):
        return [fault for inner in messages for fault in faults_in(inner, path)]
    return [Fault(path, str(messages))]


def with_values(faults: Iterable[Fault], document: Mapping[str, object]) -> tuple[Fault, ...]:
    """Return the faults with the values that the document has there: `depth: 'abc': not a valid integer`."""
    return tuple(_with_value(fault, _value_at(document, fault.field)) for fault in faults)


def _with_value(fault: Fault, value: object) -> Fault:
    if value is _ABSENT:
        return fault
    if fault.problem == UNKNOWN:
        return Fault(fault.field, "is not known here")
    shown = _SHORT.repr(value)[:SHOWN_LENGTH_MAX]
    if shown in fault.problem:
        return fault
    return Fault(fault.field, f"{shown}: {fault.problem[:1].lower()}{fault.problem[1:].rstrip('.')}")


def _value_at(document: object, path: str) -> object:
    value = document
    for name in path.split("."):
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _ABSENT
    return value


def _joined(path: str, name: object) -> str:
    if name == "_schema":
        return path
    return f"{path}.{name}" if path else str(name)
