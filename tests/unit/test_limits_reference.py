"""The page of limits says what the code does, and what the settings are."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from arangovis.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lister() -> ModuleType:
    spec = importlib.util.spec_from_file_location("list_limits", ROOT / "scripts" / "list_limits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["list_limits"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_code(lister: ModuleType) -> None:
    text = lister.PAGE.read_text("utf-8")
    assert text == lister.page(text), "run `python scripts/list_limits.py`"


def test_limits_are_found(lister: ModuleType, tmp_path: Path) -> None:
    module = tmp_path / "some.py"
    module.write_text(
        'A_MAX = 1 << 20\n"""What | it is."""\nB_MAX_US: int = 2 * A_MAX\nNAMES = ("x",)\nc_max = 3\n_D_MIN = 0.5\n'
    )

    found = [(limit.name, limit.value, limit.meaning) for limit in lister.limits_of(module)]

    assert found == [("A_MAX", "1,048,576", "What \\| it is."), ("B_MAX_US", "2,097,152", ""), ("D_MIN", "0.5", "")]


def test_well_known_limits_are_on_the_page(lister: ModuleType) -> None:
    found = re.findall(r"^\| `([^`]+)` \| `([A-Z_0-9]+)` \| ([^|]+) \|", lister.tables(), re.MULTILINE)
    rows = {(module, name): value for module, name, value in found}

    assert rows["arangovis/stores/base.py", "DEPTH_MAX"] == "1,000"
    assert rows["api/arangovis_api/operation.py", "JSON_BYTES_MAX"] == f"{32 << 20:,}"
    assert len(rows) > 150


def test_settings_that_it_names_are_there(lister: ModuleType) -> None:
    named = re.findall(r"^\| (`[a-z_`, ]+`) \|", lister.PAGE.read_text("utf-8"), re.MULTILINE)
    settings = {name.strip("` ") for cell in named for name in cell.split(",")}
    assert settings
    assert settings <= set(Settings.__dataclass_fields__)
