"""The life of external runs over REST: every request may come twice, and late."""

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import Result, TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_wine

from arangovis.domain.graph import Caller
from arangovis.services.external.watching import lose_overdue
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.api.samples import register
from tests.api.working import ask

WINE = load_wine().data.tobytes()
WINE_DIGEST = hashlib.sha256(WINE).hexdigest()
DIGEST = "5" * 64


class World:
    """Begins, changes and ends runs of project `wine`."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.key = str(uuid.uuid4())

    def begin(self, session: str = "s1", *, key: str | None = None, **body: Any) -> Result:
        sent = {"session": session, "project": "wine", "create_project": True, **body}
        return self.client.simulate_put(f"/api/v1/runs/{key or self.key}", json=sent)

    def post(self, verb: str, **body: Any) -> Result:
        return self.client.simulate_post(f"/api/v1/runs/{self.key}/{verb}", json=body)

    def end(self, state: str = "SUCCESS", session: str | None = "s1", **body: Any) -> Result:
        return self.post("end", state=state, session=session, **body)

    def patch(self, **body: Any) -> Result:
        return self.client.simulate_patch(f"/api/v1/runs/{self.key}", json=body)

    def file(self, data: bytes, key: str | None = None, **params: Any) -> Result:
        headers = {"Content-Type": "application/octet-stream"}
        path = f"/api/v1/runs/{key or self.key}/artifacts"
        return self.client.simulate_post(path, params=params, body=data, headers=headers)

    def node(self, key: str | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.simulate_get(f"/api/v1/nodes/run/{key or self.key}").json
        return answer

    @property
    def attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = self.node()["attributes"]
        return found

    @property
    def state(self) -> tuple[str, str | None]:
        return self.attributes["state"], self.attributes.get("reason")

    def versions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.simulate_get(f"/api/v1/history/run/{self.key}").json["items"]
        return found

    def edges(self, key: str | None = None) -> set[tuple[str, str, str]]:
        path, kinds = f"/api/v1/nodes/run/{key or self.key}/edges", "input_to,generated,spawned"
        answers = [
            self.client.simulate_get(path, params={"direction": direction, "edges": kinds})
            for direction in ("upstream", "downstream")
        ]
        return {(edge["kind"], edge["role"], edge["node"]["id"]) for answer in answers for edge in answer.json["items"]}


@pytest.fixture
def world(client: TestClient) -> World:
    return World(client)


@pytest.fixture(autouse=True)
def _the_store_stays_sound(service: Arangovis) -> Iterator[None]:
    yield
    assert check_store(service.store, service.artifacts) == []


# --- beginning and ending --------------------------------------------------------------------------------------------


def test_a_run_begins_lives_and_ends(world: World) -> None:
    begun = world.begin(
        name="first",
        description="A first try.",
        method="training",
        tags=["wide", "wide", "deep"],
        params={"lr": 0.1, "layers": [64, 32]},
        environment={"numpy": "2.4"},
        code={"commit": "c" * 40, "dirty": True},
        process={"host": "gpu-3"},
        started="2026-01-05T10:00:00Z",
    )
    assert (begun.status_code, begun.json) == (
        201,
        {"node": f"run/{world.key}", "generation": 0, "state": "STARTED"},
    )
    world.patch(metrics={"loss": 2.0}, params={"lr": 0.2})
    ended = world.end(metrics={"accuracy": 0.9}, process={"exit_status": 0})

    assert ended.json["state"] == "SUCCESS"
    attributes = world.attributes
    assert attributes["params"] == {"lr": 0.2, "layers": [64, 32]}
    assert attributes["metrics"] == {"loss": 2.0, "accuracy": 0.9}
    assert attributes["tags"] == ["wide", "deep"]
    assert attributes["process"] == {"host": "gpu-3", "exit_status": 0}
    assert (attributes["executor"], attributes["method"]) == ("external", "training")
    assert attributes["started"] == 1_767_607_200_000_000 < attributes["ended"]


def test_what_was_captured_is_searchable(client: TestClient, world: World) -> None:
    world.begin(code={"commit": "abc"}, environment={"scikit-learn": "1.9"}, process={"host": "gpu-3"})
    wanted = 'code.commit = "abc" and `environment.scikit-learn` = "1.9" and process.host = "gpu-3"'
    found = client.simulate_get("/api/v1/runs", params={"filter": wanted})
    assert [item["id"] for item in found.json["items"]] == [f"run/{world.key}"]


def test_the_same_session_begins_once(world: World) -> None:
    world.begin(params={"lr": 0.1})
    again = world.begin(params={"lr": 0.1})
    assert (again.status_code, len(world.versions())) == (200, 1)

    world.end()
    late = world.begin(params={"lr": 0.1})
    assert (late.status_code, late.json["state"]) == (200, "SUCCESS")  # sent again by an outbox: it opens nothing


def test_a_key_is_begun_by_one_session(world: World) -> None:
    world.begin()
    assert world.begin("s2").status_code == 409


def test_an_end_twice_is_one_end(world: World) -> None:
    world.begin()
    world.end("ERROR", reason="failed", message="ValueError: no")
    before = world.versions()
    again = world.end("ERROR", reason="failed", message="ValueError: no")

    assert (again.status_code, again.json["state"], len(world.versions())) == (200, "ERROR", len(before))
    assert (world.attributes["reason"], world.attributes["message"]) == ("failed", "ValueError: no")


def test_an_end_without_a_session_ends_all(world: World) -> None:
    world.begin()
    assert world.end(session=None).json["state"] == "SUCCESS"
    assert world.end(session=None).status_code == 200
    assert world.end("ERROR", session=None).status_code == 409


def test_a_logged_run_can_be_ended(client: TestClient, world: World) -> None:
    client.simulate_post("/api/v1/runs", json={"method": "training", "key": world.key, "state": "STARTED"})
    assert world.end(session=None).json["state"] == "SUCCESS"


def test_a_run_of_many_ranks_ends_with_the_last_of_them(world: World) -> None:
    world.begin("rank0", mode="join", params={"ranks": 3})
    world.begin("rank1", mode="join")
    world.begin("rank2", mode="join")
    assert world.end(session="rank0").json["state"] == "STARTED"
    assert world.end("ERROR", "rank1", reason="memory", message="no room").json["state"] == "STARTED"
    assert world.end(session="rank2").json["state"] == "ERROR"
    assert (world.attributes["reason"], world.attributes["message"]) == ("memory", "no room")


# --- signs of life ---------------------------------------------------------------------------------------------------


def test_a_silent_run_is_lost_and_comes_back_with_a_sign_of_life(service: Arangovis, world: World) -> None:
    world.begin(within_s=0.000001)
    assert lose_overdue(service.store) == 1
    assert world.state == ("ERROR", "lost")
    assert lose_overdue(service.store) == 0

    assert world.post("heartbeat", session="s1", within_s=60).json["state"] == "STARTED"
    assert world.state == ("STARTED", None)
    assert "ended" not in world.attributes
    assert lose_overdue(service.store) == 0


def test_a_lost_run_takes_a_late_end(service: Arangovis, world: World) -> None:
    world.begin(within_s=0.000001)
    lose_overdue(service.store)
    assert world.end(metrics={"accuracy": 0.8}).json["state"] == "SUCCESS"

    states = [version["attributes"]["state"] for version in world.versions()]
    assert sorted(states) == ["ERROR", "STARTED", "SUCCESS"]
    assert world.attributes["metrics"] == {"accuracy": 0.8}


def test_a_sign_of_life_writes_no_version_and_opens_nothing_that_ended(world: World) -> None:
    world.begin()
    world.post("heartbeat", session="s1", within_s=60)
    assert len(world.versions()) == 1
    world.end()
    assert world.post("heartbeat", session="s1", within_s=60).json["state"] == "SUCCESS"
    assert world.post("heartbeat", within_s=60).json["state"] == "SUCCESS"


def test_who_gave_no_deadline_is_never_lost(service: Arangovis, world: World) -> None:
    world.begin()
    assert lose_overdue(service.store) == 0
    assert world.state == ("STARTED", None)


# --- resume, replace, fork, delete -----------------------------------------------------------------------------------


def test_a_run_is_resumed_where_another_died(service: Arangovis, world: World) -> None:
    world.begin(params={"lr": 0.1}, within_s=0.000001)
    lose_overdue(service.store)
    resumed = world.begin("s2", mode="resume", params={"epochs": 3}, within_s=60)
    assert (resumed.status_code, resumed.json["state"], resumed.json["generation"]) == (200, "STARTED", 0)
    assert world.attributes["params"] == {"lr": 0.1, "epochs": 3}

    world.post("heartbeat", session="s1", within_s=0.000001)  # the one that was thought dead does not count any more
    assert lose_overdue(service.store) == 0
    assert world.end(session="s2").json["state"] == "SUCCESS"
    assert world.end("ERROR", "s1").json["state"] == "SUCCESS"


def test_only_what_is_there_is_resumed(world: World) -> None:
    assert world.begin(mode="resume").status_code == 404


def test_a_replaced_run_keeps_its_handle_and_nothing_else(world: World) -> None:
    world.begin(tags=["old"], params={"lr": 0.1}, inputs=[{"digest": DIGEST, "role": "train", "bytes": 3}])
    world.file(b"weights", name="w")
    first = world.attributes["started"]
    replaced = world.begin("s2", mode="replace", generation=77)

    assert (replaced.status_code, replaced.json) == (
        200,
        {"node": f"run/{world.key}", "generation": 77, "state": "STARTED"},
    )
    attributes = world.attributes
    assert not {"tags", "params", "ended"} & attributes.keys()
    assert (attributes["started"] > first, world.edges()) == (True, set())
    assert world.end().json["generation"] == 77  # the one before has no say any more
    assert world.state == ("STARTED", None)


def test_a_replacement_is_made_once_and_not_undone_by_an_earlier_one(world: World) -> None:
    world.begin("s1", mode="replace", generation=5)
    world.begin("s2", mode="replace", generation=9, tags=["new"])
    assert world.begin("s1", mode="replace", generation=5).json["generation"] == 9
    late = world.begin("s3", mode="replace", generation=7)
    assert (late.status_code, late.json["type"]) == (409, "urn:arangovis:error:run-replaced")
    assert world.attributes["tags"] == ["new"]


def test_a_handle_never_seen_can_be_replaced(world: World) -> None:
    assert world.begin(mode="replace").status_code == 201


def test_a_fork_and_a_retry_lead_to_what_they_came_from(world: World) -> None:
    world.begin()
    fork, retry = str(uuid.uuid4()), str(uuid.uuid4())
    world.begin("f", key=fork, parent=f"run/{world.key}", relation="fork")
    world.begin("r", key=retry, parent=f"run/{world.key}", relation="retry")

    assert world.edges() == {("spawned", "fork", f"run/{fork}"), ("spawned", "retry", f"run/{retry}")}
    assert world.node(retry)["attributes"]["retry_of"] == f"run/{world.key}"


def test_a_deleted_run_takes_nothing_more(client: TestClient, world: World) -> None:
    world.begin()
    assert client.simulate_delete(f"/api/v1/runs/{world.key}").status_code == 204
    assert client.simulate_delete(f"/api/v1/runs/{world.key}").status_code == 204

    answers = [
        world.begin(),
        world.begin("s2", mode="resume"),
        world.end(),
        world.patch(name="x"),
        world.post("heartbeat", within_s=1),
        world.file(b"1", name="w"),
    ]
    assert {(answer.status_code, answer.json["type"]) for answer in answers} == {(410, "urn:arangovis:error:run-gone")}
    assert world.begin("s3", mode="replace").status_code == 200  # its handle may be used again


def test_a_run_whose_file_is_in_use_is_deleted_by_force_only(client: TestClient, world: World) -> None:
    world.begin()
    world.file(b"weights", name="w")
    refused = client.simulate_delete(f"/api/v1/runs/{world.key}")
    assert (refused.status_code, len(refused.json["dependants"])) == (409, 1)
    assert client.simulate_delete(f"/api/v1/runs/{world.key}", params={"force": "true"}).status_code == 204


def test_what_was_never_there_is_not_deleted(client: TestClient) -> None:
    assert client.simulate_delete("/api/v1/runs/nothing").status_code == 404


# --- tags, facts, links, files ---------------------------------------------------------------------------------------


def test_tags_are_a_set_in_the_order_they_came(world: World) -> None:
    world.begin(tags=["a"])
    world.post("tags", add=["b", "a", "c"])
    world.post("tags", remove=["a", "never"])
    assert world.attributes["tags"] == ["b", "c"]


def test_a_change_is_on_record_with_who_made_it(client: TestClient, world: World) -> None:
    world.begin(params={"lr": 0.1})
    path = f"/api/v1/runs/{world.key}"
    client.simulate_patch(path, json={"params": {"lr": 0.2}}, headers={"X-Arangovis-Actor": "ada"})

    by_number = sorted(world.versions(), key=lambda version: version["version"]["number"])
    assert [version["attributes"]["params"]["lr"] for version in by_number] == [0.1, 0.2]
    assert by_number[-1]["version"]["actor"] == "ada"


def test_content_leads_to_the_run_that_made_it(world: World) -> None:
    world.begin()
    made = world.file(WINE, name="wine.bin", role="data").json
    assert made["digest"] == WINE_DIGEST
    consumer = World(world.client)
    consumer.begin("c", inputs=[{"digest": WINE_DIGEST, "role": "train", "bytes": len(WINE)}])
    again = consumer.post("links", inputs=[{"digest": WINE_DIGEST, "role": "train", "bytes": len(WINE)}])

    assert consumer.edges() == {("input_to", "train", made["node"])}
    assert again.json["links"] == [made["node"]]
    upstream = world.client.simulate_get(f"/api/v1/lineage/run/{consumer.key}").json["nodes"]
    assert f"run/{world.key}" in {node["id"] for node in upstream}


def test_content_that_nobody_made_is_shared_by_who_read_it(world: World) -> None:
    content = {"digest": DIGEST, "role": "train", "kind": "dataset", "name": "wine", "rows": 178}
    world.begin(inputs=[content])
    other = World(world.client)
    other.begin("o", inputs=[{**content, "role": "test"}])

    ((_, _, first),), ((_, _, second),) = world.edges(), other.edges()
    assert first == second
    attributes = world.client.simulate_get(f"/api/v1/nodes/{first}").json["attributes"]
    assert (attributes["digest"], attributes["rows"], attributes["name"]) == (DIGEST, 178, "wine")


def test_a_run_does_not_read_what_it_made_itself(world: World) -> None:
    world.begin()
    made = world.file(b"state", name="checkpoint").json
    world.post("links", inputs=[{"digest": made["digest"], "role": "resume", "bytes": 5}])
    assert len({node for _, _, node in world.edges()}) == 2


def test_links_come_late(world: World) -> None:
    version = register(world.client)
    world.begin(create_project=False, project="demo")
    world.end()
    linked = world.post(
        "links",
        inputs=[{"node": version["node"], "role": "start"}],
        outputs=[{"digest": DIGEST, "role": "report", "bytes": 9, "media_type": "text/plain", "name": "r.txt"}],
    )
    assert linked.status_code == 200
    kinds = {(kind, role) for kind, role, _ in world.edges()}
    assert kinds == {("input_to", "start"), ("generated", "report")}


def test_a_file_is_kept_once_and_read_back(client: TestClient, world: World) -> None:
    world.begin()
    first = world.file(b"hello", name="a.txt", role="note", media_type="text/plain", step=3)
    again = world.file(b"hello", name="a.txt", role="note", media_type="text/plain", step=3)
    other = world.file(b"hallo", name="a.txt", role="note")
    world.end()

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json == again.json
    assert other.json["node"] != first.json["node"]
    content = client.simulate_get(f"/api/v1/artifacts/{first.json['node'].partition('/')[2]}/content")
    assert (content.content, content.headers["content-type"]) == (b"hello", "text/plain")
    assert client.simulate_get(f"/api/v1/nodes/{first.json['node']}").json["attributes"]["facts"] == {"step": 3}


# --- requests that arrive again --------------------------------------------------------------------------------------


LIFE = (
    lambda world: world.begin(params={"lr": 0.1}, tags=["a"], within_s=60),
    lambda world: world.post("tags", add=["b"], remove=["a"]),
    lambda world: world.patch(params={"lr": 0.2}, metrics={"loss": 1.0}),
    lambda world: world.post("links", inputs=[{"digest": DIGEST, "role": "train", "bytes": 3}]),
    lambda world: world.file(b"weights", name="w"),
    lambda world: world.patch(metrics={"loss": 0.5}),
    lambda world: world.end("ERROR", reason="failed", message="ValueError: no"),
)


@given(st.lists(st.integers(1, len(LIFE)), max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_life_that_is_delivered_again_from_anywhere_is_the_same_life(client: TestClient, cuts: list[int]) -> None:
    """An outbox that lost its place begins again further back, and goes on in order."""
    world = World(client)
    parts = [*(LIFE[:end] for end in cuts), LIFE, LIFE[min([*cuts, len(LIFE)]) :]]
    for part in parts:
        assert {step(world).status_code for step in part} <= {200, 201}

    found = world.attributes
    assert (found["state"], found["message"], found["tags"]) == ("ERROR", "ValueError: no", ["b"])
    assert (found["params"], found["metrics"]) == ({"lr": 0.2}, {"loss": 0.5})
    assert sorted(role for _, role, _ in world.edges()) == ["file", "train"]


# --- bad input -------------------------------------------------------------------------------------------------------


def faults(result: Result) -> set[str]:
    assert result.status_code == 400, result.text
    return {fault["field"] for fault in result.json["errors"]}


def test_everything_wrong_with_a_beginning_is_named(world: World) -> None:
    refused = world.begin(
        mode="borrow",
        generation=-1,
        parent="nowhere",
        within_s=0,
        tags="one",
        inputs=[{"digest": "12"}],
        started="yesterday",
        unknown=1,
    )
    wanted = {"mode", "generation", "parent", "within_s", "tags", "inputs.0.digest", "started", "unknown"}
    assert faults(refused) == wanted
    assert world.node().get("status") == 404


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("end", {"state": "STARTED"}, "state"),
        ("end", {"state": "SUCCESS", "session": "stranger"}, "session"),
        ("end", {"state": "ERROR", "reason": "bored"}, "reason"),
        ("heartbeat", {}, "within_s"),
        ("heartbeat", {"within_s": "soon"}, "within_s"),
        ("tags", {"add": [""]}, "add.0"),
        ("links", {"inputs": [{"role": "train"}]}, "inputs.0"),
        ("links", {"inputs": [{"role": "t", "node": "dataset/a", "digest": DIGEST}]}, "inputs.0"),
        ("links", {"outputs": [{"role": "t", "digest": DIGEST}]}, "bytes"),
        ("links", {"outputs": [{"role": "t", "digest": DIGEST, "kind": "model"}]}, "outputs.0.kind"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    world: World, verb: str, body: dict[str, Any], field: str
) -> None:
    world.begin()
    before = world.node()
    assert field in faults(world.post(verb, **body))
    assert (world.node(), world.edges()) == (before, set())


def test_a_value_that_is_no_scalar_is_refused(world: World) -> None:
    assert faults(world.begin(params={"net": {"layers": 3}})) == {"params"}
    assert world.node().get("status") == 404


def test_a_parent_or_project_that_is_not_there_is_refused(world: World) -> None:
    assert world.begin(parent="run/nothing").status_code == 404
    assert world.begin(project="nobody's", create_project=False).status_code == 404
    assert faults(world.begin(parent=f"run/{world.key}")) == {"parent"}
    assert world.node().get("status") == 404


def test_a_run_stays_in_its_project(world: World) -> None:
    world.begin()
    assert world.begin("s2", mode="resume", project="beer").status_code == 409
    assert world.begin("s3", mode="replace", project="beer").status_code == 409


def test_a_workers_run_is_not_led_from_outside(service: Arangovis, caller: Caller, world: World) -> None:
    world.key = ask(service, caller).id.key
    answers = [
        world.begin("s", mode="resume", project=None, create_project=None),
        world.end(session=None),
        world.patch(name="mine"),
        world.post("heartbeat", within_s=1),
        world.post("links", outputs=[]),
        world.file(b"1", name="w"),
    ]
    assert {answer.status_code for answer in answers} == {409}
    assert world.post("tags", add=["seen"]).status_code == 200
