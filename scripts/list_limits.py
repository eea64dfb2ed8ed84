"""Write the tables of docs/reference/limits.md: every limit is a named constant, and this lists them.

`python scripts/list_limits.py` writes the page anew; `tests/unit/test_limits_reference.py` compares it.
"""

import ast
import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "limits.md"
ROOMS = {
    "The API": ("api/arangovis_api",),
    "Values, filters and words": ("arangovis/domain", "graph_schema/arangovis_schema"),
    "Stores and artifacts": ("arangovis/stores", "arangovis/artifacts"),
    "Files and rows": ("arangovis/tabular", "arangovis/series"),
    "Services": ("arangovis/services", "arangovis/exchange"),
    "Computing": (
        "arangovis/projections",
        "arangovis/anomaly",
        "arangovis/compatibility",
        "arangovis/drift",
        "arangovis/embedders",
        "arangovis/workers",
    ),
    "The SDK and the commands": ("arangovis/client", "arangovis/cli", "arangovis/notebook"),
}
BEGIN = "<!-- below this line: written by scripts/list_limits.py -->"
_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*(_MAX|_MIN)(_[A-Z0-9]+)*\Z")
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A constant: where it is, its value as text, and what its docstring says."""

    module: str
    name: str
    value: str
    meaning: str


def limits_of(path: Path) -> Iterator[Limit]:
    """Yield the limits of a module in their order."""
    body = ast.parse(path.read_text("utf-8")).body
    known: dict[str, float] = {}
    for place, node in enumerate(body):
        found = _assigned(node)
        if found is None:
            continue
        name, expression = found
        value = _value(expression, known)
        if value is not None:
            known[name] = value
        if _NAME.match(name) and not isinstance(expression, ast.Tuple | ast.Dict | ast.Call):
            shown = ast.unparse(expression) if value is None else f"{value:,}"
            yield Limit(path.stem, name.lstrip("_"), shown, _meaning(body[place + 1 : place + 2]))


def _assigned(node: ast.stmt) -> tuple[str, ast.expr] | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return node.target.id, node.value
    return None


def _value(node: ast.expr, known: Mapping[str, float]) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, known), _value(node.right, known)
        if left is not None and right is not None:
            return _whole(_OPERATORS[type(node.op)](left, right))
    return None


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def _meaning(following: list[ast.stmt]) -> str:
    for node in following:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return " ".join(node.value.value.split()).replace("|", "\\|")
    return ""


def tables() -> str:
    """Return the written part of the page."""
    parts = []
    for room, folders in ROOMS.items():
        files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
        rows = [
            f"| `{path.relative_to(ROOT).as_posix()}` | `{limit.name}` | {limit.value} | {limit.meaning} |"
            for path in files
            for limit in limits_of(path)
        ]
        parts.append(
            f"## {room}\n\n| module | constant | value | what it says |\n|---|---|---|---|\n" + "\n".join(rows)
        )
    return "\n\n".join(parts) + "\n"


def page(text: str) -> str:
    """Return the page with its tables as the code has them."""
    return f"{text.partition(BEGIN)[0]}{BEGIN}\n\n{tables()}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
