"""How nodes and lineage look in a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.services.lineage import LineageAnswer
from arangovis.services.params import Revision

_STYLES = {
    "run": "bold yellow",
    "artifact": "bold cyan",
    "dataset": "green",
    "params": "magenta",
    "model_version": "blue",
}
_VALUE_LENGTH_MAX = 60


def when(microseconds: int) -> str:
    """Return a time as people read it, in this machine's zone."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def lineage_tree(answer: LineageAnswer, direction: Direction) -> Tree:
    """Return a lineage as a tree: each node once with its branches, and by name only wherever it comes up again."""
    nodes = {visit.node.id: visit.node for visit in answer.visits}
    children = _children(answer.edges, direction)
    root = Tree(_label(nodes[answer.start], ""))
    shown = {answer.start}
    todo = [(answer.start, root)]
    while todo:
        node_id, branch = todo.pop()
        for child, role in children.get(node_id, ()):
            if child in shown:
                branch.add(Text.assemble((f"{role}: " if role else ""), (f"{child} (above)", "dim")))
            else:
                shown.add(child)
                todo.append((child, branch.add(_label(nodes[child], role))))
    return root


def _children(edges: Sequence[Edge], direction: Direction) -> Mapping[NodeId, list[tuple[NodeId, str]]]:
    children: dict[NodeId, list[tuple[NodeId, str]]] = {}
    for edge in sorted(edges, key=lambda edge: (edge.id.role, edge.id.source, edge.id.target)):
        ends = edge.id.source, edge.id.target
        for here, there in _ways(ends, direction):
            children.setdefault(here, []).append((there, edge.id.role))
    return children


def _ways(ends: tuple[NodeId, NodeId], direction: Direction) -> Iterator[tuple[NodeId, NodeId]]:
    if direction is not Direction.UPSTREAM:
        yield ends
    if direction is not Direction.DOWNSTREAM:
        yield ends[1], ends[0]


def _label(node: Node, role: str) -> Text:
    style = _STYLES.get(node.id.kind, "white")
    name = node.attributes.get("name") or node.attributes.get("role") or ""
    text = Text.assemble((f"{role}: " if role else "", "dim"), (node.id.kind, style), " ", str(name))
    if node.version.deleted:
        text.append(" deleted", "red")
    text.append(f"  {_facts(node)}", "dim")
    return text.append(f"  {node.id} by {node.version.actor}, {when(node.created)}", "dim")


def _facts(node: Node) -> str:
    values = node.attributes.get("params") or node.attributes.get("values") or node.attributes.get("facts")
    if isinstance(values, Mapping):
        return " ".join(f"{name}={_short(value)}" for name, value in values.items())
    rows = node.attributes.get("rows")
    return "" if rows is None else f"{rows} rows"


def _short(value: JsonValue) -> str:
    text = str(value)
    return text if len(text) <= _VALUE_LENGTH_MAX else text[: _VALUE_LENGTH_MAX - 1] + "…"


def revisions_table(revisions: Sequence[Revision]) -> Table:
    """Return the history of parameters as a table."""
    table = Table("revision", "set", "by", "parameters", "options", "runs", title="Parameters")
    for revision in revisions:
        table.add_row(
            f"{revision.number}{' (in force)' if revision.current else ''}",
            when(revision.at),
            revision.actor,
            ", ".join(f"{name}={value}" for name, value in revision.params.values.items()),
            ", ".join(f"{name}={value}" for name, value in revision.params.options().items()),
            "\n".join(str(run) for run in revision.runs),
        )
    return table


def versions_table(versions: Sequence[Node]) -> Table:
    """Return the versions of a node as a table: what changed, when, by whom."""
    table = Table("version", "since", "by", "changed", title=str(versions[0].id))
    before: Mapping[str, JsonValue] = {}
    for node in versions:
        changed = {name: value for name, value in node.attributes.items() if before.get(name) != value}
        gone = [f"-{name}" for name in before if name not in node.attributes]
        shown = [f"{name}={_short(value)}" for name, value in changed.items()] + gone
        text = "deleted" if node.version.deleted else "\n".join(shown)
        table.add_row(str(node.version.number), when(node.version.valid_from), node.version.actor, text)
        before = node.attributes
    return table


def console() -> Console:
    """Return the terminal; wide enough not to break ids where output goes to a file."""
    probe = Console()
    return probe if probe.is_terminal else Console(width=200)
