"""The README's Python snippets run, in order, as a newcomer would run them."""

import re
import runpy
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def _snippets() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_snippets_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    snippets = _snippets()
    assert len(snippets) == 3
    script = tmp_path / "readme.py"
    script.write_text("\n".join(snippets), encoding="utf-8")
    monkeypatch.setenv("ARANGOVIS_HOME", str(tmp_path / "home"))
    runpy.run_path(str(script), run_name="readme")
    printed = capsys.readouterr().out
    assert "True ada" in printed
    assert "(300, 2)" in printed
    assert "'n_neighbours': 30" in printed
    assert "set by ada" in printed


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target
