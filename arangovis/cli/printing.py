"""Any answer in a terminal: its facts as lines, its lists as tables, whatever dataclass it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from arangovis.cli.options import print_json
from arangovis.domain.graph import Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import PARTIAL_REASONS, to_wire

_TIMES = frozenset(
    {
        "at",
        "since",
        "created",
        "queued",
        "heartbeat",
        "now",
        "first",
        "last",
        "ended",
        "next_at",
        "last_at",
        "scheduled_for",
    }
)
"""Fields that hold microseconds since 1970, where they hold whole numbers."""
_LISTED_MAX = 5
"""So many members of a list are shown in one cell."""
_OF_NODES = ("id", "name", "method", "role", "state")
"""What a table of nodes shows of each."""
_EMPTY: tuple[object, ...] = ((), {}, [], None, "")


def print_answer(answer: object, *, as_json: bool) -> None:
    """Print an answer: JSON as the REST API has it, or lines and tables."""
    if as_json:
        print_json(to_wire(answer))
        return
    from rich.text import Text

    from arangovis.cli.show import console, plain_table

    terminal = console()
    for name, value in _members(answer):
        if name == PARTIAL_REASONS or value in _EMPTY:
            continue
        if _is_list_of_records(value):
            terminal.print(Text(_title(name), "bold"))
            terminal.print(plain_table(*_cells(value)))
        else:
            terminal.print(Text(f"{_title(name)}: {_shown(name, value)}"))
    if reasons := getattr(answer, PARTIAL_REASONS, ()):
        terminal.print(f"There is more: cut by {', '.join(sorted(reasons))}.", style="yellow")


def _members(value: Any) -> Sequence[tuple[str, Any]]:
    if isinstance(value, Node):
        return [("id", value.id), *value.attributes.items()]
    if isinstance(value, Edge):
        return [("kind", value.id.kind), ("from", value.id.source), ("to", value.id.target), ("role", value.id.role)]
    names = [field.name for field in fields(value)] if is_dataclass(value) else value._fields
    return [(name, getattr(value, name)) for name in names]


def _is_record(value: object) -> bool:
    return not isinstance(value, NodeId | type) and (is_dataclass(value) or hasattr(value, "_fields"))


def _is_list_of_records(value: object) -> bool:
    if isinstance(value, NodeId) or _is_record(value):
        return False
    return isinstance(value, tuple | list) and _is_record(value[0])


def _cells(records: Sequence[object]) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of a table: columns that are empty in every row are left out."""
    rows = [dict(_members(record)) for record in records]
    if isinstance(records[0], Node):
        rows = [{name: row.get(name) for name in _OF_NODES} for row in rows]
    names = [name for name in _in_order(rows) if any(row.get(name) not in _EMPTY for row in rows)]
    return [_title(name) for name in names], [[_shown(name, row.get(name)) for name in names] for row in rows]


def _in_order(rows: Iterable[Mapping[str, object]]) -> Sequence[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _title(name: str) -> str:
    from arangovis.cli.show import printable

    return printable(name.replace("_", " "))


def _shown(name: str, value: Any) -> str:
    from arangovis.cli.show import named_values, printable, when

    if value is None:
        return ""
    if isinstance(value, NodeId):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return when(value) if name in _TIMES else str(value)
    if isinstance(value, Mapping):
        return named_values(value, ", ")
    if _is_record(value):
        return _inside(dict(_members(value)))
    if isinstance(value, tuple | list | frozenset):
        return _listed(name, list(value))
    return printable(str(value.value if isinstance(value, Enum) else value))


def _inside(record: Mapping[str, Any]) -> str:
    """Return a record that is itself in a table or a line: what differs as `name: first -> second`."""
    if record.keys() == {"name", "first", "second"}:
        return f"{record['name']}: {_shown('', record['first'])} -> {_shown('', record['second'])}"
    kept = {name: value for name, value in record.items() if value not in _EMPTY}
    return "\n".join(f"{_title(name)} {_shown(name, value)}" for name, value in kept.items())


def _listed(name: str, values: Sequence[object]) -> str:
    shown = [_shown(name, value) for value in values[:_LISTED_MAX]]
    more = [f"and {len(values) - _LISTED_MAX} more"] if len(values) > _LISTED_MAX else []
    return ("\n" if any(map(_is_record, values)) else ", ").join([*shown, *more])
