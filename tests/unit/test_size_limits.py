"""The hard limits on the size of things; CONTRIBUTING.md names the soft ones."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "arangovis", ROOT / "api" / "arangovis_api", ROOT / "graph_schema" / "arangovis_schema"]
MODULES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]

MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
NUMERIC_FUNCTION_LINES_MAX = 120
"""In `projections`, where a function may be one formula."""
PARAMETERS_MAX = 6
NESTING_MAX = 3
PRIMITIVES_MAX = 20

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.TryStar | ast.Match


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    """Count the lines of a function without decorators and docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def parameters_of(function: Function) -> int:
    """Count named parameters without `self` and `cls`; a command's options are its command line."""
    if any("option" in ast.unparse(decorator) for decorator in function.decorator_list):
        return 0
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def nesting_of(node: ast.AST) -> int:
    """Count how deep blocks stand in each other; `elif` is no deeper than its `if`."""
    inner = max(
        (nesting_of(child) for child in ast.iter_child_nodes(node) if not isinstance(child, Function)), default=0
    )
    if not isinstance(node, BLOCKS):
        return inner
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        body = max((nesting_of(child) for child in node.body), default=0)
        return max(body + 1, nesting_of(node.orelse[0]))
    return inner + 1


def primitives_of(node: ast.ClassDef) -> int:
    return sum("abstractmethod" in map(ast.unparse, function.decorator_list) for function in functions(node))


def faults_of(tree: ast.Module, *, function_lines_max: int) -> Iterator[str]:
    for function in functions(tree):
        where = f"{function.name} (line {function.lineno})"
        if lines_of(function) > function_lines_max:
            yield f"{where}: {lines_of(function)} lines"
        if parameters_of(function) > PARAMETERS_MAX:
            yield f"{where}: {parameters_of(function)} parameters"
        if nesting_of(function) > NESTING_MAX:
            yield f"{where}: {nesting_of(function)} blocks deep"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and primitives_of(node) > PRIMITIVES_MAX:
            yield f"{node.name} (line {node.lineno}): {primitives_of(node)} abstract methods"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_the_limits(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= MODULE_LINES_MAX
    lines_max = NUMERIC_FUNCTION_LINES_MAX if "projections" in path.parts else FUNCTION_LINES_MAX
    assert list(faults_of(ast.parse(source), function_lines_max=lines_max)) == []


LONG = "def long():\n" + "    x = 1\n" * 70
WIDE = "class C:\n    def wide(self, a, b, c, *, d, e, f, g): ...\n"
DEEP = "def deep():\n" + "".join(" " * (4 * i) + "if a:\n" for i in range(1, 5)) + " " * 20 + "f()\n"
CHAIN = "def chain():\n" + "".join(f"    {word} a:\n        b()\n" for word in ["if", *["elif"] * 9])
MANY = "class Many:\n" + "".join(f"    @abstractmethod\n    def f{i}(self): ...\n" for i in range(21))


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        (LONG, ["long (line 1): 71 lines"]),
        (LONG.replace("    x = 1\n", '    """\n    Text.\n    """\n', 1), []),
        (WIDE, ["wide (line 2): 7 parameters"]),
        (DEEP, ["deep (line 1): 4 blocks deep"]),
        (CHAIN, []),
        (MANY, ["Many (line 1): 21 abstract methods"]),
    ],
    ids=["long", "docstring", "wide", "deep", "chain", "many"],
)
def test_faults_are_found(source: str, faults: list[str]) -> None:
    assert list(faults_of(ast.parse(source), function_lines_max=FUNCTION_LINES_MAX)) == faults
