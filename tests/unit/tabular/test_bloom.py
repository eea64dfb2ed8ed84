"""Filters of row ids: a no is always right, a yes nearly always."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import Document, decode, encode
from arangovis.tabular import Rows, read_rows
from arangovis.tabular.arrow_stream import to_arrow
from arangovis.tabular.bloom import BITS_PER_ID, BloomFilter
from arangovis.tabular.stored_ids import ids_in_arrow, ids_in_segment

IDS = st.text(max_size=40)


@given(st.lists(IDS, max_size=200))
def test_what_is_held_is_never_denied(ids: list[str]) -> None:
    found = BloomFilter.of(ids)
    assert all(found.may_hold(row) for row in ids)
    assert BloomFilter.read(decode(encode(found.document()))) == found


@given(IDS)
def test_an_empty_filter_holds_nothing(row: str) -> None:
    assert not BloomFilter.of([]).may_hold(row)


def test_about_one_in_a_hundred_is_held_wrongly() -> None:
    found = BloomFilter.of([f"request-{number}" for number in range(10_000)])
    wrong = sum(found.may_hold(f"other-{number}") for number in range(10_000))
    assert 0 < wrong < 200  # 0.8 % are to be expected
    assert len(found.bits) == 10_000 * BITS_PER_ID // 8


def test_a_lone_surrogate_is_an_id_too() -> None:
    assert BloomFilter.of(["\ud800"]).may_hold("\ud800")


@pytest.mark.parametrize(
    "wrong",
    [
        {"bits": "not base64!"},
        {"bits": ""},
        {"size": 0},
        {"size": 10**9},
        {"hashes": 0},
        {"format": 2},
        {"count": "many"},
        {"bits": None},
    ],
)
def test_a_damaged_filter_is_refused(wrong: Document) -> None:
    with pytest.raises(IntegrityError):
        BloomFilter.read({**BloomFilter.of(["a", "b"]).document(), **wrong})


def test_the_ids_of_stored_rows() -> None:
    rows: Rows = read_rows(b"_id,a\nx,1\ny,2\n", "text/csv")
    assert ids_in_segment(rows.to_parquet()) == ["x", "y"]
    assert ids_in_arrow(to_arrow({"id": [3, 4], "x": [1.0, 2.0]})) == ["3", "4"]
    assert ids_in_arrow(to_arrow({"x": [1.0, 2.0]})) is None
    for read in (ids_in_arrow, ids_in_segment):
        with pytest.raises(IntegrityError):
            read(b"nonsense")
