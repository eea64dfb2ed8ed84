"""The quick check of stored documents, and the marshmallow schemas of the REST door, say the same."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from arangovis_schema import EDGE_KINDS, VERTEX_KINDS, EdgeKind, Field, FieldType, KeyRule, VertexKind
from arangovis_schema.documents import document_schema
from arangovis_schema.validation import faults_of
from tests.unit.domain.documents import values

FIELDS = (
    Field("name", FieldType.TEXT, "Its name.", required=True),
    Field("form", FieldType.TEXT, "Its form.", choices=("table", "stream")),
    Field("rows", FieldType.INTEGER, "How many."),
    Field("threshold", FieldType.NUMBER, "How much."),
    Field("frozen", FieldType.BOOLEAN, "Whether."),
    Field("tags", FieldType.TEXTS, "Words."),
    Field("facts", FieldType.VALUES, "Facts."),
    Field("columns", FieldType.DOCUMENT, "Anything."),
)
GADGET = VertexKind("gadget", "A thing.", KeyRule.NAMED, FIELDS)

WHOLE: dict[str, Any] = {
    "name": "digits",
    "form": "table",
    "rows": 1797,
    "threshold": 0.5,
    "frozen": True,
    "tags": ["a", "b"],
    "facts": {"x": 1, "y": "text", "z": [1, None, "a"], "w": None},
    "columns": [{"any": ["thing"]}],
}

WRONG: list[tuple[str, object, str]] = [
    ("name", None, "is required"),
    ("name", 5, "'5' is not text"),
    ("name", ["a"], "\"['a']\" is not text"),
    ("form", "cube", "'cube' is not one of table, stream"),
    ("form", "", "'' is not one of table, stream"),
    ("rows", "3", "'3' is not an integer"),
    ("rows", 3.5, "'3.5' is not an integer"),
    ("rows", True, "'True' is not an integer"),
    ("threshold", "0.5", "'0.5' is not a number"),
    ("threshold", False, "'False' is not a number"),
    ("frozen", 1, "'1' is not true or false"),
    ("frozen", "true", "'true' is not true or false"),
    ("tags", "a", "'a' is not a list of texts"),
    ("tags", {"a": 1}, "\"{'a': 1}\" is not a list of texts"),
    ("tags", ["a", 5], "has a member that is not text"),
    ("tags", ["a", None], "has a member that is not text"),
    ("facts", [1], "'[1]' is not a mapping of names to scalars"),
    ("facts", {"x": {"deep": 1}}, "has 'x', which is neither a scalar nor a list of scalars"),
    ("facts", {"x": [[1]]}, "has 'x', which is neither a scalar nor a list of scalars"),
    ("facts", {"": 1}, "has the name '', which is not text"),
    ("facts", {5: 1}, "has the name '5', which is not text"),
]


def faults(document: dict[str, Any], *, open_fields: bool = False) -> list[tuple[str, str]]:
    return faults_of(FIELDS, document, open_fields=open_fields)


def test_a_right_document_has_no_faults() -> None:
    assert faults(WHOLE) == []
    assert faults({"name": ""}) == []
    assert faults({**WHOLE, "rows": 2**70, "threshold": math.nan, "tags": ("a",), "facts": {}}) == []


@pytest.mark.parametrize(("field", "value", "problem"), WRONG)
def test_a_wrong_value_is_named_with_what_is_wrong(field: str, value: object, problem: str) -> None:
    assert faults({**WHOLE, field: value}) == [(field, problem)]


@pytest.mark.parametrize("field", [field.name for field in FIELDS if not field.required])
def test_fields_that_are_not_required_may_be_absent_or_null(field: str) -> None:
    assert faults({**WHOLE, field: None}) == []
    assert faults({name: value for name, value in WHOLE.items() if name != field}) == []


def test_unknown_names_are_faults_unless_the_kind_is_open() -> None:
    assert faults({**WHOLE, "colour": "red"}) == [("colour", "is not a field of this kind")]
    assert faults({**WHOLE, "colour": "red"}, open_fields=True) == []


def test_every_fault_is_found() -> None:
    found = faults({"form": "cube", "colour": 1, "tags": 5})
    assert {field for field, _ in found} == {"name", "form", "colour", "tags"}


@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS]), values), st.booleans())
def test_any_document_is_judged_in_short_words(document: dict[str, Any], open_fields: bool) -> None:
    for field, problem in faults(document, open_fields=open_fields):
        assert field in {declared.name for declared in FIELDS}
        assert 0 < len(problem) < 200


# --- the schemas of the REST door -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*VERTEX_KINDS, *EDGE_KINDS], ids=lambda kind: kind.name)
def test_each_kind_has_a_schema_with_its_fields(kind: VertexKind | EdgeKind) -> None:
    schema = document_schema(kind)
    assert list(schema.fields) == [field.name for field in kind.fields]
    for field in kind.fields:
        assert schema.fields[field.name].required is field.required
        assert schema.fields[field.name].metadata["description"] == field.description
    assert document_schema(kind) is schema


def test_a_right_document_is_loaded_as_it_is() -> None:
    assert document_schema(GADGET).load(WHOLE) == WHOLE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", 5),
        ("form", "cube"),
        ("rows", "many"),
        ("threshold", "much"),
        ("frozen", "perhaps"),
        ("tags", "a"),
        ("tags", ["a", 5]),
        ("facts", [1]),
        ("colour", "red"),
    ],
)
def test_a_wrong_document_names_the_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        document_schema(GADGET).load({**WHOLE, field: value})
    assert list(refusal.value.messages_dict) == [field]
    assert [name for name, _ in faults({**WHOLE, field: value})] == [field]


def test_what_is_required_is_missed() -> None:
    with pytest.raises(ValidationError) as refusal:
        document_schema(GADGET).load({})
    assert refusal.value.messages_dict == {"name": ["Missing data for required field."]}


@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS]), values))
def test_what_the_store_takes_the_door_lets_in(document: dict[str, Any]) -> None:
    non_finite = isinstance(document.get("threshold"), float) and not math.isfinite(document["threshold"])
    if not faults(document) and not non_finite:
        assert document_schema(GADGET).load(document).keys() == document.keys()
