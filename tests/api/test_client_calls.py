"""The SDK: the same calls in this process and over REST, on scikit-learn's digits; answers are equal values."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import arangovis as av
from arangovis.client.app_transport import AppTransport, app_over
from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.client.remote import RemoteBackend
from arangovis.client.transport import Identity
from arangovis.domain import errors
from arangovis.domain.graph import Caller
from arangovis.domain.runs import RunState
from arangovis.services.catalogue import RegisteredVersion
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.api.visualization import digits, training_digits

Connect = Callable[[str], Client]

SIGNATURE = av.Signature(
    outputs=(
        av.signature_field("embedding", "float32", shape=(1, 64)),
        av.signature_field("class", "int64", "nominal"),
    )
)
REPORT = {"digest": "x", "bytes": 3, "media_type": "text/html", "facts": {"pages": np.int64(3)}}


def in_process(service: Arangovis) -> Connect:
    return lambda actor: Client(LocalBackend(service, actor))


def over_rest(service: Arangovis) -> Connect:
    """Return clients of the REST API; while they wait for a run, what is due is computed as a worker would."""
    app = app_over(service)

    def connect(actor: str) -> Client:
        transport = AppTransport(app, Identity(actor=actor))
        return Client(RemoteBackend(transport, pause=lambda _: drain(worker_context(service))))

    return connect


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def connect(service: Arangovis, request: pytest.FixtureRequest) -> Connect:
    made: Connect = request.param(service)
    return made


@pytest.fixture
def ada(connect: Connect) -> Client:
    return connect("ada")


@pytest.fixture
def ways(service: Arangovis) -> Iterator[tuple[Client, Client]]:
    """Return one client of each kind over one service."""
    return in_process(service)("ada"), over_rest(service)("ada")


def registered(client: Client, *, rows: int = 60) -> RegisteredVersion:
    client.register_project("vision")
    client.register_model("vision", "digits")
    version = client.register_model_version("vision", "digits", SIGNATURE)
    client.append_production_data(version, digits(0, rows))
    return version


# --- registering ------------------------------------------------------------------------------------------------


def test_registering_again_finds_the_same(ada: Client) -> None:
    first, again = registered(ada), registered(ada)
    assert (first.number, first.version, first.created) == (1, "1", True)
    assert again == replace(first, created=False)
    assert str(ada.register_project("vision")).startswith("project/")


def test_another_signature_under_one_name_is_refused(ada: Client) -> None:
    registered(ada)
    other = av.Signature(outputs=(av.signature_field("score", "float64", "NUMERICAL"),))
    with pytest.raises(errors.AlreadyExists, match="another signature"):
        ada.register_model_version("vision", "digits", other, version="1")


def test_production_rows_are_appended_once(ada: Client) -> None:
    version = registered(ada, rows=40)
    again = ada.append_production_data(version, digits(0, 40))
    assert (again.rows, again.created) == (40, False)
    keyed = ada.append_production_data(version.number, digits(40, 60), idempotency_key="hour 7")
    assert keyed.created
    assert not ada.append_production_data(version.number, digits(40, 60), idempotency_key="hour 7").created
    with pytest.raises(errors.Conflict, match="other rows"):
        ada.append_production_data(version.number, digits(40, 61), idempotency_key="hour 7")
    assert ada.node(again.node).attributes["rows"] == 60


def test_training_rows_without_ids_are_the_same_data_when_sent_again(ada: Client) -> None:
    version = registered(ada)
    first = ada.put_training_data(version, training_digits(60, 160))
    again = ada.put_training_data(version, training_digits(60, 160))
    assert (first.rows, first.created) == (100, True)
    assert again == replace(first, created=False)


@pytest.mark.parametrize("form", ["columns", "array", "rows", "table"])
def test_rows_come_in_the_forms_of_a_notebook(ada: Client, form: str) -> None:
    version = registered(ada)
    columns = {"embedding": np.stack(digits(0, 30)["embedding"]), "class": np.asarray(digits(0, 30)["class"])}
    tables = {
        "columns": {"embedding": columns["embedding"].tolist(), "class": columns["class"].tolist()},
        "array": columns,
        "rows": [{"embedding": e, "class": c} for e, c in zip(columns["embedding"], columns["class"], strict=True)],
        "table": pa.table({"embedding": columns["embedding"].tolist(), "class": columns["class"]}),
    }
    stored = ada.put_training_data(version, tables[form])
    assert stored.rows == 30
    described = ada.node(stored.node).attributes["columns"]
    assert set(described) == {"_id", "embedding", "class"}


@pytest.mark.parametrize("rows", ["digits.csv", 7, None, [1, 2], object()])
def test_what_is_no_table_is_refused_with_its_type(ada: Client, rows: object) -> None:
    with pytest.raises(errors.InvalidInput, match=f"^rows: {type(rows).__name__} is not a mapping of columns"):
        ada.put_training_data(1, rows)


def test_a_row_of_the_wrong_dimension_names_the_field(ada: Client) -> None:
    version = registered(ada)
    with pytest.raises(errors.InvalidInput) as caught:
        ada.append_production_data(version, {"embedding": np.zeros((3, 8), np.float32), "class": [1, 2, 3]})
    assert [fault.field for fault in caught.value.faults] == ["embedding"]
    assert "8 dimensions; the signature says 64" in caught.value.detail


# --- projecting -------------------------------------------------------------------------------------------------


def test_a_projection_is_computed_once_and_says_where_it_comes_from(ada: Client, connect: Connect) -> None:
    version = registered(ada)
    ada.register_metric_spec(version, "anomaly", threshold=np.float64(6.0), operation="Less")
    first = ada.project(version, "pca")
    assert first.coordinates.shape == (60, 2)
    assert first.coordinates.dtype == np.float32
    assert first.neighbours.shape == (60, 59)
    assert first.ids == tuple(digits(0, 60)["_id"])
    assert first.metrics["global_score"] == pytest.approx(1.0)
    again = connect("grace").project(version.number, "pca")
    assert (again.run, again.plot) == (first.run, first.plot)

    origin = ada.origin(first.plot)
    assert origin.run is not None
    assert origin.run.id == first.run
    assert origin.requested is not None
    assert origin.requested.actor == "ada"
    assert {item.role for item in origin.inputs} == {"model", "production", "metric"}
    assert origin.parameters == {"n_components": 2}


def test_a_projection_shows_itself_in_a_line_and_cannot_be_changed(ada: Client) -> None:
    shown = ada.project(registered(ada), "pca")
    assert repr(shown).startswith(f"Projection({shown.run}, 60 x 2, global_score=1, auc_rnx=0.")
    with pytest.raises(TypeError):
        shown.result["data"] = []  # type: ignore[index]
    with pytest.raises(AttributeError):
        shown.run = shown.plot  # type: ignore[misc]


def test_parameters_are_changed_one_by_one_and_their_history_is_kept(connect: Connect) -> None:
    ada, grace = connect("ada"), connect("grace")
    version = registered(ada)
    ada.set_params(version, parameters={"n_neighbours": np.int64(20)})
    grace.set_params(version, parameters={"n_neighbors": 30}, visualization_metrics=("global_score", "sammon_error"))
    now = ada.params(version)
    assert now["parameters"] == {"metric": "euclidean", "min_dist": 0.1, "n_components": 2, "n_neighbours": 30}
    assert now["visualization_metrics"] == ["global_score", "sammon_error"]
    history = ada.params_history(version.number)
    assert [(r.number, r.params.values["n_neighbours"], r.actor, r.current) for r in history] == [
        (1, 20, "ada", False),
        (2, 30, "grace", True),
    ]


def test_parameters_that_do_not_exist_are_refused_before_anything_is_stored(ada: Client) -> None:
    version = registered(ada)
    with pytest.raises(errors.InvalidInput) as caught:
        ada.set_params(version, parameters={"n_neigbours": 20}, sample_size=7)
    assert [fault.field for fault in caught.value.faults] == ["parameters.n_neigbours", "sample_size"]
    with pytest.raises(errors.InvalidInput, match="between 2 and 200"):
        ada.set_params(version, parameters={"n_neighbours": 1})
    assert ada.params_history(version) == []


def test_recomputing_takes_a_fresh_sample(ada: Client) -> None:
    version = registered(ada)
    before = ada.project(version, "pca")
    ada.append_production_data(version, digits(60, 100))
    fresh = ada.recompute(version, "pca", refit=False)
    assert fresh.run != before.run
    assert fresh.coordinates.shape == (100, 2)
    assert ada.origin(fresh.run).node.attributes["generation"] == 1


def test_a_run_that_ends_otherwise_says_how(ada: Client) -> None:
    ada.register_project("vision")
    ada.register_model("vision", "digits")
    version = ada.register_model_version("vision", "digits", SIGNATURE)
    with pytest.raises(errors.NoData, match=r"run/\S+ ended as NO_DATA: No production data"):
        ada.project(version, "pca")
    with pytest.raises(errors.InvalidInput, match="not implemented"):
        ada.project(version, "tarot")


def test_a_cancelled_run_is_told_apart(connect: Connect, service: Arangovis) -> None:
    ada = connect("ada")
    version = registered(ada)
    run = service.projections.plottable(service.catalogue.version(version.number), "pca", caller("x")).id
    ada.cancel(str(run))
    with pytest.raises(errors.Cancelled, match="cancelled by ada"):
        ada.wait(run)
    assert ada.run(run).attributes["state"] == "CANCELLED"


def test_a_wait_ends_in_time_while_another_process_has_the_run(connect: Connect, service: Arangovis) -> None:
    ada = connect("ada")
    version = registered(ada)
    run = service.projections.plottable(service.catalogue.version(version.number), "pca", caller("x")).id
    assert service.runs.claim(("projection.pca",), "another", lease_us=60_000_000) is not None
    with pytest.raises(errors.ComputeFailed, match=r"still STARTED after 0\.2 s"):
        ada.wait(run, timeout_s=0.2)


# --- logging ----------------------------------------------------------------------------------------------------


def test_a_logged_run_is_found_by_what_it_says(ada: Client) -> None:
    version = registered(ada)
    training = ada.put_training_data(version, training_digits(60, 160))
    run = ada.log_run(
        av.LoggedRun(
            method="training.mlp",
            project="vision",
            params={"layers": np.int32(2), "rate": np.float32(0.5)},
            metrics={"auc": np.float64(0.94)},
            tags=("nightly", "größer"),
            inputs=(av.Input(str(training.node), "training"),),  # type: ignore[arg-type]
            outputs=(
                av.Output("model", version.node),
                av.Output("report", attributes=REPORT),
            ),
        )
    )
    (found,) = ada.runs("metrics.auc > 0.9 and tags = 'größer' and params.layers = 2", project="vision").items
    assert found.id == run
    assert found.attributes["params"] == {"layers": 2, "rate": 0.5}
    made = ada.outputs(run)
    assert made["model"] == version.node
    assert ada.node(made["report"]).attributes["facts"] == {"pages": 3}
    with pytest.raises(errors.NoData, match="not kept here"):
        ada.content(made["report"])


def test_a_run_with_a_key_is_logged_once(ada: Client) -> None:
    ada.register_project("vision")
    logged = av.LoggedRun(method="training.mlp", project="vision", key="epoch-7", metrics={"auc": 0.5})
    assert ada.log_run(logged) == ada.log_run(logged)
    with pytest.raises(errors.AlreadyExists, match="other content"):
        ada.log_run(replace(logged, metrics={"auc": 0.6}))
    without = replace(logged, key=None)
    assert ada.log_run(without) != ada.log_run(without)


def test_what_cannot_be_logged_is_named(ada: Client) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        ada.log_run(av.LoggedRun(method="m", params={"model": object(), "layers": [64]}, tags=("a",)))  # type: ignore[dict-item]
    assert [str(fault) for fault in caught.value.faults] == [
        "params.model: object is no text, number or boolean",
        "params.layers: list is no text, number or boolean",
    ]
    with pytest.raises(errors.InvalidInput, match="tags"):
        ada.log_run(av.LoggedRun(method="m", tags="nightly"))  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidInput, match="no LoggedRun"):
        ada.log_run("training.mlp")  # type: ignore[arg-type]
    with pytest.raises(errors.NotFound, match="project"):
        ada.log_run(av.LoggedRun(method="m", project="nobody"))
    with pytest.raises(errors.NotFound, match="dataset/nothing"):
        ada.log_run(av.LoggedRun(method="m", inputs=(av.Input(av.NodeId("dataset", "nothing"), "in"),)))
    assert ada.runs().items == []


# --- asking -----------------------------------------------------------------------------------------------------


def test_ids_that_are_wrong_get_an_answer_that_helps(ada: Client) -> None:
    version = registered(ada)
    with pytest.raises(errors.InvalidInput, match=r"'0190' is not of the form kind/key"):
        ada.run("0190")
    with pytest.raises(errors.InvalidInput, match="is a model_version, not a run"):
        ada.wait(version.node)
    with pytest.raises(errors.InvalidInput, match="is a model_version, not a artifact"):
        ada.content(version.node)
    with pytest.raises(errors.InvalidInput, match="int is no node id"):
        ada.lineage(7)  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidInput, match="give its integer id"):
        ada.project(version.node, "pca")  # type: ignore[arg-type]
    with pytest.raises(errors.NotFound, match="no model version 99"):
        ada.project(99, "pca")
    for call in (ada.node, ada.lineage, ada.origin, ada.history, ada.run):
        with pytest.raises(errors.NotFound, match="run/nothing"):
            call("run/nothing")
    with pytest.raises(errors.InvalidInput, match="'sideways' is not one of upstream, downstream, both"):
        ada.lineage(version.node, direction="sideways")
    with pytest.raises(errors.InvalidInput, match="'datasets' is no vertex kind"):
        ada.lineage(version.node, kinds=["datasets"])
    with pytest.raises(errors.InvalidInput, match="'yesterday' is no time"):
        ada.node(version.node, at="yesterday")
    with pytest.raises(errors.InvalidFilter):
        ada.runs("auc >")


def test_edges_are_listed_however_many_there_are(ada: Client) -> None:
    version = registered(ada)
    rows = ada.put_training_data(version, training_digits(60, 160)).node
    logged = [
        ada.log_run(av.LoggedRun(method="training.mlp", key=f"fold-{number}", inputs=(av.Input(rows, "größer/+ &"),)))
        for number in range(7)
    ]
    every = list(ada.edges(rows, direction="downstream"))
    assert sorted(found.node.id for found in every) == sorted(logged)
    assert {(found.edge.id.source, found.edge.id.role) for found in every} == {(rows, "größer/+ &")}
    for page_size in (1, 3, 7):
        again = ada.edges(str(rows), direction="downstream", page_size=page_size)
        assert [found.edge.id for found in again] == [found.edge.id for found in every]
    (read,) = ada.edges(logged[2])
    assert read.node.id == rows
    held = ada.edges(rows, edges="contains")
    assert [found.node.id for found in held] == [version.node]
    first = ada.node(logged[0]).created
    assert [found.node.id for found in ada.edges(rows, direction="downstream", at=first)] == logged[:1]


def test_edges_that_cannot_be_listed_are_refused_at_the_call(ada: Client) -> None:
    version = registered(ada).node
    with pytest.raises(errors.NotFound, match="run/nothing"):
        ada.edges("run/nothing")
    with pytest.raises(errors.InvalidInput, match="direction"):
        ada.edges(version, direction="both")
    with pytest.raises(errors.InvalidInput, match="'sideways' is not one of"):
        ada.edges(version, direction="sideways")
    with pytest.raises(errors.InvalidInput, match="'knows' is no edge kind"):
        ada.edges(version, edges=["knows"])
    with pytest.raises(errors.InvalidInput, match="limit"):
        ada.edges(version, page_size=1001)


def test_edges_are_the_same_both_ways(ways: tuple[Client, Client]) -> None:
    local, remote = ways
    run = local.project(registered(local), "pca").run
    for direction in ("upstream", "downstream"):
        one, other = (list(way.edges(run, direction=direction, page_size=2)) for way in (local, remote))
        assert one
        assert [found.node for found in one] == [found.node for found in other]
        assert [found.edge[:2] for found in one] == [found.edge[:2] for found in other]


def test_the_past_is_asked_for_in_any_form_of_time(ada: Client) -> None:
    version = registered(ada, rows=40)
    stream = ada.append_production_data(version, digits(40, 60)).node
    first, second = ada.history(stream)
    assert (first.attributes["rows"], second.attributes["rows"]) == (40, 60)
    began = first.version.valid_from
    moment = datetime.fromtimestamp(began / 1e6, UTC)
    for at in (began, str(began), moment, moment.isoformat(), moment.astimezone().replace(tzinfo=None)):
        assert ada.node(stream, at=at).attributes["rows"] == 40
        assert ada.lineage(stream, at=at).visits[0].node.attributes["rows"] == 40
    with pytest.raises(errors.NotFound):
        ada.node(stream, at="1999-12-31T23:59:59+00:00")


def test_lists_are_read_page_by_page(ada: Client) -> None:
    ada.register_project("vision")
    logged = [ada.log_run(av.LoggedRun(method="m", project="vision", params={"n": n})) for n in range(5)]
    first = ada.runs(limit=3)
    rest = ada.runs(limit=3, cursor=first.next_cursor)
    assert [node.id for node in (*first.items, *rest.items)] == logged[::-1]
    assert rest.next_cursor is None
    assert ada.runs("params.n >= 3").items == list(first.items[:2])
    with pytest.raises(errors.NotFound, match="nobody"):
        ada.runs(project="nobody")
    with pytest.raises(errors.InvalidInput):
        ada.runs(limit=0)


def test_one_kind_may_be_named_without_a_list(ada: Client) -> None:
    shown = ada.project(registered(ada), "pca")
    kinds = {visit.node.id.kind for visit in ada.lineage(shown.plot, kinds="dataset").visits}
    assert kinds == {"artifact", "dataset"}


# --- both ways the same -------------------------------------------------------------------------------------------


def test_both_ways_answer_the_same_values(ways: tuple[Client, Client]) -> None:
    local, remote = ways
    version = registered(remote)
    local.set_params(version, "pca", parameters={"n_components": 3})
    shown = remote.project(version, "pca")
    for ask in (
        lambda c: c.project(version, "pca").result,
        lambda c: c.params(version, "pca"),
        lambda c: c.params_history(version, "pca"),
        lambda c: c.run(shown.run),
        lambda c: c.outputs(shown.run),
        lambda c: c.node(shown.plot),
        lambda c: c.history(shown.run),
        lambda c: c.runs("state = 'SUCCESS'"),
        lambda c: c.artifacts("role = 'plot'", project="vision"),
        lambda c: c.model_versions("name = 'digits'"),
        lambda c: c.content(shown.plot),
    ):
        assert ask(local) == ask(remote)


def test_both_ways_tell_the_same_lineage(ways: tuple[Client, Client]) -> None:
    local, remote = ways
    shown = local.project(registered(remote), "pca")
    for direction in ("upstream", "downstream", "both"):
        here, there = (c.lineage(shown.run, direction=direction, edges=("input_to", "generated")) for c in ways)
        assert here.visits == there.visits
        assert [edge.id for edge in here.edges] == [edge.id for edge in there.edges]
        assert [edge.version.actor for edge in here.edges] == [edge.version.actor for edge in there.edges]
    assert remote.lineage(shown.plot, depth=1).cuts == local.lineage(shown.plot, depth=1).cuts == {"depth"}
    here, there = local.origin(shown.plot), remote.origin(shown.plot)
    assert replace(there, created=here.created, requested=here.requested) == here
    assert (there.created.actor, there.created.valid_from) == (here.created.actor, here.created.valid_from)


def test_who_acts_is_recorded_in_any_script(connect: Connect) -> None:
    noether = connect("Эмми Нётер")
    node = noether.register_project("алгебра")
    assert noether.node(node).version.actor == "Эмми Нётер"
    assert noether.node(node).attributes["name"] == "алгебра"


def test_open_runs_may_be_logged(ada: Client) -> None:
    run = ada.log_run(av.LoggedRun(method="m", state=RunState.STARTED))
    assert ada.run(run).attributes["state"] == "STARTED"


# --- closing ----------------------------------------------------------------------------------------------------


def test_a_closed_client_says_so(connect: Connect) -> None:
    with connect("ada") as client:
        client.register_project("vision")
        assert repr(client).endswith(")")
    assert repr(client).endswith(", closed)")
    for call in (lambda: client.runs(), lambda: client.register_project("x"), lambda: client.lineage("run/x")):
        with pytest.raises(errors.Conflict, match="this client is closed"):
            call()
    client.close()


def caller(actor: str) -> Caller:
    return Caller(actor)


def test_every_call_is_on_the_reference_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "python.md").read_text("utf-8")
    calls = {name for name in vars(Client) if not name.startswith("_")}
    assert {name for name in calls if f"`{name}`" not in page} == set()
