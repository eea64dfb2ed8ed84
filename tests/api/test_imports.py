"""Taking over MLflow's and TensorBoard's records: what becomes of them, once, on every store."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient
from tensorboardX import SummaryWriter

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain.errors import InvalidContent, NotFound
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.exchange.mlflow.translating import REGISTRY_PROJECT, run_key
from arangovis.wiring import Arangovis
from tests.tracking_stores import change, run_named, unpacked

STORES = ("mlflow.db", "mlruns")
PATH = "/api/v1/imports"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("tracking"))


@pytest.fixture
def sdk(service: Arangovis) -> Client:
    return Client(LocalBackend(service, "ada"))


def runs_of(service: Arangovis) -> dict[str, Node]:
    from arangovis.domain.search import Search

    return {str(node.attributes.get("name")): node for node in service.store.search(Search("run", limit=100)).items}


def near(service: Arangovis, node: NodeId, direction: Direction, kind: str) -> dict[str, NodeId]:
    edges = service.store.all_edges(node, direction, kind)
    end = "source" if direction is Direction.UPSTREAM else "target"
    return {f"{getattr(edge.id, end).kind}:{edge.id.role}": getattr(edge.id, end) for edge in edges}


def rows_of(sdk: Client, run: NodeId, name: str) -> dict[str, list[Any]]:
    table: Any = sdk.series(run, fields=[name, "step", "walltime"]).table
    return {column: table[column].to_pylist() for column in (name, "step", "walltime")}


# --- mlflow -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", STORES)
def test_a_run_of_mlflow_comes_whole(service: Arangovis, sdk: Client, made: Path, store: str) -> None:
    report = sdk.import_mlflow(made / store)
    assert {kind: counts.new for kind, counts in report.counts.items() if kind != "project"} == {
        "run": 6, "model_version": 4, "model": 2,
    }  # fmt: skip
    assert [(one.kind, one.reason) for one in report.skipped] == [("run", "deleted in MLflow")]
    run = runs_of(service)["child 1"]
    assert service.store.get(NodeId("project", str(run.project))).attributes["name"] == "wine quality"
    facts: Any = run.attributes
    assert (facts["state"], facts["method"], facts["executor"]) == ("SUCCESS", "mlflow", "external")
    assert (facts["started"], facts["ended"]) == (1_767_225_610_000_000, 1_767_225_619_000_000)
    assert facts["params"] == {"alpha": 0.1, "kernel": "rbf' OR 1=1 --"}
    assert facts["metrics"] == pytest.approx({"loss": 0.2, "val/acc": 0.9})
    assert facts["code"] == {"commit": "0123456789abcdef0123456789abcdef01234567"}
    assert facts["process"] == {"user": "ann", "command": "train.py", "source_type": "LOCAL"}
    assert facts["description"] == 'Child 1: it\'s a "test"'
    own = {name: value for name, value in facts["attributes"].items() if not name.startswith("mlflow_")}
    assert own == {"team": "cellar", "größe/é": "15 %"}
    assert facts["attributes"]["mlflow_run_id"] == run.id.key.replace("-", "")
    assert facts["attributes"]["mlflow_experiment"] == "wine quality"
    assert facts["extra"]["mlflow"]["artifacts"] == [{"path": "plots/loss.txt", "bytes": 16}]


@pytest.mark.parametrize("store", STORES)
def test_histories_become_series_with_steps_and_times(service: Arangovis, sdk: Client, made: Path, store: str) -> None:
    sdk.import_mlflow(made / store)
    found = runs_of(service)
    rows = rows_of(sdk, found["child 2"].id, "loss")
    assert rows["step"] == [0, 1, 2, 3, 4, 2]
    assert rows["loss"] == pytest.approx([1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 4])
    times = [moment.timestamp() for moment in rows["walltime"]]
    assert [time - times[0] for time in times] == [0, 1, 2, 3, 4, 6]
    strange = rows_of(sdk, found["running"].id, "loss")["loss"]
    assert str(strange) == "[nan, inf]"
    assert {str(found[name].attributes["state"]) for name in ("evaluation", "killed")} == {"ERROR"}
    assert [found[name].attributes.get("reason") for name in ("evaluation", "killed")] == ["failed", "killed"]
    assert (found["running"].attributes["state"], found["running"].attributes.get("ended")) == ("STARTED", None)


@pytest.mark.parametrize("store", STORES)
def test_what_is_linked_there_is_linked_here(service: Arangovis, sdk: Client, made: Path, store: str) -> None:
    sdk.import_mlflow(made / store)
    found = runs_of(service)
    child = found["child 1"].id
    inputs = near(service, child, Direction.UPSTREAM, "input_to")
    data: Any = service.store.get(inputs["dataset:training"]).attributes
    assert (data["name"], data["version"], data["rows"], data["url"]) == ("train", "8f434346", 142, "/data/train.csv")
    assert data["columns"] == {"alcohol": "double"}
    assert near(service, child, Direction.UPSTREAM, "spawned") == {"run:child": found["sweep"].id}
    versions = [edge.id.target for edge in service.store.all_edges(child, Direction.DOWNSTREAM, "generated")
                if edge.id.target.kind == "model_version"]  # fmt: skip
    names = {str(service.store.get(version).attributes["name"]): version for version in versions}
    assert len(versions) == 2
    assert list(names) == ["wine"]
    read = near(service, found["evaluation"].id, Direction.UPSTREAM, "input_to")["model_version:model"]
    assert read in versions
    assert service.store.get(read).attributes["attributes"]["params.depth"] == 3  # type: ignore[index,call-overload]
    lineage = {visit.node.id for visit in service.lineage.ask(_upstream(found["evaluation"].id)).visits}
    assert {child, read, inputs["dataset:training"]} <= lineage


def _upstream(node: NodeId) -> Any:
    from arangovis.services.lineage.lineage import LineageQuestion

    return LineageQuestion(node, Direction.UPSTREAM)


@pytest.mark.parametrize("store", STORES)
def test_the_registry_comes_with_aliases(service: Arangovis, sdk: Client, made: Path, store: str) -> None:
    sdk.import_mlflow(made / store)
    aliases = {alias.name: service.catalogue.version(alias.number) for alias in sdk.aliases(REGISTRY_PROJECT, "wine")}
    assert {name: version.version for name, version in aliases.items()} == {"champion": "2", "challenger": "1"}
    newest: Any = service.store.get(aliases["champion"].id).attributes
    assert newest["attributes"]["checked"] == "yes"
    assert newest["attributes"]["mlflow_source"].startswith("models:/m-")
    assert near(service, aliases["challenger"].id, Direction.DOWNSTREAM, "succeeded_by") == {
        "model_version:": aliases["champion"].id
    }
    model: Any = service.store.get(aliases["champion"].model).attributes
    assert (model["description"], model["attributes"]) == ("Tells wines apart", {"owner": "ann"})


@pytest.mark.parametrize("store", STORES)
def test_the_same_import_again_writes_nothing(service: Arangovis, sdk: Client, made: Path, store: str) -> None:
    sdk.import_mlflow(made / store)
    before = service.store.change_number()
    again = sdk.import_mlflow(made / store)
    assert service.store.change_number() == before
    assert again.entries == 0
    assert all(counts.new == counts.changed == counts.refused == 0 for counts in again.counts.values())


def test_what_is_new_there_comes_and_what_was_added_here_stays(
    service: Arangovis, sdk: Client, made: Path, tmp_path: Path
) -> None:
    store = tmp_path / "mlflow.db"
    shutil.copy(made / "mlflow.db", store)
    sdk.import_mlflow(store)
    run = run_named(store, "running")
    node = NodeId("run", run_key(run))
    sdk.tag_run(node, "checked by hand")
    change(
        store,
        ("UPDATE runs SET status = 'FINISHED', end_time = 1767225799000 WHERE run_uuid = ?", (run,)),
        ("INSERT INTO tags (run_uuid, key, value) VALUES (?, 'team', 'new')", (run,)),
        (
            "INSERT INTO metrics (key, run_uuid, value, timestamp, step, is_nan) "
            "VALUES ('loss', ?, 0.125, 1767225733000, 2, 0)",
            (run,),
        ),
        "UPDATE registered_model_aliases SET version = 1 WHERE alias = 'champion'",
    )  # fmt: skip
    report = sdk.import_mlflow(store)
    assert (report.counts["run"].changed, report.counts["run"].unchanged, report.entries) == (1, 5, 1)
    facts: Any = service.store.get(node).attributes
    assert (facts["state"], facts["ended"], facts["metrics"]["loss"]) == ("SUCCESS", 1_767_225_799_000_000, 0.125)
    assert (facts["tags"], facts["attributes"]["team"]) == (["checked by hand"], "new")
    assert [node.attributes["state"] for node in service.store.history(node)] == ["STARTED", "STARTED", "SUCCESS"]
    rows = rows_of(sdk, node, "loss")
    assert rows["step"] == [0, 1, 2]
    moves = sdk.alias_history(REGISTRY_PROJECT, "wine", "champion")
    assert len(moves) == 2


def test_an_interrupted_import_goes_on(service: Arangovis, sdk: Client, made: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("arangovis.client.import_parts.THINGS_MAX", 2)
    told: list[int] = []

    def stop(_stage: str, done: int, _total: int | None) -> None:
        told.append(done)
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sdk.import_mlflow(made / "mlflow.db", progress=stop)
    assert len(runs_of(service)) == 2
    report = sdk.import_mlflow(made / "mlflow.db")
    assert (report.counts["run"].new, report.counts["run"].unchanged) == (4, 2)


def test_a_long_history_goes_in_pieces(service: Arangovis, sdk: Client, made: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("arangovis.client.import_parts.ENTRIES_MAX", 4)
    report = sdk.import_mlflow(made / "mlflow.db")
    assert report.entries == 25
    run = runs_of(service)["child 1"]
    assert (run.attributes["state"], run.attributes["metrics"]["loss"]) == ("SUCCESS", 0.2)  # type: ignore[index,call-overload]
    assert rows_of(sdk, run.id, "loss")["step"] == [0, 1, 2, 3, 4, 2]
    again = sdk.import_mlflow(made / "mlflow.db")
    assert again.entries == 0


def test_everything_goes_to_one_project(service: Arangovis, sdk: Client, made: Path) -> None:
    sdk.import_mlflow(made / "mlflow.db", project="all of it")
    (project,) = {node.project for node in runs_of(service).values()}
    assert service.store.get(NodeId("project", str(project))).attributes["name"] == "all of it"
    assert {alias.name for alias in sdk.aliases("all of it", "wine")} == {"champion", "challenger"}


def test_bytes_of_artifacts_are_copied_when_asked(service: Arangovis, sdk: Client, made: Path) -> None:
    report = sdk.import_mlflow(made / "mlflow.db", artifacts=True)
    assert report.files == 2
    run = runs_of(service)["child 2"].id
    file = near(service, run, Direction.DOWNSTREAM, "generated")["artifact:file"]
    assert service.store.get(file).attributes["name"] == "plots/loss.txt"
    assert sdk.content(file) == b"loss of child 2\n"


def test_a_dry_run_says_the_same_and_writes_nothing(service: Arangovis, sdk: Client, made: Path) -> None:
    before = service.store.change_number()
    dry = sdk.import_mlflow(made / "mlflow.db", dry_run=True)
    assert service.store.change_number() == before
    assert (dry.dry_run, dry.counts["run"].new, dry.entries) == (True, 6, 25)
    real = sdk.import_mlflow(made / "mlflow.db")
    assert {kind: counts.refused for kind, counts in real.counts.items()} == dict.fromkeys(real.counts, 0)
    assert {kind: counts.refused for kind, counts in dry.counts.items()} == dict.fromkeys(dry.counts, 0)


def test_a_run_that_does_not_fit_is_refused_alone(service: Arangovis, sdk: Client, made: Path) -> None:
    sdk.register_project("wine quality")
    sdk.create_field("wine quality", "val/acc", "text")
    report = sdk.import_mlflow(made / "mlflow.db")
    assert (report.counts["run"].new, report.counts["run"].refused) == (4, 2)
    reasons = {one.reason for one in report.skipped if one.kind == "run"}
    assert "field 'val/acc' of the project is of kind text, not float" in reasons
    assert set(runs_of(service)) == {"sweep", "evaluation", "killed", "running"}
    assert sdk.runs('state = "SUCCESS"').items[0].attributes["name"] == "sweep"


# --- tensorboard --------------------------------------------------------------------------------------------------


def write(folder: Path, steps: range) -> None:
    with SummaryWriter(str(folder), filename_suffix=f".{steps.start}") as writer:
        for step in steps:
            writer.add_scalar("loss", 1 / (step + 1), step, walltime=1_767_225_600 + step)
        writer.add_text("note", f"up to {steps.stop}", steps.stop, walltime=1_767_225_600.5)


def test_event_files_become_runs_and_series(service: Arangovis, sdk: Client, tmp_path: Path) -> None:
    write(tmp_path / "logs" / "first", range(5))
    with SummaryWriter(str(tmp_path / "logs" / "second")) as writer:
        writer.add_hparams({"lr": 0.5, "layers": 3, "kind": "mlp", "deep": True}, {"accuracy": 0.75})
    report = sdk.import_tensorboard(tmp_path / "logs", project="curves")
    found = runs_of(service)
    assert report.counts["run"].new == 3
    assert found["first"].attributes["metrics"] == pytest.approx({"loss": 0.2})
    rows = rows_of(sdk, found["first"].id, "loss")
    assert rows["loss"] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])
    assert rows["step"] == [0, 1, 2, 3, 4]
    assert rows_of(sdk, found["first"].id, "note")["note"] == ["up to 5"]
    (inner,) = [node for name, node in found.items() if name.startswith("second/")]
    assert inner.attributes["params"] == {"lr": 0.5, "layers": 3, "kind": "mlp", "deep": True}
    assert inner.attributes["metrics"] == {"accuracy": 0.75}
    assert near(service, inner.id, Direction.UPSTREAM, "spawned") == {"run:child": found["second"].id}


def test_only_new_events_are_taken_again(service: Arangovis, sdk: Client, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    write(folder, range(3))
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-70])  # in the midst of an event, as a writer may leave it for a moment
    torn = sdk.import_tensorboard(folder)
    file.write_bytes(whole)
    complete = sdk.import_tensorboard(folder)
    write(folder, range(3, 6))
    more = sdk.import_tensorboard(folder)
    assert [report.entries for report in (torn, complete, more)] == [3, 1, 4]
    assert sdk.import_tensorboard(folder).entries == 0
    (run,) = runs_of(service).values()
    steps = rows_of(sdk, run.id, "loss")["step"]
    assert sorted(steps) == [0, 1, 2, 3, 4, 5]


# --- what is refused ----------------------------------------------------------------------------------------------


def test_other_files_are_refused_by_name(sdk: Client, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database at all, but long enough to look at " * 30, "utf-8")
    with pytest.raises(InvalidContent, match=r"notes\.txt is no SQLite file"):
        sdk.import_mlflow(tmp_path / "notes.txt")
    with pytest.raises(InvalidContent, match="it has no folder"):
        sdk.import_mlflow(tmp_path)
    with pytest.raises(NotFound, match=r"there is no gone\.db"):
        sdk.import_mlflow(tmp_path / "gone.db")
    with pytest.raises(InvalidContent, match="no event file"):
        sdk.import_tensorboard(tmp_path)
    with pytest.raises(NotFound, match="there is no folder gone"):
        sdk.import_tensorboard(tmp_path / "gone")


RUN: dict[str, Any] = {"key": "0190c0de-0000-7000-8000-000000000001", "project": "p", "method": "m"}
HISTORY: dict[str, Any] = {"name": "loss", "steps": [0, 1], "times": [10, 20], "values": [0.5, None]}


def posted(client: TestClient, **body: Any) -> Any:
    return client.simulate_post(PATH, json=body)


@pytest.mark.parametrize(
    ("run", "field"),
    [
        ({"key": "no key/at all"}, "runs.0.key"),
        ({"state": "PENDING"}, "runs.0.state"),
        ({"reason": "tired"}, "runs.0.reason"),
        ({"started": "yesterday"}, "runs.0.started"),
        ({"params": [1]}, "runs.0.params"),
        ({"histories": [{**HISTORY, "first": -1}]}, "runs.0.histories.0.first"),
        ({"histories": [{**HISTORY, "steps": 5}]}, "runs.0.histories.0.steps"),
        ({"data": [{}]}, "runs.0.data.0.name"),
        ({"colour": "red"}, "runs.0.colour"),
    ],
)
def test_a_body_that_is_not_right_names_the_field(client: TestClient, run: dict[str, Any], field: str) -> None:
    answer = posted(client, runs=[{**RUN, **run}])
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]


@pytest.mark.parametrize(
    ("history", "problem"),
    [
        ({"steps": [0]}, "1 steps, 2 times and 2 values"),
        ({"steps": [0, 1.5]}, "not whole numbers"),
        ({"steps": [0, 2**63]}, "not whole numbers"),
        ({"times": [True, False]}, "not whole numbers"),
        ({"values": ["a", "b"]}, "not numbers"),
        ({"values": [1, 2], "is_text": True}, "not texts"),
        ({"first": 1}, "goes on at entry 1, but 0 are here"),
        ({"name": "bell\u0007"}, "printable"),
    ],
)
def test_a_history_that_is_not_right_refuses_its_run(
    client: TestClient, service: Arangovis, history: dict[str, Any], problem: str
) -> None:
    good = {**RUN, "key": "0190c0de-0000-7000-8000-000000000002", "histories": [HISTORY]}
    answer = posted(client, runs=[{**RUN, "histories": [{**HISTORY, **history}]}, good])
    assert answer.status_code == 200
    bad, kept = answer.json["items"]
    assert (bad["outcome"], kept["outcome"], kept["rows"]) == ("refused", "new", 2)
    assert problem in bad["problem"]
    assert service.store.find(NodeId("run", RUN["key"])) is None


def test_a_run_of_ones_own_is_not_overwritten(client: TestClient, sdk: Client) -> None:
    from arangovis import LoggedRun

    sdk.register_project("p")
    sdk.log_run(LoggedRun("training", project="p", key=RUN["key"]))
    (item,) = posted(client, runs=[RUN]).json["items"]
    assert item["outcome"] == "refused"
    assert "is here already, and is not of method m" in item["problem"]


def test_a_run_that_was_deleted_here_stays_deleted(client: TestClient, sdk: Client) -> None:
    assert posted(client, runs=[RUN]).json["items"][0]["outcome"] == "new"
    sdk.delete_run(NodeId("run", RUN["key"]))
    (item,) = posted(client, runs=[{**RUN, "name": "other"}]).json["items"]
    assert (item["outcome"], "was deleted here" in item["problem"]) == ("refused", True)


def test_nothing_and_too_much_are_refused(client: TestClient) -> None:
    assert posted(client).status_code == 400
    many = [{"project": f"p{number}"} for number in range(1001)]
    assert posted(client, models=many).status_code == 400
