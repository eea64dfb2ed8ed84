import pytest
from falcon.testing import TestClient

from tests.api.samples import posted


def test_a_project_is_made_once(client: TestClient) -> None:
    first = client.simulate_post("/api/v1/projects", json={"name": "vision"})
    again = client.simulate_post("/api/v1/projects", json={"name": "vision"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["node"].startswith("project/")
    assert client.simulate_get(first.headers["location"]).json["attributes"] == {"name": "vision"}


def test_other_facts_under_the_same_name_are_a_conflict(client: TestClient) -> None:
    posted(client, "/api/v1/projects", {"name": "vision", "tags": ["camera"], "attributes": {"team": "seeing"}})

    other = client.simulate_post("/api/v1/projects", json={"name": "vision", "tags": ["radar"]})

    assert other.status_code == 409
    assert other.json["type"] == "urn:arangovis:error:already-exists"


def test_models_belong_to_a_project(client: TestClient) -> None:
    project = posted(client, "/api/v1/projects", {"name": "vision"})
    first = client.simulate_post("/api/v1/models", json={"project": "vision", "name": "digits"})
    again = client.simulate_post("/api/v1/models", json={"project": "vision", "name": "digits"})

    assert (first.status_code, again.status_code) == (201, 200)
    model = client.simulate_get(first.headers["location"]).json
    assert model["id"] == first.json["node"]
    assert f"project/{model['project']}" == project["node"]


def test_a_model_needs_its_project(client: TestClient) -> None:
    result = client.simulate_post("/api/v1/models", json={"project": "nowhere", "name": "digits"})

    assert result.status_code == 404
    assert "nowhere" in result.json["detail"]


@pytest.mark.parametrize("path", ["/api/v1/projects", "/api/v1/models"])
def test_lists_are_read_page_by_page(client: TestClient, path: str) -> None:
    posted(client, "/api/v1/projects", {"name": "p0"})
    for number in range(1, 5):
        posted(client, "/api/v1/projects", {"name": f"p{number}"})
        posted(client, "/api/v1/models", {"project": "p0", "name": f"p{number}"})

    names, cursor = [], ""
    while True:
        page = client.simulate_get(path, params={"limit": 2, "cursor": cursor}).json
        names += [item["attributes"]["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert [name for name in names if name != "p0"] == ["p4", "p3", "p2", "p1"]


def test_models_are_listed_by_project_and_filter(client: TestClient) -> None:
    for project in ("one", "two"):
        posted(client, "/api/v1/projects", {"name": project})
        for model in ("a", "b"):
            posted(client, "/api/v1/models", {"project": project, "name": model, "tags": [f"{project}-{model}"]})

    found = client.simulate_get("/api/v1/models", params={"project": "two", "filter": "name = 'b'"}).json["items"]

    assert [item["attributes"]["tags"] for item in found] == [["two-b"]]
    assert client.simulate_get("/api/v1/models", params={"project": "three"}).status_code == 404


def test_an_unchanged_list_is_not_sent_again(client: TestClient) -> None:
    posted(client, "/api/v1/projects", {"name": "vision"})
    first = client.simulate_get("/api/v1/projects")
    tag = {"If-None-Match": first.headers["etag"]}

    assert client.simulate_get("/api/v1/projects", headers=tag).status_code == 304
    posted(client, "/api/v1/projects", {"name": "hearing"})
    changed = client.simulate_get("/api/v1/projects", headers=tag)
    assert changed.status_code == 200
    assert len(changed.json["items"]) == 2
