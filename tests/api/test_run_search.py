from typing import Any

import pytest
from falcon.testing import TestClient

from tests.api.logging_rows import Logging


@pytest.fixture
def log(client: TestClient) -> Logging:
    log = Logging(client)
    for number in range(6):
        run = log.run(
            name=f"r{number}",
            tags=["even" if number % 2 == 0 else "odd", *(["best"] if number == 4 else [])],
            params={"layers": number},
            started=1000 + number,
        )
        if number:
            log.attributes(run, rate=number / 10, optimiser="adam" if number < 3 else "sgd")
    return log


def names(answer: dict[str, Any]) -> list[str]:
    return [run["attributes"]["name"] for run in answer["items"]]


def counts(facet: dict[str, Any]) -> dict[Any, int]:
    return {option["value"]: option["runs"] for option in facet["options"]}


def test_everything(log: Logging) -> None:
    answer = log.post("/run-searches")
    assert names(answer) == ["r5", "r4", "r3", "r2", "r1", "r0"]
    assert (answer["runs"], answer["of_runs"]) == (6, 6)
    assert counts(answer["tags"]) == {"even": 3, "odd": 3, "best": 1}
    facets = {facet["name"]: facet for facet in answer["attributes"]}
    assert counts(facets["optimiser"]) == {"sgd": 3, "adam": 2}
    assert (facets["rate"]["minimum"], facets["rate"]["maximum"], facets["rate"]["missing"]) == (0.1, 0.5, 1)
    assert answer["started"] == {"first": 1000, "last": 1005, "runs": 6}


def test_conditions_hold_together_and_counts_look_past_their_own(log: Logging) -> None:
    answer = log.post(
        "/run-searches",
        project="p",
        tags={"any": ["even"], "none": ["best"]},
        attributes=[{"name": "rate", "minimum": 0.2}, {"name": "optimiser", "values": ["adam"]}],
        started_before=1005,
    )
    assert names(answer) == ["r2"]
    assert counts(answer["tags"]) == {"even": 1, "odd": 0, "best": 0}
    facets = {facet["name"]: facet for facet in answer["attributes"]}
    assert counts(facets["optimiser"]) == {"adam": 1, "sgd": 0}  # r4 is the best, so it is not counted
    assert counts(facets["rate"])[0.2] == 1


def test_an_unset_end_is_no_bound(log: Logging) -> None:
    def found(**condition: Any) -> list[str]:
        return names(log.post("/run-searches", attributes=[{"name": "rate", **condition}]))

    assert found(minimum=0.4) == ["r5", "r4"]
    assert found(maximum=0.2) == ["r1"]
    assert found(minimum=0.2, maximum=0.4) == ["r3", "r2"]
    assert found(maximum=0.2, include_missing=True) == ["r1", "r0"]
    assert found(values=[0.3]) == ["r3"]
    assert found(values=[]) == []
    assert found() == ["r5", "r4", "r3", "r2", "r1"]


def test_searchable_names_of_runs(log: Logging) -> None:
    answer = log.post("/run-searches", attributes=[{"name": "params.layers", "minimum": 4}], facets=["state"])
    assert names(answer) == ["r5", "r4"]
    assert counts(next(facet for facet in answer["attributes"] if facet["name"] == "state")) == {"STARTED": 2}


def test_pages(log: Logging) -> None:
    first = log.post("/run-searches", limit=4)
    second = log.post("/run-searches", limit=4, cursor=first["next_cursor"])
    assert names(first) + names(second) == ["r5", "r4", "r3", "r2", "r1", "r0"]
    assert second["next_cursor"] is None
    assert log.post("/run-searches", limit=0)["runs"] == 6


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tags": {"any": "even"}}, "tags.any"),
        ({"attributes": [{"minimum": 1}]}, "attributes.0.name"),
        ({"attributes": [{"name": "a", "values": [[1]]}]}, "attributes.0.values"),
        ({"attributes": [{"name": "a", "minimum": "low"}]}, "attributes.0.minimum"),
        ({"attributes": [{"name": "a"}, {"name": "a"}]}, "attributes"),
        ({"started_from": "yesterday"}, "started_from"),
        ({"limit": 1001}, "limit"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_questions_that_cannot_be(client: TestClient, body: dict[str, Any], field: str) -> None:
    result = client.simulate_post("/api/v1/run-searches", json=body)
    assert result.status_code == 400
    assert [fault["field"] for fault in result.json["errors"]] == [field]


def test_an_unknown_project(client: TestClient) -> None:
    assert client.simulate_post("/api/v1/run-searches", json={"project": "nobody"}).status_code == 404
