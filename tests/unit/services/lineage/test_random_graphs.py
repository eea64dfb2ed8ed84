"""Impact, chains and common ancestors on random graphs, against networkx."""

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.common import Common
from arangovis.services.lineage.impact import ImpactQuestion, Impacts
from arangovis.services.lineage.paths import PathQuestion, Paths
from arangovis.services.lineage.reach import Budget
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction

CALLER = Caller("ada")
SIZE_MAX = 12
Pairs = list[tuple[int, int]]


@st.composite
def graphs(draw: st.DrawFn, *, cyclic: bool = False) -> tuple[int, Pairs]:
    """Return a number of nodes and edges among them, each from a lower to a higher one unless `cyclic`."""
    size = draw(st.integers(2, SIZE_MAX))
    node = st.integers(0, size - 1)
    pairs = draw(st.lists(st.tuples(node, node), max_size=3 * size, unique=True))
    return size, [(a, b) for a, b in pairs if (a != b if cyclic else a < b)]


def key(number: int) -> NodeId:
    return NodeId("dataset", f"d{number}")


def stored(size: int, pairs: Pairs) -> tuple[GraphStore, "nx.DiGraph[NodeId]"]:
    """Return the graph in a store and in networkx."""
    store = MemoryStore()

    def action(transaction: Transaction) -> None:
        for number in range(size):
            transaction.create(key(number), None, {"name": f"d{number}", "form": "table"})
        for source, target in pairs:
            transaction.link(EdgeId("derived_into", key(source), key(target)))

    store.transact(action, CALLER)
    graph: nx.DiGraph[NodeId] = nx.DiGraph((key(a), key(b)) for a, b in pairs)
    graph.add_nodes_from(map(key, range(size)))
    return store, graph


@given(graphs(cyclic=True))
def test_impact_is_what_can_be_reached(drawn: tuple[int, Pairs]) -> None:
    store, graph = stored(*drawn)

    answer = Impacts(store).of(ImpactQuestion(key(0)))

    depths = nx.single_source_shortest_path_length(graph, key(0))
    assert {item.node: item.depth for item in answer.affected} | {key(0): 0} == depths
    assert answer.partial_reasons == ()


@given(graphs(), st.integers(0, 4))
def test_a_cut_impact_says_so(drawn: tuple[int, Pairs], depth: int) -> None:
    store, graph = stored(*drawn)

    answer = Impacts(store).of(ImpactQuestion(key(0), budget=Budget(depth=depth)))

    depths = nx.single_source_shortest_path_length(graph, key(0))
    assert {item.node for item in answer.affected} == {node for node, far in depths.items() if 0 < far <= depth}
    assert (answer.partial_reasons == ("depth",)) == any(far > depth for far in depths.values())


@pytest.mark.parametrize("direction", list(Direction))
@given(drawn=graphs(cyclic=True))
def test_a_chain_is_a_shortest_path(drawn: tuple[int, Pairs], direction: Direction) -> None:
    store, graph = stored(*drawn)
    ways = {Direction.DOWNSTREAM: graph, Direction.UPSTREAM: graph.reverse(), Direction.BOTH: graph.to_undirected()}
    source, target = key(0), key(drawn[0] - 1)

    chain = Paths(store).between(PathQuestion(source, target, direction))

    assert chain.found == nx.has_path(ways[direction], source, target)
    if chain.found:
        nodes = [node.id for node in chain.nodes]
        assert (nodes[0], nodes[-1]) == (source, target)
        assert chain.length == len(chain.edges) == len(nodes) - 1
        assert chain.length == nx.shortest_path_length(ways[direction], source, target)
        ends = [{edge.id.source, edge.id.target} for edge in chain.edges]
        assert ends == [set(pair) for pair in pairwise(nodes)]


@given(graphs(), st.integers(0, 3))
def test_a_chain_beyond_the_budget_may_be_there(drawn: tuple[int, Pairs], depth: int) -> None:
    store, graph = stored(*drawn)
    source, target = key(0), key(drawn[0] - 1)

    chain = Paths(store).between(PathQuestion(source, target, budget=Budget(depth=depth)))

    exists = nx.has_path(graph, source, target)
    assert chain.found == (exists and nx.shortest_path_length(graph, source, target) <= depth)
    if exists and not chain.found:
        assert chain.partial_reasons == ("depth",)


@given(graphs(), st.data())
def test_common_ancestors_are_those_of_both(drawn: tuple[int, Pairs], data: st.DataObject) -> None:
    store, graph = stored(*drawn)
    first, second = (key(data.draw(st.integers(0, drawn[0] - 1))) for _ in range(2))

    answer = Common(store, None).of(first, second)  # type: ignore[arg-type]  # nothing here has bytes

    common = ({first} | nx.ancestors(graph, first)) & ({second} | nx.ancestors(graph, second))
    assert {item.node for item in answer.ancestors} == common
    nearest = {node for node in common if not common & nx.descendants(graph, node)}
    assert {item.node for item in answer.ancestors if item.nearest} == nearest
    for item in answer.ancestors:
        far = tuple(nx.shortest_path_length(graph, item.node, end) for end in (first, second))
        assert item.depths == far
