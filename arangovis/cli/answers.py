"""How the catalogue's commands answer: a table of values, or JSON; and how they read `name=value`."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson

from arangovis.cli.options import print_json
from arangovis.domain.graph import Node
from arangovis.domain.json import JsonValue
from arangovis.domain.wire import to_wire

_TIMES = frozenset(
    {
        "at",
        "until",
        "since",
        "created",
        "scheduled_for",
        "period_start",
        "period_end",
        "expires",
        "last_used",
        "next_at",
        "last_at",
    }
)


def answer_all(values: Sequence[Any], columns: Sequence[str], *, as_json: bool) -> None:
    """Answer with a row a value: of each, the attributes named."""
    if as_json:
        print_json(to_wire(values))
        return
    from arangovis.cli.show import console, plain_table

    rows = [[_cell(name, _of(value, name)) for name in columns] for value in values]
    console().print(plain_table([name.replace("_", " ") for name in columns], rows))


def answer_one(value: Any, text: str, *, as_json: bool) -> None:
    """Answer with a line of text, or the whole value as JSON."""
    if as_json:
        print_json(to_wire(value))
    else:
        click.echo(text)


def answer_nodes(nodes: Sequence[Node], *, as_json: bool) -> None:
    """Answer with a row a node: its id, its name, when and by whom it was written."""
    if as_json:
        print_json(to_wire(nodes))
        return
    from arangovis.cli.show import console, plain_table, when

    rows = [
        [str(node.id), str(node.attributes.get("name", "")), when(node.created), node.version.actor] for node in nodes
    ]
    console().print(plain_table(["node", "name", "made", "last changed by"], rows))


def read_pairs(pairs: Sequence[str], option: str) -> dict[str, JsonValue]:
    """Read `name=value` of each: the value is JSON where it is JSON, else text.

    Raises:
        click.BadParameter: one has no `=`.

    """
    return dict(_pair(text, option) for text in pairs)


def read_value(text: str) -> JsonValue:
    """Read a value: JSON where it is JSON, else the text."""
    try:
        value: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value


def facts_of(description: str | None, tags: Sequence[str], attributes: Sequence[str]) -> dict[str, Any]:
    """Return what was said of a thing on the command line."""
    told = {"description": description, "tags": list(tags), "attributes": read_pairs(attributes, "--attribute")}
    return {name: value for name, value in told.items() if value}


def _pair(text: str, option: str) -> tuple[str, JsonValue]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is not of the form name=value", param_hint=option)
    return name, read_value(value)


def _of(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


def _cell(name: str, value: Any) -> str:
    from arangovis.cli.show import when

    if value is None:
        return ""
    if name in _TIMES and isinstance(value, int):
        return when(value)
    if isinstance(value, Mapping):
        return "\n".join(f"{key}={member}" for key, member in value.items())
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ", ".join(map(str, value))
    return str(value)
