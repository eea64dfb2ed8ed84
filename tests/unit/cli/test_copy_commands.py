"""`copy`, `backup`, `restore` and `verify` on a home with a real projection in it."""

import json
import shutil
from pathlib import Path

import pytest

import arangovis as av
from tests.unit.cli.conftest import SIGNATURE, Call, Graph

FAILED, WRONG = 1, 2


@pytest.fixture
def home(graph: Graph, tmp_path: Path) -> Path:
    """Return a copy of the home that may be changed."""
    return Path(shutil.copytree(graph.home, tmp_path / "home"))


def to(folder: Path) -> tuple[str, ...]:
    """Return the options that copy into a folder."""
    return "--to-store", f"sqlite://{folder}/graph.db", "--to-artifacts", f"file://{folder}/artifacts"


def damage(home: Path) -> str:
    """Change a byte of a blob, and return its digest."""
    blob = max((home / "artifacts" / "blobs").glob("??/*"), key=lambda path: path.stat().st_size)
    blob.write_bytes(b"?" + blob.read_bytes()[1:])
    return blob.name


# --- copy -------------------------------------------------------------------------------------------------------


def test_a_copy_answers_as_its_source(call: Call, home: Path, graph: Graph, tmp_path: Path) -> None:
    said = call("copy", "--home", home, *to(tmp_path / "new"))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("copied as of ")
    assert "sha256 over all of it: " in said.out
    arguments = ("lineage", graph.projection.plot, "--home")
    assert call(*arguments, tmp_path / "new").out == call(*arguments, home).out
    assert call("copy", "--home", home, *to(tmp_path / "new")).out.startswith("Nothing to do")


def test_a_copy_is_worked_with(call: Call, home: Path, graph: Graph, tmp_path: Path) -> None:
    call("copy", "--home", home, *to(tmp_path / "new"))
    with av.connect(home=tmp_path / "new", actor="ada") as client:
        version = client.register_model_version("vision", "größe", SIGNATURE)
        assert not version.created
        assert client.register_model_version("vision", "größe", SIGNATURE, version="next").number == 2
        assert client.project(version, "pca").run != graph.projection.run  # its parameters were changed since
    assert call("verify", "--deep", "--home", tmp_path / "new").code == 0


def test_a_dry_run_makes_nothing(call: Call, home: Path, tmp_path: Path) -> None:
    said = call("copy", "--home", home, *to(tmp_path / "new"), "--dry-run", "--json")
    document = json.loads(said.out)
    assert said.code == 0
    assert document["loaded"] == document["tally"]["actions"] > 5
    assert document["tally"]["nodes"]["model_version"] == 1
    assert not (tmp_path / "new").exists()


def test_a_copy_of_the_past_stops_there(call: Call, home: Path, tmp_path: Path) -> None:
    history = json.loads(call("history", "--model-version", "1", "--method", "pca", "--home", home, "--json").out)
    before = min(revision["at"] for revision in history) - 1
    said = call("copy", "--home", home, *to(tmp_path / "new"), "--at", str(before), "--json")
    document = json.loads(said.out)
    assert (said.code, document["problems"]) == (0, [])
    assert document["at"] == before
    assert "params" not in document["tally"]["nodes"]


def test_what_cannot_be_copied_is_one_line(call: Call, home: Path, tmp_path: Path) -> None:
    said = call("copy", "--home", tmp_path / "nowhere", *to(tmp_path / "new"))
    assert (said.code, said.out) == (FAILED, "")
    assert "there is no store" in said.err
    said = call("copy", "--home", home, "--to-store", "ftp://x", "--to-artifacts", f"file://{tmp_path}/a")
    assert said.code == FAILED
    assert "ftp" in said.err
    same = ("--to-store", f"sqlite://{tmp_path}/b/graph.db", "--to-artifacts", f"file://{home}/artifacts")
    said = call("copy", "--home", home, *same)
    assert said.code == FAILED
    assert "same artifact store" in said.err
    assert call("copy", "--home", home).code == WRONG


def test_damaged_bytes_stop_a_copy(call: Call, home: Path, tmp_path: Path) -> None:
    digest = damage(home)
    said = call("copy", "--home", home, *to(tmp_path / "new"))
    assert said.code == FAILED
    assert digest[:12] in said.err
    said = call("history", "run/x", "--home", tmp_path / "new")
    assert said.code == FAILED
    assert "not finished" in said.err


# --- backup and restore -----------------------------------------------------------------------------------------


def test_a_backup_is_restored_elsewhere(call: Call, home: Path, graph: Graph, tmp_path: Path) -> None:
    said = call("backup", tmp_path / "backup", "--home", home, "--json")
    assert said.code == 0
    manifest = json.loads(said.out)["manifest"]
    assert manifest["blobs"] > 5
    assert json.loads((tmp_path / "backup" / "manifest.json").read_bytes()) == manifest
    assert call("restore", tmp_path / "backup", "--home", tmp_path / "new").code == 0
    arguments = ("lineage", graph.projection.plot, "--home")
    assert call(*arguments, tmp_path / "new").out == call(*arguments, home).out


def test_a_backup_in_one_file(call: Call, home: Path, tmp_path: Path) -> None:
    assert call("backup", tmp_path / "backup.tar", "--home", home).code == 0
    assert (tmp_path / "backup.tar").is_file()
    assert call("restore", tmp_path / "backup.tar", "--home", tmp_path / "new").code == 0
    assert call("verify", "--deep", "--home", tmp_path / "new").code == 0
    (tmp_path / "text.tar").write_text("no archive")
    said = call("restore", tmp_path / "text.tar", "--home", tmp_path / "other")
    assert (said.code, "no whole backup file" in said.err) == (FAILED, True)


def test_a_store_in_use_is_not_overwritten(call: Call, home: Path, tmp_path: Path) -> None:
    call("backup", tmp_path / "backup", "--home", home)
    with av.connect(home=tmp_path / "new", actor="ada") as client:
        client.register_project("other")
        said = call("restore", tmp_path / "backup", "--home", tmp_path / "new")
        assert (said.code, "not empty" in said.err) == (FAILED, True)
        said = call("restore", tmp_path / "backup", "--home", tmp_path / "new", "--force")
        assert (said.code, "open" in said.err) == (FAILED, True)
    said = call("restore", tmp_path / "backup", "--home", tmp_path / "new", "--force")
    assert said.code == 0
    assert said.out.startswith("what was there is kept in ")
    assert len(list((tmp_path / "new").glob("graph.db.before-*"))) == 1
    assert call("verify", "--home", tmp_path / "new", "--deep").code == 0


def test_force_does_not_help_a_damaged_backup(call: Call, home: Path, tmp_path: Path) -> None:
    call("backup", tmp_path / "backup", "--home", home)
    call("init", "--home", tmp_path / "new")
    damage(tmp_path / "backup")
    said = call("restore", tmp_path / "backup", "--home", tmp_path / "new", "--force")
    assert (said.code, "changed in the backup" in said.err) == (FAILED, True)
    assert [path.name for path in (tmp_path / "new").glob("*.db*before*")] == []


def test_who_was_erased_since_is_erased_again(call: Call, home: Path, tmp_path: Path) -> None:
    call("backup", tmp_path / "backup", "--home", home)
    assert call("erase", "--column", "class=3", "--yes", "--home", home).code == 0
    ledger, new = home / "erasures.jsonl", tmp_path / "new"
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_bytes(b"no entry\n" + ledger.read_bytes())
    said = call("restore", tmp_path / "backup", "--erasures", wrong, "--home", new)
    assert (said.code, "line 1 of the ledger" in said.err) == (FAILED, True)
    assert not (new / "graph.db").exists()
    said = call("restore", tmp_path / "backup", "--erasures", ledger, "--home", new)
    assert (said.code, said.out.splitlines()[-1]) == (0, "erasures done again: 1")
    assert json.loads(call("erase", "--column", "class=3", "--home", new, "--json").out)["rows"] == 0
    assert (new / "erasures.jsonl").read_bytes() == ledger.read_bytes()
    assert call("verify", "--home", new, "--deep").code == 0


# --- verify -----------------------------------------------------------------------------------------------------


def test_a_sound_home_verifies(call: Call, home: Path) -> None:
    assert call("verify", "--home", home).out == "All is well; --deep reads the bytes too.\n"
    assert call("verify", "--home", home, "--deep").out == "All is well.\n"
    assert json.loads(call("verify", "--home", home, "--json").out) == {"problems": []}


def test_problems_are_a_table_and_exit_code_1(call: Call, home: Path) -> None:
    digest = damage(home)
    assert call("verify", "--home", home).code == 0
    said = call("verify", "--home", home, "--deep")
    assert said.code == FAILED
    assert "damaged-blob" in said.out
    assert digest[:12] in said.out
    next((home / "artifacts" / "blobs").glob(f"??/{digest}")).unlink()
    said = call("verify", "--home", home, "--json")
    assert said.code == FAILED
    assert [problem["code"] for problem in json.loads(said.out)["problems"]] == ["missing-blob"]


def test_nothing_is_verified_where_nothing_is(call: Call, tmp_path: Path) -> None:
    assert "there is no store" in call("verify", "--home", tmp_path / "nowhere").err
    assert not (tmp_path / "nowhere").exists()
