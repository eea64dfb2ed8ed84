"""Named graphs through python-arango (page "HTTP interface for named graphs")."""

import pytest
from arango.database import StandardDatabase
from arango.exceptions import (
    ArangoServerError,
    CollectionDeleteError,
    DocumentInsertError,
    DocumentRevisionError,
    EdgeDefinitionCreateError,
    EdgeDefinitionDeleteError,
    GraphCreateError,
    GraphDeleteError,
    VertexCollectionCreateError,
    VertexCollectionDeleteError,
)
from arango.graph import Graph

from tests.unit.arango_simulator.conftest import Raw

KNOWS = {
    "edge_collection": "knows",
    "from_vertex_collections": ["persons"],
    "to_vertex_collections": ["persons"],
}
OWNS = {"edge_collection": "owns", "from_vertex_collections": ["persons"], "to_vertex_collections": ["things"]}


@pytest.fixture
def social(database: StandardDatabase) -> Graph:
    """The "Knows Graph" of the documentation, and things that persons own."""
    graph = database.create_graph("social", edge_definitions=[KNOWS, OWNS], orphan_collections=["places"])
    for name in ("alice", "bob", "charlie", "dave", "eve"):
        graph.insert_vertex("persons", {"_key": name})
    graph.insert_vertex("things", {"_key": "boat"})
    for start, end in (("alice", "bob"), ("bob", "charlie"), ("bob", "dave"), ("eve", "alice"), ("eve", "bob")):
        graph.link("knows", f"persons/{start}", f"persons/{end}")
    graph.link("owns", "persons/bob", "things/boat")
    return graph


def number_of(error: pytest.ExceptionInfo[ArangoServerError]) -> tuple[int, int]:
    return int(error.value.http_code), int(error.value.error_code)


def test_the_life_of_a_graph(database: StandardDatabase, social: Graph) -> None:
    assert database.has_graph("social")
    assert [graph["name"] for graph in database.graphs()] == ["social"]
    assert social.vertex_collections() == ["persons", "places", "things"]
    assert social.edge_definitions() == [KNOWS, OWNS]
    assert social.properties()["orphan_collections"] == ["places"]
    assert database.collection("knows").properties()["edge"]
    assert database.collection("_graphs").get("social")["orphanCollections"] == ["places"]
    with pytest.raises(GraphCreateError) as taken:
        database.create_graph("social")
    assert number_of(taken) == (409, 1925)
    assert database.delete_graph("social", drop_collections=True)
    assert not database.has_collection("persons")
    with pytest.raises(GraphDeleteError) as gone:
        database.delete_graph("social")
    assert number_of(gone) == (404, 1924)


def test_dropping_keeps_what_another_graph_uses(database: StandardDatabase, social: Graph) -> None:
    database.create_graph("second", edge_definitions=[OWNS])
    database.delete_graph("social", drop_collections=True)
    assert database.has_collection("persons")
    assert not database.has_collection("knows")


def test_collections_of_a_graph_cannot_be_dropped(database: StandardDatabase, social: Graph) -> None:
    for name in ("persons", "knows", "places"):
        with pytest.raises(CollectionDeleteError) as error:
            database.delete_collection(name)
        assert error.value.error_code == 1942


def test_edge_definitions(database: StandardDatabase, social: Graph) -> None:
    with pytest.raises(EdgeDefinitionCreateError) as twice:
        social.create_edge_definition(**KNOWS)
    assert number_of(twice) == (400, 1920)
    with pytest.raises(GraphCreateError) as other_ends:
        database.create_graph("other", edge_definitions=[{**KNOWS, "to_vertex_collections": ["things"]}])
    assert number_of(other_ends) == (400, 1921)
    social.create_edge_definition("visited", ["persons"], ["places"])
    assert social.properties()["orphan_collections"] == []
    social.replace_edge_definition("owns", ["persons"], ["boats"])
    assert "boats" in social.vertex_collections()
    assert "things" in social.properties()["orphan_collections"]  # it lost its relation
    social.delete_edge_definition("visited")
    assert not social.has_edge_definition("visited")
    assert database.has_collection("visited")
    social.delete_edge_definition("owns", purge=True)
    assert not database.has_collection("owns")
    with pytest.raises(EdgeDefinitionDeleteError) as unknown:
        social.delete_edge_definition("owns")
    assert number_of(unknown) == (404, 1930)


def test_orphans(database: StandardDatabase, social: Graph) -> None:
    social.create_vertex_collection("ideas")
    assert social.has_vertex_collection("ideas")
    with pytest.raises(VertexCollectionCreateError) as used:
        social.create_vertex_collection("persons")
    assert number_of(used) == (400, 1929)
    with pytest.raises(VertexCollectionCreateError) as again:
        social.create_vertex_collection("ideas")
    assert number_of(again) == (400, 1938)
    with pytest.raises(VertexCollectionDeleteError) as in_use:
        social.delete_vertex_collection("persons")
    assert number_of(in_use) == (400, 1928)
    social.delete_vertex_collection("ideas", purge=True)
    assert not database.has_collection("ideas")


def test_vertices(social: Graph) -> None:
    persons = social.vertex_collection("persons")
    meta = persons.insert({"_key": "frank", "age": 1}, return_new=True)
    assert meta["vertex"]["_key"] if "vertex" in meta else meta["_key"] == "frank"
    assert persons.get("frank")["age"] == 1
    rev = persons.update({"_key": "frank", "age": 2})["_rev"]
    assert persons.get("frank")["age"] == 2
    with pytest.raises(DocumentRevisionError) as stale:
        persons.replace({"_key": "frank", "_rev": "wrong"})
    assert number_of(stale) == (412, 1200)
    persons.replace({"_key": "frank", "_rev": rev, "name": "Frank"})
    assert "age" not in persons.get("frank")
    assert persons.delete("frank")
    assert not persons.has("frank")


@pytest.mark.parametrize(
    ("edge", "status", "number"),
    [
        ({"_from": "persons/alice", "_to": "persons/nobody"}, 404, 1202),
        ({"_from": "persons/nobody", "_to": "persons/alice"}, 404, 1202),
        ({"_from": "strangers/x", "_to": "persons/alice"}, 404, 1947),
        ({"_from": "persons/alice", "_to": "things/boat"}, 400, 1906),
        ({"_from": "persons/alice"}, 400, 1233),
        ({"_from": "alice", "_to": "persons/bob"}, 400, 1233),
    ],
)
def test_ends_are_checked(social: Graph, raw: Raw, edge: dict[str, str], status: int, number: int) -> None:
    answer = raw("POST", "/_api/gharial/social/edge/knows", edge)
    assert (answer.status_code, answer.json()["errorNum"]) == (status, number)


def test_documents_do_not_check_ends(database: StandardDatabase, social: Graph) -> None:
    """Page "Graphs": the document interface knows nothing of the graph."""
    database.collection("knows").insert({"_from": "persons/nobody", "_to": "strangers/x"})


def test_edges(social: Graph) -> None:
    knows = social.edge_collection("knows")
    assert len(knows.edges("persons/bob", direction="in")["edges"]) == 2
    assert len(knows.edges("persons/bob", direction="out")["edges"]) == 2
    assert len(knows.edges("persons/bob")["edges"]) == 4
    meta = knows.insert({"_key": "e", "_from": "persons/dave", "_to": "persons/eve"})
    assert meta["_id"] == "knows/e"
    with pytest.raises(ArangoServerError) as missing:
        knows.update({"_key": "e", "_to": "persons/nobody"})
    assert missing.value.error_code == 1202
    knows.update({"_key": "e", "since": 2001})
    assert knows.get("e")["since"] == 2001
    assert knows.delete("e")


def test_a_vertex_takes_its_edges_along(database: StandardDatabase, social: Graph) -> None:
    """Removing bob removes the edges of bob in all edge collections, and no others."""
    assert (database.collection("knows").count(), database.collection("owns").count()) == (5, 1)
    social.delete_vertex("persons/bob")
    assert (database.collection("knows").count(), database.collection("owns").count()) == (1, 0)


def test_the_cascade_reaches_other_graphs(database: StandardDatabase, social: Graph) -> None:
    likes = {"edge_collection": "likes", "from_vertex_collections": ["persons"], "to_vertex_collections": ["persons"]}
    second = database.create_graph("second", edge_definitions=[likes])
    second.link("likes", "persons/alice", "persons/bob")
    social.delete_vertex("persons/bob")
    assert database.collection("likes").count() == 0


def test_a_plain_removal_leaves_dangling_edges(database: StandardDatabase, social: Graph) -> None:
    database.collection("persons").delete("bob")
    assert database.collection("knows").count() == 5


def test_collections_outside_the_graph(social: Graph, raw: Raw) -> None:
    vertex = raw("POST", "/_api/gharial/social/vertex/strangers", {})
    assert (vertex.status_code, vertex.json()["errorNum"]) == (404, 1949)  # page "API changes in 3.12"
    edge = raw("POST", "/_api/gharial/social/edge/strangers", {"_from": "persons/bob", "_to": "persons/eve"})
    assert (edge.status_code, edge.json()["errorNum"]) == (404, 1930)
    graph = raw("GET", "/_api/gharial/nothing")
    assert (graph.status_code, graph.json()["errorNum"]) == (404, 1924)


def test_a_graph_within_a_transaction(database: StandardDatabase, social: Graph) -> None:
    transaction = database.begin_transaction(write=["persons", "knows"])
    graph = transaction.graph("social")
    graph.insert_vertex("persons", {"_key": "frank"})
    graph.link("knows", "persons/frank", "persons/eve")
    assert not database.collection("persons").has("frank")
    transaction.commit_transaction()
    assert len(social.edges("knows", "persons/frank")["edges"]) == 1


def test_a_refused_link_in_the_driver(social: Graph) -> None:
    with pytest.raises(DocumentInsertError) as error:
        social.link("knows", "persons/alice", "persons/nobody")
    assert number_of(error) == (404, 1202)
