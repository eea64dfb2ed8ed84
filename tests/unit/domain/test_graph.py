"""Values of the graph: equal if their parts are, never changed."""

import pytest

from arangovis.domain.graph import Direction, Edge, EdgeId, Node, Page, Record, Version, Walk
from arangovis.domain.ids import NodeId

DIGITS, TRAIN = NodeId("dataset", "digits"), NodeId("run", "train")
VERSION = Version(1, 10, None, "ada", "request-1", "action-1")


def test_an_edge_is_told_apart_by_kind_ends_and_role() -> None:
    edges = {
        EdgeId("input_to", DIGITS, TRAIN),
        EdgeId("input_to", DIGITS, TRAIN, ""),
        EdgeId("input_to", DIGITS, TRAIN, "training"),
        EdgeId("input_to", TRAIN, DIGITS),
        EdgeId("linked", DIGITS, TRAIN),
    }
    assert len(edges) == 4


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (DIGITS, "key"),
        (VERSION, "valid_to"),
        (Node(DIGITS, None, {}, VERSION, 10), "attributes"),
        (Edge(EdgeId("input_to", DIGITS, TRAIN), {}, VERSION), "attributes"),
        (Record("lease", "train"), "due"),
        (Walk((DIGITS,), Direction.UPSTREAM, frozenset(), 1, 1), "at"),
    ],
)
def test_values_do_not_change(value: object, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(value, name, 5)


def test_a_record_without_data_has_none_that_could_be_filled() -> None:
    record = Record("lease", "train")
    assert (record.group, record.due, dict(record.data)) == ("", 0, {})
    assert record == Record("lease", "train", data={})
    with pytest.raises(TypeError):
        record.data["owner"] = "w"  # type: ignore[index]


def test_a_page_is_the_last_unless_it_says_otherwise() -> None:
    assert Page([DIGITS]).next_cursor is None


def test_directions_are_spelled_as_in_the_api() -> None:
    assert [Direction(text) for text in ("upstream", "downstream", "both")] == list(Direction)
