"""The picture of the model of lineage is that of the schema."""

import runpy
from pathlib import Path

from arangovis_schema import BUILT_IN

ROOT = Path(__file__).parents[2]


def test_the_picture_shows_the_schema_as_it_is() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "picture_model.py"))
    assert set(script["PLACES"]) == set(BUILT_IN.vertices)
    assert set(script["COLOURS"]) == {kind.name for kind in BUILT_IN.edge_kinds if kind.lineage}
    assert script["TARGET"].read_text("utf-8") == script["svg"](), "run python scripts/picture_model.py"
    assert script["svg"]().count('marker-end="url(#input_to)"') == 1 + len(BUILT_IN.edges["input_to"].sources)
