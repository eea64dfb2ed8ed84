"""Reading series through the SDK, in this process and over REST."""

import threading

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_wine

import arangovis as av
from arangovis.client.app_transport import AppTransport, app_over
from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.client.remote import RemoteBackend
from arangovis.client.transport import Identity
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.series.aiming import Sent
from arangovis.wiring import Arangovis

ALCOHOL = load_wine().data[:, 0]
CALLER = Caller("ada")


@pytest.fixture(params=["in process", "over REST"])
def client(service: Arangovis, request: pytest.FixtureRequest) -> Client:
    if request.param == "in process":
        return Client(LocalBackend(service, "ada"))
    return Client(RemoteBackend(AppTransport(app_over(service), Identity(actor="ada"))))


@pytest.fixture
def run(client: Client, service: Arangovis) -> NodeId:
    client.register_project("p")
    return begun(client, service, 178, "first")


def begun(client: Client, service: Arangovis, rows: int, name: str) -> NodeId:
    state = RunState.STARTED
    run = client.log_run(
        av.LoggedRun("script", project="p", name=name, state=state, tags=("wine",), params={"n": rows})
    )
    append(service, run, 0, slice(0, rows))
    return run


def append(service: Arangovis, run: NodeId, sequence: int, rows: slice) -> None:
    table = pa.table({"step": np.arange(178)[rows], "alcohol": ALCOHOL[rows]})
    service.series.appending.append(Sent(run, "a", sequence), table, CALLER)


def ended(service: Arangovis, run: NodeId) -> None:
    store = service.store
    store.transact(lambda tx: tx.update(run, {**tx.get(run).attributes, "state": "SUCCESS"}), CALLER)


def test_rows_as_a_table_and_as_arrays(client: Client, run: NodeId) -> None:
    rows = client.series(run, fields=["step", "alcohol"])
    assert rows.table.schema == pa.schema({"step": pa.int64(), "alcohol": pa.float64()})
    assert (rows.columns["alcohol"] == ALCOHOL).all()
    assert (rows.rows, rows.of_points, rows.run, rows.state) == (178, 178, run, "STARTED")
    thinned = client.series(run, fields=["alcohol"], decimate=20, order="step")
    assert (thinned.rows <= 20, thinned.of_points) == (True, 178)


def test_filters_means_and_cursors(client: Client, service: Arangovis, run: NodeId) -> None:
    strong = client.series(str(run), fields=["alcohol"], filter="alcohol > 13")
    assert strong.columns["alcohol"].tolist() == ALCOHOL[ALCOHOL > 13].tolist()
    means = client.series(run, fields=["alcohol"], window=5, stride=5)
    assert means.columns["alcohol"] == pytest.approx(ALCOHOL[:175].reshape(35, 5).mean(axis=1))
    first = client.series(run, fields=["step"])
    append(service, run, 1, slice(10, 12))
    assert client.series(run, fields=["step"], since=first.cursor).columns["step"].tolist() == [10, 11]


def test_a_field_with_a_comma(client: Client, service: Arangovis, run: NodeId) -> None:
    service.series.appending.append(Sent(run, "a", 0), pa.table({"top 1, top 5": [0.5]}), CALLER)
    assert client.series(run, fields=["top 1, top 5"]).columns["top 1, top 5"].tolist() == [0.5]


def test_following_a_run_until_it_ends(
    client: Client, service: Arangovis, run: NodeId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arangovis.services.series.reading.reading.POLL_OPEN_MS", 10)
    followed = client.follow(run, fields=["step"], timeout_s=60)
    parts = [next(followed)]
    append(service, run, 1, slice(0, 5))
    parts.append(next(followed))
    later = threading.Timer(0.05, lambda: (append(service, run, 2, slice(5, 9)), ended(service, run)))
    later.start()
    parts += followed
    later.join()
    assert np.concatenate([part.columns["step"] for part in parts]).tolist() == [*range(178), *range(9)]
    assert parts[-1].rows > 0


def test_following_stops_in_time(client: Client, run: NodeId) -> None:
    assert [part.rows for part in client.follow(run, fields=["step"], timeout_s=0)] == [178]


def test_many_runs(client: Client, service: Arangovis, run: NodeId) -> None:
    first = client.series_of({"project": "p", "tags_any": ["wine"]}, fields=["step"])
    assert [(rows.run, rows.rows) for rows in first.runs] == [(run, 178)]
    other = begun(client, service, 20, "second")
    append(service, run, 1, slice(0, 2))
    second = client.series_of({"project": "p", "tags_any": ["wine"]}, fields=["step"], token=first.token)
    assert {rows.run: rows.columns["step"].tolist() for rows in second.runs} == {run: [0, 1], other: list(range(20))}
    assert client.series_of([run], fields=["step"]).runs[0].rows == 180
    service.store.transact(lambda tx: tx.delete(other, force=True), CALLER)
    third = client.series_of({"project": "p", "tags_any": ["wine"]}, fields=["step"], token=second.token)
    assert (third.runs, third.gone, third.of_runs) == ((), (other,), 1)


def test_what_there_is(client: Client, service: Arangovis, run: NodeId) -> None:
    (listed,) = client.run_series(run).series
    assert (listed.rows, listed.newest_step, [field.name for field in listed.fields]) == (178, 177, ["alcohol", "step"])
    other = begun(client, service, 20, "second")
    common = client.series_in_common([run, other])
    assert (common.runs, [field.name for field in common.fields]) == (2, ["alcohol", "step"])
    assert client.series_in_common({"tags_all": ["wine"]}) == common


def test_finding_runs(client: Client, service: Arangovis, run: NodeId) -> None:
    begun(client, service, 20, "second")

    def found(**wish: object) -> list[object]:
        return [node.attributes["name"] for node in client.find_runs(**wish).items]  # type: ignore[arg-type]

    assert found(project="p") == ["second", "first"]
    assert found(tags_none=["wine"]) == []
    assert found(attributes={"params.n": (20, 100)}) == ["second"]
    assert found(attributes={"params.n": (None, 20)}) == []
    assert found(attributes={"params.n": [178]}) == ["first"]
    assert found(attributes={"name": "first", "params.n": None}) == ["first"]
    assert found(attributes={"params.x": {"minimum": 1, "include_missing": True}}) == ["second", "first"]
    answer = client.find_runs(tags_any=["wine"], facets=["params.n"], limit=1)
    assert [(option.value, option.runs) for option in answer.attributes[0].options] == [(20, 1), (178, 1)]
    assert (answer.runs, len(answer.items)) == (2, 1)


def test_errors_are_those_of_the_service(client: Client, run: NodeId) -> None:
    with pytest.raises(av.errors.InvalidInput) as caught:
        client.series(run)
    assert caught.value.faults[0].field == "fields"
    with pytest.raises(av.errors.NotFound):
        client.series("run/nobody", fields=["step"])
    with pytest.raises(av.errors.InvalidFilter):
        client.series(run, fields=["step"], filter="step >")
