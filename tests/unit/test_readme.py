"""The Python snippets of the README and the guides run, page by page in order, as a newcomer would run them."""

import re
import runpy
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SERVED = ROOT / "docs" / "howto" / "run-a-service.md"
"""Its snippets want a server: `tests/acceptance/test_sdk.py` runs them."""
PAGES = [page for page in (README, *sorted((ROOT / "docs").rglob("*.md"))) if page != SERVED]


def snippets_of(page: Path) -> Sequence[str]:
    """Return the Python snippets of a page."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def run_snippets(page: Path, folder: Path, url: str | None = None) -> None:
    """Run the snippets of a page as one script, against another server than they say if one is given."""
    script = folder / f"{page.stem}.py"
    text = "\n".join(snippets_of(page))
    script.write_text(text if url is None else text.replace("http://127.0.0.1:5000", url), encoding="utf-8")
    runpy.run_path(str(script), run_name=page.stem)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARANGOVIS_URL", "ARANGOVIS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ARANGOVIS_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("page", [p for p in PAGES if snippets_of(p)], ids=lambda page: page.stem)
def test_the_snippets_run(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_snippets(page, tmp_path)
    assert capsys.readouterr().out


def test_the_readme_shows_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(snippets_of(README)) == 4
    run_snippets(README, tmp_path)
    printed = capsys.readouterr().out
    assert "True ada" in printed
    assert "(300, 2)" in printed
    assert "'n_neighbours': 30" in printed
    assert "set by ada" in printed


def test_the_guides_have_snippets() -> None:
    guides = {page.stem for page in (ROOT / "docs" / "howto").glob("*.md") if snippets_of(page)}
    assert {"log-runs", "project-embeddings", "ask-lineage", "run-a-service"} <= guides
