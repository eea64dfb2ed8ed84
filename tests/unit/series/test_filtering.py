import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine

from arangovis.domain.filter_grammar import parse
from arangovis.domain.search import AllOf, AnyOf, Comparison, Filter, Not, Operator, Present, Property, matches
from arangovis.series.columns import with_constant
from arangovis.series.filtering import filtered, mask_of, property_type

WINE = load_wine()
TABLE = pa.table(
    {
        "alcohol": WINE.data[:40, 0],
        "ash": WINE.data[:40, 2].astype(np.float32),
        "magnesium": WINE.data[:40, 4].astype(np.int64),
        "kind": [f"k{number % 3}" for number in range(40)],
        "strong": WINE.data[:40, 0] > 13.5,
        "odd": [float("nan") if number % 2 else float(number) for number in range(40)],
    }
)

NAMES = st.sampled_from([*TABLE.column_names, "missing"])
VALUES = st.one_of(
    st.sampled_from([13.5, 14.23, 2.43, float(np.float32(2.43)), 127, 2.0, 0.0, True, False, "k1", "k2", ""]),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    st.one_of(st.builds(Comparison, NAMES, st.sampled_from(list(Operator)), VALUES), st.builds(Present, NAMES)),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda terms: AllOf(tuple(terms)), st.lists(inner, max_size=3)),
        st.builds(lambda terms: AnyOf(tuple(terms)), st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)


@given(where=FILTERS)
def test_it_means_what_it_means_for_nodes(where: Filter) -> None:
    types = {name: property_type(TABLE, name) for name in TABLE.column_names}
    wanted = [matches(where, [Property(name, types[name], row[name]) for name in row]) for row in TABLE.to_pylist()]
    assert mask_of(TABLE, where).tolist() == wanted


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", 40),
        ("magnesium >= 100 and magnesium < 110", int(((WINE.data[:40, 4] >= 100) & (WINE.data[:40, 4] < 110)).sum())),
        ("kind in ('k1', 'k2')", 26),
        ("not strong = true", int((WINE.data[:40, 0] <= 13.5).sum())),
        ("odd exists", 40),
        ("odd >= 0", 20),
        ("kind = 1", 0),
        ("missing not exists", 40),
    ],
)
def test_filters_as_people_write_them(text: str, rows: int) -> None:
    assert filtered(TABLE, parse(text)).num_rows == rows


def test_nulls_are_missing() -> None:
    table = pa.table({"v": pa.array([1, None, 3])})
    assert mask_of(table, parse("v exists")).tolist() == [True, False, True]
    assert mask_of(table, parse("v != 1")).tolist() == [False, False, True]


def test_times_compare_as_microseconds() -> None:
    table = pa.table({"at": pa.array([5, 10], pa.timestamp("us", "UTC"))})
    assert mask_of(table, parse("at > 5")).tolist() == [False, True]


def test_an_attribute_is_a_column_with_one_value() -> None:
    table = with_constant(TABLE, "seed", 7, pa.int64())
    assert filtered(table, parse("seed = 7")).num_rows == 40
    assert filtered(table, parse("seed = 8")).num_rows == 0
