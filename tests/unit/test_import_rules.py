"""The arrow between the rooms, one place for each driver, and an `import arangovis` that costs nothing."""

import ast
import configparser
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / ".importlinter"
PACKAGES = {
    "arangovis": ROOT / "arangovis",
    "arangovis_api": ROOT / "api" / "arangovis_api",
    "arangovis_schema": ROOT / "graph_schema" / "arangovis_schema",
}

ANYWHERE = {"numpy", "orjson"}
"""Libraries that every room may use."""

DRIVERS = {
    "apispec": ("arangovis_api",),
    "authlib": ("arangovis_api.oidc_client",),
    "arango": ("arangovis.stores.arango",),
    "boto3": ("arangovis.artifacts.s3",),
    "botocore": ("arangovis.artifacts.s3",),
    "cattrs": ("arangovis.domain.wire",),
    "click": ("arangovis.cli",),
    "cronsim": ("arangovis.services.schedules.times",),
    "distributed": ("arangovis.workers.cluster",),
    "falcon": ("arangovis_api",),
    "fastumap": ("arangovis.projections.fastumap_library",),
    "google": ("arangovis_api",),
    "grpc": ("arangovis_api",),
    "gunicorn": ("arangovis_api",),
    "hypothesis": ("arangovis.testing",),
    "joserfc": ("arangovis_api.oidc_client",),
    "lark": ("arangovis.domain.filter_grammar",),
    "mlflow": ("arangovis.client.mlflow_log",),
    "marshmallow": ("arangovis_api", "arangovis_schema"),
    "networkx": ("arangovis.exchange.graphs.networks", "arangovis.stores"),
    "numba": ("arangovis.projections", "arangovis.tabular.frames.plain_numbers"),
    "onnx": ("arangovis.anomaly.export.onnx_graph",),
    "onnxruntime": ("arangovis.embedders.onnx_file",),
    "openTSNE": ("arangovis.projections.tsne_library",),
    "opentelemetry": ("arangovis.tracing",),
    "packaging": ("arangovis.domain.versions",),
    "prometheus_client": ("arangovis_api",),
    "pyarrow": ("arangovis.series", "arangovis.tabular"),
    "pytest": ("arangovis.testing",),
    "requests": ("arangovis.stores.arango",),
    "rich": ("arangovis.cli",),
    "scipy": ("arangovis.drift", "arangovis.projections"),
    "sklearn": ("arangovis.anomaly", "arangovis.demo", "arangovis.drift", "arangovis.projections", "arangovis.testing"),
    "sqlite3": ("arangovis.stores.embedded", "arangovis.exchange.mlflow"),
    "safetensors": ("arangovis.compatibility.pytorch",),
    "torch": ("arangovis.compatibility.pytorch",),
    "umap": ("arangovis.projections",),
    "urllib3": ("arangovis.artifacts.s3", "arangovis.stores.arango"),
    "yaml": ("arangovis.compat.arangopipe.config", "arangovis.exchange.mlflow.file_store"),
}
"""The modules or rooms that alone import a library."""

ONE_MODULE = {
    "apispec",
    "arango",
    "boto3",
    "gunicorn",
    "lark",
    "prometheus_client",
    "requests",
    "umap",
    "fastumap",
    "openTSNE",
    "onnxruntime",
}
"""Of those, the libraries that one module of the room imports."""

IN_FUNCTIONS = {
    "cattrs",
    "fastumap",
    "openTSNE",
    "lark",
    "mlflow",
    "networkx",
    "numba",
    "onnx",
    "onnxruntime",
    "opentelemetry",
    "pynndescent",
    "scipy",
    "sklearn",
    "umap",
    "yaml",
}
"""Libraries too heavy to be imported before they are needed."""


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Return every module of ours by name, read once."""
    return tuple(
        (_name_of(package, path.relative_to(folder)), ast.parse(path.read_text("utf-8")))
        for package, folder in PACKAGES.items()
        for path in sorted(folder.rglob("*.py"))
    )


def _name_of(package: str, path: Path) -> str:
    return ".".join((package, *(part for part in path.with_suffix("").parts if part != "__init__")))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the top-level package of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def imported_at_once(tree: ast.AST) -> Iterator[str]:
    """Yield what importing the module imports: nothing inside functions or `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported(node)
        else:
            yield from imported_at_once(node)


@cache
def imports() -> Mapping[str, frozenset[str]]:
    """Return what each module imports, wherever it does."""
    return {name: frozenset(imported(tree)) for name, tree in modules()}


def importers(library: str) -> list[str]:
    return [name for name, libraries in imports().items() if library in libraries]


def inside(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def rooms_of_the_arrow() -> set[str]:
    parser = configparser.ConfigParser()
    parser.read(CONTRACTS, "utf-8")
    layers = parser["importlinter:contract:arrow"]["layers"]
    return {room.strip(" ()") for line in layers.split("\n") for room in line.split("|")} - {""}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts in a process of its own: the linter sets up logging for the whole process."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache', '--no-logo'])"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_contracts_hold() -> None:
    answer = lint_imports(ROOT)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [("domain", "arangovis.stores.base"), ("stores", "arangovis.artifacts.base"), ("client", "arangovis.testing")],
)
def test_a_violation_is_found(tmp_path: Path, room: str, forbidden: str) -> None:
    for name, folder in PACKAGES.items():
        shutil.copytree(folder, tmp_path / name, ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copy(CONTRACTS, tmp_path)
    (tmp_path / "arangovis" / room / "trespasser.py").write_text(f"import {forbidden}\n")
    answer = lint_imports(tmp_path)
    assert answer.returncode == 1
    assert f"arangovis.{room}.trespasser -> {forbidden}" in answer.stdout


def test_every_room_is_on_the_arrow() -> None:
    children = {path.stem for path in PACKAGES["arangovis"].iterdir() if path.suffix == ".py" or path.is_dir()}
    rooms = {f"arangovis.{child}" for child in children if not child.startswith("__")}
    assert rooms <= rooms_of_the_arrow()


@pytest.mark.parametrize("library", sorted(DRIVERS))
def test_a_driver_is_imported_in_its_place_only(library: str) -> None:
    found = importers(library)
    assert [module for module in found if not inside(module, DRIVERS[library])] == []
    if library in ONE_MODULE:
        assert found[1:] == [], f"{library} belongs in one module"


def test_every_library_has_a_place() -> None:
    known = ANYWHERE | DRIVERS.keys() | PACKAGES.keys() | sys.stdlib_module_names
    unknown = [(name, library) for name, found in imports().items() for library in found if library not in known]
    assert unknown == []


def test_heavy_libraries_wait_for_the_function_that_needs_them() -> None:
    early = [(name, library) for name, tree in modules() for library in imported_at_once(tree)]
    assert [pair for pair in early if pair[1] in IN_FUNCTIONS] == []


EXAMPLE = """
import a.b
if TYPE_CHECKING:
    import c
try:
    from d.e import f
except E:
    import g as h
def j():
    import k
"""


def test_imports_are_told_apart() -> None:
    tree = ast.parse(EXAMPLE)
    assert sorted(imported(tree)) == ["a", "c", "d", "g", "k"]
    assert sorted(imported_at_once(tree)) == ["a", "d", "g"]


def test_importing_arangovis_imports_no_library() -> None:
    code = "import sys; before = set(sys.modules); import arangovis; print(*(set(sys.modules) - before))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in answer.stdout.split()}
    assert "arangovis" in roots
    assert roots <= sys.stdlib_module_names | {"arangovis"}
    assert "sqlite3" not in roots
