"""Texts of digits that sort as values do: checked against Python's own comparisons."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.graph import Record
from arangovis.stores.arango.documents import place_of
from arangovis.stores.arango.sortable import integer_key, integer_of_key, number_key, text_key, text_of_key

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
stored = st.one_of(st.floats(allow_nan=False), st.integers(-(2**63), 2**64 - 1))
edges = st.sampled_from(
    [
        2**53,
        2**53 + 1,
        2**63 - 1,
        2**63,
        2**64 - 1,
        -(2**63),
        1.5,
        -0.0,
        0,
        5e-324,
        math.inf,
        -math.inf,
        2.0**63,
        2.0**64,
    ]
)
asked = st.one_of(stored, edges, st.integers(-(10**320), 10**320))


@given(texts, texts)
def test_texts_sort_by_code_point(left: str, right: str) -> None:
    assert (text_key(left) < text_key(right)) == (left < right)
    assert (text_key(left) == text_key(right)) == (left == right)


@given(texts)
def test_a_text_comes_back_and_is_digits(text: str) -> None:
    assert text_of_key(text_key(text)) == text
    assert all("0" <= letter <= "9" for letter in text_key(text))


@given(st.one_of(stored, edges), asked)
def test_numbers_compare_as_in_python(kept: float, wanted: float) -> None:
    left, right = number_key(kept), number_key(wanted)
    assert (left < right, left == right, left > right) == (kept < wanted, kept == wanted, kept > wanted)


@given(st.one_of(stored, edges))
def test_a_number_is_24_digits(value: float) -> None:
    assert len(number_key(value)) == 24
    assert number_key(value).isdecimal()


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers_sort_and_come_back(left: int, right: int) -> None:
    assert (integer_key(left) < integer_key(right)) == (left < right)
    assert integer_of_key(integer_key(left)) == left


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_larger_integers_are_refused(value: int) -> None:
    with pytest.raises(OverflowError):
        integer_key(value)


records = st.builds(Record, st.just("lease"), texts, texts, st.integers(-(2**63), 2**63 - 1))


@given(records, records)
def test_places_sort_by_group_then_due_then_key(left: Record, right: Record) -> None:
    order = [(record.group, record.due, record.key) for record in (left, right)]
    assert (place_of(left) < place_of(right)) == (order[0] < order[1])
