"""Projects are kept apart: what a token of one may see and do of another, on every route."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from arangovis.domain.access import Role
from arangovis.domain.graph import Caller, Direction, EdgeId, Node
from arangovis.domain.ids import NodeId
from arangovis.services.catalogue.names import find_project
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from arangovis_api.app import create_app
from arangovis_api.routes import all_routes, declared_operations
from arangovis_api.telemetry import Telemetry
from arangovis_schema import VERTEX_KINDS
from tests.api.access import ADMIN, CANARY, OURS, THEIRS, Holder, fill, holder
from tests.backends import build_service, settings_of

READ_ONLY = ("GET", "HEAD", "OPTIONS")


class World:
    """Our project and theirs, filled by tokens that may write there only, and a chain through both."""

    def __init__(self, service: Arangovis) -> None:
        self.service = service
        self.client = TestClient(create_app(service))
        for name in (OURS, THEIRS):
            service.catalogue.register_project(name, ADMIN)
        self.ours = holder(service, self.client, Role.WRITE, OURS, name="our-writer")
        self.theirs = holder(service, self.client, Role.WRITE, THEIRS, name=f"{CANARY}-writer")
        self.reader = holder(service, self.client, Role.READ, OURS, name="our-reader")
        self.admin = holder(service, self.client, Role.ADMIN, name="an-admin")
        self.our_nodes = fill(service, self.ours, OURS, "sparrow")
        self.their_nodes = fill(service, self.theirs, THEIRS, CANARY)
        self.hidden_key = find_project(service.store, THEIRS).id.key
        self._join()

    def _join(self) -> None:
        """Have their data go through our run: theirs -> ours -> theirs."""
        ours, theirs = self.our_nodes, self.their_nodes

        def action(transaction: Any) -> None:
            for source, target in ((theirs["data"], ours["run"]), (ours["data"], theirs["run"])):
                transaction.link(EdgeId("input_to", NodeId.parse(source), NodeId.parse(target), CANARY), {})

        self.service.store.transact(action, Caller(CANARY))

    def hidden(self) -> Mapping[NodeId, Node]:
        """Return every node of theirs, as it is."""
        found: dict[NodeId, Node] = {}
        with self.service.store.frozen() as state:
            for action in state.actions():
                found |= {node.id: node for node in action.nodes if node.project == self.hidden_key}
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    service = build_service(settings_of(tmp_path_factory.mktemp("scopes") / "home", token_rate=0))
    yield World(service)
    service.close()


def paths(world: World, template: str) -> Iterator[str]:
    """Yield the path with what leads to things of theirs in the place of its names."""
    hidden = world.hidden()
    simple = {
        "number": world.their_nodes["number"],
        "model": "digits",
        "frame": f"frame of {THEIRS}".replace(" ", "%20"),
        "name": "mine",
        "method": "pca",
        "point": "0",
        "instance": "digit-1",
        "package": "numpy",
        "digest": f"{len(THEIRS)}" * 64,
    }
    names = re.findall(r"{([a-z_]+)}", template)
    rest = {name: simple.get(name, "nothing") for name in names}
    if "kind" in names and "key" in names:
        for node in hidden:
            yield template.format(**{**rest, "kind": node.kind, "key": node.key})
    elif "key" in names:
        for node in hidden:
            yield template.format(**{**rest, "key": node.key})
    else:
        yield template.format(**{**rest, "kind": "run"})


QUERIES = {
    "project": THEIRS,
    "model": "digits",
    "limit": "5",
    "row": "digit-1",
    "point": "0",
    "direction": "both",
    "kinds": "run",
    "name": "training",
    "format": "prov",
    "form": "prov",
    "metric": "accuracy",
    "field": "state",
}


def queries(world: World, schema: Any) -> Iterator[Mapping[str, str]]:
    """Yield what to ask: nothing, and everything that would name theirs."""
    yield {}
    if schema is None:
        return
    nodes = world.their_nodes
    named: dict[str, str] = {}
    for name, field in schema().fields.items():
        name = field.data_key or name
        if name in QUERIES:
            named[name] = QUERIES[name]
        elif name in ("a", "from", "first", "left", "source", "run", "node", "dataset", "start"):
            named[name] = nodes["run"]
        elif name in ("b", "to", "second", "right", "target", "nodes", "runs"):
            named[name] = nodes["data"]
        elif field.required:
            named[name] = nodes["run"]
    if named:
        yield named
    if "project" in named:
        yield {name: value for name, value in named.items() if name != "project"}


def shows(answer: Result) -> bool:
    """Say whether the mark of theirs is anywhere in an answer."""
    return CANARY.encode() in answer.content or any(CANARY in value for value in answer.headers.values())


def operations(world: World) -> Iterator[tuple[str, str, Any]]:
    for route in all_routes(world.service, Telemetry()):
        for method, declared in declared_operations(route):
            yield method.upper(), route.path, declared


def test_our_people_can_do_all_of_it_in_our_project(world: World) -> None:
    """That the world is there shows it: every request of `fill` was made with a token of one project."""
    found = world.reader.get("/api/v1/nodes/run", params={"project": OURS}).json["items"]

    actors = {item["attributes"].get("name"): item["version"]["actor"] for item in found}
    assert actors["training"] == "our-writer"
    assert {item["attributes"]["state"] for item in found} == {"SUCCESS", "STARTED"}, "the plot and the frame are there"


def test_nothing_of_another_project_is_answered(world: World) -> None:
    asked, slipped, broke = 0, [], []
    for who in (world.reader, world.ours):
        for method, template, declared in operations(world):
            if method != "GET":
                continue
            for path in paths(world, template):
                for query in queries(world, declared.query):
                    answer = who.get(path, params=query)
                    asked += 1
                    if shows(answer):
                        slipped.append((path, dict(query)))
                    if answer.status_code >= 500:
                        broke.append((path, dict(query), answer.content[:200]))
    assert slipped == []
    assert broke == []
    assert asked > 3000


def test_an_admin_is_answered_what_they_are_not(world: World) -> None:
    """The walk above would find what slips: an admin is shown the mark on many routes."""
    shown = set()
    for method, template, declared in operations(world):
        if method == "GET":
            for path in paths(world, template):
                if any(shows(world.admin.get(path, params=query)) for query in queries(world, declared.query)):
                    shown.add(template)
                    break
    assert len(shown) > 25, sorted(shown)


def changed(world: World) -> Mapping[NodeId, tuple[int, int]]:
    """Return how many versions every node of theirs has, and how many edges."""
    store = world.service.store
    return {node: (len(store.history(node)), len(store.edges_of((node,), Direction.BOTH))) for node in world.hidden()}


@pytest.mark.parametrize("who", ["ours", "reader"])
def test_nothing_of_another_project_is_changed_by_what_made_it(world: World, who: str) -> None:
    """Send again, with another token, every request that made what they have."""
    before, holder_ = changed(world), getattr(world, who)
    refused = 0
    for method, path, more in list(world.theirs.sent):
        answer = holder_.ask(method, path, **more)
        if method in READ_ONLY or path.startswith("/3/"):
            continue
        assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.status} {answer.text}"
        assert CANARY not in answer.text.replace(f"'{CANARY}'", "")
        refused += 1
    assert refused > 15
    assert changed(world) == before


def test_nothing_of_another_project_is_changed_on_any_route(world: World) -> None:
    before, asked = changed(world), 0
    for method, template, _ in operations(world):
        if method in READ_ONLY or template.startswith("/api/v1/session"):
            continue
        for path in paths(world, template):
            for body in ({}, {"state": "SUCCESS"}, {"attributes": {"name": "taken"}}, {"tags": ["taken"]}):
                answer = world.ours.ask(method, path, json=body)
                asked += 1
                assert answer.status_code < 500, f"{method} {path} {body}: {answer.text}"
                assert CANARY not in answer.text
    assert asked > 1000
    assert changed(world) == before


def test_a_run_cannot_be_made_over_one_of_another_project(world: World) -> None:
    key = world.their_nodes["run"].partition("/")[2]

    posted = world.ours.ask("POST", "/api/v1/runs", json={"key": key, "method": "mine", "project": OURS})
    put = world.ours.ask("PUT", f"/api/v1/runs/{key}", json={"method": "mine", "project": OURS, "mode": "replace"})

    assert (posted.status_code, put.status_code) == (404, 404) or put.status_code == 400
    assert posted.json["detail"] == f"there is no run/{key}"


def test_lineage_shows_others_as_redacted_and_stops_there(world: World) -> None:
    ours = NodeId.parse(world.our_nodes["run"])

    answer = world.reader.get(f"/api/v1/lineage/{ours.kind}/{ours.key}", params={"direction": "both"})

    nodes = {node["id"]: node for node in answer.json["nodes"]}
    theirs = nodes[world.their_nodes["data"]]
    assert (theirs["kind"], theirs["redacted"], theirs["attributes"], theirs["project"]) == ("dataset", True, {}, None)
    assert world.their_nodes["run"] not in nodes, "it is behind what may not be read"
    edge = next(edge for edge in answer.json["edges"] if edge["from"] == theirs["id"])
    assert (edge["attributes"], edge["actor"]) == ({}, "")
    seen_by_all = world.admin.get(f"/api/v1/lineage/{ours.kind}/{ours.key}", params={"direction": "both"}).json
    assert "redacted" not in str(seen_by_all["nodes"])


@pytest.mark.parametrize("kind", [kind.name for kind in VERTEX_KINDS])
def test_lists_and_counts_are_of_our_project(world: World, kind: str) -> None:
    key = find_project(world.service.store, OURS).id.key
    listed = world.reader.get(f"/api/v1/nodes/{kind}").json["items"]
    counted = world.reader.ask("POST", "/api/v1/search", json={"kinds": [kind], "facets": ["project"], "count": True})
    everyone = world.admin.ask("POST", "/api/v1/search", json={"kinds": [kind], "facets": ["project"], "count": True})

    assert {item["project"] for item in listed} <= {key, None}
    assert counted.json["total"] == len(listed) <= everyone.json["total"]
    values = [value["value"] for facet in counted.json["facets"] for value in facet["values"]]
    assert set(values) <= {key}


def test_what_is_kept_between_requests_is_kept_apart(world: World) -> None:
    body = {"project": None, "limit": 50}
    for _ in range(2):
        for who, sees in ((world.admin, True), (world.reader, False), (world.theirs, True)):
            found = who.ask("POST", "/api/v1/run-searches", json=body).text
            assert (CANARY in found) is sees


def test_an_answer_of_another_view_is_no_answer(world: World) -> None:
    """One browser, two sign-ins: the copy of the first is not taken for the answer to the second."""
    first = world.admin.get("/api/v1/runs")
    again = {"If-None-Match": first.headers["etag"]}

    assert world.admin.get("/api/v1/runs", headers=again).status_code == 304
    assert world.reader.get("/api/v1/runs", headers=again).status_code == 200


def test_what_is_of_no_project_is_read_by_all_and_written_by_those_of_all(world: World) -> None:
    everywhere = holder(world.service, world.client, Role.WRITE, name="everywhere")
    made = everywhere.done("POST", "/runs", {"method": "script", "name": "shared"})["node"]

    assert world.reader.get(f"/api/v1/nodes/{made}").status_code == 200
    refused = world.ours.ask("DELETE", f"/api/v1/nodes/{made}")
    assert refused.status_code == 403
    assert "name a project" in refused.json["detail"]


def test_what_names_no_project_becomes_that_of_the_token(world: World) -> None:
    made = world.ours.done("POST", "/runs", {"method": "script", "name": "homeless"})["node"]

    assert world.admin.get(f"/api/v1/nodes/{made}").json["project"] == find_project(world.service.store, OURS).id.key


def test_a_name_cannot_be_taken_from_another_project(world: World) -> None:
    """Names of `/3/` are one space for all; they lead only to what one may read, and are not taken away."""
    csv = {"Content-Type": "text/csv"}
    assert (
        world.theirs.ask("POST", "/3/PostFile?destination_frame=rows", body=b"a\n1\n", headers=csv).status_code == 200
    )

    taken = world.ours.ask("POST", "/3/PostFile?destination_frame=rows", body=b"b\n2\n", headers=csv)

    assert taken.status_code == 403
    assert world.ours.ask("POST", "/3/ParseSetup", json={"source_frames": ["rows"]}).status_code == 404
    assert world.theirs.ask("POST", "/3/ParseSetup", json={"source_frames": ["rows"]}).status_code == 200


def test_the_past_is_kept_apart_too(world: World) -> None:
    at = world.service.store.now()
    found = world.reader.ask("POST", "/api/v1/search", json={"kinds": ["run"], "at": at})

    assert found.status_code == 200
    assert found.json["items"]
    assert CANARY not in found.text


def test_a_stream_is_read_in_the_scope_it_was_asked_in(world: World) -> None:
    frames = world.reader.get("/api/v1/frames").json["items"]
    assert [item["name"] for item in frames] == [f"frame of {OURS}"]

    key = frames[0]["node"].partition("/")[2] if "node" in frames[0] else frames[0]["id"].partition("/")[2]
    content = world.reader.get(f"/api/v1/frames/{key}/content")

    assert content.text.splitlines()[-1].startswith("5,")
    assert "sparrow" in content.text


def test_a_reader_writes_nothing(world: World) -> None:
    number = world.service.store.change_number()
    for method, path, more in list(world.ours.sent):
        if method not in READ_ONLY:
            answer = world.reader.ask(method, path, **more)
            assert answer.status_code in {200, 202, 204, 400, 403, 404, 409}, f"{method} {path}: {answer.status}"
    assert world.service.store.change_number() == number


def everyone(world: World) -> Iterator[Holder]:
    yield from (world.ours, world.reader, world.theirs, world.admin)


def test_the_walk_leaves_no_scope_behind(world: World) -> None:
    from arangovis.domain.access import OPEN, current_scope

    for who in everyone(world):
        who.get("/api/v1/runs")
        who.get("/api/v1/nowhere")
        assert current_scope() == OPEN


# --- what runs the service, and what a digest opens ----------------------------------------------------------------

HOOK = "https://hooks.example.org/services/T0/its-secret-path"


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("operated") / "home"
    service = build_service(settings_of(home, token_rate=0, webhook_hosts="hooks.example.org"))
    world = World(service)
    timed = {"name": "watch", "project": OURS, "action": "threshold", "options": {"metric": "auc", "above": 1.0}}
    world.admin.done("POST", "/schedules", {**timed, "every_s": 3600})
    world.admin.done("POST", "/webhooks", {"name": "ops", "project": OURS, "url": HOOK, "events": ["run.failed"]})
    yield world
    service.close()


def writers(world: World) -> Iterator[Holder]:
    """Yield a token that may write our project, and one that may write all of them."""
    yield world.ours
    yield holder(world.service, world.client, Role.WRITE, name=f"everywhere-{world.service.store.now()}")


@pytest.mark.parametrize("kind", ["schedule", "webhook"])
def test_what_runs_the_service_is_not_written_as_data(operated: World, kind: str) -> None:
    """A writer who could change a schedule would have workers do what only admins ask for, in the owner's name."""
    (before,) = operated.admin.get(f"/api/v1/nodes/{kind}").json["items"]
    asked = {"name": "mine", "project": OURS, "attributes": before["attributes"]}
    for who in writers(operated):
        answers = [
            who.ask("PATCH", f"/api/v1/nodes/{before['id']}", json={"attributes": {"owner": "root"}}),
            who.ask("DELETE", f"/api/v1/nodes/{before['id']}", params={"force": "true"}),
            who.post(f"/api/v1/nodes/{kind}", asked),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]

    assert operated.admin.get(f"/api/v1/nodes/{kind}").json["items"] == [before]


def test_the_path_of_a_webhook_is_shown_to_admins_only(operated: World) -> None:
    for who in (operated.reader, operated.ours):
        (node,) = who.get("/api/v1/nodes/webhook").json["items"]
        assert node["attributes"]["url"] == "https://hooks.example.org"
    (hook,) = operated.admin.get("/api/v1/webhooks").json["items"]
    assert hook["url"] == HOOK


def test_a_run_of_a_schedule_is_done_again_by_admins_only(operated: World) -> None:
    """There is no metric to watch, so it fails."""
    (schedule,) = operated.admin.get("/api/v1/schedules").json["items"]
    fired = operated.admin.done("POST", f"/schedules/{schedule['node'].partition('/')[2]}/runs")
    drain(worker_context(operated.service))
    path = f"/api/v1/runs/{fired['run'].partition('/')[2]}/retry"

    assert [who.ask("POST", path).status_code for who in writers(operated)] == [403, 403]
    assert operated.admin.ask("POST", path).status_code == 202


def told_of(digest: str, number: int) -> Mapping[str, Any]:
    said = {"digest": digest, "bytes": 10, "name": "theirs.csv", "media_type": "text/csv"}
    key = f"0000000a-0000-4000-8000-00000000000{number}"
    return {"key": key, "method": "m", "project": OURS, "outputs": [{"role": "report", "attributes": said}]}


def test_the_digest_of_a_file_does_not_open_it(operated: World) -> None:
    """Who knows the digest of another project's file says that a run of theirs made it, and reads it there."""
    files = {
        who: operated.admin.get(f"/api/v1/nodes/{operated_nodes['upload']}").json["attributes"]["digest"]
        for who, operated_nodes in (("ours", operated.our_nodes), ("theirs", operated.their_nodes))
    }

    refused = operated.ours.post("/api/v1/runs", told_of(files["theirs"], 1))
    own = operated.ours.post("/api/v1/runs", told_of(files["ours"], 2))
    elsewhere = operated.ours.post("/api/v1/runs", told_of("ab" * 32, 3))

    assert (refused.status_code, own.status_code, elsewhere.status_code) == (403, 201, 201)
    named = operated.ours.get("/api/v1/nodes/artifact", params={"limit": "500"}).json["items"]
    assert files["theirs"] not in {node["attributes"].get("digest") for node in named}


STRANGER = "nosuch/" + "0" * 32
"""What looks like the id of a node, and is none."""


def claimed(operated: World, number: int, kind: str, **attributes: object) -> int:
    """Say that a run of ours made something with these attributes; return how that was answered."""
    key = f"0000000b-0000-4000-8000-0000000000{number:02d}"
    output = {"role": "made", "kind": kind, "attributes": {"name": f"made {number}", **attributes}}
    return operated.ours.post(
        "/api/v1/runs", {"key": key, "method": "m", "project": OURS, "outputs": [output]}
    ).status_code


def test_what_names_a_hidden_node_is_not_written(operated: World) -> None:
    """A worker sees everything: a sample of their rows in our project would be read for us."""
    datasets = operated.admin.get("/api/v1/nodes/dataset", params={"limit": "500"}).json["items"]
    stream = {node["project"]: node["id"] for node in datasets if node["attributes"].get("form") == "stream"}
    (own,) = {node["project"] for node in operated.ours.get("/api/v1/nodes/run").json["items"]} - {None}
    ours, theirs = stream.pop(own), stream.popitem()[1]
    sample = {"form": "snapshot", "rows": 40, "segments": 1}

    assert claimed(operated, 1, "dataset", **sample, source=theirs) == 404
    assert claimed(operated, 2, "dataset", **sample, source=ours) == 201
    assert claimed(operated, 3, "dataset", **sample, source=STRANGER) == 201
    for number, rows, status in ((4, theirs, 404), (5, ours, 201)):
        assert claimed(operated, number, "dataset", **sample, extra={"of": [{"rows": rows}]}) == status


def test_the_digest_of_a_sample_does_not_open_it(operated: World) -> None:
    datasets = operated.admin.get("/api/v1/nodes/dataset", params={"limit": "500"}).json["items"]
    chosen = {
        node["project"]: node["attributes"]["selection"] for node in datasets if "selection" in node["attributes"]
    }
    (own,) = {node["project"] for node in operated.ours.get("/api/v1/nodes/run").json["items"]} - {None}
    del chosen[own]
    sample = {"form": "snapshot", "rows": 40, "segments": 1}

    assert claimed(operated, 6, "dataset", **sample, selection=chosen.popitem()[1]) == 403
    assert claimed(operated, 7, "dataset", **sample, selection="cd" * 32) == 201
