"""The order of values (page "Type and value order") and casts (page "Type check & cast functions")."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arango_simulator.aql.values import equal, identity, less, sort_key, truth, unique
from tests.unit.arango_simulator.aql_world import AqlWorld, value_of

ASCENDING = [
    ["null", "false", "true", "-1", "0", "0.5", "7", "''", "'0'", "'abc'", "[]", "[0]", "[1]", "[2]", "{a: 1}"],
    ["[1, 2]", "[2]", "[99, 99]", "[100]"],
    ["[false]", "[true]"],
    ["[false, 1]", "[false, '']"],
    ["{}", "{b: 1}", "{a: 0}", "{a: 1}", "{a: 2}"],
    ["{a: {c: true}}", "{a: {c: 0}}"],
    ["{a: {c: true, a: 0}}", "{a: {c: false, a: 1}}"],
]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([0.5, -1.0, 2.0])
    | st.sampled_from(["", "a", "b1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("row", ASCENDING)
def test_the_documented_order(row: list[str]) -> None:
    for smaller, greater in pairwise(row):
        assert value_of(f"{smaller} < {greater}") is True, (smaller, greater)
        assert value_of(f"{greater} <= {smaller}") is False, (smaller, greater)


@pytest.mark.parametrize(
    "pair", [("{}", "{a: null}"), ("{a: 1, b: 2}", "{b: 2, a: 1}"), ("1", "1.0"), ("null", "null")]
)
def test_what_is_equal(pair: tuple[str, str]) -> None:
    assert value_of(f"{pair[0]} == {pair[1]}") is True


@given(values, values)
def test_exactly_one_of_less_equal_and_greater_holds(left: Any, right: Any) -> None:
    assert [less(left, right), equal(left, right), less(right, left)].count(True) == 1


@given(values, values, values)
def test_the_order_is_transitive(first: Any, second: Any, third: Any) -> None:
    one, two, three = sorted((first, second, third), key=sort_key)
    assert not less(two, one)
    assert not less(three, two)
    assert not less(three, one)


@given(values, values)
def test_equal_values_have_the_same_identity(left: Any, right: Any) -> None:
    assert (identity(left) == identity(right)) is equal(left, right)
    assert len(unique([left, right])) == (1 if equal(left, right) else 2)


@given(values)
def test_a_value_is_itself_after_a_query(value: Any) -> None:
    assert AqlWorld().rows("RETURN @value", {"value": value}) == [value]


@given(st.lists(values, max_size=6))
def test_sort_and_sorted_agree(items: list[Any]) -> None:
    world = AqlWorld()
    by_clause = world.rows("FOR item IN @items SORT item RETURN item", {"items": items})
    (by_function,) = world.rows("RETURN SORTED(@items)", {"items": items})
    assert list(map(sort_key, by_clause)) == list(map(sort_key, by_function)) == sorted(map(sort_key, items))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), (0, False), (0.0, False), ("", False), ([], True), ({}, True), ("x", True), (-1, True)],
)
def test_truth(value: Any, expected: bool) -> None:
    assert truth(value) is expected


CASTS = [
    ("TO_BOOL([])", True),
    ("TO_NUMBER('  -5.5 ')", -5.5),
    ("TO_NUMBER('5 apples')", 0),
    ("TO_NUMBER([[3]])", 3),
    ("TO_NUMBER(true)", 1),
    ("TO_STRING(null)", ""),
    ("TO_STRING(true)", "true"),
    ("TO_STRING(123)", "123"),
    ("TO_STRING(+1.23)", "1.23"),
    ("TO_STRING(0.0000002)", "2e-7"),
    ("TO_STRING([1, 2, 3])", "[1,2,3]"),
    ("TO_STRING({foo: 'bar', baz: null})", '{"foo":"bar","baz":null}'),
    ("TO_ARRAY(null)", []),
    ("TO_ARRAY(false)", [False]),
    ("TO_ARRAY({foo: 1, bar: 2, baz: [3]})", [1, 2, [3]]),
    ("TYPENAME(null)", "null"),
    ("TYPENAME(-4.56)", "number"),
    ("TYPENAME([])", "array"),
    ("TYPENAME({})", "object"),
    ("TYPENAME(true)", "bool"),
    ("TYPENAME('')", "string"),
    ("[IS_NULL(null), IS_BOOL(1), IS_NUMBER(1.5), IS_STRING(''), IS_ARRAY({}), IS_OBJECT({})]",
     [True, False, True, True, False, True]),
    ("[IS_LIST([]), IS_DOCUMENT([]), IS_NUMBER(true)]", [True, False, False]),
    ("[IS_KEY('a:b-1'), IS_KEY('a/b'), IS_KEY(1), IS_KEY('')]", [True, False, False, False]),
    ("[IS_DATESTRING('2015'), IS_DATESTRING('2015-02-31'), IS_DATESTRING('today'), IS_DATESTRING(5)]",
     [True, True, False, False]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), CASTS)
def test_casts_and_checks(expression: str, expected: Any) -> None:
    assert value_of(expression) == expected
