import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from arangovis.domain.errors import InvalidInput
from arangovis.projections.colouring import ColoringType, coloring, coloring_type, dtype_number
from arangovis.projections.counterfactuals import counterfactuals
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.values import distinct

scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=2))


def test_counterfactuals_are_the_neighbours_of_another_class_in_order() -> None:
    digits = load_digits()
    found = nearest_neighbours(digits.data[:300].astype(np.float32), 100)
    classes = digits.target[:300].tolist()
    answer = counterfactuals(found.indices, classes)
    assert len(answer) == 300
    for row, neighbours in enumerate(found.indices.tolist()):
        assert list(answer[row]) == [other for other in neighbours if classes[other] != classes[row]]
    assert any(answer)


def test_without_classes_there_are_no_counterfactuals() -> None:
    assert counterfactuals(np.array([[1], [0]]), None) == ((), ())


def test_a_missing_class_is_neither_equal_nor_different() -> None:
    neighbours = np.array([[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3]])
    answer = counterfactuals(neighbours, ["a", None, "b", math.nan, 1])
    assert answer == ((2, 4), (), (0, 4), (), (0, 2))


def test_classes_of_other_spelling() -> None:
    neighbours = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
    assert counterfactuals(neighbours, [1, 1.0, "1", True]) == ((2, 3), (2, 3), (0, 1, 3), (0, 1, 2))


def test_each_row_needs_a_class() -> None:
    with pytest.raises(InvalidInput, match="1 classes do not fit 2 rows"):
        counterfactuals(np.array([[1], [0]]), ["a"])


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        (("CATEGORICAL", "nominal", "Ordinal"), ColoringType.CLASS),
        (("NUMERICAL", "continuous", "interval", "RATIO"), ColoringType.GRADIENT),
        (("NONE", "image", "video", "audio", "TEXT", "", "unheard of"), ColoringType.NONE),
    ],
)
def test_profiles_choose_the_type(profiles: tuple[str, ...], expected: ColoringType) -> None:
    assert {coloring_type(profile) for profile in profiles} == {expected}


def test_only_classes_are_listed() -> None:
    nominal = coloring("nominal", "int64", [3, 1, None, 2, 1])
    assert (nominal.coloring_type, nominal.dtype, nominal.classes) == ("class", 9, (1, 2, 3))
    assert coloring("numerical", "double", [3.0, 1.0]).classes is None
    assert coloring("none", "string", ["x"]).coloring_type == "none"
    assert coloring("ordinal", "string", []).classes == ()


def test_distinct_values_have_one_order() -> None:
    values = ["b", 2, True, None, 1.5, math.nan, "a", False, 2.0, "b"]
    assert distinct(values) == (False, True, 1.5, 2, "a", "b")


@given(st.lists(scalars))
def test_any_values_can_be_ordered(values: list) -> None:
    found = distinct(values)
    assert distinct(reversed(found)) == found
    assert len(found) <= len(values)


@pytest.mark.parametrize(
    ("spellings", "number"),
    [
        (("DT_FLOAT", "float32", "float"), 1),
        (("DT_DOUBLE", "float64", "double"), 2),
        (("int32",), 3),
        (("uint8",), 4),
        (("int16",), 5),
        (("int8",), 6),
        (("DT_STRING", "string"), 7),
        (("complex64",), 8),
        (("DT_INT64", "int64"), 9),
        (("bool",), 10),
        (("uint16",), 17),
        (("half", "float16"), 19),
        (("uint32",), 22),
        (("uint64",), 23),
        (("tensor",), 0),
    ],
)
def test_dtype_numbers(spellings: tuple[str, ...], number: int) -> None:
    assert {dtype_number(spelling) for spelling in spellings} == {number}
