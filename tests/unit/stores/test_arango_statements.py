"""The statements of the ArangoDB store: each is explained, on the page, and asked for."""

import re
from pathlib import Path

import pytest

from arangovis.domain.graph import Direction, Walk
from arangovis.domain.ids import NodeId
from arangovis.stores import arango
from arangovis.stores.arango.aql import Query, statement
from arangovis.stores.arango.places import EDGE_COLLECTIONS
from arangovis.stores.arango.schema import INDEXES
from arangovis.stores.arango.walk import walk_query
from arangovis_schema import LINEAGE_EDGE_KINDS

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


@pytest.mark.parametrize("direction", list(Direction))
def test_the_index_that_a_walk_names_is_one_of_every_edge_collection(direction: Direction) -> None:
    text = walk_query(Walk((NodeId("run", "a"),), direction, frozenset(LINEAGE_EDGE_KINDS), 3, 10)).text
    hints = re.findall(r'indexHint: "(\w+)"', text)
    assert len(hints) == len(LINEAGE_EDGE_KINDS)
    near = "_to" if direction is Direction.UPSTREAM else "_from"
    for collection in EDGE_COLLECTIONS:
        named = {index["name"]: index["fields"] for index in INDEXES[collection]}
        assert {tuple(named[hint]) for hint in hints} == {(near, "alive_to", "alive_from")}
