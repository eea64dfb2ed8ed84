"""The statements of the ArangoDB store: each is explained, on the page, and asked for."""

import re
from pathlib import Path

import pytest

from arangovis.stores import arango
from arangovis.stores.arango.aql import Query, statement

FOLDER = Path(arango.__file__).parent
NAMES = sorted(path.stem for path in (FOLDER / "aql").glob("*.aql"))
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "arango-statements.md"
CODE = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.py"))


def test_the_page_lists_every_statement() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_is_explained_and_used(name: str) -> None:
    text = (FOLDER / "aql" / f"{name}.aql").read_text("utf-8")
    assert text.startswith("// ")
    assert "//" not in statement(name)
    assert f'"{name}"' in CODE


def test_parts_are_numbered_with_their_values() -> None:
    query = Query()
    first = query.part("read_documents", {"@collection": "run", "keys": ["a"]})
    second = query.part("read_documents", {"@collection": "dataset", "keys": ["b"]}, hidden=True)
    assert (first, second) == ("part_0", "part_1")
    assert query.binds == {"@collection_0": "run", "keys_0": ["a"], "@collection_1": "dataset", "keys_1": ["b"]}
    assert "IN @@collection_0" in query.text
    assert "IN @keys_1" in query.text
    assert query.text.endswith("RETURN {now: DATE_NOW(), parts: [part_0]}")
