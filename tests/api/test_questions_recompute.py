"""Doing again what rests on wrong data, and what was done, on scikit-learn's data and with real projections."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

import arangovis as av
from arangovis.domain.errors import Gone, InvalidInput, NotSupported
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.services.catalogue import RegisteredVersion
from arangovis.settings import Settings
from tests.backends import STORE, overwrite

pytestmark = pytest.mark.skipif(STORE == "memory", reason="the home is opened twice")

SIGNATURE = av.Signature(outputs=(av.signature_field("embedding", "float32", shape=(1, 64)),))
ROWS = 90


@pytest.fixture
def sdk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[av.Client]:
    """Return the SDK on a home of the store under test; it computes what it waits for."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    with av.connect(home=settings.home, actor="ada") as client:
        yield client


def digits(start: int, count: int = ROWS) -> Mapping[str, object]:
    pixels = load_digits().data[start : start + count] / 16
    return {"id": [f"digit-{number}" for number in range(start, start + count)], "embedding": pixels}


def registered(client: av.Client, name: str = "digits") -> RegisteredVersion:
    client.register_project("vision")
    client.register_model("vision", name)
    return client.register_model_version("vision", name, SIGNATURE)


def uploads(client: av.Client) -> tuple[NodeId, NodeId]:
    """Return the first and the second file that was uploaded."""
    second, first = client.artifacts("role = 'upload'").items
    return first.id, second.id


def plots_below(client: av.Client, node: NodeId) -> set[NodeId]:
    return {item.node for item in client.impact(node, kinds=["plot"]).affected}


def test_wrong_training_data_are_replaced_by_their_successor(sdk: av.Client) -> None:
    version = registered(sdk)
    wrong = sdk.put_training_data(version, digits(0)).node
    sdk.append_production_data(version, digits(300))
    before = sdk.project(version, "pca")
    right = sdk.put_training_data(version, digits(100)).node

    dry = sdk.redo(wrong, dry_run=True)
    assert [(run.run, run.possible) for run in dry.runs] == [(before.run, True)]
    assert (dry.plans, plots_below(sdk, right)) == ((), set())
    assert dry.estimated_s > 0
    assert before.plot in dry.runs[0].remakes

    done = sdk.redo(wrong)
    (plan,) = done.plans
    sdk.wait(plan)
    (plot,) = plots_below(sdk, right)
    assert plot not in plots_below(sdk, wrong)
    assert sdk.project(version, "pca").plot == plot, "who asks for the projection in force is answered by it"
    origin = sdk.origin(plot)
    assert {item.role: item.derived_from for item in origin.inputs}["training"] == (right,)
    assert origin.run is not None
    assert sdk.diff(before.run, origin.run.id).params == ()
    assert sdk.redo(wrong).plans == (plan,), "an equal question shares the plan"
    assert not sdk.staleness(plot).stale
    assert [cause.why for cause in sdk.staleness(before.plot).causes] == ["dataset"]


def test_something_else_may_take_the_place(sdk: av.Client) -> None:
    version = registered(sdk)
    wrong = sdk.put_training_data(version, digits(0)).node
    sdk.append_production_data(version, digits(300))
    sdk.project(version, "pca")
    other = sdk.put_training_data(registered(sdk, "other"), digits(200)).node

    sdk.wait(sdk.redo(wrong, replace={wrong: other}).plans[0])

    assert len(plots_below(sdk, other)) == 1


def test_a_stream_that_grew_is_sampled_anew(sdk: av.Client) -> None:
    version = registered(sdk)
    stream = sdk.append_production_data(version, digits(0)).node
    before = sdk.project(version, "pca")
    sdk.append_production_data(version, digits(500))
    assert [cause.why for cause in sdk.staleness(before.plot).causes] == ["grew"]

    sdk.wait(sdk.redo(stream).plans[0])

    (after,) = plots_below(sdk, stream) - {before.plot}
    assert not sdk.staleness(after).stale
    assert sdk.node(after).attributes["facts"]["rows"] == 2 * ROWS  # type: ignore[index,call-overload]


def test_parameters_are_replaced_by_those_in_force(sdk: av.Client) -> None:
    version = registered(sdk)
    sdk.append_production_data(version, digits(0))
    before = sdk.project(version, "pca")
    params = next(item.parameters_set.node for item in [sdk.origin(before.plot)] if item.parameters_set)
    sdk.set_params(version, "pca", parameters={"n_components": 3})

    sdk.wait(sdk.redo(params).plans[0])

    assert sdk.project(version, "pca").coordinates.shape == (ROWS, 3)
    values = sdk.field_history(version.node, "params.n_components", method="pca").changes
    assert [(change.value, len(change.plots)) for change in values] == [(2, 1), (3, 1)]


def test_a_file_that_was_wrong_is_parsed_learnt_and_scored_again(sdk: av.Client, tmp_path: Path) -> None:
    table = load_breast_cancer().data[:, :4]
    for name, rows in (("wrong", table[:200]), ("right", table[200:400])):
        np.savetxt(tmp_path / f"{name}.csv", rows, delimiter=",", header="a,b,c,d", comments="")
    frame = sdk.anomaly.frame(tmp_path / "wrong.csv", "cells")
    detector = sdk.anomaly.train(frame, "cells", detector="pca")
    sdk.anomaly.frame(tmp_path / "right.csv", "other cells")
    wrong, right = uploads(sdk)
    found = sdk.redo(wrong, replace={wrong: right})
    sdk.wait(found.plans[0])

    assert [run.method for run in found.runs] == ["frame.parse", "anomaly.train"]
    assert found.runs[1].waits_for == (found.runs[0].step,)
    models = [item for item in sdk.impact(right, kinds=["model"]).affected if item.node != detector.node]
    assert len(models) == 1
    assert sdk.node(models[0].node).attributes["name"] == "cells"


def test_a_projection_of_all_rows_is_done_again_as_a_whole(sdk: av.Client) -> None:
    version = registered(sdk)
    wrong = sdk.put_training_data(version, digits(0)).node
    sdk.append_production_data(version, digits(300))
    before = sdk.project_all(version, "pca")
    right = sdk.put_training_data(version, digits(100)).node

    (planned,) = sdk.redo(wrong, dry_run=True).runs
    assert (planned.run, planned.method, planned.possible) == (before.run, "projection.all-rows", True)
    (plan,) = sdk.redo(wrong).plans
    after = sdk.wait_all(plan)

    assert after.run == plan
    assert plan != before.run
    steps = {visit.node.id for visit in sdk.lineage(plan, direction="downstream", edges=["spawned"], depth=1).visits}
    made_by = {item.made_by for item in sdk.impact(right, kinds=["artifact"]).affected}
    assert made_by
    assert made_by <= steps
    assert [cause.why for cause in sdk.staleness(planned.remakes[0]).causes] == ["dataset"]


def test_a_projection_comes_out_the_same_again(sdk: av.Client) -> None:
    version = registered(sdk)
    sdk.put_training_data(version, digits(0))
    sdk.append_production_data(version, digits(300))
    plot = sdk.project(version, "pca")
    assert sdk.reproducibility(plot.plot).reproducible

    again = sdk.wait(sdk.reproduce(plot.plot).id)

    report = sdk.reproducibility(plot.plot)
    (tried,) = report.reproductions
    assert (tried.run, tried.state, tried.same) == (again.id, "SUCCESS", True)
    assert {"plot", "result", "transformer", "coordinates"} <= {file.role for file in tried.files}
    assert all(file.intact for file in report.files)
    made = sdk.lineage(again.id, direction="downstream", depth=1)
    assert {edge.id.role for edge in made.edges} >= {"plot", "transformer", "neighbours"}, "it made every stage itself"
    assert sdk.project(version, "pca").run == plot.run, "it answers nobody else's question"


def test_what_is_missing_is_told(sdk: av.Client) -> None:
    from arangovis.client.local import LocalBackend

    version = registered(sdk)
    sdk.append_production_data(version, digits(0))
    plot = sdk.project(version, "pca")
    assert isinstance(sdk.backend, LocalBackend)
    service = sdk.backend._service
    digest = str(sdk.node(plot.plot).attributes["digest"])
    overwrite(service, digest, b"other bytes")
    damaged = [file.node for file in sdk.reproducibility(plot.run).files if not file.intact]
    assert damaged == [plot.plot]

    edges = service.store.edges_of((plot.run,), Direction.UPSTREAM, ("input_to",))
    sample = next(edge.id.source for edge in edges if edge.id.role == "production")
    service.store.transact(lambda transaction: transaction.delete(sample, force=True), Caller("ada"))
    checks = {check.name: check for check in sdk.reproducibility(plot.run).checks}
    assert not checks["inputs"].ok
    assert str(sample) in checks["inputs"].detail
    with pytest.raises(Gone):
        sdk.reproduce(plot.run)


def test_what_cannot_be_repeated_is_refused(sdk: av.Client) -> None:
    version = registered(sdk)
    run = sdk.log_run(av.LoggedRun(method="training", project="vision", outputs=(av.Output("model", version.node),)))
    with pytest.raises(NotSupported, match="no worker here does training"):
        sdk.reproduce(run)
    with pytest.raises(InvalidInput, match="say what takes its place"):
        sdk.redo(run)


def test_what_runs_and_what_waits_for_it(sdk: av.Client, tmp_path: Path) -> None:
    table = load_breast_cancer().data[:, :4]
    for name, rows in (("wrong", table[:100]), ("right", table[100:200])):
        np.savetxt(tmp_path / f"{name}.csv", rows, delimiter=",", header="a,b,c,d", comments="")
    frame = sdk.anomaly.frame(tmp_path / "wrong.csv", "cells")
    sdk.anomaly.train(frame, "cells", detector="pca")
    sdk.anomaly.frame(tmp_path / "right.csv", "other cells")
    wrong, right = uploads(sdk)
    (plan,) = sdk.redo(wrong, replace={wrong: right}).plans

    (work,) = sdk.running().work

    assert (work.method, work.state, work.worker, work.since) == ("frame.parse", "PENDING", "", None)
    assert [(held.node, held.role) for held in work.holds] == [(right, "source")]
    assert (work.plans, work.waiting) == ((plan,), (f"{plan}: again-2",))
    sdk.cancel(plan)
    assert sdk.running().work == ()
