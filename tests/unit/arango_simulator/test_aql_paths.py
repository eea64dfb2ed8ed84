"""SHORTEST_PATH, ALL_SHORTEST_PATHS, K_SHORTEST_PATHS, K_PATHS, on the train connections of their pages.

The map is a part of the documentation's: Aberdeen to London by York, by York and Carlisle, or by Glasgow.
"""

from typing import Any

import pytest

from tests.unit.arango_simulator.aql_world import AqlWorld

PLACES = (
    "Inverness",
    "Aberdeen",
    "Leuchars",
    "Edinburgh",
    "Glasgow",
    "York",
    "Carlisle",
    "Birmingham",
    "London",
    "Toronto",
)
CONNECTIONS = [
    ("Inverness", "Aberdeen", 3),
    ("Aberdeen", "Leuchars", 1.5),
    ("Leuchars", "Edinburgh", 1.5),
    ("Edinburgh", "Glasgow", 1),
    ("Edinburgh", "York", 3.5),
    ("Glasgow", "Carlisle", 1),
    ("Carlisle", "York", 2.5),
    ("Carlisle", "Birmingham", 2),
    ("Birmingham", "London", 1.5),
    ("York", "London", 1.8),
]


@pytest.fixture
def world() -> AqlWorld:
    both = [*CONNECTIONS, *((target, source, hours) for source, target, hours in CONNECTIONS)]
    world = AqlWorld(
        places=[{"_key": name, "label": name} for name in PLACES],
        connections=[
            {"_from": f"places/{source}", "_to": f"places/{target}", "travelTime": hours}
            for source, target, hours in both
        ],
    )
    world.add_graph("kShortestPathsGraph", "connections", "places")
    return world


def initials(path: list[str]) -> str:
    return "".join(name[0] for name in path)


def paths(world: AqlWorld, search: str, tail: str = "", **binds: Any) -> list[str]:
    query = f"FOR p IN {search} {tail} RETURN p.vertices[*].label"
    return [initials(row) for row in world.rows(query, binds)]


FROM_TO = "'places/Aberdeen' TO 'places/London'"
GRAPH = "GRAPH 'kShortestPathsGraph'"


def test_shortest_path_gives_each_vertex_with_the_edge_that_leads_to_it(world: AqlWorld) -> None:
    query = f"FOR v, e IN OUTBOUND SHORTEST_PATH {FROM_TO} {GRAPH} RETURN [v.label, e.travelTime]"
    assert world.rows(query) == [
        ["Aberdeen", None],
        ["Leuchars", 1.5],
        ["Edinburgh", 1.5],
        ["York", 3.5],
        ["London", 1.8],
    ]


def test_shortest_path_by_weight(world: AqlWorld) -> None:
    query = "FOR v IN %s SHORTEST_PATH @a TO @b connections OPTIONS {weightAttribute: 'travelTime'} RETURN v.label"
    binds = {"a": "places/Aberdeen", "b": "places/London"}
    assert initials(world.rows(query % "OUTBOUND", binds)) == "ALEYL"
    world.run(
        "FOR c IN connections FILTER c._to == 'places/London' AND c.travelTime == 1.8 "
        "UPDATE c WITH {travelTime: 9} IN connections"
    )
    assert initials(world.rows(query % "OUTBOUND", binds)) == "ALEGCBL"
    assert initials(world.rows(query % "INBOUND", binds)) == "ALEYL"
    assert initials(world.rows(query % "ANY", binds)) == "ALEYL"


def test_ends_that_are_the_same_missing_or_apart(world: AqlWorld) -> None:
    query = "FOR v, e IN OUTBOUND SHORTEST_PATH @a TO @b connections RETURN [v.label, e]"
    assert world.rows(query, {"a": "places/York", "b": {"_id": "places/York"}}) == [["York", None]]
    assert world.rows(query, {"a": "places/York", "b": "places/Toronto"}) == []
    assert world.run(query, {"a": "places/York", "b": "places/Nowhere"}).warnings == []
    assert world.rows(query, {"a": "places/York", "b": "places/Nowhere"}) == []
    assert [number for number, _ in world.run(query, {"a": 7, "b": "places/York"}).warnings] == [10]


def test_all_shortest_paths(world: AqlWorld) -> None:
    # page "All Shortest Paths": Carlisle to London has two with two connections
    search = f"OUTBOUND ALL_SHORTEST_PATHS 'places/Carlisle' TO 'places/London' {GRAPH}"
    assert sorted(paths(world, search)) == ["CBL", "CYL"]
    assert paths(world, "OUTBOUND ALL_SHORTEST_PATHS 'places/York' TO 'places/Toronto' connections") == []
    assert paths(world, f"ANY ALL_SHORTEST_PATHS 'places/York' TO 'places/York' {GRAPH}") == ["Y"]


def test_k_shortest_paths_come_in_order(world: AqlWorld) -> None:
    search = f"OUTBOUND K_SHORTEST_PATHS {FROM_TO} {GRAPH}"
    assert paths(world, search, "LIMIT 1") == ["ALEYL"]
    found = paths(world, search)
    assert found[0] == "ALEYL"
    assert sorted(found) == ["ALEGCBL", "ALEGCYL", "ALEYCBL", "ALEYL"]
    weighted = (
        f"FOR p IN {search} OPTIONS {{weightAttribute: 'travelTime'}} LIMIT 3 "
        f"RETURN [SUM(p.edges[*].travelTime), p.weight]"
    )
    assert world.rows(weighted) == [pytest.approx([total, total]) for total in (8.3, 8.5, 9.3)]


def test_k_paths_are_all_within_bounds(world: AqlWorld) -> None:
    # page "k Paths": a), b), c) and d)
    search = f"OUTBOUND K_PATHS {FROM_TO} {GRAPH}"
    assert sorted(paths(world, f"1..10 {search}")) == ["ALEGCBL", "ALEGCYL", "ALEYCBL", "ALEYL"]
    assert sorted(paths(world, f"1..5 {search}")) == ["ALEYL"]
    assert sorted(paths(world, f"6 {search}")) == ["ALEGCBL", "ALEGCYL", "ALEYCBL"]
    assert paths(world, search) == []
    assert paths(world, "1..10 OUTBOUND K_PATHS 'places/Aberdeen' TO 'places/Toronto' connections") == []
    assert len(paths(world, f"1..10 {search}", "LIMIT @n", n=2)) == 2


def test_paths_have_vertices_and_edges(world: AqlWorld) -> None:
    query = f"FOR p IN OUTBOUND K_SHORTEST_PATHS 'places/York' TO 'places/London' {GRAPH} LIMIT 1 RETURN p"
    (path,) = world.rows(query)
    assert path.keys() == {"vertices", "edges", "weight"}
    assert [vertex["_key"] for vertex in path["vertices"]] == ["York", "London"]
    assert [edge["_to"] for edge in path["edges"]] == ["places/London"]
