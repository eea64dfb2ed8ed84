"""`av.run` on the embedded store in this process: what is told of a run arrives, and nothing ends the user's job."""

import io
import os
import struct
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_digits, load_wine

import arangovis as av
from arangovis.client.active_run import ActiveRun
from arangovis.client.capture.options import NOTHING
from arangovis.client.contents import content_of
from arangovis.client.exits import Terminated
from arangovis.client.outbox import LoggingWarning
from arangovis.client.pictures import picture_bytes
from arangovis.domain.errors import AlreadyExists, Conflict, InvalidInput, RunGone
from arangovis.domain.graph import Node

PIXELS = load_digits().images[0] / 16


@pytest.fixture
def client(tmp_path: Path) -> Iterator[av.Client]:
    with av.connect(home=tmp_path / "home", actor="ada") as client:
        yield client


@pytest.fixture
def lean() -> dict[str, Any]:
    """Return the options of a run of which nothing is captured, since git and libraries take their time."""
    return {"capture": NOTHING}


def attributes(client: av.Client, run: ActiveRun) -> dict[str, Any]:
    return dict(client.node(run.id).attributes)


def neighbours(client: av.Client, run: ActiveRun, direction: str, edge: str) -> dict[str, Node]:
    """Return by role what a run is linked to."""
    found = client.edges(run.id, direction=direction, edges=[edge])
    return {neighbour.edge.id.role: neighbour.node for neighbour in found}


# --- what arrives -------------------------------------------------------------------------------------------------


def test_three_lines_log_a_training(client: av.Client) -> None:
    with av.run(
        project="wine", client=client, name="first", tags=["a"], params={"lr": 0.1, "net": {"layers": [2, 3]}}
    ) as run:
        for step in range(5):
            run.log({"loss": 1 / (step + 1)})
        run.params["epochs"] = np.int64(5)
        run.metric("accuracy", np.float32(0.5))
        run.metric("spread", np.array([0.0, 1.0]).std())  # a numpy.float64
        run.metrics(loss=0.2, rounds=3)
        run.tag("b", "a")
        run.untag("a")
        run.describe("A first try.")

    found = attributes(client, run)
    assert found["params"] == {"lr": 0.1, "net.layers": [2, 3], "epochs": 5} == dict(run.params)
    assert found["metrics"] == {"accuracy": 0.5, "spread": 0.5, "loss": 0.2, "rounds": 3}
    assert (found["tags"], found["name"], found["description"]) == (["b"], "first", "A first try.")
    assert (found["state"], found["executor"], found["method"]) == ("SUCCESS", "external", "script")
    assert found["process"]["exit_status"] == 0
    assert found["environment"]["numpy"] == np.__version__
    assert len(found["code"].get("commit", "c" * 40)) == 40
    assert found["started"] <= found["ended"]
    assert client.node(run.id).version.actor == "ada"


def test_rows_are_a_series_of_the_run(client: av.Client, lean: dict[str, Any]) -> None:
    with av.run(project="wine", client=client, **lean) as run:
        run.log({"loss": 0.5})
        run.write(None, error=np.arange(4.0), batch=np.arange(4))
    made = [neighbour.node.id.kind for neighbour in client.edges(run.id, direction="downstream")]
    assert made == ["series_data", "series_data"]


def test_files_pictures_tables_and_notes_are_kept(client: av.Client, lean: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("all well")
    with av.run(project="wine", client=client, **lean) as run:
        run.log_artifact(tmp_path / "report.txt")
        run.log_artifact(b"\x00\x01", "weights.bin", role="model")
        run.log_image(PIXELS, "digit", step=3)
        run.log_table({"epoch": [1, 2], "loss": [0.5, 0.2]}, "losses")
        run.note("*Looks* good.")

    made = neighbours(client, run, "downstream", "generated")
    assert made.keys() == {"file", "model", "image", "table", "note"}
    content = {role: client.content(node.id) for role, node in made.items()}
    assert (content["file"], content["model"], content["note"]) == (b"all well", b"\x00\x01", b"*Looks* good.")
    assert made["file"].attributes["media_type"] == "text/plain"
    assert dict(made["image"].attributes["facts"]) == {"step": 3}  # type: ignore[arg-type]
    assert pa.ipc.open_stream(content["table"]).read_all().to_pydict() == {"epoch": [1, 2], "loss": [0.5, 0.2]}


def test_content_joins_the_run_that_made_it_and_the_run_that_read_it(
    client: av.Client, lean: dict[str, Any], tmp_path: Path
) -> None:
    wine, file = load_wine().data, tmp_path / "model.bin"
    file.write_bytes(b"weights")
    with av.run(project="wine", client=client, **lean) as maker:
        maker.made(wine, "clean")
        maker.log_artifact(file, role="model")
    with av.run(project="wine", client=client, **lean) as reader:
        assert reader.use(wine, "train") is wine
        assert reader.use(str(file), "start") == str(file)

    above = {visit.node.id for visit in client.lineage(reader.id).visits}
    assert maker.id in above
    read = neighbours(client, reader, "upstream", "input_to")
    assert (read["train"].attributes["rows"], read["start"].attributes["name"]) == (178, "model.bin")


def test_nodes_can_be_read_too(client: av.Client, lean: dict[str, Any]) -> None:
    version = client.register_project("wine") and client.register_model("wine", "m")
    with av.run(project="wine", client=client, **lean) as first:
        first.log_artifact(b"1", "a", role="data")
    artifact = neighbours(client, first, "downstream", "generated")["data"]
    with av.run(project="wine", client=client, **lean) as second:
        second.use(artifact, "one")
        second.use(str(artifact.id), "two")
    assert {node.id for node in neighbours(client, second, "upstream", "input_to").values()} == {artifact.id}
    assert version.kind == "model"


# --- how it ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "state", "reason", "status"),
    [
        (ValueError("no rows"), "ERROR", "failed", 1),
        (KeyboardInterrupt(), "ERROR", "killed", 130),
        (Terminated(), "ERROR", "killed", 143),
        (MemoryError(), "ERROR", "memory", 1),
        (SystemExit(3), "ERROR", "failed", 3),
        (SystemExit("bad"), "ERROR", "failed", 1),
        (SystemExit(0), "SUCCESS", None, 0),
        (SystemExit(), "SUCCESS", None, 0),
    ],
)
def test_a_run_ends_as_its_exception_says(
    client: av.Client, error: BaseException, state: str, reason: str | None, status: int
) -> None:
    options: dict[str, Any] = {"capture": av.Capture(code=False, libraries=False)}
    with pytest.raises(type(error)) as raised, av.run(project="wine", client=client, **options) as run:
        raise error
    assert raised.value is error

    found = attributes(client, run)
    assert (found["state"], found.get("reason"), found["process"]["exit_status"]) == (state, reason, status)
    if isinstance(error, ValueError):
        assert (found["message"], found["process"]["exception"]) == ("ValueError: no rows", "ValueError")


def test_nothing_is_captured_that_is_switched_off(client: av.Client, lean: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="secret"), av.run(project="wine", client=client, **lean) as run:
        raise ValueError("secret")
    found = attributes(client, run)
    assert not {"code", "environment", "process", "message"} & found.keys()
    assert (found["state"], found["reason"]) == ("ERROR", "failed")


def test_the_output_is_kept_if_asked_for(client: av.Client, capsys: pytest.CaptureFixture[str]) -> None:
    with av.run(project="wine", client=client, capture=av.Capture(False, False, False, output=True)) as run:
        print("epoch 1")
    node = neighbours(client, run, "downstream", "generated")["output"]
    assert (client.content(node.id), capsys.readouterr().out) == (b"epoch 1\n", "epoch 1\n")


def test_the_end_comes_once_and_nothing_after_it(client: av.Client, lean: dict[str, Any]) -> None:
    run = av.run(project="wine", client=client, **lean)
    assert run.finish()
    assert run.finish(error=ValueError())
    assert attributes(client, run)["state"] == "SUCCESS"
    for call in (lambda: run.log({"a": 1}), lambda: run.metric("a", 1), lambda: run.tag("a"), lambda: run.note("a")):
        with pytest.raises(Conflict, match="finished"):
            call()


# --- several processes, several runs ------------------------------------------------------------------------------


def test_a_run_is_resumed_by_its_key(client: av.Client, lean: dict[str, Any]) -> None:
    with pytest.raises(ValueError), av.run(project="wine", client=client, params={"a": 1}, **lean) as first:  # noqa: PT011
        raise ValueError
    with av.run(run=first.key, client=client, params={"b": 2}, **lean) as second:
        second.log({"loss": 0.1})
    found = attributes(client, second)
    assert (second.id, found["state"], found["params"]) == (first.id, "SUCCESS", {"a": 1, "b": 2})
    assert "reason" not in found


def test_a_run_is_replaced_under_its_key(client: av.Client, lean: dict[str, Any]) -> None:
    with av.run(project="wine", client=client, tags=["old"], params={"a": 1}, **lean) as first:
        first.log({"loss": 0.1})
    with av.run(project="wine", run=first, mode="replace", client=client, params={"b": 2}, **lean) as second:
        second.log({"loss": 0.2})
    found = attributes(client, second)
    assert (found["params"], "tags" in found, found["generation"] > 0) == ({"b": 2}, False, True)
    assert len(list(client.edges(second.id, direction="downstream"))) == 1


def test_ranks_join_one_run_under_a_key_of_their_own_choice(client: av.Client, lean: dict[str, Any]) -> None:
    key = str(uuid.uuid4())
    ranks = [av.run(project="wine", run=key, mode="join", client=client, **lean) for _ in range(3)]
    for rank, run in enumerate(ranks):
        run.log({"loss": float(rank)})
        run.flush(10)
    states = []
    for run in ranks:
        run.finish()
        states.append(attributes(client, run)["state"])
    assert states == ["STARTED", "STARTED", "SUCCESS"]


def test_a_run_inside_another_is_its_child(client: av.Client, lean: dict[str, Any]) -> None:
    with av.run(project="wine", client=client, **lean) as outer:
        assert av.current_run() is outer
        with av.run(project="wine") as inner:
            assert av.current_run() is inner
        assert inner.connection.outbox is outer.connection.outbox
        with av.run(project="wine", parent=None) as apart:
            pass
        fork = av.run(project="wine", parent=apart, relation="fork")
        fork.finish()
    assert av.current_run() is None
    assert neighbours(client, outer, "downstream", "spawned")["child"].id == inner.id
    assert neighbours(client, apart, "downstream", "spawned")["fork"].id == fork.id
    assert neighbours(client, apart, "upstream", "spawned") == {}


def test_a_forked_child_logs_and_leaves_the_run_to_its_parent(tmp_path: Path, lean: dict[str, Any]) -> None:
    home = tmp_path / "home"
    with av.run(project="wine", home=home, offline=True, **lean) as run:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run.log({"from_child": 1})
                run.finish()
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        run.metric("a", 1)
    waiting = b"".join(path.read_bytes() for path in (home / "spool").rglob("*") if path.is_file())
    assert waiting.count(b"/end") == 1
    assert b"from_child" in waiting


# --- from outside -------------------------------------------------------------------------------------------------


def test_runs_are_changed_from_outside(client: av.Client, lean: dict[str, Any]) -> None:
    wine = load_wine().data
    with av.run(project="wine", client=client, tags=["a"], params={"lr": 0.1}, **lean) as run:
        pass
    client.tag_run(run.id, "b", remove=["a"])
    client.change_run(run.key, name="best", params={"lr": 0.2}, metrics={"accuracy": 0.9})
    linked = client.link_run(run.id, inputs={"train": wine})
    assert (linked, len(linked)) == (client.link_run(run.id, inputs={"train": wine}), 1)

    found = attributes(client, run)
    assert (found["tags"], found["name"], found["params"], found["metrics"]) == (
        ["b"],
        "best",
        {"lr": 0.2},
        {"accuracy": 0.9},
    )
    client.delete_run(run.id)
    client.delete_run(run.id)
    with pytest.raises(RunGone):
        client.tag_run(run.id, "late")
    with pytest.raises(InvalidInput, match="no run"):
        client.delete_run("dataset/1")


def test_a_run_is_ended_from_outside(client: av.Client, lean: dict[str, Any]) -> None:
    run = av.run(project="wine", client=client, **lean)
    assert run.flush(10)
    ended = client.end_run(run.id, av.RunState.CANCELLED, message="not needed any more")
    assert (ended.node, ended.state) == (run.id, av.RunState.CANCELLED)
    run.finish()
    assert attributes(client, run)["state"] == "CANCELLED"


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"tags": "one"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"params": {"net": object()}}, "params.net"),
        ({"params": [1]}, "params"),
        ({"mode": "borrow"}, "mode"),
        ({"mode": "resume"}, "run"),
        ({"run": "dataset/1"}, "run"),
        ({"parent": 7}, "parent"),
        ({"parent": "run/a", "relation": "cousin"}, "relation"),
        ({"capture": "all"}, "capture"),
        ({"colour": "red"}, "colour"),
        ({"home": "/tmp/a", "url": "http://127.0.0.1:1"}, "url"),
        ({"url": "ftp://example.org"}, "url"),
    ],
)
def test_what_is_wrong_is_named(client: av.Client, arguments: dict[str, Any], field: str) -> None:
    place = {} if {"home", "url"} & arguments.keys() else {"client": client}
    given = {**place, **arguments}
    with pytest.raises(InvalidInput) as refused:
        av.run(project="wine", **given)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_bad_values_are_refused_and_the_run_goes_on(client: av.Client, lean: dict[str, Any], tmp_path: Path) -> None:
    with av.run(project="wine", client=client, **lean) as run:
        for call in (
            lambda: run.metric("a", object()),
            lambda: run.params.update(a={1, 2}),
            lambda: run.use(str(tmp_path / "nothing")),
            lambda: run.use(3),
            lambda: run.log_artifact(b"1"),
            lambda: run.log_artifact(tmp_path / "nothing"),
            lambda: run.log_image(np.zeros((2, 2, 7)), "a"),
            lambda: run.log_image(np.full((2, 2), 3.5), "a"),
            lambda: run.log_table(3, "a"),
        ):
            with pytest.raises(InvalidInput):
                call()
        run.metric("good", 1)
    assert attributes(client, run)["metrics"] == {"good": 1}


def test_what_the_service_refuses_is_a_warning_or_with_strict_an_error(client: av.Client, lean: dict[str, Any]) -> None:
    with av.run(project="wine", client=client, **lean) as run:
        pass
    with pytest.warns(LoggingWarning, match="exists already"), av.run(run=run, mode="begin", client=client, **lean):
        pass
    again = av.run(run=run, mode="begin", client=client, strict=True, **lean)
    with pytest.raises(AlreadyExists):
        again.finish()


# --- contents and pictures ----------------------------------------------------------------------------------------


def test_equal_content_has_equal_digests(tmp_path: Path) -> None:
    wine = load_wine().data
    turned = np.asfortranarray(wine)
    assert content_of(wine).digest == content_of(turned).digest != content_of(wine.T).digest
    assert content_of(wine).digest != content_of(wine.astype(np.float32)).digest
    for folder in ("a", "b"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / folder / "deep" / "x.txt").write_text("x")
    assert content_of(tmp_path / "a").digest == content_of(tmp_path / "b").digest
    (tmp_path / "b" / "deep" / "x.txt").write_text("y")
    assert content_of(tmp_path / "a").digest != content_of(tmp_path / "b").digest
    assert content_of({"a": [1, 2]}).rows == content_of(pa.table({"a": [1, 2]})).rows == 2
    with pytest.raises(InvalidInput, match="objects"):
        content_of(np.array([object()]))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_an_array_becomes_a_png_of_its_pixels(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), np.uint8)
    data = picture_bytes(pixels)
    width, height = struct.unpack(">II", data[16:24])
    length = struct.unpack(">I", data[33:37])[0]
    lines = np.frombuffer(zlib.decompress(data[41 : 41 + length]), np.uint8).reshape(height, -1)
    assert (width, height, data[:8]) == (7, 5, b"\x89PNG\r\n\x1a\n")
    assert (lines[:, 1:].reshape(5, 7, channels) == pixels).all()


def test_a_figure_draws_itself() -> None:
    class Figure:
        def savefig(self, sink: io.BytesIO, format: str) -> None:  # noqa: A002
            sink.write(format.encode())

    assert picture_bytes(Figure()) == b"png"
