"""What an audit makes of pip-audit's report: it passes what it could not find out, which is no good news."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
UNKNOWN = "Dependency not found on PyPI and could not be audited"


@pytest.fixture
def inventory(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield import_module("inventory")
    for name in ("inventory", "build_ui"):
        sys.modules.pop(name, None)


def test_what_is_weak_and_what_nobody_knows_of_is_told(inventory: ModuleType) -> None:
    dependencies = [
        {"name": "arangovis", "skip_reason": f"{UNKNOWN}: arangovis (0.1.0)"},
        {"name": "orjson", "version": "3.13.0", "vulns": []},
        {"name": "scipy", "skip_reason": f"{UNKNOWN}: scipy (1.17.1)"},
        {"name": "requests", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1", "3.0"]}]},
        {"name": "tqdm", "version": "1.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]},
    ]
    assert inventory.problems({"dependencies": dependencies}) == [
        "requests 2.0: PYSEC-1, mended in 2.1, 3.0",
        "tqdm 1.0: PYSEC-2, mended in no version yet",
        f"1 packages were not audited: scipy. The first: {UNKNOWN}: scipy (1.17.1)",
    ]
    assert inventory.problems({"dependencies": dependencies[:2]}) == []
