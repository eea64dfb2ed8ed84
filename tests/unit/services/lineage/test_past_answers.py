"""Asked as of a time: what there was then, also if it is gone now; and to each version what is its own."""

from collections.abc import Sequence

import pytest

from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.services.lineage import jobs
from arangovis.services.lineage.fields import FieldHistories, FieldQuestion
from arangovis.services.lineage.jobs import JobQuestion, Jobs
from arangovis.services.lineage.leakage import Leakage, LeakageQuestion
from arangovis.services.lineage.staleness import StaleAnswers, StaleQuestion
from arangovis.services.lineage.timeline import TimelinePoint, Timelines
from arangovis.services.trials.trials import Trials, TrialScope
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, create, dataset, delete, run, update, written_at

ADA = Caller("ada", "request-1")
WORKED: Document = {"method": "train", "state": "SUCCESS", "executor": "external"}
MODEL, PLOT = NodeId("model", "m"), NodeId("artifact", "plot")


def add(store: GraphStore, node: NodeId, attributes: Document, *edges: EdgeId) -> int:
    """Create a node with its edges in one action, and return when."""

    def action(transaction: Transaction) -> None:
        transaction.create(node, None, attributes)
        for edge_id in edges:
            transaction.link(edge_id)

    store.transact(action, ADA)
    return written_at(store, node)


def read(source: NodeId, reader: NodeId, role: str = "train") -> EdgeId:
    return EdgeId("input_to", source, reader, role)


def version(number: int) -> tuple[NodeId, Document]:
    facts: Document = {"name": "m", "model": str(MODEL), "version": str(number), "number": number}
    return NodeId("model_version", f"v{number}"), facts


# --- what is gone -----------------------------------------------------------------------------------------------


def test_what_was_stale_is_told_after_its_input_is_gone(any_store: GraphStore) -> None:
    old, new = dataset("old"), dataset("new")
    create(any_store, old)
    add(any_store, run("fit"), WORKED, read(old, run("fit")))
    before = add(any_store, PLOT, SAMPLES["artifact"], EdgeId("generated", run("fit"), PLOT, "plot"))
    add(any_store, new, SAMPLES["dataset"], EdgeId("succeeded_by", old, new))
    then = written_at(any_store, new)
    for node in (PLOT, run("fit"), new, old):
        delete(any_store, node, force=True)
    answers = StaleAnswers(any_store)
    assert answers.under(StaleQuestion()).stale == ()
    assert answers.under(StaleQuestion(at=before)).stale == ()
    found = answers.under(StaleQuestion(at=then))
    assert [(item.node, [cause.input for cause in item.causes]) for item in found.stale] == [
        (run("fit"), [old]),
        (PLOT, [old]),
    ]
    assert found.partial_reasons == ()


def test_a_twin_that_is_gone_was_test_data(any_store: GraphStore) -> None:
    holdout, copy, digest = dataset("holdout"), dataset("copy"), "1" * 64
    model, facts = version(1)
    before = add(any_store, copy, {**SAMPLES["dataset"], "digest": digest})
    add(any_store, holdout, {**SAMPLES["dataset"], "digest": digest, "tags": ["test"]})
    add(any_store, run("fit"), WORKED, read(copy, run("fit")))
    then = add(any_store, model, facts, EdgeId("generated", run("fit"), model, "model"))
    delete(any_store, holdout)
    leakage = Leakage(any_store)
    (leak,) = leakage.of(LeakageQuestion(model, at=then)).leaks
    assert before < then
    assert (leak.data, leak.because, leak.witness) == (copy, "content", holdout)


def test_the_runs_that_a_job_had(any_store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are gone count, and those that came later do not take their places."""
    monkeypatch.setattr(jobs, "RUNS_MAX", 2)
    create(any_store, run("a"), attributes={**WORKED, "state": "STARTED"})
    then = add(any_store, run("b"), WORKED)
    update(any_store, run("a"), WORKED)
    delete(any_store, run("b"))
    create(any_store, run("c"), run("d"), attributes=WORKED)
    found = Jobs(any_store).lineage(JobQuestion("train", at=then))
    assert (found.runs, found.states, found.partial_reasons) == (2, {"STARTED": 1, "SUCCESS": 1}, ())
    now = Jobs(any_store).lineage(JobQuestion("train"))
    assert (now.runs, now.partial_reasons) == (2, ("runs",))


def test_the_models_that_a_task_had(any_store: GraphStore) -> None:
    """Trials of a task look at the models that there were then."""
    then = add(any_store, MODEL, {"name": "m", "tags": ["fraud"]})
    delete(any_store, MODEL)
    trials = Trials(any_store)
    assert list(trials.models(TrialScope(task="fraud", at=then))) == [MODEL]
    assert not trials.models(TrialScope(task="fraud"))


# --- the users of each value ------------------------------------------------------------------------------------


def used(store: GraphStore, question: FieldQuestion) -> list[tuple[object, list[str], list[str]]]:
    changes = FieldHistories(store).of(question).changes
    return [(change.value, *([node.key for node in ids] for ids in (change.runs, change.plots))) for change in changes]


def owned(name: str) -> Document:
    return {**SAMPLES["dataset"], "attributes": {"owner": name}}


def test_each_value_has_the_runs_that_read_it(any_store: GraphStore) -> None:
    data, plots = dataset("d"), [NodeId("artifact", key) for key in ("one", "two")]
    add(any_store, data, owned("ada"))
    add(any_store, run("first"), WORKED, read(data, run("first")))
    add(any_store, plots[0], SAMPLES["artifact"], EdgeId("generated", run("first"), plots[0], "plot"))
    update(any_store, data, owned("bob"))
    changed = written_at(any_store, data)
    add(any_store, run("second"), WORKED, read(data, run("second")))
    update(any_store, data, owned("ada"))
    # A run's plots count for the value that it read, whenever they came.
    add(any_store, plots[1], SAMPLES["artifact"], EdgeId("generated", run("second"), plots[1], "plot"))
    whole = [("ada", ["first"], ["one"]), ("bob", ["second"], ["two"]), ("ada", [], [])]
    assert used(any_store, FieldQuestion(data, "attributes.owner")) == whole
    then = FieldQuestion(data, "attributes.owner", at=changed)
    assert used(any_store, then) == [("ada", ["first"], ["one"]), ("bob", [], [])]


def test_the_users_of_revisions_at_a_time(any_store: GraphStore) -> None:
    model, facts = version(1)
    values = NodeId("params", "p1")
    add(any_store, model, facts)
    params: Document = {"method": "umap", "revision": 1, "values": {"n_neighbours": 15}}
    add(any_store, values, params, EdgeId("contains", model, values, "umap"))
    then = add(any_store, run("first"), WORKED, read(values, run("first"), "params"))
    update(any_store, values, {**params, "digest": "2" * 64})  # it is the same revision still
    add(any_store, PLOT, SAMPLES["artifact"], EdgeId("generated", run("first"), PLOT, "plot"))
    add(any_store, run("second"), WORKED, read(values, run("second"), "params"))
    field = "params.n_neighbours"
    assert used(any_store, FieldQuestion(model, field)) == [(15, ["first", "second"], ["plot"])]
    assert used(any_store, FieldQuestion(model, field, at=then)) == [(15, ["first"], [])]


def test_a_run_reads_its_own_fields(any_store: GraphStore) -> None:
    fit, plots = run("fit"), [NodeId("artifact", key) for key in ("one", "two")]
    create(any_store, fit, attributes={**WORKED, "metrics": {"loss": 0.5}})
    add(any_store, plots[0], SAMPLES["artifact"], EdgeId("generated", fit, plots[0], "plot"))
    update(any_store, fit, {**WORKED, "metrics": {"loss": 0.25}})
    add(any_store, plots[1], SAMPLES["artifact"], EdgeId("generated", fit, plots[1], "plot"))
    found = used(any_store, FieldQuestion(fit, "metrics.loss"))
    assert found == [(0.5, ["fit"], ["one"]), (0.25, ["fit"], ["two"])]


# --- the steps of a metric --------------------------------------------------------------------------------------


def trained(store: GraphStore, number: int, data: NodeId, accuracy: float | None) -> NodeId:
    """Train a version on data, and measure it or not."""
    node, facts = version(number)
    fit = run(f"fit-{number}")
    add(store, fit, WORKED if accuracy is None else {**WORKED, "metrics": {"accuracy": accuracy}}, read(data, fit))
    add(store, node, facts, EdgeId("contains", MODEL, node), EdgeId("generated", fit, node, "model"))
    return node


def compared(points: Sequence[TimelinePoint]) -> list[NodeId | None]:
    return [point.compared_with for point in points]


def test_a_step_is_explained_against_the_last_measured_version(any_store: GraphStore) -> None:
    """The second version has no value: what came with it is behind the step of the third."""
    create(any_store, MODEL, attributes={"name": "m"})
    create(any_store, dataset("old"), dataset("new"))
    data = [dataset(name) for name in ("old", "new", "new")]
    accuracies = (0.9, None, 0.8)
    first, *_ = [trained(any_store, n, *made) for n, made in enumerate(zip(data, accuracies, strict=True), start=1)]
    points = Timelines(any_store).of(MODEL, "accuracy").points
    assert compared(points) == [None, first, first]
    assert points[2].step == pytest.approx(-0.1)
    for point in points[1:]:
        assert point.change is not None
        assert point.change.first is not None
        assert point.change.instead_of is not None
        assert (point.change.first.node, point.change.instead_of.node) == (dataset("new"), dataset("old"))


def test_versions_without_values_are_compared_with_the_one_before(any_store: GraphStore) -> None:
    create(any_store, MODEL, attributes={"name": "m"})
    create(any_store, dataset("old"))
    nodes = [trained(any_store, number, dataset("old"), None) for number in (1, 2, 3)]
    points = Timelines(any_store).of(MODEL, "accuracy").points
    assert compared(points) == [None, *nodes[:2]]
    assert [point.step for point in points] == [None] * 3
