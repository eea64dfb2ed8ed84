"""Samples in which every class has its share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.tabular import SegmentReader, read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.tabular.strata import CLASSES_MAX, LEAST, class_codes, shares, stratified_positions


@given(st.lists(st.integers(1, 500), min_size=1, max_size=30), st.data())
def test_shares_make_up_the_sample_and_no_class_gives_more_than_it_has(counts: list[int], data: st.DataObject) -> None:
    total = sum(counts)
    size = data.draw(st.integers(0, total - 1))
    found = shares(np.array(counts), size)
    assert found.sum() == size
    assert (found >= 0).all()
    assert (found <= counts).all()


@given(st.lists(st.integers(0, 6), min_size=2, max_size=400), st.integers(0, 3), st.data())
def test_positions_are_distinct_sorted_and_the_same_again(classes: list[int], seed: int, data: st.DataObject) -> None:
    codes = np.array(classes, dtype=np.int32)
    size = data.draw(st.integers(0, len(codes)))
    found = stratified_positions(codes, size, seed)
    assert len(found) == size
    assert (np.diff(found) > 0).all()
    np.testing.assert_array_equal(found, stratified_positions(codes, size, seed))


def test_classes_have_their_shares_and_a_rare_one_is_there() -> None:
    codes = np.repeat(np.array([0, 1, 2], dtype=np.int32), [8_970, 1_000, 30])
    counts = np.bincount(codes[stratified_positions(codes, 1_000, 42)])
    assert counts[2] == LEAST, "a uniform sample would have three of them"
    assert counts[0] / counts[1] == pytest.approx(8_970 / 1_000, rel=0.02)


def segment(start: int, **columns: list[object]) -> SegmentReader:
    count = len(next(iter(columns.values())))
    rows = read_rows(to_arrow({"_id": [f"r{start + n}" for n in range(count)], **columns}), MEDIA_TYPE)
    return SegmentReader(rows.count, rows.to_parquet, int(rows.errors.sum()))


def test_classes_are_counted_over_segments_without_rows_that_carry_an_error() -> None:
    first = segment(0, label=["a", "b", None, "a"], _hs_error=[None, "broken", None, None])
    second = segment(4, label=["b", "c", "a"])
    third = segment(7, other=[1.0, 2.0])
    codes = class_codes([first, second, third], "label")
    assert codes is not None
    names = ["a", None, "a", "b", "c", "a", None, None]
    assert [names.index(names[n]) for n in range(8)] == [list(codes).index(code) for code in codes]


def test_a_column_of_too_many_values_names_no_classes() -> None:
    assert class_codes([segment(0, label=[str(n) for n in range(CLASSES_MAX + 1)])], "label") is None
