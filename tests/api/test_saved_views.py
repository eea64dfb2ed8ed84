"""Saved views over REST and with the SDK: named, listed, changed, renamed, deleted; who may; hostile input."""

import json
from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain.access import Role
from arangovis.domain.errors import AlreadyExists, InvalidInput, NotFound
from arangovis.domain.graph import Caller
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from tests.api.access import Holder, holder

PATH = "/api/v1/saved-views"
CURVES = "live?filter=tags+%3D+%22mlp%22&plot=|y:loss"


@pytest.fixture
def projects(service: Arangovis, caller: Caller) -> None:
    for name in ("vision", "speech"):
        service.catalogue.register_project(name, caller)


def save(client: TestClient, **asked: Any) -> Any:
    return client.simulate_post(PATH, json={"name": "curves", "address": CURVES, **asked})


def listed(client: TestClient, **query: str) -> list[tuple[str, str | None]]:
    page = client.simulate_get(PATH, params=query).json
    return [(item["name"], item["project"]) for item in page["items"]]


def path_of(answer: Any) -> str:
    return f"{PATH}/{answer.json['node'].partition('/')[2]}"


def test_a_view_is_saved_changed_renamed_and_deleted(client: TestClient, projects: None) -> None:
    made = save(client, project="vision", description="the nightly ones")
    path = path_of(made)
    assert made.status_code == 201
    view = client.simulate_get(path).json
    assert {name: view[name] for name in ("name", "project", "view", "address", "description", "version")} == {
        "name": "curves",
        "project": "vision",
        "view": "live",
        "address": CURVES,
        "description": "the nightly ones",
        "version": 1,
    }

    again = save(client, project="vision", description="the nightly ones")
    assert (again.status_code, again.json) == (200, made.json)
    moved = save(client, project="vision", address="live?run=run/1")
    assert (moved.status_code, moved.json) == (200, made.json)
    view = client.simulate_get(path).json
    assert (view["version"], view["address"], view["description"]) == (2, "live?run=run/1", "the nightly ones")

    renamed = client.simulate_patch(path, json={"name": "losses"})
    assert (renamed.status_code, renamed.json["name"], renamed.json["version"]) == (200, "losses", 3)
    assert client.simulate_get(path).json["name"] == "losses", "its link goes on working"
    assert path_of(save(client, project="vision")) != path, "the name it had is free"
    assert listed(client) == [("curves", "vision"), ("losses", "vision")]

    assert client.simulate_delete(path).status_code == 204
    assert [client.simulate_get(path).status_code, client.simulate_delete(path).status_code] == [404, 404]
    assert client.simulate_patch(path, json={"name": "x"}).status_code == 404
    assert save(client, project="vision", name="losses").status_code == 201, "and so is the name of a deleted one"


def test_a_name_is_of_one_view_in_a_project(client: TestClient, projects: None) -> None:
    first, other = save(client, project="vision"), save(client, project="vision", name="other")
    elsewhere, shared = save(client, project="speech"), save(client)
    assert len({path_of(made) for made in (first, other, elsewhere, shared)}) == 4

    taken = client.simulate_patch(path_of(other), json={"name": "curves"})

    assert (taken.status_code, "another view called 'curves'" in taken.json["detail"]) == (409, True)
    assert client.simulate_get(path_of(other)).json["name"] == "other"
    same = client.simulate_patch(path_of(first), json={"name": "curves"})
    assert (same.status_code, same.json["version"]) == (200, 1)


def test_a_view_deleted_as_any_node_leaves_its_name(client: TestClient, projects: None) -> None:
    first = save(client, project="vision")
    assert client.simulate_delete(f"/api/v1/nodes/{first.json['node']}", params={"force": "true"}).status_code < 300

    second = save(client, project="vision")

    assert second.status_code == 201
    assert client.simulate_get(path_of(second)).json["name"] == "curves"


def test_what_a_view_is_is_not_written_as_data(client: TestClient, projects: None) -> None:
    """Its name would stay taken under the one before, and an address would go unread."""
    made = save(client, project="vision")
    node = f"/api/v1/nodes/{made.json['node']}"
    for wrong in ({"name": "other"}, {"address": "https://evil.example"}, {"owner": "me"}):
        refused = client.simulate_patch(node, json={"attributes": wrong})
        assert (refused.status_code, [fault["field"] for fault in refused.json["errors"]]) == (400, [*wrong])
    asked = {"name": "x", "project": "vision", "attributes": {"owner": "me", "view": "live", "address": "//evil"}}
    assert client.simulate_post("/api/v1/nodes/saved_view", json=asked).status_code == 400
    assert client.simulate_patch(node, json={"attributes": {"description": "ours"}}).status_code == 200
    assert client.simulate_get(path_of(made)).json["description"] == "ours"
    assert listed(client) == [("curves", "vision")]


def test_views_of_a_deleted_project_are_told_by_its_key(client: TestClient, projects: None) -> None:
    path = path_of(save(client, project="vision"))
    save(client, name="other")
    projects_there = client.simulate_get("/api/v1/projects").json["items"]
    (gone,) = (item["id"] for item in projects_there if item["attributes"]["name"] == "vision")

    assert client.simulate_delete(f"/api/v1/nodes/{gone}", params={"force": "true"}).status_code == 204

    assert listed(client) == [("curves", gone.partition("/")[2]), ("other", None)]
    assert client.simulate_delete(path).status_code == 204


def test_views_are_listed_by_name_in_pages(client: TestClient, projects: None) -> None:
    assert listed(client) == []
    for number, address in enumerate(("home?q=a", "lineage?node=run/1", "live?run=run/1", "live", "home")):
        save(client, name=f"view {number}", address=address, project="vision" if number % 2 else None)
    save(client, name="abroad", project="speech")

    assert listed(client, project="vision") == [("view 1", "vision"), ("view 3", "vision")]
    assert listed(client, view="live") == [("abroad", "speech"), ("view 2", None), ("view 3", "vision")]
    found: list[str] = []
    cursor = None
    while True:
        page = client.simulate_get(PATH, params={"limit": "4"} | ({} if cursor is None else {"cursor": cursor})).json
        found.extend(item["name"] for item in page["items"])
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == ["abroad", *(f"view {number}" for number in range(5))]
    assert client.simulate_get(PATH, params={"project": "nowhere"}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"address": ""}, "address"),
        ({"address": "/live"}, "address"),
        ({"address": "Live?a=1"}, "address"),
        ({"address": "//evil.example/?a=1"}, "address"),
        ({"address": "https://evil.example/ui/live"}, "address"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"address": "live/../../x"}, "address"),
        ({"address": "live?a b"}, "address"),
        ({"address": "live?a=1#run/1"}, "address"),
        ({"address": "live?a=é"}, "address"),
        ({"address": "live?\n"}, "address"),
        ({"address": "live?" + "a" * 7500}, "address"),
        ({"address": None}, "address"),
        ({"address": 3}, "address"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else value,
)
def test_what_is_no_view_is_refused(client: TestClient, projects: None, wrong: dict[str, Any], field: str) -> None:
    refused = save(client, **wrong)

    assert refused.status_code == 400
    assert [fault["field"] for fault in refused.json["errors"]] == [field]
    assert listed(client) == []


def test_a_change_is_refused_as_a_view_is(client: TestClient, projects: None) -> None:
    path = path_of(save(client))
    for wrong in ({"name": ""}, {"address": "https://evil.example"}, {"owner": "me"}, {"project": "speech"}):
        assert client.simulate_patch(path, json=wrong).status_code == 400
    assert client.simulate_get(path).json["version"] == 1
    assert client.simulate_get(f"{PATH}/nothing").status_code == 404
    assert save(client, project="nowhere").status_code == 404


@pytest.fixture
def people(service: Arangovis, projects: None) -> dict[str, Holder]:
    client = TestClient(create_app(service))
    return {
        "vision": holder(service, client, Role.WRITE, "vision", name="vision-writer"),
        "speech": holder(service, client, Role.WRITE, "speech", name="speech-writer"),
        "both": holder(service, client, Role.WRITE, "vision", "speech", name="both-writer"),
        "reader": holder(service, client, Role.READ, "vision", name="vision-reader"),
        "admin": holder(service, client, Role.ADMIN, name="an-admin"),
    }


def test_views_are_of_those_who_see_their_project(people: dict[str, Holder]) -> None:
    ours = people["vision"].post(PATH, {"name": "curves", "address": "live"})
    theirs = people["speech"].post(PATH, {"name": "curves", "address": "live", "project": "speech"})
    shared = people["admin"].post(PATH, {"name": "all", "address": "home"})
    assert [made.status_code for made in (ours, theirs, shared)] == [201, 201, 201]

    def seen(who: str) -> list[tuple[str, str | None]]:
        return [(view["name"], view["project"]) for view in people[who].get(PATH).json["items"]]

    assert seen("vision") == seen("reader") == [("all", None), ("curves", "vision")]
    assert seen("speech") == [("all", None), ("curves", "speech")]
    assert len(seen("both")) == len(seen("admin")) == 3
    own = people["vision"].get(path_of(ours)).json
    assert (own["owner"], own["changed_by"]) == ("vision-writer", "vision-writer")

    for who, path in (("vision", path_of(theirs)), ("reader", path_of(theirs)), ("speech", path_of(ours))):
        assert people[who].get(path).status_code == 404
        assert people[who].ask("DELETE", path).status_code in (403, 404)
        assert people[who].ask("PATCH", path, json={"name": "taken"}).status_code in (403, 404)
    for who, path in (("reader", path_of(ours)), ("vision", path_of(shared)), ("both", path_of(shared))):
        assert people[who].get(path).status_code == 200
        assert people[who].ask("DELETE", path).status_code == 403
        assert people[who].ask("PATCH", path, json={"name": "taken"}).status_code == 403
    assert people["reader"].post(PATH, {"name": "x", "address": "live"}).status_code == 403
    assert people["both"].post(PATH, {"name": "x", "address": "live"}).status_code == 403, "shared with everybody"
    assert people["speech"].post(PATH, {"name": "x", "address": "live", "project": "vision"}).status_code == 404
    assert len(seen("admin")) == 3


def test_the_sdk_saves_lists_changes_and_deletes(service: Arangovis, projects: None) -> None:
    client = Client(LocalBackend(service, "ada"))
    node = client.save_view("curves", CURVES, project="vision")
    client.save_view("everything", "home?kind=all")

    assert [view.name for view in client.saved_views()] == ["curves", "everything"]
    assert [view.node for view in client.saved_views("vision", view="live")] == [node]
    changed = client.change_view(node, name="losses", address="live?run=run/1", description="as they fall")
    assert changed == client.saved_view(str(node))
    assert (changed.name, changed.address, changed.description, changed.version) == (
        "losses",
        "live?run=run/1",
        "as they fall",
        2,
    )
    with pytest.raises(AlreadyExists, match="another view called 'losses'"):
        client.change_view(client.save_view("other", "live", project="vision"), name="losses")
    with pytest.raises(InvalidInput, match="is not a view and its query"):
        client.save_view("x", "https://evil.example")
    client.delete_view(node)
    with pytest.raises(NotFound):
        client.saved_view(node)
