"""Cursors of every kind: whatever comes instead of one is refused by name, or read as one that could have been."""

import base64
import contextlib
from collections.abc import Callable

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis.domain.ordering import Order, Position, cursor_of, position_of
from arangovis.series.cursors import Cursor
from arangovis.services.lineage import edge_pages
from arangovis.services.run_search import search as run_search
from arangovis.services.searching import merging, past
from arangovis.services.stewardship import retention
from arangovis.stores.embedded import search as embedded_search

ORDER = Order("accuracy")


def _edges(text: str) -> object:
    try:
        return edge_pages._read(text)
    except (ValueError, TypeError) as error:  # what its caller makes a refusal of
        raise InvalidInput("no cursor") from error


READERS: dict[str, Callable[[str], object]] = {
    "an order": lambda text: position_of(ORDER, text),
    "merged pages": merging._read,
    "edges": _edges,
    "a past state": past._begin,
    "runs": run_search._position,
    "candidates": retention._read,
    "nodes": embedded_search._position,
    "series": Cursor.of,
}
READER = pytest.mark.parametrize("read", READERS.values(), ids=READERS)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["$number", "a"]), inner, max_size=2),
    max_leaves=6,
)
DOCUMENTS = VALUES | st.fixed_dictionaries(
    {},
    optional={
        "order": st.just(str(ORDER)) | VALUES,
        "rank": st.tuples(st.integers(-4, 4), VALUES).map(list) | VALUES,
        "created": VALUES,
        "key": VALUES,
        "begins": VALUES,
        "last": st.lists(VALUES, min_size=4, max_size=6) | VALUES,
    },
)


def written(document: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(document)).decode().rstrip("=")


def read_or_refused(read: Callable[[str], object], text: str) -> None:
    with contextlib.suppress(InvalidInput):
        read(text)


@READER
@given(st.text(max_size=60) | st.text("0123456789:-_p.", max_size=30))
@example("9" * 40)
@example("9" * 19 + "-a")
@example("p" + "9" * 9)
@example("run:" + "9" * 30)
def test_any_text(read: Callable[[str], object], text: str) -> None:
    read_or_refused(read, text)


@READER
@given(DOCUMENTS)
@example({"order": str(ORDER), "rank": [7, 1], "created": 1, "key": "a"})
@example({"order": str(ORDER), "rank": [0, 2**64 - 1], "created": 1, "key": "a"})
@example({"order": {"$number": []}})
@example({"begins": {}, "last": [False, [9, 1], 1, "a", "b"]})
@example({"begins": {}, "last": [False, [0, {"$number": {}}], 1, "a", "b"]})
def test_any_document(read: Callable[[str], object], document: object) -> None:
    read_or_refused(read, written(document))


@READER
@pytest.mark.parametrize("depth", [300, 960, 1000, 100_000])
def test_a_nesting_without_an_end(read: Callable[[str], object], depth: int) -> None:
    nested = b'{"$number": ' + b"[" * depth + b"]" * depth + b"}"
    with pytest.raises(InvalidInput):
        read(base64.urlsafe_b64encode(nested).decode().rstrip("="))


@given(
    st.none() | st.tuples(st.just(0), st.floats(allow_nan=False)) | st.tuples(st.just(1), st.text()),
    st.integers(0, 2**63 - 1),
)
def test_what_an_order_wrote_comes_back(rank: tuple[int, float | str] | None, created: int) -> None:
    position = Position(rank, created, "a")
    assert position_of(ORDER, cursor_of(ORDER, position)) == position
