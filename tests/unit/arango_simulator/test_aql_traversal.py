"""Traversals (page "Graph traversals in AQL"): on a diamond, a cycle, a hub, and the documentation's own graphs."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.arango_simulator.aql_world import AqlWorld


def graph_of(*edges: str, **more: Any) -> AqlWorld:
    """Return a world of edges such as `a>b:kind`, on vertices `n/a`, in the named graph `g`."""
    parsed = [edge.replace(":", ">").split(">") for edge in edges]
    names = sorted({name for source, target, *_ in parsed for name in (source, target)})
    world = AqlWorld(
        n=[{"_key": name, "name": name, **more.get(name, {})} for name in names],
        e=[
            {"_key": f"{source}{target}", "_from": f"n/{source}", "_to": f"n/{target}", "kind": (*kind, "")[0]}
            for source, target, *kind in parsed
        ],
    )
    world.add_graph("g", "e", "n")
    return world


@pytest.fixture
def diamond() -> AqlWorld:
    """a leads to d by b and by c; d leads on."""
    return graph_of("a>b:x", "a>c:y", "b>d:x", "c>d:y", "d>f:x")


@pytest.fixture
def cycle() -> AqlWorld:
    return graph_of("a>b", "b>c", "c>a")


@pytest.fixture
def tree() -> AqlWorld:
    """The traversal graph of the page: two branches from A."""
    edges = ("A>B:left_bar", "B>C:left_blarg", "C>D:left_blorg", "B>E:left_blub", "E>F:left_schubi")
    return graph_of(*edges, "A>G:right_foo", "G>H:right_blob", "H>I:right_blub", "G>J:right_zip", "J>K:right_zup")


def names(world: AqlWorld, query: str, **binds: Any) -> list[Any]:
    return sorted(world.rows(query, binds))


GLOBAL = "OPTIONS {order: 'bfs', uniqueVertices: 'global'}"


# --- depth, direction, start ------------------------------------------------------------------------------------------


def test_depth_is_one_unless_given(diamond: AqlWorld) -> None:
    assert names(diamond, "FOR v IN OUTBOUND 'n/a' e RETURN v.name") == ["b", "c"]
    assert names(diamond, "FOR v IN 2 OUTBOUND 'n/a' e RETURN v.name") == ["d", "d"]
    assert names(diamond, "FOR v IN 2..2 OUTBOUND 'n/a' GRAPH 'g' RETURN v.name") == ["d", "d"]
    assert names(diamond, "FOR v IN 0..1 OUTBOUND 'n/a' e RETURN v.name") == ["a", "b", "c"]
    assert names(diamond, "FOR v IN @low..@high OUTBOUND @start e RETURN v.name", low=3, high=9, start="n/a") == [
        "f",
        "f",
    ]


def test_directions(diamond: AqlWorld) -> None:
    assert names(diamond, "FOR v IN 1..2 INBOUND 'n/d' e RETURN v.name") == ["a", "a", "b", "c"]
    assert names(diamond, "FOR v IN ANY 'n/b' e RETURN v.name") == ["a", "d"]
    assert names(diamond, "FOR v IN 1..5 ANY 'n/f' e " + GLOBAL + " RETURN v.name") == ["a", "b", "c", "d"]


def test_each_edge_collection_may_have_its_own_direction() -> None:
    # "Traversing in mixed directions"
    world = graph_of("a>b", "b>c")
    world.add("back", [{"_from": "n/c", "_to": "n/b"}, {"_from": "n/x", "_to": "n/c"}])
    assert names(world, "FOR v IN OUTBOUND 'n/c' e, INBOUND back RETURN v") == [None]
    assert names(world, "FOR v IN OUTBOUND 'n/b' e, INBOUND @@b RETURN v.name", **{"@b": "back"}) == ["c", "c"]
    assert names(world, "FOR v IN OUTBOUND 'n/c' e, ANY back FILTER v RETURN v.name") == ["b"]
    assert world.refusal("FOR v IN OUTBOUND 'n/b' e, INBOUND e RETURN v") == 1501
    assert names(world, "FOR v IN OUTBOUND 'n/b' e, OUTBOUND e RETURN v.name") == ["c"]


def test_starts(diamond: AqlWorld) -> None:
    assert names(diamond, "FOR s IN n FILTER s.name IN ['a', 'd'] FOR v IN OUTBOUND s e RETURN v.name") == [
        "b",
        "c",
        "f",
    ]
    assert diamond.run("FOR v IN 0..3 OUTBOUND 'n/nobody' e RETURN v").warnings == []
    assert diamond.rows("FOR v IN 0..3 OUTBOUND 'n/nobody' e RETURN v") == []
    assert diamond.rows("FOR v IN 0..3 OUTBOUND 'nowhere/a' e RETURN v") == []
    result = diamond.run("FOR v IN 0..3 OUTBOUND 5 e RETURN v")
    assert (result.rows, [number for number, _ in result.warnings]) == ([], [10])


def test_vertex_edge_and_path(diamond: AqlWorld) -> None:
    query = (
        "FOR v, e, p IN 0..2 OUTBOUND 'n/b' GRAPH @g SORT LENGTH(p.edges) "
        "RETURN [v.name, e.kind, p.vertices[*].name, p.edges[*]._key]"
    )
    assert diamond.rows(query, {"g": "g"}) == [
        ["b", None, ["b"], []],
        ["d", "x", ["b", "d"], ["bd"]],
        ["f", "x", ["b", "d", "f"], ["bd", "df"]],
    ]


def test_an_edge_to_nothing_has_a_null_vertex() -> None:
    # pages "Removing vertices", "Error codes": 1202
    world = graph_of("a>b", "b>c")
    world.run("REMOVE 'b' IN n")
    result = world.run("FOR v IN 1..2 OUTBOUND 'n/a' e SORT v RETURN v.name")
    assert (result.rows, [number for number, _ in result.warnings]) == ([None, "c"], [1202])


def test_what_is_refused(diamond: AqlWorld) -> None:
    assert diamond.refusal("FOR v IN OUTBOUND 'n/a' GRAPH 'nothing' RETURN v") == 1924
    assert diamond.refusal("FOR v IN OUTBOUND 'n/a' nothing RETURN v") == 1203
    assert diamond.refusal("FOR v IN OUTBOUND 'n/a' n RETURN v") == 1218
    assert diamond.refusal("FOR v IN -1..2 OUTBOUND 'n/a' e RETURN v") == 1501
    assert diamond.refusal("FOR v IN 3..2 OUTBOUND 'n/a' e RETURN v") == 1501
    assert diamond.refusal("FOR v IN OUTBOUND 'n/a' e OPTIONS {uniqueVertices: 'global'} RETURN v") == 10
    assert diamond.refusal("FOR v IN OUTBOUND 'n/a' e OPTIONS {order: 'bfs', uniqueEdges: 'global'} RETURN v") == 10
    assert diamond.refusal("FOR v IN OUTBOUND 'n/a' e OPTIONS {order: 'sideways'} RETURN v") == 10
    result = diamond.run("FOR v IN OUTBOUND 'n/a' e OPTIONS {bogus: 1} RETURN v")
    assert [number for number, _ in result.warnings] == [1539]


# --- order and uniqueness ---------------------------------------------------------------------------------------------


def test_breadth_first_takes_depth_after_depth(tree: AqlWorld) -> None:
    rows = tree.rows("FOR v, e, p IN 0..3 OUTBOUND 'n/A' e OPTIONS {order: 'bfs'} RETURN LENGTH(p.edges)")
    assert rows == [0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]


@pytest.mark.parametrize("options", ["", "OPTIONS {order: 'dfs'}"])
def test_depth_first_ends_a_branch_before_the_next(tree: AqlWorld, options: str) -> None:
    rows = tree.rows(f"FOR v IN 1..3 OUTBOUND 'n/A' e {options} RETURN v.name")
    branches = [{"B", "C", "D", "E", "F"}, {"G", "H", "I", "J", "K"}]
    assert [set(rows[:5]), set(rows[5:])] in (branches, branches[::-1])
    assert rows.index("B") < rows.index("E") < rows.index("F")


def test_uniqueness_of_vertices(diamond: AqlWorld) -> None:
    query = "FOR v IN 1..3 OUTBOUND 'n/a' e OPTIONS {order: 'bfs', uniqueVertices: '%s'} RETURN v.name"
    assert names(diamond, query % "none") == ["b", "c", "d", "d", "f", "f"]
    assert names(diamond, query % "path") == ["b", "c", "d", "d", "f", "f"]
    assert names(diamond, query % "global") == ["b", "c", "d", "f"]


def test_a_cycle(cycle: AqlWorld) -> None:
    query = "FOR v, e, p IN 1..7 OUTBOUND 'n/a' e OPTIONS {%s} SORT LENGTH(p.edges) RETURN v.name"
    assert cycle.rows(query % "") == ["b", "c", "a"]
    assert cycle.rows(query % "uniqueVertices: 'path'") == ["b", "c"]
    assert cycle.rows(query % "order: 'bfs', uniqueVertices: 'global'") == ["b", "c"]
    assert cycle.rows(query % "uniqueEdges: 'none'") == ["b", "c", "a", "b", "c", "a", "b"]


def test_a_vertex_found_before_the_least_depth_may_not_be_returned(diamond: AqlWorld) -> None:
    # uniqueVertices, "global", with min depth > 1
    world = graph_of("a>b", "b>c", "a>c")
    assert names(world, "FOR v IN 2..3 OUTBOUND 'n/a' e " + GLOBAL + " RETURN v.name") == []
    assert names(diamond, "FOR v IN 2..3 OUTBOUND 'n/a' e " + GLOBAL + " RETURN v.name") == ["d", "f"]


def test_a_loop_on_a_vertex() -> None:
    world = graph_of("a>a", "a>b")
    assert names(world, "FOR v IN 1..3 OUTBOUND 'n/a' e RETURN v.name") == ["a", "b", "b"]
    assert names(world, "FOR v IN 1..1 ANY 'n/a' e RETURN v.name") == ["a", "b"]
    assert names(world, "FOR v IN 1..3 OUTBOUND 'n/a' e " + GLOBAL + " RETURN v.name") == ["b"]


def test_the_order_of_edges_means_nothing() -> None:
    world = graph_of(*(f"hub>{number:02}" for number in range(40)))
    rows = world.rows("FOR v IN OUTBOUND 'n/hub' e RETURN v.name")
    assert rows != sorted(rows)
    assert sorted(rows) == [f"{number:02}" for number in range(40)]


def test_a_hub_is_read_no_further_than_needed() -> None:
    world = graph_of(*(f"hub>s{number}" for number in range(300)), *(f"s{number}>t" for number in range(300)))
    assert len(world.rows("FOR v IN 1..2 OUTBOUND 'n/hub' e OPTIONS {order: 'bfs'} LIMIT 5 RETURN v.name")) == 5
    assert names(world, "FOR v IN 2..2 OUTBOUND 'n/hub' e " + GLOBAL + " RETURN v.name") == ["t"]
    assert len(world.rows("FOR v IN 2..2 OUTBOUND 'n/hub' e RETURN v.name")) == 300


def test_restrictions_to_collections(diamond: AqlWorld) -> None:
    diamond.add("m", [{"_key": "z"}])
    diamond.add("more", [{"_from": "n/a", "_to": "m/z"}, {"_from": "m/z", "_to": "n/f"}])
    both = "FOR v IN 1..2 OUTBOUND 'n/a' e, more OPTIONS {%s} RETURN v._key"
    assert names(diamond, both % "") == ["b", "c", "d", "d", "f", "z"]
    assert names(diamond, both % "edgeCollections: 'more'") == ["f", "z"]
    assert names(diamond, both % "vertexCollections: ['m']") == ["z"]
    assert names(diamond, both % "vertexCollections: 'n'") == ["b", "c", "d", "d"]
    assert names(diamond, both % "edgeCollections: []") == ["b", "c", "d", "d", "f", "z"]
    assert diamond.refusal(both % "edgeCollections: ['nothing']") == 1203
    assert names(diamond, "FOR v IN 0..1 OUTBOUND 'm/z' more OPTIONS {vertexCollections: 'n'} RETURN v._key") == [
        "f",
        "z",
    ]


# --- PRUNE ------------------------------------------------------------------------------------------------------------


def test_prune_stops_below_but_keeps_the_match(diamond: AqlWorld) -> None:
    assert names(diamond, "FOR v IN 0..3 OUTBOUND 'n/a' e PRUNE v.name == 'd' RETURN v.name") == [
        "a",
        "b",
        "c",
        "d",
        "d",
    ]
    assert names(diamond, "FOR v, e IN 1..3 OUTBOUND 'n/a' e PRUNE e.kind == 'y' RETURN v.name") == ["b", "c", "d", "f"]
    query = "FOR v, e, p IN 1..3 OUTBOUND 'n/a' e PRUNE LENGTH(p.edges) == @n RETURN v.name"
    assert names(diamond, query, n=2) == ["b", "c", "d", "d"]


def test_prune_is_evaluated_at_the_start_with_a_null_edge(diamond: AqlWorld) -> None:
    # the info box of "Pruning": null is less than any number
    assert names(diamond, "FOR v, e IN 1..3 OUTBOUND 'n/a' e PRUNE e.weight < 1 RETURN v.name") == []
    assert names(diamond, "FOR v, e IN 0..3 OUTBOUND 'n/a' e PRUNE e.weight < 1 RETURN v.name") == ["a"]
    query = "FOR v, e IN 1..3 OUTBOUND 'n/a' e PRUNE e != null AND e.weight < 1 RETURN v.name"
    assert names(diamond, query) == ["b", "c"]


def test_a_prune_variable(diamond: AqlWorld) -> None:
    query = (
        "FOR v IN 1..3 OUTBOUND 'n/a' e PRUNE stop = v.name == 'd' "
        "OPTIONS {order: 'bfs', uniqueVertices: 'global'} FILTER %s RETURN v.name"
    )
    assert names(diamond, query % "stop") == ["d"]
    assert names(diamond, query % "NOT stop") == ["b", "c"]


def test_a_pruned_vertex_is_visited(diamond: AqlWorld) -> None:
    # d is pruned on whichever way it is found first, so what is behind it is never seen
    query = "FOR v IN 1..5 OUTBOUND 'n/a' e PRUNE v.name == 'd' " + GLOBAL + " RETURN v.name"
    assert names(diamond, query) == ["b", "c", "d"]


# --- FILTER -----------------------------------------------------------------------------------------------------------

PATH_FILTERS: list[tuple[str, Sequence[str]]] = [  # "Using filters", on the traversal graph
    ("p.edges[0].kind == 'right_foo'", "GHIJK"),
    ("p.vertices[1].name == 'G'", "GHIJK"),
    ("p.vertices[1].name != 'G'", "BCDEF"),
    ("p.edges[0].kind != 'right_foo'", "BCDEF"),
    ("p.vertices[1].name != 'G' AND p.edges[1].kind != 'left_blub'", "BCD"),
    ("'left_bar' == p.edges[0].kind AND p.edges[1].kind IN ['left_blarg']", "CD"),
    ("p.edges[0].kind == 'left_bar' AND p.edges[1].kind == 'left_blub'", "EF"),
    ("p.edges[*].kind ALL IN ['left_bar', 'left_blarg']", "BC"),
    ("p.edges[*].kind NONE == 'left_blub'", "BCDGHIJK"),
    ("p.edges[*].kind ANY == 'left_blub'", "EF"),
    ("p.vertices[*].name ALL != 'G'", "BCDEF"),
    ("p.vertices[*].name NONE IN ['B', 'H']", "GJK"),
    ("p.edges[0].kind == 'right_foo' OR p.edges[1].kind == 'left_blub'", "EFGHIJK"),
    ("p.edges[-1].kind == 'left_blub'", "E"),
    ("NOT (p.edges[0].kind == 'left_bar')", "GHIJK"),
    ("v.name IN ['C', 'H']", "CH"),
    ("e.kind == 'left_blub'", "E"),
]


@pytest.mark.parametrize("options", ["", GLOBAL, "OPTIONS {order: 'weighted'}"])
@pytest.mark.parametrize(("condition", "expected"), PATH_FILTERS)
def test_filters_on_a_tree(tree: AqlWorld, condition: str, expected: str, options: str) -> None:
    query = f"FOR v, e, p IN 1..3 OUTBOUND 'n/A' GRAPH 'g' {options} FILTER {condition} RETURN v.name"
    assert names(tree, query) == list(expected)


def test_a_filter_on_the_path_does_not_use_up_a_vertex() -> None:
    """d is reached by the edge of kind y first, but only the longer way is allowed."""
    world = graph_of("a>d:y", "a>b:x", "b>c:x", "c>d:x")
    on_path = "FOR v, e, p IN 1..5 OUTBOUND 'n/a' e " + GLOBAL + " FILTER p.edges[*].kind ALL == 'x' RETURN v.name"
    assert names(world, on_path) == ["b", "c", "d"]
    bound = on_path.replace("== 'x'", "IN @kinds")
    assert names(world, bound, kinds=["x"]) == ["b", "c", "d"]
    none_of = on_path.replace("ALL == 'x'", "NONE == 'y'")
    assert names(world, none_of) == ["b", "c", "d"]
    on_edge = "FOR v, e, p IN 1..5 OUTBOUND 'n/a' e " + GLOBAL + " FILTER e.kind == 'x' RETURN v.name"
    assert names(world, on_edge) == ["b", "c"]
    either = on_path.replace("ALL == 'x'", "ALL == 'x' OR false")
    assert names(world, either) == ["b", "c"]


def test_a_filter_on_vertices_does_not_use_them_up() -> None:
    world = graph_of("a>b", "b>c", "a>x", "x>c", x={"secret": True})
    query = (
        "FOR v, e, p IN 1..5 OUTBOUND 'n/a' e "
        + GLOBAL
        + " FILTER p.vertices[*].secret ALL != true RETURN p.vertices[*].name"
    )
    assert names(world, query) == [["a", "b"], ["a", "b", "c"]]


def test_filters_after_other_filters_and_lets_are_in_the_walk_too() -> None:
    world = graph_of("a>d:y", "a>b:x", "b>d:x")
    query = (
        "LET wanted = 'x' FOR v, e, p IN 1..5 OUTBOUND 'n/a' e " + GLOBAL + " FILTER v.name != 'b' LET n = v.name "
        "FILTER n != null AND p.edges[*].kind ALL == wanted RETURN n"
    )
    assert names(world, query) == ["d"]
    behind_a_limit = query.replace("LET n = v.name ", "LET n = v.name LIMIT 10 ")
    assert names(world, behind_a_limit) == []


def test_a_filter_that_depends_on_the_walk_is_behind_it() -> None:
    world = graph_of("a>d:y", "a>b:x", "b>d:x")
    query = (
        "FOR v, e, p IN 1..5 OUTBOUND 'n/a' e "
        + GLOBAL
        + " FILTER p.edges[0].kind == e.kind AND v.name == 'd' RETURN e.kind"
    )
    assert names(world, query) == ["y"]


# --- weights ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def roads() -> AqlWorld:
    world = AqlWorld(
        n=[{"_key": key} for key in "abcd"],
        e=[
            {"_from": "n/a", "_to": "n/b", "km": 10},
            {"_from": "n/a", "_to": "n/c", "km": 1},
            {"_from": "n/c", "_to": "n/b", "km": 2},
            {"_from": "n/b", "_to": "n/d"},
        ],
    )
    world.add_graph("g", "e", "n")
    return world


def test_a_weighted_traversal_takes_cheap_paths_first(roads: AqlWorld) -> None:
    options = "OPTIONS {order: 'weighted', weightAttribute: 'km', defaultWeight: 5, uniqueVertices: 'global'}"
    query = f"FOR v, e, p IN 0..5 OUTBOUND 'n/a' e {options} RETURN [v._key, p.weights[-1]]"
    assert roads.rows(query) == [["a", 0], ["c", 1], ["b", 3], ["d", 8]]


def test_negative_weights_are_refused(roads: AqlWorld) -> None:
    query = (
        "FOR v IN 1..2 OUTBOUND 'n/a' e OPTIONS {order: 'weighted', weightAttribute: 'km', defaultWeight: %s} RETURN v"
    )
    assert roads.refusal(query % "-1") == 1948
    roads.run("FOR x IN e FILTER x.km == 1 UPDATE x WITH {km: -1} IN e")
    assert roads.refusal(query % "1") == 1948


# --- as a part of a query ---------------------------------------------------------------------------------------------


def test_a_lineage_query(diamond: AqlWorld) -> None:
    query = """
        WITH n
        LET start = DOCUMENT(@start)
        FOR v, e, p IN 1..@depth OUTBOUND start GRAPH @graph
          PRUNE v.name IN @stops
          OPTIONS {order: "bfs", uniqueVertices: "global", parallelism: 1}
          FILTER p.edges[*].kind ALL IN @kinds
          LIMIT @budget
          RETURN {id: v._id, edge: KEEP(e, "_from", "_to", "kind"), depth: LENGTH(p.edges)}
    """
    binds = {"start": "n/a", "depth": 5, "graph": "g", "stops": ["d"], "kinds": ["x"], "budget": 10}
    assert diamond.rows(query, binds) == [
        {"id": "n/b", "edge": {"_from": "n/a", "_to": "n/b", "kind": "x"}, "depth": 1},
        {"id": "n/d", "edge": {"_from": "n/b", "_to": "n/d", "kind": "x"}, "depth": 2},
    ]
    assert len(diamond.rows(query, {**binds, "budget": 1})) == 1


def test_a_traversal_within_a_traversal(diamond: AqlWorld) -> None:
    query = "FOR v IN OUTBOUND 'n/a' e FOR w IN OUTBOUND v e RETURN CONCAT(v.name, w.name)"
    assert names(diamond, query) == ["bd", "cd"]


def test_memory_and_time_are_limited_in_a_walk(cycle: AqlWorld) -> None:
    endless = "FOR v, e, p IN 1..1000000 OUTBOUND 'n/a' e OPTIONS {uniqueEdges: 'none'} %s"
    assert cycle.refusal(endless % "FILTER v == null RETURN v", max_runtime=0.1) == 1500
    assert cycle.refusal(endless % "RETURN 1", memory_limit=20_000) == 32


def test_with_is_required_only_if_the_server_is_told_so(diamond: AqlWorld) -> None:
    # page "WITH", and "Error codes": 1521
    query = "FOR v IN 1..2 OUTBOUND 'n/a' e RETURN v.name"
    assert diamond.refusal(query) == 0
    diamond.require_with = True
    assert diamond.refusal(query) == 1521
    assert names(diamond, "WITH n " + query) == ["b", "c", "d", "d"]
    assert names(diamond, query.replace(" e ", " GRAPH 'g' ")) == ["b", "c", "d", "d"]
