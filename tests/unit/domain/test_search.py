"""What of a document is searchable, and what a condition means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.json import Document
from arangovis.domain.search import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Not,
    Operator,
    Present,
    Property,
    PropertyType,
    matches,
    properties_of,
    type_of,
)
from arangovis.testing import generated
from arangovis_schema import BUILT_IN, Field, FieldType, KeyRule, VertexKind

NUMBER, TEXT, BOOLEAN = PropertyType.NUMBER, PropertyType.TEXT, PropertyType.BOOLEAN
RUN = BUILT_IN.vertices["run"]

properties = st.lists(
    st.builds(
        lambda name, value: Property(name, type_of(value), value), st.sampled_from(["x", "y"]), generated.scalars
    ),
    max_size=4,
)
comparisons = st.builds(
    Comparison, st.sampled_from(["x", "y", "z"]), st.sampled_from(list(Operator)), generated.scalars
)


def properties_in(attributes: Document, kind: VertexKind = RUN) -> list[tuple[str, PropertyType, object]]:
    return [(found.name, found.type, found.value) for found in properties_of(kind, attributes)]


# --- properties -----------------------------------------------------------------------------------------------------


def test_only_searchable_fields_have_properties() -> None:
    attributes: Document = {"method": "train", "message": "unsearchable", "seed": 3, "unknown": 5, "attempt": 1}
    assert properties_in(attributes) == [("method", TEXT, "train"), ("seed", NUMBER, 3)]


def test_members_of_lists_and_mappings_have_their_own() -> None:
    attributes: Document = {
        "tags": ["red", "blue", "red"],
        "params": {"a": 1, "b": [1.5, "x", True, None, [3], {"deep": 1}], "c": None, "d": math.nan, "e.f": ""},
    }
    found = properties_in(attributes)
    params = [entry for entry in found if entry[0].startswith("params")]
    assert [entry for entry in found if entry[0] == "tags"] == [
        ("tags", TEXT, "red"),
        ("tags", TEXT, "blue"),
        ("tags", TEXT, "red"),
    ]
    assert params[:4] == [
        ("params.a", NUMBER, 1),
        ("params.b", NUMBER, 1.5),
        ("params.b", TEXT, "x"),
        ("params.b", BOOLEAN, True),
    ]
    assert [entry[:2] for entry in params[4:]] == [("params.d", NUMBER), ("params.e.f", TEXT)]


def test_a_document_is_never_searched() -> None:
    field = Field("anything", FieldType.TEXT, "", searchable=True)
    kind = VertexKind("gadget", "", KeyRule.NAMED, (field,), custom=True)
    assert properties_in({"anything": {"a": 1}}, kind) == []
    assert properties_in({}, kind) == []
    assert properties_in({"anything": None}, kind) == []


def test_true_is_no_number() -> None:
    assert [type_of(value) for value in (True, 1, 1.5, "1")] == [BOOLEAN, NUMBER, NUMBER, TEXT]


# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "smaller", "equal", "larger"),
    [
        (Operator.EQUAL, False, True, False),
        (Operator.NOT_EQUAL, True, False, True),
        (Operator.LESS, True, False, False),
        (Operator.LESS_EQUAL, True, True, False),
        (Operator.GREATER, False, False, True),
        (Operator.GREATER_EQUAL, False, True, True),
    ],
)
@pytest.mark.parametrize("ordered", [(-1, 0, 0.5), (2, 2.5, math.inf), ("", "A", "a"), ("Z", "a", "ä")])
def test_values_of_a_type_compare(
    operator: Operator, smaller: bool, equal: bool, larger: bool, ordered: tuple[float | str, ...]
) -> None:
    low, middle, high = ordered
    condition = Comparison("x", operator, middle)
    answers = [matches(condition, [Property("x", type_of(value), value)]) for value in (low, middle, high)]
    assert answers == [smaller, equal, larger]


@given(st.sampled_from(list(Operator)), generated.scalars, generated.scalars)
def test_values_of_two_types_never_compare(operator: Operator, left: str | float, right: str | float) -> None:
    if type_of(left) is not type_of(right):
        assert not matches(Comparison("x", operator, left), [Property("x", type_of(right), right)])


@given(st.sampled_from(list(Operator)), generated.numbers)
def test_nan_matches_nothing_from_either_side(operator: Operator, number: float) -> None:
    assert not matches(Comparison("x", operator, number), [Property("x", NUMBER, math.nan)])
    assert not matches(Comparison("x", operator, math.nan), [Property("x", NUMBER, number)])
    assert matches(Present("x"), [Property("x", NUMBER, math.nan)])


@given(comparisons, properties)
def test_a_comparison_holds_if_one_value_satisfies_it(condition: Comparison, found: list[Property]) -> None:
    assert matches(condition, found) == any(matches(condition, [each]) for each in found)
    if condition.name not in {each.name for each in found}:
        assert not matches(condition, found)


@given(st.sampled_from(["x", "y", "z"]), properties)
def test_a_name_is_present_or_not(name: str, found: list[Property]) -> None:
    assert matches(Present(name), found) == (name in {each.name for each in found})


@given(generated.filters, st.lists(generated.filters, max_size=3).map(tuple), properties)
def test_conditions_combine_as_logic_says(one: Filter, several: tuple[Filter, ...], found: list[Property]) -> None:
    answers = [matches(term, found) for term in several]
    assert matches(Not(one), found) is not matches(one, found)
    assert matches(AllOf(several), found) == all(answers)
    assert matches(AnyOf(several), found) == any(answers)
    assert matches(Not(AnyOf(several)), found) == matches(AllOf(tuple(map(Not, several))), found)


def test_nothing_asked_is_everything_found() -> None:
    assert matches(EVERYTHING, [])
    assert not matches(AnyOf(()), [Property("x", NUMBER, 1)])


def test_properties_may_be_given_one_by_one() -> None:
    found = (Property("x", NUMBER, number) for number in range(3))
    assert matches(AllOf((Comparison("x", Operator.EQUAL, 2), Comparison("x", Operator.EQUAL, 0))), found)
