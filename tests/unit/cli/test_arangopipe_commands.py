"""`arangovis import arangopipe` and `arangovis export --format arangopipe`."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Call
from tests.unit.compat.arangopipe import seed_files

COUNT = sum(len(all_) for all_ in seed_files.VERTICES.values())


def test_a_graph_is_taken_over_and_given_back(call: Call, tmp_path: Path) -> None:
    dump, home = seed_files.write_dump(tmp_path / "dump"), tmp_path / "home"
    dry = call("import", "arangopipe", dump, "--home", home, "--dry-run")
    assert dry.code == 0
    assert dry.out.endswith("Nothing was written.\n")
    assert not home.exists()
    first = call("import", "arangopipe", dump, "--home", home)
    assert first.code == 0
    assert first.out.startswith(f"{COUNT} documents read: {COUNT} new nodes")
    assert "project/102: another project is called 'Home_Value_Assessor' already" in first.out
    again = call("import", "arangopipe", dump, "--home", home, "--json")
    assert {name: json.loads(again.out)[name] for name in ("nodes", "links", "known")} == {
        "nodes": 0,
        "links": 0,
        "known": COUNT,
    }
    out = call("export", "--format", "arangopipe", "--output", tmp_path / "out", "--home", home, "--json")
    documents = {one["_id"]: one for all_ in seed_files.documents().values() for one in all_}
    assert json.loads(out.out)["documents"] == len(documents)
    assert seed_files.read_lines(tmp_path / "out") == documents


def test_what_is_not_right_is_said(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models.jsonl").write_text("{}\n")
    damaged = call("import", "arangopipe", tmp_path, "--home", tmp_path / "home")
    assert damaged.code == 1
    assert "models.jsonl:1" in damaged.err
    assert call("export", "--format", "arangopipe", "run/x", "--output", "y").code == 2
    assert call("export", "--format", "arangopipe").code == 2
    assert call("export", "--format", "dot").code == 2
