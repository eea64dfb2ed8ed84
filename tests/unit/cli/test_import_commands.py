"""`arangovis import` as a person meets it."""

import json
import shutil
from pathlib import Path

import pytest

import arangovis as av
from tests.tracking_stores import unpacked
from tests.unit.cli.conftest import Call


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("tracking"))


def test_mlflow_comes_by_one_command(call: Call, made: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    said = call("import", "mlflow", made / "mlflow.db", "--home", home, "--json")
    assert said.code == 0
    report = json.loads(said.out)
    assert report["counts"]["run"] == {"new": 6, "changed": 0, "unchanged": 0, "refused": 0}
    assert [one["reason"] for one in report["skipped"]] == ["deleted in MLflow"]
    with av.connect(home=home) as client:
        assert {run.attributes["name"] for run in client.runs("params.alpha >= 0.15").items} == {"child 2"}
    again = call("import", "mlflow", made, "--home", home)
    assert again.code == 0
    assert "0 new entries of histories" in again.out
    assert "deleted in MLflow" in again.out


def test_a_dry_run_makes_no_home(call: Call, made: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    said = call("import", "mlflow", made / "mlruns", "--home", home, "--dry-run")
    assert said.code == 0
    assert said.out.endswith("Nothing was written.\n")
    assert not home.exists()


def test_what_is_refused_is_said_and_fails(call: Call, made: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with av.connect(home=home) as client:
        client.register_project("breast cancer")
        client.create_field("breast cancer", "accuracy", "int")
    said = call("import", "mlflow", made / "mlflow.db", "--home", home)
    assert said.code == 1
    assert "is of kind int, not float" in " ".join(said.out.replace("│", " ").split())


def test_event_files_come_by_one_command(call: Call, tmp_path: Path) -> None:
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(tmp_path / "logs" / "run")) as writer:
        writer.add_scalar("loss", 0.5, 1)
    (file,) = (tmp_path / "logs" / "run").iterdir()
    shutil.copy(file, tmp_path / "logs" / file.name)
    with file.open("r+b") as stream:
        stream.seek(20)
        stream.write(b"\xff")
    said = call("import", "tensorboard", tmp_path / "logs", "--home", tmp_path / "home", "--json")
    assert said.code == 0
    report = json.loads(said.out)
    assert (report["counts"]["run"]["new"], report["entries"]) == (2, 1)
    assert [(one["name"], one["reason"].split(";")[0]) for one in report["skipped"]] == [
        (f"run/{file.name}", "the frame at byte 0 is damaged")
    ]


def test_a_source_that_is_no_store_is_one_line(call: Call, tmp_path: Path) -> None:
    said = call("import", "mlflow", tmp_path, "--home", tmp_path / "home")
    assert said.code == 1
    assert said.err.startswith("arangovis: ")
    assert "is no store of MLflow" in said.err
