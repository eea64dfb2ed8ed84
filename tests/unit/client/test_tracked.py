"""`@av.tracked`: calls become runs, and functions do what they did."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

import arangovis as av
from arangovis.client.capture import CaptureWarning
from arangovis.client.capture.options import NOTHING
from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Node

WINE = load_wine()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[av.Client]:
    with av.connect(home=tmp_path / "home") as client:
        yield client


@pytest.fixture
def options(client: av.Client) -> dict[str, Any]:
    return {"project": "wine", "client": client, "capture": NOTHING}


def runs(client: av.Client) -> dict[str, Node]:
    """Return the runs by the name of their function, without where it was defined."""
    return {str(run.attributes["name"]).rpartition(".")[2]: run for run in client.runs().items}


def roles(client: av.Client, run: Node, direction: str) -> set[str]:
    edges = client.edges(run.id, direction=direction, edges=["input_to", "generated"])
    return {neighbour.edge.id.role for neighbour in edges}


def test_a_call_is_a_run_with_parameters_inputs_outputs_and_metrics(
    client: av.Client, options: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("wine")

    @av.tracked(**options)
    def fit(rows: Any, labels: Any, notes: Path, *, strength: float = 0.5, api_key: str = "k") -> dict[str, Any]:
        """Fit a model."""
        model = LogisticRegression(C=strength, max_iter=20_000).fit(rows, labels)
        return {"weights": model.coef_, "accuracy": model.score(rows, labels), "classes": 3}

    result = fit(WINE.data, WINE.target, tmp_path / "notes.txt")
    assert result["weights"].shape == (3, 13)
    assert (fit.__name__, fit.__doc__) == ("fit", "Fit a model.")

    run = runs(client)["fit"]
    assert run.attributes["params"] == {"strength": 0.5, "api_key": "***"}
    assert run.attributes["metrics"] == {"accuracy": result["accuracy"], "classes": 3}
    assert (run.attributes["method"], run.attributes["state"]) == ("function", "SUCCESS")
    assert roles(client, run, "upstream") == {"rows", "labels", "notes"}
    assert roles(client, run, "downstream") == {"result.weights"}


def test_functions_that_call_each_other_are_a_tree_joined_by_content(
    client: av.Client, options: dict[str, Any]
) -> None:
    @av.tracked
    def scale(rows: Any) -> Any:
        return rows / rows.max(axis=0)

    @av.tracked
    def mean(rows: Any) -> float:
        return float(rows.mean())

    @av.tracked(**options)
    def pipeline() -> float:
        return mean(scale(WINE.data))

    assert pipeline() == pytest.approx((WINE.data / WINE.data.max(axis=0)).mean())
    found = runs(client)
    spawned = client.edges(found["pipeline"].id, direction="downstream", edges=["spawned"])
    assert {neighbour.node.id for neighbour in spawned} == {found["scale"].id, found["mean"].id}
    above = {visit.node.id for visit in client.lineage(found["mean"].id).visits}
    assert found["scale"].id in above


def test_an_exception_is_on_record_and_is_the_callers(client: av.Client) -> None:
    @av.tracked(project="wine", client=client, capture=av.Capture(False, False, False))
    def fail(rate: float) -> None:
        raise ValueError(f"rate {rate}")

    with pytest.raises(ValueError, match=r"rate 0.1"):
        fail(0.1)
    attributes = runs(client)["fail"].attributes
    assert (attributes["state"], attributes["message"]) == ("ERROR", "ValueError: rate 0.1")


def test_coroutines_and_methods_are_tracked_too(client: av.Client, options: dict[str, Any]) -> None:
    class Trainer:
        @av.tracked(**options)
        def step(self, rate: float, *others: float, **more: Any) -> float:
            return rate

    @av.tracked(**options)
    async def wait(rate: float) -> float:
        await asyncio.sleep(0)
        return rate

    assert (Trainer().step(0.1, 0.2, warm=True), asyncio.run(wait(0.5))) == (0.1, 0.5)
    found = runs(client)
    assert found["step"].attributes["params"] == {"rate": 0.1, "others": [0.2], "warm": True}
    assert found["wait"].attributes["metrics"] == {"result": 0.5}


def test_what_cannot_be_recorded_is_left_out(client: av.Client, options: dict[str, Any]) -> None:
    class Odd:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    @av.tracked(**options)
    def run_all(objects: Any, rows: Any, rate: float) -> Any:
        return objects

    odd = Odd()
    with pytest.warns(CaptureWarning):
        assert run_all(odd, np.array([object()]), rate=0.1) is odd
    assert runs(client)["run_all"].attributes["state"] == "SUCCESS"


def test_a_wrong_call_is_the_functions_own_error(options: dict[str, Any]) -> None:
    @av.tracked(**options)
    def fit(rate: float) -> float:
        return rate

    with pytest.warns(CaptureWarning), pytest.raises(TypeError, match="rate"):
        fit()  # type: ignore[call-arg]


def test_a_function_runs_where_nothing_can_be_recorded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    @av.tracked(project="wine", home=tmp_path / "file", capture=NOTHING)
    def double(value: int) -> int:
        return 2 * value

    with pytest.warns(CaptureWarning):
        assert double(21) == 42


def test_a_function_runs_when_the_disk_fails(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("no space left on the disk")

    monkeypatch.setattr("arangovis.client.outbox.Outbox.put", full)

    @av.tracked(**options)
    def double(value: int) -> int:
        return 2 * value

    with pytest.warns(CaptureWarning, match="not recorded"):
        assert double(21) == 42
