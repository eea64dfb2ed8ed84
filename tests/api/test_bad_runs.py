"""Runs that cannot be right are refused with the field and the reason; odd ones that can be are kept as they are."""

import math
from collections.abc import Mapping

import pytest
from falcon.testing import TestClient

import arangovis as av
from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain.errors import AlreadyExists, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.wiring import Arangovis
from arangovis_schema.validation import VALUES_MAX

RUNS = "/api/v1/runs"


@pytest.fixture
def ada(service: Arangovis) -> Client:
    return Client(LocalBackend(service, "ada"))


def found(client: TestClient, text: str) -> list[str]:
    return [item["id"] for item in client.simulate_get(RUNS, params={"filter": text}).json["items"]]


def nothing_was_written(service: Arangovis, before: int) -> bool:
    return service.store.change_number() == before


@pytest.mark.parametrize("field", ["params", "metrics", "attributes"])
def test_a_hundred_thousand_values_are_refused_whole(service: Arangovis, client: TestClient, field: str) -> None:
    before = service.store.change_number()
    values = {f"k{number}": number for number in range(100_000)}
    answer = client.simulate_post(RUNS, json={"method": "t", field: values})
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == field
    assert f"at most {VALUES_MAX}" in answer.json["errors"][0]["problem"]
    assert nothing_was_written(service, before)


def test_as_many_values_as_may_be_are_kept_and_found(client: TestClient) -> None:
    values = {f"k{number}": number for number in range(VALUES_MAX)}
    made = client.simulate_post(RUNS, json={"method": "t", "params": values})
    assert made.status_code == 201, made.text
    assert found(client, f"params.k{VALUES_MAX - 1} = {VALUES_MAX - 1}") == [made.json["node"]]


def test_a_run_that_ended_before_it_began_is_refused(service: Arangovis, client: TestClient) -> None:
    before = service.store.change_number()
    answer = client.simulate_post(RUNS, json={"method": "t", "started": 2_000_000, "ended": 1_000_000})
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == "ended"
    assert nothing_was_written(service, before)


def test_a_clock_that_is_ahead_is_believed_and_versions_keep_the_stores_time(service: Arangovis, ada: Client) -> None:
    later = service.store.now() + 10**15
    node = ada.run(ada.log_run(av.LoggedRun(method="t", started=later, ended=later + 1)))
    assert node.attributes["started"] == later
    assert node.version.valid_from < later


def test_not_a_number_is_kept_and_matches_nothing(ada: Client, client: TestClient) -> None:
    run = ada.log_run(av.LoggedRun(method="t", metrics={"loss": math.nan, "gain": math.inf}))
    metrics = ada.run(run).attributes["metrics"]
    assert isinstance(metrics, Mapping)
    assert math.isnan(float(str(metrics["loss"])))
    assert metrics["gain"] == math.inf
    assert found(client, "metrics.loss > 0 or metrics.loss <= 0") == []
    assert found(client, "metrics.loss exists") == [str(run)]
    assert client.simulate_get(f"{RUNS}/{run.key}").json["attributes"]["metrics"]["loss"] is None


def test_of_two_writers_of_one_version_one_is_refused_by_name(ada: Client) -> None:
    ada.register_project("p")
    ada.register_model("p", "m")
    first, other = (av.Signature(outputs=(av.signature_field(name, "float32"),)) for name in ("a", "b"))
    ada.register_model_version("p", "m", first, version="1")
    with pytest.raises(AlreadyExists, match="version '1' of model 'm'"):
        ada.register_model_version("p", "m", other, version="1")


def test_a_run_of_one_key_with_other_content_is_a_conflict(ada: Client) -> None:
    key = "01890000-0000-7000-8000-000000000000"
    run = ada.log_run(av.LoggedRun(method="t", key=key, params={"k": 1}))
    assert run == ada.log_run(av.LoggedRun(method="t", key=key, params={"k": 1})) == NodeId("run", key)
    with pytest.raises(AlreadyExists, match=key):
        ada.log_run(av.LoggedRun(method="t", key=key, params={"k": 2}))
    with pytest.raises(InvalidInput):
        ada.log_run(av.LoggedRun(method="t", key="no key/", params={}))
