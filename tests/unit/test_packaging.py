"""The wheel: the three packages whole, the built page, and nothing else."""

import os
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "arangovis": "arangovis",
    "arangovis_api": "api/arangovis_api",
    "arangovis_schema": "graph_schema/arangovis_schema",
}
"""Where the sources of each package are."""
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".demo", ".*_cache", "__pycache__", "node_modules", "dist")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the tree, with a marker as its page, so that nothing depends on a built UI."""
    tree = tmp_path_factory.mktemp("source") / "tree"
    shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
    page = tree / "api" / "arangovis_api" / "static" / "assets" / "page.js"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("// built")
    return tree


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def members(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def test_only_the_three_packages_are_inside(members: frozenset[str]) -> None:
    tops = {member.partition("/")[0] for member in members}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES.keys()


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_module_is_inside(tree: Path, members: frozenset[str], package: str) -> None:
    folder = tree / PACKAGES[package]
    expected = {f"{package}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.py")}
    assert expected <= members
    assert f"{package}/py.typed" in members


def test_data_files_are_inside(members: frozenset[str]) -> None:
    assert "arangovis/domain/filter_grammar.lark" in members
    assert "arangovis_api/static/assets/page.js" in members
    assert "arangovis/stores/arango/aql/walk.aql" in members


def test_no_sources_of_tests_or_page_are_inside(members: frozenset[str]) -> None:
    assert [member for member in members if member.endswith((".ts", ".svelte", ".pyc", ".map"))] == []
    assert [member for member in members if "node_modules" in member or "conftest" in member] == []


def test_metadata(wheel: Path, members: frozenset[str], metadata: Message) -> None:
    assert metadata["Name"] == "arangovis"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert any(member.endswith(".dist-info/licenses/LICENSE") for member in members)
    assert wheel.name.endswith("-py3-none-any.whl")


def test_a_bare_install_has_no_web_server_and_no_heavy_numerics(metadata: Message) -> None:
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    bare = {requirement.name for requirement in requirements if requirement.marker is None}
    told = {"apispec", "cattrs", "click", "cronsim", "falcon", "lark", "marshmallow", "numpy", "orjson", "packaging"}
    assert bare == {*told, "prometheus-client", "pyarrow", "rich"}


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_unpacked_wheel_works(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from arangovis.domain import filter_grammar as g; print(g.parse('x exists').name, g.__file__)"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["x", str(tmp_path / "arangovis" / "domain" / "filter_grammar.py")]
