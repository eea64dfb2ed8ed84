"""The data logger's verbs, in this process on a store of its own."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from arangovis.client import Client, connect
from arangovis.client.data_logger import AsyncDataLogger, DataLogger
from arangovis.client.outbox import LoggingWarning
from arangovis.client.problems import json_of
from arangovis.client.series_logger import SeriesLogger
from arangovis.client.system_metrics import SystemMetrics
from arangovis.client.tensorboard import SummaryWriter
from arangovis.domain.errors import Conflict, Gone, InvalidInput
from tests.acceptance.processes import until


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with connect(home=tmp_path, actor="ada") as opened:
        yield opened


def logger(client: Client, **options: Any) -> DataLogger:
    return DataLogger("demo", client=client, capture=False, within_s=None, **options)


def asked(client: Client, path: str) -> Any:
    return json_of(client.backend.api().send("GET", f"/api/v1/{path}"))


def rows(client: Client, run: str | None, *fields: str) -> dict[str, list[Any]]:
    found = asked(client, f"runs/{run}/rows?fields={','.join(fields)}")["columns"]
    return {field: found[field] for field in fields}


def test_rows_attributes_and_tags_arrive(client: Client) -> None:
    with logger(client, strict=True) as log:
        log.write(step=[1, 2], loss=load_breast_cancer().data[:2, 0])
        log.log({"accuracy": 0.5}, step=7)
        log.set_run_attributes(lr=0.1, depth=np.int64(3), model="mlp", good=True)
        log.add_run_tags("first", "try")
        assert log.flush(30)
    run = asked(client, f"runs/{log.run_handle}")["attributes"]
    assert (run["state"], run["tags"]) == ("SUCCESS", ["first", "try"])
    assert rows(client, log.run_handle, "step", "loss") == {"step": [1, 2], "loss": [17.99, 20.57]}
    assert rows(client, log.run_handle, "step", "accuracy") == {"step": [7], "accuracy": [0.5]}
    attributes = asked(client, f"runs/{log.run_handle}/attributes")["attributes"]
    assert attributes == {"lr": 0.1, "depth": 3, "model": "mlp", "good": True}


def test_an_attribute_that_is_no_single_value_is_refused(client: Client) -> None:
    with logger(client) as log, pytest.raises(InvalidInput, match=r"(?s)a: is a list.*b: is a NoneType"):
        log.set_run_attributes(a=[1], b=None, c=1, at=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_handle_replaces_what_was_there(client: Client) -> None:
    with logger(client) as first:
        first.write(x=[1, 2, 3])
        first.add_run_tags("old")
    again = logger(client)
    again.set_run_handle(str(first.run_handle))
    with again:
        again.write(x=[9])
    assert again.run_handle == first.run_handle
    assert rows(client, first.run_handle, "x") == {"x": [9]}
    assert asked(client, f"runs/{first.run_handle}")["attributes"].get("tags", []) == []


def test_a_resumed_run_gets_more_rows(client: Client) -> None:
    with logger(client) as first:
        first.write(x=[1, 2])
    more = logger(client)
    more.resume_run(str(first.run_handle))
    with more:
        more.write(x=[3])
    assert sorted(rows(client, first.run_handle, "x")["x"]) == [1, 2, 3]


def test_a_fork_is_a_run_of_its_own_that_came_from_another(client: Client) -> None:
    with logger(client) as first:
        first.write(x=[1])
    fork = logger(client)
    fork.fork_run(str(first.run_handle))
    with fork:
        fork.write(x=[2])
    assert fork.run_handle != first.run_handle
    assert rows(client, fork.run_handle, "x") == {"x": [2]}
    edges = client.edges(f"run/{fork.run_handle}", edges=("spawned",))
    assert [str(found.node.id) for found in edges] == [f"run/{first.run_handle}"]


def test_writing_to_a_deleted_run_is_said(client: Client) -> None:
    log = logger(client, strict=True)
    log.start()
    log.write(x=[1])
    assert log.flush(30)
    answer = client.backend.api().send("DELETE", f"/api/v1/runs/{log.run_handle}?force=true")
    assert answer.status in (200, 204), answer.body
    log.write(x=[2])
    with pytest.raises(Gone):
        log.stop()


def test_what_the_service_refuses_is_a_warning_of_a_later_call(client: Client) -> None:
    with logger(client) as log:
        log.write(x=[1])
        assert log.flush(30)
        other = logger(client)
        with other:
            other.write(x=["text"])
            assert other.flush(30)
            with pytest.warns(LoggingWarning, match="refused by the service: .*x"):
                other.write(x=["more"])
            other.active_run.logger.spill()
            other.flush(30)
            with pytest.warns(LoggingWarning):
                other.stop()


def test_verbs_come_in_their_order(client: Client) -> None:
    log = logger(client)
    assert log.run_handle is None
    with pytest.raises(Conflict, match="call start"):
        log.write(x=1)
    log.start()
    with pytest.raises(Conflict, match="started already"):
        log.set_run_handle("x")
    log.stop()
    log.stop()
    with pytest.raises(Conflict):
        log.write(x=1)
    with pytest.raises(InvalidInput, match="flush_every"):
        DataLogger("demo", flush_every=0)


def test_a_dry_run_does_nothing_at_all(tmp_path: Path) -> None:
    with DataLogger("demo", home=tmp_path / "home", dry_run=True) as log:
        assert log.write(x=[1, 2]) == 0
        assert log.log({"x": 1}, step=4) == 4
        log.set_run_attributes(a=1)
        log.add_run_tags("t")
        assert log.flush()
    assert log.run_handle is None
    assert not (tmp_path / "home").exists()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_workers_log_beside_their_parent_in_a_home(tmp_path: Path) -> None:
    with DataLogger("demo", home=tmp_path, capture=False, within_s=None) as log:
        log.log({"n": 0})
        assert log.flush(30)
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=log.log, args=({"n": number},)) for number in (1, 2, 3)]
        for worker in workers:
            worker.start()
        log.log({"n": 4})
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
    with connect(home=tmp_path) as client:
        assert sorted(rows(client, log.run_handle, "n")["n"]) == [0, 1, 2, 3, 4]


def test_a_coroutine_logs_while_others_run(client: Client) -> None:
    async def train() -> tuple[str | None, int]:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with AsyncDataLogger("demo", client=client, capture=False, within_s=None) as log:
            task = asyncio.create_task(other())
            for step in range(20):
                assert await log.write(step=step, x=np.zeros(100_000)) == 100_000
            log.write_sync(step=20, x=1.0)
            await log.yield_to_flush()
            assert await log.flush(60)
            task.cancel()
        return log.logger.run_handle, turns

    run, turns = asyncio.run(train())
    (series,) = asked(client, f"runs/{run}/series")["series"]
    assert (series["rows"], series["newest_step"]) == (2_000_001, 20)
    assert turns > 20


# --- what speaks as others do ---------------------------------------------------------------------------------------


def test_a_summary_writer_logs_each_tag(client: Client) -> None:
    import torch

    with SummaryWriter("runs/one", "-a", client=client, capture=False, within_s=None, strict=True) as writer:
        for step in range(3):
            writer.add_scalar("loss/train", torch.tensor(1.0) / (step + 1), step, walltime=1_700_000_000.25 + step)
        writer.add_scalar("lr", 1)
        writer.add_scalar("lr", 2)
        writer.add_scalars("acc", {"train": 0.5, "test": np.float32(0.25)}, 4)
        writer.add_text("note", "hello", 1)
        writer.add_hparams({"lr": 0.1, "opt": "adam"}, {"best": torch.tensor(0.5)})
        writer.flush()
    run = writer.run.key
    assert rows(client, run, "loss/train", "step", "walltime") == {
        "loss/train": [1.0, 0.5, pytest.approx(1 / 3)],
        "step": [0, 1, 2],
        "walltime": [1_700_000_000_250_000 + step * 1_000_000 for step in range(3)],
    }
    assert rows(client, run, "lr", "step") == {"lr": [1.0, 2.0], "step": [0, 1]}
    assert rows(client, run, "acc/train", "acc/test", "step") == {"acc/train": [0.5], "acc/test": [0.25], "step": [4]}
    assert rows(client, run, "note") == {"note": ["hello"]}
    attributes = asked(client, f"runs/{run}")["attributes"]
    assert attributes["name"] == "runs/one-a"
    assert asked(client, f"runs/{run}/attributes")["attributes"] == {"lr": 0.1, "opt": "adam"}


def test_the_machine_is_watched_beside_a_training(client: Client) -> None:
    with logger(client) as log:
        watched: SeriesLogger = log.active_run.logger
        with SystemMetrics(watched, every_s=0.01):
            until(lambda: watched.flush(30) and asked_rows(client, log.run_handle) >= 3)
    (series,) = asked(client, f"runs/{log.run_handle}/series")["series"]
    assert series["rows"] >= 3
    memory = next(field for field in series["fields"] if field["name"] == "system.process_memory_bytes")
    assert memory["minimum"] > 1 << 20
    with pytest.raises(InvalidInput, match="every_s"):
        SystemMetrics(watched, every_s=0)


def asked_rows(client: Client, run: str | None) -> int:
    answer = client.backend.api().send("GET", f"/api/v1/runs/{run}/series")
    return sum(series["rows"] for series in json_of(answer)["series"]) if answer.status == 200 else 0
