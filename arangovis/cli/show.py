"""How nodes and parameters look in a terminal."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from arangovis.domain.graph import Node
from arangovis.domain.json import JsonValue
from arangovis.services.params import Revision

_FILE_WIDTH = 100_000
"""Lines of output that goes to a file are never broken."""
_VALUE_LENGTH_MAX = 60


def console() -> Console:
    """Return the terminal, or the file that output goes to."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(width=_FILE_WIDTH, highlight=False)


def when(microseconds: int) -> str:
    """Return a time as people read it, in this machine's zone."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def printable(text: str) -> str:
    """Return a text that moves no cursor and sets no colour: what cannot be printed is shown by its code."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def short(value: JsonValue) -> str:
    """Return a value in a few characters."""
    text = printable(str(value))
    return text if len(text) <= _VALUE_LENGTH_MAX else text[: _VALUE_LENGTH_MAX - 1] + "…"


def named_values(values: Mapping[str, JsonValue], separator: str) -> str:
    """Return `name=value` of each."""
    return separator.join(f"{printable(name)}={short(value)}" for name, value in values.items())


def revisions_table(revisions: Sequence[Revision]) -> Table:
    """Return the history of parameters as a table."""
    table = Table("revision", "set", "by", "parameters", "options", "runs", title="Parameters")
    for revision in revisions:
        _add(
            table,
            f"{revision.number}{' (in force)' if revision.current else ''}",
            when(revision.at),
            revision.actor,
            named_values(revision.params.values, "\n"),
            named_values(revision.params.options(), "\n"),
            "\n".join(str(run) for run in revision.runs),
        )
    return table


def versions_table(versions: Sequence[Node]) -> Table:
    """Return the versions of a node as a table: what changed, when, by whom."""
    table = Table("version", "since", "by", "changed", title=str(versions[0].id))
    before: Mapping[str, JsonValue] = {}
    for node in versions:
        version = node.version
        text = "deleted" if version.deleted else _changes(before, node.attributes)
        _add(table, str(version.number), when(version.valid_from), version.actor, text)
        before = node.attributes
    return table


def _changes(before: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> str:
    changed = {name: value for name, value in now.items() if name not in before or before[name] != value}
    gone = [f"-{printable(name)}" for name in before if name not in now]
    return "\n".join([*([named_values(changed, "\n")] if changed else []), *gone])


def _add(table: Table, *cells: str) -> None:
    """Add a row of plain texts; what people wrote is never read as markup."""
    table.add_row(*(Text("\n".join(printable(line) for line in cell.split("\n"))) for cell in cells))


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table of plain texts."""
    table = Table(*columns)
    for row in rows:
        _add(table, *row)
    return table
