"""What the route that lists the methods says is what the service takes."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from arangovis.client import connect
from arangovis.domain.wire import to_wire
from arangovis.projections.metrics import METRIC_NAMES
from arangovis.projections.quality import DEFAULT_METRICS, QUALITY_FACTS, QualityMetric
from arangovis.projections.registry import names
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.visualization import World, digits
from tests.backends import build_service, settings_of

PATH = "/api/v1/projection-methods"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    service = build_service(settings_of(tmp_path_factory.mktemp("home")))
    yield World(service, ContractClient(create_app(service)))
    service.close()


def listed(world: World) -> Mapping[str, Any]:
    answer = world.client.simulate_get(PATH)
    assert answer.status_code == 200
    return answer.json


def form(world: World, method: str) -> Mapping[str, Any]:
    return next(item for item in listed(world)["methods"] if item["name"] == method)


def test_every_method_distance_and_measure_is_listed(world: World) -> None:
    document = listed(world)
    assert document["default_method"] == "umap"
    assert [item["name"] for item in document["methods"]] == list(names())
    assert [item["name"] for item in document["distances"]] == list(METRIC_NAMES)
    assert [item["name"] for item in document["measures"]] == [metric.value for metric in QUALITY_FACTS]
    assert set(QUALITY_FACTS) == set(QualityMetric)
    assert {item["name"] for item in document["measures"] if item["default"]} == set(DEFAULT_METRICS)
    assert {p["name"] for p in document["sample_sizes"]} == {
        "production_data_sample_size",
        "training_data_sample_size",
    }


ELSEWHERE = ("p", "categorical_weight")
"""Which go with one distance only, and with models without embeddings."""


@pytest.mark.parametrize("method", names())
def test_what_a_form_may_send_is_taken_and_what_it_may_not_is_refused(world: World, method: str) -> None:
    number = world.model(f"forms of {method}", production=digits(0, 60))
    described = form(world, method)
    assert described["title"]
    assert described["summary"]
    required = {p["name"]: p["default"] for p in described["parameters"] if not p["optional"]}
    world.set_params(number, required, method)
    for parameter in described["parameters"]:
        if parameter["minimum"] is not None and parameter["name"] not in ELSEWHERE:
            for limit, by in (("minimum", -1), ("maximum", 1)):
                world.set_params(number, {**required, parameter["name"]: parameter[limit]}, method)
                wrong = {**required, parameter["name"]: parameter[limit] + by}
                refused = world.post(f"/params/{method}", {"model_version_id": number, "parameters": wrong})
                assert refused.status_code == 400
                assert parameter["name"] in refused.text
    engines = described["engines"]
    assert [engine["default"] for engine in engines].count(True) == 1
    assert all(engine["installed"] and engine["library"].startswith(engine["name"]) for engine in engines)


def test_the_list_has_a_tag(world: World) -> None:
    tag = world.client.simulate_get(PATH).headers["etag"]
    assert world.client.simulate_get(PATH, headers={"If-None-Match": tag}).status_code == 304


def test_the_client_reads_the_list(world: World) -> None:
    with connect(home=world.service.settings.home) as client:
        found = client.projection_methods()
    assert to_wire(found) == listed(world)
