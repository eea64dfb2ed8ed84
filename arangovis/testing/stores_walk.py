"""Walks: depth, budget, direction, kinds, cycles and tombstones."""

from collections.abc import Sequence

import pytest

from arangovis.domain.graph import Cut, Direction, EdgeId, Lineage
from arangovis.domain.ids import NodeId
from arangovis.stores.base import GraphStore
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import chain, create, dataset, delete, depths, edge, edge_ids, follow, link, run, unlink


def derive(*pairs: str) -> list[EdgeId]:
    """Return edges between data sets, written as two letters each."""
    return [edge("derived_into", dataset(pair[0]), dataset(pair[1])) for pair in pairs]


def data(store: GraphStore, letters: str, *pairs: str) -> list[EdgeId]:
    """Create data sets named by a letter each, and the edges between them."""
    create(store, *(dataset(letter) for letter in letters))
    edges = derive(*pairs)
    link(store, *edges)
    return edges


def letters(lineage: Lineage) -> dict[str, int]:
    """Return the depth of each data set of an answer."""
    return {node_id.key: depth for node_id, depth in depths(lineage).items()}


class WalkContract(StoreContract):
    """Every sentence about lineage."""

    def test_a_walk_goes_down_up_or_both_ways(self, store: GraphStore) -> None:
        ab, bc, db = data(store, "abcd", "ab", "bc", "db")
        down, up, both = (follow(store, dataset("b"), direction=direction) for direction in _DIRECTIONS)
        assert letters(down) == {"b": 0, "c": 1}
        assert letters(up) == {"b": 0, "a": 1, "d": 1}
        assert letters(both) == {"b": 0, "a": 1, "c": 1, "d": 1}
        assert edge_ids(down.edges) == {bc}
        assert edge_ids(up.edges) == {ab, db}
        assert edge_ids(both.edges) == {ab, bc, db}
        assert down.cuts == up.cuts == both.cuts == frozenset()
        assert letters(follow(store, dataset("a"), direction=Direction.BOTH)) == {"a": 0, "b": 1, "c": 2, "d": 2}

    def test_nodes_come_by_depth_with_their_content(self, store: GraphStore) -> None:
        nodes = chain(store, 20)
        lineage = follow(store, nodes[0])
        assert [(visit.node.id, visit.depth) for visit in lineage.visits] == [(n, d) for d, n in enumerate(nodes)]
        assert all(visit.node == store.get(visit.node.id) for visit in lineage.visits)
        edges = {found.id: found for found in store.edges_of(nodes, Direction.BOTH)}
        assert {found.id: found for found in lineage.edges} == edges
        assert len(edges) == 19

    def test_a_walk_with_nothing_to_follow_is_its_start(self, store: GraphStore) -> None:
        create(store, dataset("a"))
        lineage = follow(store, dataset("a"))
        assert (letters(lineage), lineage.edges, lineage.cuts) == ({"a": 0}, (), frozenset())

    def test_unknown_starts_are_left_out_and_repeated_ones_count_once(self, store: GraphStore) -> None:
        data(store, "ab", "ab")
        lineage = follow(store, dataset("a"), dataset("unknown"), dataset("a"))
        assert letters(lineage) == {"a": 0, "b": 1}
        assert len(lineage.visits) == 2
        assert follow(store, dataset("unknown")) == Lineage((), (), frozenset())
        assert follow(store) == Lineage((), (), frozenset())

    def test_every_start_has_depth_zero(self, store: GraphStore) -> None:
        (ab, bc) = data(store, "abc", "ab", "bc")
        lineage = follow(store, dataset("b"), dataset("a"))
        assert letters(lineage) == {"a": 0, "b": 0, "c": 1}
        assert edge_ids(lineage.edges) == {ab, bc}

    def test_a_diamond_counts_once_with_the_least_depth(self, store: GraphStore) -> None:
        edges = data(store, "abcde", "ab", "ac", "bd", "cd", "de", "ae")
        lineage = follow(store, dataset("a"))
        assert letters(lineage) == {"a": 0, "b": 1, "c": 1, "e": 1, "d": 2}
        assert len(lineage.visits) == 5
        assert edge_ids(lineage.edges) == set(edges)

    @pytest.mark.parametrize("direction", list(Direction))
    def test_cycles_and_loops_end(self, store: GraphStore, direction: Direction) -> None:
        edges = data(store, "abc", "ab", "bc", "ca", "bb")
        lineage = follow(store, dataset("a"), direction=direction)
        assert set(letters(lineage)) == set("abc")
        assert edge_ids(lineage.edges) == set(edges)
        assert lineage.cuts == frozenset()

    def test_parallel_edges_are_all_shown(self, store: GraphStore) -> None:
        create(store, dataset("a"), run("train"))
        edges = {edge("input_to", dataset("a"), run("train"), role) for role in ("training", "validation")}
        link(store, *edges, edge("linked", dataset("a"), run("train")))
        lineage = follow(store, dataset("a"), kinds=["input_to"])
        assert edge_ids(lineage.edges) == edges
        assert len(lineage.visits) == 2

    def test_only_the_named_kinds_of_edges_are_followed(self, store: GraphStore) -> None:
        create(store, dataset("a"), run("train"), dataset("b"))
        read, note = edge("input_to", dataset("a"), run("train")), edge("linked", dataset("a"), dataset("b"))
        link(store, read, note)
        assert depths(follow(store, dataset("a"), kinds=["input_to"])) == {dataset("a"): 0, run("train"): 1}
        assert depths(follow(store, dataset("a"), kinds=["linked"])) == {dataset("a"): 0, dataset("b"): 1}
        assert depths(follow(store, dataset("a"), kinds=["spawned"])) == {dataset("a"): 0}
        assert depths(follow(store, dataset("a"), kinds=[])) == {dataset("a"): 0}
        narrow = follow(store, dataset("a"), dataset("b"), kinds=["input_to"])
        assert edge_ids(narrow.edges) == {read}

    def test_unlinked_edges_are_not_followed(self, store: GraphStore) -> None:
        (ab, bc) = data(store, "abc", "ab", "bc")
        unlink(store, bc)
        lineage = follow(store, dataset("a"))
        assert letters(lineage) == {"a": 0, "b": 1}
        assert edge_ids(lineage.edges) == {ab}

    def test_tombstones_are_walked_through_and_shown(self, store: GraphStore) -> None:
        edges = data(store, "abc", "ab", "bc")
        delete(store, dataset("b"), force=True)
        lineage = follow(store, dataset("a"))
        assert letters(lineage) == {"a": 0, "b": 1, "c": 2}
        assert [visit.node.version.deleted for visit in lineage.visits] == [False, True, False]
        assert edge_ids(lineage.edges) == set(edges)
        assert letters(follow(store, dataset("b"))) == {"b": 0, "c": 1}

    # --- depth ------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("depth", [0, 1, 3, 5])
    def test_a_walk_stops_at_its_depth_and_says_so(self, store: GraphStore, depth: int) -> None:
        nodes = chain(store, 7)
        lineage = follow(store, nodes[0], depth_max=depth)
        assert depths(lineage) == {node: number for number, node in enumerate(nodes[: depth + 1])}
        assert len(lineage.edges) == depth
        assert lineage.cuts == {Cut.DEPTH}

    @pytest.mark.parametrize("depth", [6, 7, 1000])
    def test_a_walk_that_ends_within_its_depth_is_whole(self, store: GraphStore, depth: int) -> None:
        nodes = chain(store, 7)
        lineage = follow(store, nodes[0], depth_max=depth)
        assert len(lineage.visits) == 7
        assert lineage.cuts == frozenset()

    def test_only_unseen_nodes_lie_beyond_the_depth(self, store: GraphStore) -> None:
        edges = data(store, "abc", "ab", "bc", "ca", "cb", "cc")
        lineage = follow(store, dataset("a"), depth_max=2)
        assert letters(lineage) == {"a": 0, "b": 1, "c": 2}
        assert edge_ids(lineage.edges) == set(edges)
        assert lineage.cuts == frozenset()

    def test_edges_that_are_not_followed_lead_beyond_nothing(self, store: GraphStore) -> None:
        create(store, dataset("a"), dataset("b"), dataset("c"))
        link(store, edge("derived_into", dataset("a"), dataset("b")), edge("linked", dataset("b"), dataset("c")))
        assert follow(store, dataset("a"), kinds=["derived_into"], depth_max=1).cuts == frozenset()
        assert follow(store, dataset("a"), depth_max=1).cuts == {Cut.DEPTH}

    @pytest.mark.parametrize("direction", [Direction.DOWNSTREAM, Direction.BOTH])
    def test_a_hub_at_the_depth_is_not_walked_past(self, store: GraphStore, direction: Direction) -> None:
        """Edges from it to what was reached before are there, however they lie among those that lead beyond."""
        (ab, bc) = data(store, "abc", "ab", "bc")
        spokes = [dataset(f"spoke-{number:02}") for number in range(40)]
        create(store, *spokes)
        ends = [*spokes[:20], dataset("a"), dataset("c"), *spokes[20:], dataset("b")]
        back = [edge("derived_into", dataset("c"), end) for end in ends]
        link(store, *back)
        lineage = follow(store, dataset("a"), direction=direction, depth_max=2)
        depth = 1 if direction is Direction.BOTH else 2
        if depth == 1:
            lineage = follow(store, dataset("a"), direction=direction, depth_max=1)
        among = {ab, bc, *(found for found in back if found.target.key in "abc")}
        assert letters(lineage) == {"a": 0, "b": 1, "c": depth}
        assert edge_ids(lineage.edges) == among
        assert lineage.cuts == {Cut.DEPTH}

    # --- budget -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("limit", [1, 2, 5, 11, 12])
    def test_a_walk_stops_at_its_budget_and_says_so(self, store: GraphStore, limit: int) -> None:
        start, level = _tree(store)
        lineage = follow(store, start, node_limit=limit)
        reached = depths(lineage)
        assert len(lineage.visits) == len(reached) == limit
        assert lineage.cuts == {Cut.LIMIT}
        assert sum(depth == 1 for depth in reached.values()) == min(limit - 1, len(level))
        self._check_partial(store, lineage)

    def test_a_budget_that_is_just_enough_cuts_nothing(self, store: GraphStore) -> None:
        start, level = _tree(store)
        lineage = follow(store, start, node_limit=1 + 2 * len(level))
        assert len(lineage.visits) == 1 + 2 * len(level)
        assert lineage.cuts == frozenset()
        assert len(lineage.edges) == 2 * len(level)

    def test_a_budget_met_at_the_depth_is_cut_by_depth_only(self, store: GraphStore) -> None:
        nodes = chain(store, 5)
        lineage = follow(store, nodes[0], depth_max=2, node_limit=3)
        assert len(lineage.visits) == 3
        assert lineage.cuts == {Cut.DEPTH}

    def test_starts_count_against_the_budget(self, store: GraphStore) -> None:
        nodes = chain(store, 5)
        lineage = follow(store, *nodes, node_limit=3)
        assert len(lineage.visits) == 3
        assert len(lineage.edges) == 2
        assert Cut.LIMIT in lineage.cuts

    def test_a_long_chain_and_a_wide_star_are_walked(self, store: GraphStore) -> None:
        nodes = chain(store, 300)
        create(store, run("hub"), *(run(f"step-{number}") for number in range(1000)))
        link(store, *(edge("spawned", run("hub"), run(f"step-{number}")) for number in range(1000)))
        assert depths(follow(store, nodes[0], depth_max=1000))[nodes[-1]] == 299
        star = follow(store, run("step-7"), direction=Direction.BOTH, node_limit=2000)
        assert (len(star.visits), len(star.edges), star.cuts) == (1001, 1000, frozenset())

    @staticmethod
    def _check_partial(store: GraphStore, lineage: Lineage) -> None:
        reached = depths(lineage)
        ids = edge_ids(lineage.edges)
        assert ids <= edge_ids(store.edges_of(list(reached), Direction.BOTH))
        assert all(found.source in reached and found.target in reached for found in ids)
        arrived = {found.target for found in ids if reached[found.target] == reached[found.source] + 1}
        assert {node for node, depth in reached.items() if depth > 0} == arrived


_DIRECTIONS = (Direction.DOWNSTREAM, Direction.UPSTREAM, Direction.BOTH)


def _tree(store: GraphStore) -> tuple[NodeId, Sequence[NodeId]]:
    """Create a run with ten steps, each with one of its own."""
    level = [run(f"step-{number}") for number in range(10)]
    leaves = [run(f"leaf-{number}") for number in range(10)]
    create(store, run("start"), *level, *leaves)
    pairs = [(run("start"), step) for step in level] + list(zip(level, leaves, strict=True))
    link(store, *(edge("spawned", source, target) for source, target in pairs))
    return run("start"), level
