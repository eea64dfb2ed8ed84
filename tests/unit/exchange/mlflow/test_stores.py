"""Reading MLflow's stores: both sorts say the same, old ones lack what came later, broken files are named."""

import math
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidContent
from arangovis.exchange.mlflow.opening import open_store
from arangovis.exchange.mlflow.records import Measured, TrackedRun, model_id_of
from arangovis.exchange.mlflow.sqlite_store import SqliteStore
from arangovis.exchange.mlflow.taking import Taking, local_folder
from arangovis.exchange.mlflow.translating import plain, run_key
from tests.tracking_stores import change, run_named, unpacked

LATER = ("inputs", "input_tags", "datasets", "logged_models", "registered_model_aliases", "experiment_tags")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("tracking"))


def told(run: TrackedRun) -> Any:
    """Return what both sorts of store say of a run: ids and places differ."""
    data = sorted((use.name, use.digest, use.context, use.source, use.schema, use.profile) for use in run.data)
    tags = {name: value for name, value in run.tags.items() if name != "mlflow.parentRunId"}
    metrics = {name: [str(entry) for entry in entries] for name, entries in run.metrics.items()}
    same = replace(run, id="", experiment=run.experiment, artifact_uri=None, source={}, data=())
    facts = same.name, same.status, same.lifecycle, same.start, same.end, same.params, run.experiment.name
    return facts, sorted(tags.items()), sorted(metrics.items()), data


def test_both_sorts_of_store_say_the_same(made: Path) -> None:
    database, files = open_store(made / "mlflow.db"), open_store(made / "mlruns")
    left, right = list(database.runs()), list(files.runs())
    assert [run.name for run in left] == ["sweep", "child 1", "child 2", "evaluation", "killed", "running", "gone"]
    for one, other in zip(left, right, strict=True):
        (facts, tags, metrics, data), other_told = told(one), told(other)
        assert (facts, tags, data) == (other_told[0], other_told[1], other_told[3])
        assert [name for name, _ in metrics] == [name for name, _ in other_told[2]]
    assert {model.name for model in database.registered_models()} == {model.name for model in files.registered_models()}
    assert [len(model.read_by) for model in database.logged_models()] == [1, 0]
    assert sorted(len(model.read_by) for model in files.logged_models()) == [0, 1]
    assert database.count() == files.count() == 7
    database.close()
    files.close()


def test_a_folder_that_holds_a_store_is_opened(made: Path, tmp_path: Path) -> None:
    store = open_store(made)
    assert isinstance(store, SqliteStore)
    store.close()
    shutil.copytree(made / "mlruns", tmp_path / "mlruns")
    assert open_store(tmp_path).count() == 7


def test_the_file_is_not_written(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "what? a #name.db"
    shutil.copy(made / "mlflow.db", path)
    path.chmod(0o400)
    before = path.read_bytes()
    store = SqliteStore(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._connection.execute("DELETE FROM runs")
    assert len(list(store.runs())) == 7
    store.close()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_an_older_store_lacks_what_came_later(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    shutil.copy(made / "mlflow.db", path)
    change(path, "PRAGMA foreign_keys = OFF", *(f"DROP TABLE {table}" for table in LATER))
    store = open_store(path)
    runs = {run.name: run for run in store.runs()}
    assert runs["child 1"].data == ()
    assert len(runs["child 1"].metrics["val/acc"]) == 5
    assert list(store.logged_models()) == []
    assert [dict(model.aliases) for model in store.registered_models()] == [{}, {}]
    store.close()


def test_numbers_that_are_not_finite_come_back(made: Path) -> None:
    store = open_store(made / "mlflow.db")
    (run,) = [run for run in store.runs() if run.name == "running"]
    values = [entry.value for entry in run.metrics["loss"]]
    assert (math.isnan(values[0]), values[1]) == (True, math.inf)
    store.close()


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    change(tmp_path / "other.db", "CREATE TABLE runs (run_uuid TEXT)")
    with pytest.raises(InvalidContent, match="no table experiments, params, tags, metrics"):
        open_store(tmp_path / "other.db")


def test_workspaces_are_told_apart(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    shutil.copy(made / "mlflow.db", path)
    change(path, "UPDATE experiments SET workspace = 'team b' WHERE name = 'wine quality'")
    store = open_store(path)
    assert {experiment.name for experiment in store.experiments()} >= {"team b/wine quality", "breast cancer"}
    store.close()


# --- files --------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "mlruns", tmp_path / "mlruns")
    return tmp_path / "mlruns"


def metric_of(files: Path) -> Path:
    return next(path for path in sorted(files.rglob("metrics/loss")) if len(path.read_text("utf-8").splitlines()) > 2)


@pytest.mark.parametrize("line", ["1767225610000 nothing 0\n", "noon 0.5 0\n", "1767225610000\n", "1 2 3.5\n"])
def test_a_broken_metric_names_run_and_line(files: Path, line: str) -> None:
    path = metric_of(files)
    path.write_text(path.read_text("utf-8") + line, "utf-8")
    store = open_store(files)
    runs = list(store.runs())
    assert len(runs) == 6
    ((what, name, reason),) = store.skipped
    assert (what, name) == ("run", path.parents[1].name)
    assert reason.startswith("cannot be read: line 7 of metric 'loss' is ")


def test_a_line_that_is_being_written_is_left_for_later(files: Path) -> None:
    path = metric_of(files)
    path.write_text(path.read_text("utf-8") + "1767225699000 0.7", "utf-8")
    store = open_store(files)
    (run,) = [run for run in store.runs() if run.id == path.parents[1].name]
    assert len(run.metrics["loss"]) == 6
    assert store.skipped == []


def test_a_line_of_the_first_versions_has_no_step(files: Path) -> None:
    path = metric_of(files)
    path.write_text("1767225610000 0.5\n", "utf-8")
    (run,) = [run for run in open_store(files).runs() if run.id == path.parents[1].name]
    assert run.metrics["loss"] == [Measured(1767225610000, 0.5, 0)]


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2\n", "!!python/object/apply:os.system ['true']", "\udcff"])
def test_a_meta_file_that_cannot_be_read_is_named(files: Path, text: str) -> None:
    path = metric_of(files).parents[1] / "meta.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    store = open_store(files)
    assert len(list(store.runs())) == 6
    assert [(one.what, one.name) for one in store.skipped] == [("run", path.parent.name)]


def test_artifacts_are_found_on_this_machine_only(made: Path, tmp_path: Path) -> None:
    assert local_folder("s3://bucket/run") is None
    assert local_folder("file://elsewhere/tmp") is None
    assert local_folder("mlflow-artifacts:/1/run/artifacts") is None
    assert local_folder("relative/folder") is None
    assert local_folder(str(tmp_path)) is None
    (tmp_path / "a b%20").mkdir()
    (tmp_path / "a b%20" / "c").touch()
    assert local_folder((tmp_path / "a b%20").as_uri()) == tmp_path / "a b%20"
    store = open_store(made / "mlflow.db")
    taking = Taking(store, None)
    assert len(list(taking.runs())) == 6
    assert [name for _, name, _ in taking.files()] == ["plots/loss.txt", "plots/loss.txt"]
    store.close()


def test_a_link_out_of_the_artifacts_is_not_followed(made: Path, tmp_path: Path) -> None:
    place = unpacked(tmp_path / "again") if (tmp_path / "again").mkdir() is None else tmp_path
    run = run_named(place / "mlflow.db", "child 1")
    (place / "artifacts" / run / "artifacts" / "secret").symlink_to("/etc/hostname")
    store = open_store(place / "mlflow.db")
    taking = Taking(store, None)
    list(taking.runs())
    assert [name for _, name, _ in taking.files()] == ["plots/loss.txt", "plots/loss.txt"]
    store.close()


# --- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("007", "007"),
        ("0.1", 0.1),
        ("1e-05", 1e-05),
        ("1.10", "1.10"),
        ("True", True),
        ("true", "true"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("", ""),
        ("1_000", "1_000"),
        (" 5", " 5"),
        (str(2**70), str(2**70)),
        ("None", "None"),
    ],
)
def test_a_parameter_is_what_python_would_write_so(text: str, value: object) -> None:
    found = plain(text)
    assert (found, type(found)) == (value, type(value))


@given(st.text(max_size=12) | st.integers().map(str) | st.floats().map(repr))
def test_no_parameter_is_changed(text: str) -> None:
    assert str(plain(text)) == text


def test_keys_of_runs_are_their_ids() -> None:
    assert run_key("0123456789abcdef0123456789abcdef") == "01234567-89ab-cdef-0123-456789abcdef"
    assert run_key("another sort of id") == run_key("another sort of id")
    assert run_key("a/b") != run_key("a/c")


def test_a_logged_model_is_known_by_the_source() -> None:
    assert model_id_of("models:/m-0123") == "m-0123"
    assert model_id_of("models:/wine/3") is None
    assert model_id_of("s3://b/m-1") is None
    assert model_id_of(None) is None
