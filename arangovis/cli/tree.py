"""A lineage as a tree in a terminal."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from arangovis.cli.show import named_values, printable, when
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Executor
from arangovis.services.lineage.edge_pages import Neighbour
from arangovis.services.lineage.lineage import LineageAnswer

INDENT = 4
LABEL_WIDTH_MIN = 24
TREE_WIDTH_MAX = 400
"""A deeper tree is mostly air."""
_STYLES = {
    "run": "bold yellow",
    "artifact": "bold cyan",
    "dataset": "green",
    "params": "magenta",
    "model_version": "blue",
}


@dataclass(frozen=True, slots=True)
class _Step:
    """From a node over an edge to the next; `role` is the edge's, with an arrow where both ways are gone."""

    node: NodeId
    edge: Edge
    role: str


def lineage_view(
    answer: LineageAnswer, direction: Direction, *, kinds: frozenset[str] = frozenset(), width: int
) -> RenderableType:
    """Return a lineage as a tree, or as a list by depth where a tree would leave its labels no room.

    With `kinds`, other nodes are left out, and what is shown hangs on the nearest node that is.
    """
    deepest = max(visit.depth for visit in answer.visits)
    if INDENT * deepest + LABEL_WIDTH_MIN <= min(width, TREE_WIDTH_MAX):
        return _Drawing(answer, direction, kinds).tree()
    shown = [visit for visit in answer.visits if not kinds or visit.depth == 0 or visit.node.id.kind in kinds]
    return Group(*(_label(visit.node, f"{visit.depth:>4}  ") for visit in shown))


def neighbour_line(neighbour: Neighbour) -> Text:
    """Return an edge of a node and what is at its other end as a line."""
    edge_id = neighbour.edge.id
    role = f" {printable(edge_id.role)}" if edge_id.role else ""
    return _label(neighbour.node, f"{edge_id.kind}{role}: ")


class _Drawing:
    """Draws each node once, as near to the start as it is; wherever else it comes up, by its id only."""

    def __init__(self, answer: LineageAnswer, direction: Direction, kinds: frozenset[str]) -> None:
        self._nodes = {visit.node.id: visit.node for visit in answer.visits}
        self._start = answer.start
        self._steps = _steps(answer.edges, direction)
        self._kinds = kinds
        self._branches = {answer.start: Tree(_label(self._nodes[answer.start], ""))}

    def tree(self) -> Tree:
        """Walk level by level, each edge once."""
        todo, told = deque([self._start]), set()
        while todo:
            here = todo.popleft()
            for step in self._steps.get(here, ()):
                if step.edge.id in told:
                    continue
                told.add(step.edge.id)
                if step.node in self._branches:
                    self._mention(here, step)
                else:
                    self._add(here, step)
                    todo.append(step.node)
        return self._branches[self._start]

    def _add(self, here: NodeId, step: _Step) -> None:
        branch = self._branches[here]
        is_shown = self._is_shown(step.node)
        self._branches[step.node] = branch.add(_label(self._nodes[step.node], step.role)) if is_shown else branch

    def _mention(self, here: NodeId, step: _Step) -> None:
        if self._is_shown(step.node):
            self._branches[here].add(Text(f"{step.role}{step.node}, shown elsewhere", "dim"))

    def _is_shown(self, node: NodeId) -> bool:
        return not self._kinds or node.kind in self._kinds or node == self._start


def _steps(edges: Sequence[Edge], direction: Direction) -> Mapping[NodeId, list[_Step]]:
    steps: dict[NodeId, list[_Step]] = {}
    for edge in sorted(edges, key=lambda edge: (edge.id.role, edge.id.source, edge.id.target)):
        for start, step in _ways(edge, direction):
            steps.setdefault(start, []).append(step)
    return steps


def _ways(edge: Edge, direction: Direction) -> Iterator[tuple[NodeId, _Step]]:
    role = f"{printable(edge.id.role)}: " if edge.id.role else ""
    up, down = ("← ", "→ ") if direction is Direction.BOTH else ("", "")
    if direction is not Direction.DOWNSTREAM:
        yield edge.id.target, _Step(edge.id.source, edge, up + role)
    if direction is not Direction.UPSTREAM:
        yield edge.id.source, _Step(edge.id.target, edge, down + role)


def _label(node: Node, role: str) -> Text:
    text = Text.assemble((role, "dim"), (node.id.kind, _STYLES.get(node.id.kind, "")))
    parts = [_name(node), _facts(node)]
    text.append("".join(f" {part} " for part in parts if part).rstrip())
    if node.version.deleted:
        text.append(" deleted", "red")
    return text.append(f"  {node.id}  {_maker(node)}, {when(node.created)}", "dim")


def _name(node: Node) -> str:
    attributes = node.attributes
    name = str(attributes.get("name") or attributes.get("role") or "")
    return printable(f"{name} {attributes['version']}" if "version" in attributes else name)


def _maker(node: Node) -> str:
    is_computed = node.id.kind == "run" and node.attributes.get("executor") == Executor.WORKER
    return f"{'computed by' if is_computed else 'by'} {printable(node.version.actor)}"


def _facts(node: Node) -> str:
    values = node.attributes.get("params") or node.attributes.get("values") or node.attributes.get("facts")
    if isinstance(values, Mapping):
        return named_values(values, " ")
    rows = node.attributes.get("rows")
    return "" if rows is None else f"{rows} rows"
