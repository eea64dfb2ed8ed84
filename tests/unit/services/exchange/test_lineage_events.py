"""What events become in the graph, whatever their order."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from arangovis.domain.errors import Conflict, NotFound, RunGone
from arangovis.domain.graph import Direction, EdgeId, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.exchange.events import EventTaken
from arangovis.services.external.values import Begin, End, Mode
from arangovis.services.verification import check_store
from tests.unit.exchange.events import (
    NOON_US,
    PARENT,
    RUN,
    column_lineage,
    dataset,
    dataset_event,
    facet,
    job_event,
    run_event,
    version,
)
from tests.unit.services.world import ADA, World

MINUTE_US = 60 * 1_000_000
ID = NodeId("run", RUN)
RAW, RIDES = dataset("raw", "s3://bucket"), dataset()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World.at(tmp_path)
    yield world
    assert check_store(world.service.store, world.service.artifacts) == []


def take(world: World, *events: dict[str, Any], project: str | None = None) -> EventTaken:
    for event in events:
        taken = world.service.lineage_events.take(event, ADA, project=project)
    return taken


def edges(world: World, node: NodeId, direction: Direction = Direction.BOTH) -> set[EdgeId]:
    return {edge.id for edge in world.service.store.edges_of((node,), direction)}


def run_of(world: World) -> Node:
    return world.service.store.get(ID)


def picture(world: World) -> object:
    """Return all that the graph holds but when and how often it was written."""
    with world.service.store.frozen() as state:
        nodes = {node.id for action in state.actions() for node in action.nodes}
    found = world.service.store.get_many(sorted(nodes))
    attributes = {node.id: dict(node.attributes) for node in found.values()}
    return attributes, {edge for node in nodes for edge in edges(world, node)}


STATES = {
    "START": (RunState.STARTED, None),
    "RUNNING": (RunState.STARTED, None),
    "OTHER": (RunState.STARTED, None),
    "COMPLETE": (RunState.SUCCESS, None),
    "FAIL": (RunState.ERROR, "failed"),
    "ABORT": (RunState.CANCELLED, "cancelled"),
}


@pytest.mark.parametrize("kind", STATES)
def test_the_type_of_an_event_is_a_state(world: World, kind: str) -> None:
    taken = take(world, run_event(kind, 3))
    state, reason = STATES[kind]
    facts = run_of(world).attributes
    assert (taken.state, facts["state"], facts.get("reason")) == (state, state.value, reason)
    assert (facts["executor"], facts["method"], facts["name"]) == ("external", "airflow", "daily.load")
    is_end = kind in ("COMPLETE", "FAIL", "ABORT")
    times = facts.get("started"), facts.get("ended")
    assert times == ((None, NOON_US + 3 * MINUTE_US) if is_end else (NOON_US + 3 * MINUTE_US, None))


def test_any_order_and_any_repeat_give_the_same_graph(tmp_path: Path) -> None:
    lineage = column_lineage(fare=[(RAW, "price"), (RAW, "tip")])
    events = [
        run_event("START", 0, inputs=[RAW], facets={"custom": facet(x=1)}),
        run_event("RUNNING", 1, inputs=[RAW], facets={"custom": facet(x=2)}, outputs=[RIDES]),
        run_event("COMPLETE", 2, outputs=[dataset(version=version("7"), columnLineage=lineage)]),
    ]
    pictures = []
    for number, order in enumerate(permutations([0, 1, 2])):
        world = World.at(tmp_path / str(number))
        for place in (*order, *order[:2]):
            take(world, events[place])
        pictures.append(_without_ends_of_versions(picture(world)))
    assert all(found == pictures[0] for found in pictures)


def _without_ends_of_versions(found: Any) -> Any:
    """Leave out data sets that stood for a version before it was known, and when a data set was first heard of."""
    attributes, found_edges = found
    kept = {edge for edge in found_edges if edge.kind != "succeeded_by"}
    joined = {end for edge in kept for end in (edge.source, edge.target)}
    told = {node: dict(facts) for node, facts in attributes.items() if node in joined}
    for facts in told.values():
        extra = facts["extra"]["openlineage"]
        facts["extra"] = {name: value for name, value in extra.items() if name != "since"}
    return told, kept


def test_a_repeat_says_nothing_new(world: World) -> None:
    event = run_event("START", inputs=[dataset(schema=facet(fields=[{"name": "fare", "type": "INT"}]))])
    assert take(world, event).changed
    before = run_of(world).version
    assert not take(world, event).changed
    assert run_of(world).version == before


def test_a_later_end_holds_and_a_late_earlier_one_does_not(world: World) -> None:
    take(world, run_event("START", 0), run_event("COMPLETE", 5))
    assert take(world, run_event("FAIL", 4)).state is RunState.SUCCESS
    assert take(world, run_event("FAIL", 6)).state is RunState.ERROR
    assert take(world, run_event("RUNNING", 9)).state is RunState.ERROR


def test_inputs_and_outputs_are_found_by_lineage(world: World) -> None:
    take(world, run_event("COMPLETE", inputs=[RAW], outputs=[RIDES]))
    second = "01941f29-7c00-7e2b-8f4d-000000000002"
    taken = take(world, run_event("COMPLETE", 5, run=second, inputs=[RIDES], outputs=[dataset("report")]))
    visits = world.service.lineage.ask(_upstream(taken.datasets[-1])).visits
    assert [visit.node.attributes["name"] for visit in visits] == [
        *("report", "daily.load", "rides", "daily.load", "raw"),
    ]


def _upstream(node: NodeId) -> Any:
    from arangovis.services.lineage.lineage import LineageQuestion

    return LineageQuestion(node)


def test_facets_become_what_they_mean(world: World) -> None:
    run_facets = {
        "errorMessage": facet(message="no such table", programmingLanguage="PYTHON", stackTrace="..."),
        "processing_engine": facet(name="spark", version="3.5.1", openlineageAdapterVersion="1.2"),
        "environmentVariables": facet(environmentVariables=[{"name": "REGION", "value": "eu"}]),
        "executionParameters": facet(parameters=[{"key": "limit", "value": "10"}]),
        "tags": facet(tags=[{"key": "nightly", "value": "true"}, {"key": "team", "value": "risk"}]),
        "acme_cost": {"_producer": "x", "_schemaURL": "y", "euros": [1, {"cents": 2}]},
    }
    job_facets = {
        "documentation": facet(description="loads rides"),
        "ownership": facet(owners=[{"name": "team:data", "type": "MAINTAINER"}]),
        "sourceCodeLocation": facet(type="git", url="https://git.example/r", version="abc", branch="main"),
    }
    take(world, run_event("FAIL", facets=run_facets, job_facets=job_facets))
    facts = run_of(world).attributes
    assert facts["message"] == "no such table"
    assert facts["environment"] == {"spark": "3.5.1", "openlineage": "1.2", "REGION": "eu"}
    assert (facts["params"], facts["tags"]) == ({"limit": "10"}, ["nightly", "team=risk"])
    assert facts["code"] == {"type": "git", "url": "https://git.example/r", "commit": "abc", "branch": "main"}
    assert (facts["description"], facts["attributes"]) == ("loads rides", {"owners": ["team:data"]})
    kept = facts["extra"]["openlineage"]["run_facets"]["acme_cost"]["facet"]  # type: ignore[index,call-overload]
    assert kept == run_facets["acme_cost"]


def test_facets_of_data_sets_become_what_they_mean(world: World) -> None:
    said = dataset(
        schema=facet(
            fields=[{"name": "fare", "type": "INT"}, {"name": "at", "fields": [{"name": "x", "type": "DATE"}]}]
        ),
        dataSource=facet(name="db", uri="postgres://host:5432/db"),
        documentation=facet(description="all rides"),
        ownership=facet(owners=[{"name": "team:data"}]),
        lifecycleStateChange=facet(lifecycleStateChange="TRUNCATE"),
        acme=facet(anything=[1]),
    )
    (node,) = take(world, dataset_event(said)).datasets
    facts = world.service.store.get(node).attributes
    assert facts["columns"] == {"fare": "INT", "at": "unknown", "at.x": "DATE"}
    assert (facts["url"], facts["description"]) == ("postgres://host:5432/db", "all rides")
    assert facts["attributes"] == {
        "openlineage_namespace": "postgres://host:5432",
        "openlineage_name": "rides",
        "owners": ["team:data"],
        "lifecycle": "TRUNCATE",
    }
    assert facts["extra"]["openlineage"]["facets"]["acme"]["facet"] == facet(anything=[1])  # type: ignore[index,call-overload]


def test_versions_of_a_data_set_follow_each_other(world: World) -> None:
    (first,) = take(world, dataset_event(dataset(version=version("1")), 1)).datasets
    (third,) = take(world, dataset_event(dataset(version=version("3")), 3)).datasets
    (second,) = take(world, dataset_event(dataset(version=version("2")), 2)).datasets
    chain = {edge for node in (first, second, third) for edge in edges(world, node) if edge.kind == "succeeded_by"}
    assert chain == {EdgeId("succeeded_by", first, third), EdgeId("succeeded_by", second, third)}
    (read,) = take(world, run_event("START", 4, inputs=[RIDES])).datasets
    assert read == third


def test_an_output_whose_version_is_told_late_is_linked_anew(world: World) -> None:
    (before,) = take(world, run_event("START", 0, outputs=[RIDES])).datasets
    (after,) = take(world, run_event("COMPLETE", 1, outputs=[dataset(version=version("9"))])).datasets
    assert edges(world, ID) == {EdgeId("generated", ID, after, "output")}
    assert EdgeId("succeeded_by", before, after) in edges(world, after)


def test_a_repeat_is_not_linked_to_a_newer_version(world: World) -> None:
    start = run_event("START", 1, inputs=[RIDES])
    take(world, dataset_event(dataset(version=version("1")), 0))
    (read,) = take(world, start).datasets
    take(world, dataset_event(dataset(version=version("2")), 2))
    assert take(world, start).datasets == (read,)
    assert edges(world, ID) == {EdgeId("input_to", read, ID, "input")}


def test_a_renamed_data_set_succeeds_the_one_before(world: World) -> None:
    (old,) = take(world, dataset_event(dataset("old"))).datasets
    before = {"namespace": "postgres://host:5432", "name": "old"}
    renamed = facet(lifecycleStateChange="RENAME", previousIdentifier=before)
    (new,) = take(world, dataset_event(dataset("new", lifecycleStateChange=renamed), 1)).datasets
    assert edges(world, new) == {EdgeId("succeeded_by", old, new)}


def test_column_lineage_is_an_edge_that_names_the_columns(world: World) -> None:
    lineage = column_lineage(fare=[(RAW, "price"), (RAW, "tip")])
    raw, rides = take(world, run_event("COMPLETE", inputs=[RAW], outputs=[dataset(columnLineage=lineage)])).datasets
    (edge,) = world.service.store.edges_of((rides,), Direction.UPSTREAM, ("derived_into",))
    assert (edge.id.source, edge.attributes["transformation"]) == (raw, "airflow/daily.load")
    assert edge.attributes["columns"] == [{"to": "fare", "from": ["price", "tip"], "transform": "DIRECT/IDENTITY"}]


def test_a_job_event_derives_data_from_data(world: World) -> None:
    raw, rides = take(world, job_event(inputs=[RAW], outputs=[RIDES])).datasets
    assert edges(world, rides) == {EdgeId("derived_into", raw, rides, "dbt/model.rides")}


def test_a_parent_is_linked_before_and_after_it_is_heard_of(world: World) -> None:
    parent = facet(run={"runId": PARENT}, job={"namespace": "airflow", "name": "daily"})
    take(world, run_event("START", 2, facets={"parent": parent}))
    above = NodeId("run", PARENT)
    assert EdgeId("spawned", above, ID, "child") in edges(world, above)
    assert world.service.store.get(above).attributes["state"] == "STARTED"
    told = run_event("COMPLETE", 1, run=PARENT)
    assert take(world, told).state is RunState.SUCCESS
    facts = world.service.store.get(above).attributes
    assert (facts.get("started"), facts["ended"], facts["name"]) == (None, NOON_US + MINUTE_US, "daily.load")
    assert EdgeId("spawned", above, ID, "child") in edges(world, above)


def test_events_go_into_a_project_that_is_there(world: World) -> None:
    world.service.catalogue.register_project("rides", ADA)
    taken = take(world, run_event(inputs=[RAW]), project="rides")
    project = run_of(world).project
    assert project is not None
    assert world.service.store.get(taken.datasets[0]).project == project
    assert take(world, run_event("COMPLETE", 1, inputs=[RAW])).datasets == taken.datasets
    with pytest.raises(NotFound):
        take(world, run_event(run=PARENT), project="nowhere")
    world.service.catalogue.register_project("other", ADA)
    with pytest.raises(Conflict):
        take(world, run_event("COMPLETE", 2), project="other")


def test_a_deleted_run_and_a_run_of_workers_take_no_events(world: World) -> None:
    take(world, run_event())
    world.service.external_runs.delete(ID, ADA)
    with pytest.raises(RunGone):
        take(world, run_event("COMPLETE", 1))
    asked = world.ask()
    key = asked.id.key
    with pytest.raises(Conflict):
        take(world, run_event("COMPLETE", 1, run=key))


def test_events_about_a_run_that_the_sdk_logs_add_to_it(world: World) -> None:
    wanted = Begin("s1", mode=Mode.BEGIN, method="train", started=NOON_US - 5)
    world.service.external_runs.begin(ID, wanted, ADA)
    world.service.external_runs.end(ID, End(RunState.ERROR, session="s1"), ADA)
    taken = take(world, run_event("COMPLETE", 1, inputs=[RAW]))
    take(world, run_event("START", 0))
    facts = run_of(world).attributes
    assert (taken.state, facts["started"], facts["method"]) == (RunState.ERROR, NOON_US - 5, "train")
    assert edges(world, ID) == {EdgeId("input_to", taken.datasets[0], ID, "input")}


def test_a_data_set_that_names_a_node_of_ours_is_that_node(world: World) -> None:
    (known,) = take(world, dataset_event(RAW)).datasets
    named = dataset("anything", "elsewhere", arangovis=facet(node=str(known)))
    assert take(world, run_event(inputs=[named])).datasets == (known,)
    unknown = dataset("anything", "elsewhere", arangovis=facet(node="dataset/nothing"))
    (made,) = take(world, run_event("RUNNING", 1, outputs=[unknown])).datasets
    assert made != known


def test_a_batch_takes_what_can_be_taken(world: World) -> None:
    answer = world.service.lineage_events.take_all([run_event(), {"x": 1}, run_event("COMPLETE", 1)], ADA)
    assert (answer.status, answer.summary.successful, answer.summary.non_retriable) == ("partial_success", 2, 1)
    assert [(failed.index, failed.retriable) for failed in answer.failed_events] == [(1, False)]
    assert run_of(world).attributes["state"] == "SUCCESS"
