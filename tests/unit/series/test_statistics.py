"""Statistics of columns against numpy, and joined against those of all rows."""

import math

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.json import decode, encode
from arangovis.series.statistics import TEXT_LENGTH_MAX, FieldStatistics, joined, statistics_of


@given(st.lists(st.floats()))
def test_floats_are_counted_as_numpy_counts_them(values: list[float]) -> None:
    (found,) = statistics_of(pa.table({"x": pa.array(values, pa.float64())}))
    numbers = [value for value in values if not math.isnan(value)]
    assert (found.count, found.nulls, found.nans) == (len(numbers), 0, len(values) - len(numbers))
    assert (found.minimum, found.maximum) == ((min(numbers), max(numbers)) if numbers else (None, None))


@given(st.lists(st.one_of(st.none(), st.floats())), st.integers(0, 10))
def test_statistics_of_parts_join_to_those_of_the_whole(values: list[float | None], cut: int) -> None:
    whole = pa.table({"x": pa.array(values, pa.float64()), "t": pa.array(map(str, values), pa.string())})
    parts = [statistics_of(whole.slice(0, cut)), statistics_of(whole.slice(cut))]
    assert joined(*parts) == statistics_of(whole)


def test_nulls_and_nans_are_told_apart() -> None:
    (found,) = statistics_of(pa.table({"x": pa.array([1.0, None, math.nan, math.inf])}))
    assert found == FieldStatistics(2, 1, 1, 1.0, math.inf)


def test_times_booleans_and_integers_are_whole_numbers() -> None:
    table = pa.table(
        {
            "i": [3, -(2**63)],
            "b": [True, False],
            "t": pa.array([5, 9], pa.timestamp("us", "UTC")),
        }
    )
    assert [(one.minimum, one.maximum) for one in statistics_of(table)] == [(-(2**63), 3), (0, 1), (5, 9)]


def test_long_texts_have_no_extremes() -> None:
    long = "x" * (TEXT_LENGTH_MAX + 1)
    (short,), (both,) = (statistics_of(pa.table({"s": texts})) for texts in (["b", "a"], ["a", long]))
    assert (short.minimum, short.maximum, short.count) == ("a", "b", 2)
    assert (both.minimum, both.maximum, both.count) == (None, None, 2)
    assert short.joined(both).minimum is None


@given(st.lists(st.floats(), min_size=1))
def test_they_survive_being_stored(values: list[float]) -> None:
    (found,) = statistics_of(pa.table({"x": np.array(values)}))
    stored = decode(encode({"it": found.document()}))["it"]
    assert FieldStatistics.of(stored) == found
