"""The reference pages say what the code does: settings as the dataclass has them, commands as click has them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from pathlib import Path

import click
import pytest

from arangovis.cli import COMMANDS, group
from arangovis.client.connection import TOKEN_VARIABLE, URL_VARIABLE
from arangovis.settings import DEFAULT_HOME, PREFIX, Settings
from arangovis.wiring import build
from arangovis_api.routes import declared_operations, visualization_routes

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def rows_of(text: str) -> Sequence[Sequence[str]]:
    """Return the cells of every table row, its heading and rule left out."""
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in rows if row[0].startswith("`")]


# --- settings ---------------------------------------------------------------------------------------------------


def settings_rows() -> Mapping[str, Sequence[str]]:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    return {row[0].strip("`"): row[1:] for row in rows_of(page) if len(row) == 4}


def shown(default: object) -> str:
    if default is None:
        return "none"
    if default == DEFAULT_HOME:
        return "`~/.arangovis`"
    return "empty" if default == "" else f"`{default}`"


def test_every_setting_is_on_the_page_in_order() -> None:
    assert list(settings_rows()) == [field.name for field in fields(Settings)]


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_a_setting_is_as_the_page_says(field: "Field[object]") -> None:
    variable, default, meaning = settings_rows()[field.name]
    assert variable == f"`{PREFIX}{field.name.upper()}`"
    assert default == shown(field.default)
    assert meaning.endswith(".")


def test_the_variables_of_clients_are_on_the_page() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    assert [row[0] for row in rows_of(page) if len(row) == 2] == [f"`{URL_VARIABLE}`", f"`{TOKEN_VARIABLE}`"]


# --- commands ---------------------------------------------------------------------------------------------------


def sections() -> Mapping[str, str]:
    page = (REFERENCE / "command-line.md").read_text("utf-8")
    return dict(re.findall(r"^## `arangovis (\w+).*?`\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))


def options_of(name: str) -> Mapping[str, str]:
    """Return each option of a command as the page writes it, and its help."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    return {f"`{', '.join(option.opts)}`": str(option.help) for option in options}


def test_every_command_has_a_section_in_order() -> None:
    assert list(sections()) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_the_options_of_its_section(name: str) -> None:
    found = {row[0]: row[1] for row in rows_of(sections()[name])}
    expected = options_of(name)
    assert found.keys() == expected.keys()
    for option, text in expected.items():
        assert found[option].startswith(text), option


# --- routes -----------------------------------------------------------------------------------------------------


def test_the_routes_of_hydro_visualization_are_those_of_the_page(tmp_path: Path) -> None:
    service = build(Settings(home=tmp_path))
    served = {
        (method.upper(), route.path.removeprefix("/visualization"))
        for route in visualization_routes(service)
        for method, _ in declared_operations(route)
    }
    service.close()
    page = (REFERENCE / "hydro-visualization.md").read_text("utf-8")
    told = set(re.findall(r"`(GET|POST) (/[a-z0-9_/{}]+)", page))
    assert {(method, path) for method, path in told if not path.startswith("/api/v1/")} == served
