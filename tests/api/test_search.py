"""Searching over REST: several kinds, text, order, facets, times, saved searches, content, failures; hostile input."""

from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller
from arangovis.domain.runs import RunState
from arangovis.domain.work import Input
from arangovis.services.run_log import LoggedRun
from arangovis.wiring import Arangovis

DIGEST = "ab" * 32


@pytest.fixture
def runs(service: Arangovis, caller: Caller) -> list[str]:
    """Return the ids of a few runs of one project, oldest first."""
    service.catalogue.register_project("vision", caller)
    logged = []
    for number in range(6):
        run = LoggedRun(
            method="train",
            name=f"Fraud model {number}",
            project="vision",
            metrics={"auc": number / 10},
            params={"k": number % 2},
            tags=("risk",) if number % 2 else ("ops", "nightly"),
        )
        logged.append(str(service.run_log.log(run, caller).node))
    return logged


def search(client: TestClient, **asked: Any) -> Any:
    response = client.simulate_post("/api/v1/search", json=asked)
    assert response.status_code == 200, response.text
    return response.json


def names(answer: Any) -> list[str]:
    return [item["attributes"]["name"] for item in answer["items"]]


def test_filter_text_and_order_hold_together(client: TestClient, runs: list[str]) -> None:
    answer = search(
        client, kind="run", text="fraud mod*", filter='tags = "risk"', order="metrics.auc desc", project="vision"
    )
    assert names(answer) == ["Fraud model 5", "Fraud model 3", "Fraud model 1"]
    assert answer["next_cursor"] is None
    assert answer["total"] is None
    ascending = search(client, kind="run", order={"by": "metrics.auc"}, limit=2)
    assert names(ascending) == ["Fraud model 0", "Fraud model 1"]


@pytest.mark.parametrize("order", [None, "name", "name desc", "metrics.auc", "metrics.auc desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_over_several_kinds_have_neither_gaps_nor_repeats(
    client: TestClient, runs: list[str], order: str | None, limit: int
) -> None:
    whole = search(client, kinds=["run", "project"], order=order)["items"]
    assert {item["id"] for item in whole} == {*runs, whole[[i["kind"] for i in whole].index("project")]["id"]}
    found, cursor = [], None
    while True:
        page = search(client, kinds=["run", "project"], order=order, limit=limit, cursor=cursor)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole


def test_no_kind_means_every_kind(client: TestClient, runs: list[str]) -> None:
    assert {item["kind"] for item in search(client, text="vision")["items"]} == {"project"}
    assert {item["kind"] for item in search(client)["items"]} >= {"project", "run"}


def test_facets_count_under_all_conditions_or_under_the_others(client: TestClient, runs: list[str]) -> None:
    asked: dict[str, Any] = {"kind": "run", "filter": 'tags = "risk"', "facets": ["tags", "params.k"], "limit": 0}
    answer = search(client, **asked)
    assert answer["items"] == []
    assert answer["total"] == 3
    tags, k = answer["facets"]
    assert (tags["values"], tags["more"]) == ([{"value": "risk", "count": 3}], False)
    assert k["values"] == [{"value": 1, "count": 3}]
    alternatives = search(client, **asked, others=True)
    assert alternatives["total"] == 3
    assert [value["value"] for value in alternatives["facets"][0]["values"]] == ["nightly", "ops", "risk"]
    assert alternatives["facets"][1] == k


def test_facets_of_several_kinds_are_added_up(client: TestClient, runs: list[str]) -> None:
    answer = search(client, kinds=["run", "project"], facets=["name"], facet_limit=2, limit=0)
    assert answer["total"] == 7
    assert answer["facets"][0]["more"]
    assert answer["partial"] is False


def test_a_search_as_of_a_time_finds_what_was(client: TestClient, service: Arangovis, runs: list[str]) -> None:
    middle = service.store.get(service.lineage.node(_id(runs[2])).id).created
    then = search(client, kind="run", at=middle, order="metrics.auc desc", facets=["tags"], limit=2)
    assert names(then) == ["Fraud model 2", "Fraud model 1"]
    assert then["total"] == 3
    assert names(
        search(client, kind="run", at=middle, order="metrics.auc desc", limit=2, cursor=then["next_cursor"])
    ) == ["Fraud model 0"]
    service.store.transact(lambda tx: tx.delete(_id(runs[0]), force=True), Caller("bob", "r"))
    assert len(search(client, kind="run", at=middle)["items"]) == 3
    assert len(search(client, kind="run")["items"]) == 5
    assert then["partial_reasons"] == []


def test_built_in_names_are_searched(client: TestClient, service: Arangovis, runs: list[str]) -> None:
    assert len(search(client, filter='project = "vision" and actor = "ada"', kind="run")["items"]) == 6
    assert (
        len(search(client, filter='created >= "2020-01-01" and not created > "2999-01-01"', kind="run")["items"]) == 6
    )
    assert len(search(client, filter=f'id = "{runs[0]}"')["items"]) == 1
    assert search(client, filter='project = "nobody"', kind="run")["items"] == []


def test_lists_take_an_order(client: TestClient, runs: list[str]) -> None:
    answer = client.simulate_get("/api/v1/runs", params={"order": "metrics.auc desc", "limit": "2"}).json
    assert names(answer) == ["Fraud model 5", "Fraud model 4"]
    rest = client.simulate_get(
        "/api/v1/runs", params={"order": "metrics.auc desc", "limit": "2", "cursor": answer["next_cursor"]}
    )
    assert names(rest.json) == ["Fraud model 3", "Fraud model 2"]
    assert client.simulate_get("/api/v1/projects", params={"order": "id"}).status_code == 400


def test_the_names_of_a_kind_are_told(client: TestClient, runs: list[str]) -> None:
    answer = client.simulate_get("/api/v1/search/names", params={"kind": "run"}).json
    told = {item["name"]: item for item in answer["names"]}
    assert answer["nodes"] == 6
    assert told["metrics.auc"] == {"name": "metrics.auc", "types": ["number"], "nodes": 6}
    assert told["tags"]["nodes"] == 6
    assert {"created", "actor", "project", "id", "kind", "reason"} <= told.keys()


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "nonsense"}, "kinds"),
        ({"filter": "params.k ="}, "filter"),
        ({"filter": "x" * 10_001}, "filter"),
        ({"filter": 'created > "yesterday"'}, "filter"),
        ({"filter": 'name like "a\\\\"'}, "filter"),
        ({"filter": 'name matches "!"'}, "filter"),
        ({"filter": "name = 99999999999999999999999999"}, "filter"),
        ({"text": "?!"}, "text"),
        ({"order": "id"}, "order"),
        ({"order": 7}, "order"),
        ({"facets": ["id"]}, "facets"),
        ({"facets": ["a"] * 21}, "facets"),
        ({"limit": -1}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"cursor": "nonsense", "kind": "run"}, "cursor"),
        ({"cursor": "nonsense", "kinds": ["run", "project"]}, "cursor"),
        ({"cursor": "e30", "kinds": ["run", "project"]}, "cursor"),
        ({"cursor": "n1", "kind": "run", "at": 5}, "cursor"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(client: TestClient, asked: dict[str, Any], field: str) -> None:
    response = client.simulate_post("/api/v1/search", json=asked)
    assert response.status_code == 400
    assert field in response.json["errors"][0]["field"]


HOSTILE = [
    '") RETURN 1 //',
    "' OR 1=1 --",
    "@@vertices",
    "%CONDITION%",
    "@v_0",
    "\x00\x01\x1f",
    "\\",
    "FOR node IN run REMOVE node IN run",
    "*",
    '"*',
    "NEAR(a b)",
    "a AND b OR NOT c",
    "﷽" * 300,
    "x" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_data(client: TestClient, service: Arangovis, caller: Caller, text: str) -> None:
    """Each is found by each way of looking for it, and nothing else is."""
    service.run_log.log(LoggedRun(method="train", params={"x": text}), caller)
    service.run_log.log(LoggedRun(method="train", params={"x": "harmless"}), caller)
    quoted = _quoted(text)
    name = "`params." + text[:100].replace("`", "``") + "`"
    assert len(search(client, kind="run", filter=f"params.x = {quoted}")["items"]) == 1
    assert search(client, kind="run", filter=f"{name} = 1")["items"] == []
    assert search(client, kind="run", order=f"params.{text[:100]}", facets=[f"params.{text[:100]}"])["total"] == 2
    if len(text) <= 200:
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        assert len(search(client, kind="run", filter=f"params.x like {_quoted(pattern)}")["items"]) == 1
    for where in ({"text": text[:1000]}, {"filter": f"params.x matches {quoted}"}):
        response = client.simulate_post("/api/v1/search", json={"kind": "run", **where})
        assert response.status_code in (200, 400)
        if response.status_code == 200:
            assert len(response.json["items"]) <= 1
    assert len(client.simulate_get("/api/v1/runs").json["items"]) == 2


def test_half_a_surrogate_pair_is_refused(client: TestClient) -> None:
    for body in (rb'{"text": "\ud800"}', rb'{"kind": "run", "filter": "name = \"\\ud800\""}'):
        response = client.simulate_post("/api/v1/search", body=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 400


# --- saved searches -------------------------------------------------------------------------------------------------


def save(client: TestClient, **asked: Any) -> Any:
    return client.simulate_post("/api/v1/saved-searches", json={"project": "vision", **asked})


def test_a_search_is_saved_run_changed_and_deleted(client: TestClient, runs: list[str]) -> None:
    asked = {"name": "risky ones", "kinds": ["run"], "filter": 'tags = "risk"', "order": "metrics.auc desc", "limit": 2}
    assert save(client, **asked).status_code == 201
    assert save(client, **asked).status_code == 200
    path, project = "/api/v1/saved-searches/risky%20ones", {"project": "vision"}
    saved = client.simulate_get(path, params=project).json
    assert (saved["version"], saved["question"]["filter"], saved["question"]["limit"]) == (1, 'tags = "risk"', 2)
    page = client.simulate_get(f"{path}/run", params=project).json
    assert names(page) == ["Fraud model 5", "Fraud model 3"]
    rest = client.simulate_get(f"{path}/run", params={**project, "cursor": page["next_cursor"], "limit": "9"}).json
    assert names(rest) == ["Fraud model 1"]
    assert save(client, **{**asked, "filter": 'tags = "ops"'}).status_code == 200
    assert names(client.simulate_get(f"{path}/run", params=project).json) == ["Fraud model 4", "Fraud model 2"]
    history = client.simulate_get(f"{path}/history", params=project).json["items"]
    assert [item["question"]["filter"] for item in history] == ['tags = "risk"', 'tags = "ops"']
    assert [item["name"] for item in client.simulate_get("/api/v1/saved-searches", params=project).json["items"]] == [
        "risky ones"
    ]
    assert client.simulate_delete(path, params=project).status_code == 204
    assert client.simulate_get(path, params=project).status_code == 404
    assert client.simulate_get(f"{path}/run", params=project).status_code == 404
    assert client.simulate_delete(path, params=project).status_code == 404
    assert save(client, **asked).status_code in (200, 201)


def test_a_saved_search_stays_in_its_project(client: TestClient, service: Arangovis, runs: list[str]) -> None:
    service.catalogue.register_project("speech", Caller("ada", "r"))
    service.run_log.log(LoggedRun(method="train", name="other", project="speech"), Caller("ada", "r"))
    save(client, name="all", kinds=["run"])
    found = client.simulate_get("/api/v1/saved-searches/all/run", params={"project": "vision"}).json
    assert {item["id"] for item in found["items"]} == set(runs)
    assert client.simulate_get("/api/v1/saved-searches/all/run", params={"project": "speech"}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a/b"},
        {"name": ""},
        {"filter": "x ="},
        {"cursor": "x"},
        {"order": "id"},
        {"facets": ["id"]},
        {"limit": -1},
    ],
    ids=str,
)
def test_what_cannot_be_run_is_not_saved(client: TestClient, runs: list[str], wrong: dict[str, Any]) -> None:
    assert save(client, **{"name": "x", **wrong}).status_code == 400
    assert client.simulate_get("/api/v1/saved-searches", params={"project": "vision"}).json["items"] == []


# --- content and failures -------------------------------------------------------------------------------------------


def test_content_is_found_by_its_hash_with_who_made_and_read_it(
    client: TestClient, service: Arangovis, caller: Caller
) -> None:
    node = service.store.transact(_artifact, caller)
    reader = service.run_log.log(LoggedRun(method="score", inputs=(Input(node, "model"),)), caller).node
    answer = client.simulate_get(f"/api/v1/content/{DIGEST.upper()}").json
    (use,) = answer["uses"]
    assert (use["node"]["id"], use["makers"], use["readers"]) == (str(node), [], [str(reader)])
    assert client.simulate_get(f"/api/v1/content/{'0' * 64}").json["uses"] == []
    assert client.simulate_get("/api/v1/content/abc").status_code == 400
    created = service.store.get(node).created
    then = client.simulate_get(f"/api/v1/content/{DIGEST}", params={"at": str(created)}).json
    assert [item["readers"] for item in then["uses"]] == [[]]
    assert client.simulate_get(f"/api/v1/content/{DIGEST}", params={"at": str(created - 1)}).json["uses"] == []


def test_failed_runs_tell_their_retries(client: TestClient, service: Arangovis, caller: Caller) -> None:
    node = service.store.transact(_artifact, caller)

    def log(state: str, commit: str, k: int) -> str:
        run = LoggedRun(
            method="train",
            inputs=(Input(node, "data"),),
            params={"k": k},
            state=RunState(state),
            attributes={"commit": commit},
        )
        return str(service.run_log.log(run, caller).node)

    first, second = log("ERROR", "aaa", 1), log("ERROR", "aaa", 1)
    other, good = log("ERROR", "aaa", 2), log("SUCCESS", "bbb", 1)
    answer = client.simulate_get(f"/api/v1/failures/{node}").json
    assert [item["run"] for item in answer["failed"]] == [other, second, first]
    by_run = {item["run"]: item for item in answer["failed"]}
    assert (by_run[other]["recovered"], by_run[other]["retries"]) == (False, [])
    assert [(r["run"], r["state"], r["same_code"]) for r in by_run[first]["retries"]] == [
        (second, "ERROR", True),
        (good, "SUCCESS", False),
    ]
    assert by_run[first]["recovered"]
    assert by_run[first]["commit"] == "aaa"
    cut = client.simulate_get(f"/api/v1/failures/{node}", params={"limit": "1"}).json
    assert (len(cut["failed"]), cut["partial_reasons"]) == (1, ["limit"])
    assert client.simulate_get("/api/v1/failures/dataset/none").status_code == 404


def _artifact(transaction: Any) -> Any:
    node = _id("artifact/a1")
    facts = {"role": "plot", "digest": DIGEST, "bytes": 1, "media_type": "text/plain", "name": "a"}
    transaction.create(node, None, facts)
    return node


def _id(text: str) -> Any:
    from arangovis.domain.ids import NodeId

    return NodeId.parse(text)


def _quoted(text: str) -> str:
    from arangovis.domain.filter_literals import value_text

    return value_text(text)
