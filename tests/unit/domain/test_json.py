"""Documents survive being stored, and equal values have one digest."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis.domain.json import EMPTY, JsonValue, canonical, decode, digest_of, encode
from tests.unit.domain import documents as generated


def same(left: object, right: object) -> bool:
    """Compare value for value and type for type; NaN equals NaN, a tuple equals a list."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and repr(left) == repr(right)


@given(generated.documents)
def test_what_is_encoded_is_decoded(document: dict[str, JsonValue]) -> None:
    assert same(decode(encode(document)), document)
    assert same(decode(encode(document).decode()), document)


@given(generated.documents)
def test_stored_bytes_are_strict_json(document: dict[str, JsonValue]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(encode(document), parse_constant=refuse)


def test_numbers_that_json_has_no_name_for_are_written_as_mappings() -> None:
    assert orjson.loads(encode({"a": math.nan, "b": [-math.inf]})) == {
        "a": {"$number": "nan"},
        "b": [{"$number": "-inf"}],
    }


@pytest.mark.parametrize("inner", ["nan", "not a number", 3, None, [], ["nan"], {"$number": "nan"}, [math.nan]])
def test_a_mapping_that_looks_like_such_a_number_stays_a_mapping(inner: JsonValue) -> None:
    document: dict[str, JsonValue] = {"a": {"$number": inner}, "$number": inner}
    assert same(decode(encode(document)), document)
    assert same(decode(encode({"$number": inner})), {"$number": inner})


def test_any_mapping_and_any_tuple_is_a_document() -> None:
    document: Mapping[str, JsonValue] = MappingProxyType({"a": MappingProxyType({"b": (1, 2)}), "c": EMPTY})
    assert decode(encode(document)) == {"a": {"b": [1, 2]}, "c": {}}


def _nested(levels: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        b"bytes",
        object(),
        2**64,
        -(2**63) - 1,
        "\ud800",
        datetime(2024, 1, 1, tzinfo=UTC),
        {1: "a"},
        [{"a": {None: 1}}],
        _nested(300),
        _nested(5000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_json_is_refused(value: JsonValue) -> None:
    with pytest.raises(InvalidInput):
        encode({"a": value})
    with pytest.raises(InvalidInput):
        canonical({"a": value})


# --- canonical form -------------------------------------------------------------------------------------------------


@given(generated.documents, st.randoms())
def test_the_order_of_names_does_not_count(document: dict[str, JsonValue], random: object) -> None:
    names = list(document)
    random.shuffle(names)  # type: ignore[attr-defined]
    assert canonical({name: document[name] for name in names}) == canonical(document)


@given(st.integers(-(2**63), 2**64 - 1))
def test_a_whole_number_is_the_same_however_it_is_written(number: int) -> None:
    if int(float(number)) == number and float(number) < 2**64:
        assert canonical({"a": [float(number)]}) == canonical({"a": [number]})
    assert canonical([number]) == b"[%d]" % number


@given(generated.values, generated.values)
def test_values_have_one_form_exactly_if_they_are_equal(left: JsonValue, right: JsonValue) -> None:
    assert (canonical(left) == canonical(right)) == (_key(left) == _key(right))
    assert (digest_of(left) == digest_of(right)) == (canonical(left) == canonical(right))


@given(generated.documents)
def test_storing_does_not_change_the_canonical_form(document: dict[str, JsonValue]) -> None:
    assert canonical(decode(encode(document))) == canonical(document)


def test_types_that_python_takes_for_equal_are_kept_apart() -> None:
    values: list[JsonValue] = [True, 1, "1", None, "", False, 0, {}, [], math.nan, {"$number": "nan"}]
    forms = {canonical([value]) for value in values}
    assert len(forms) == 11
    assert canonical([-0.0]) == canonical([0]) == canonical([0.0])


def test_the_canonical_form_is_what_it_was_when_digests_were_stored() -> None:
    value: JsonValue = {"b": [1.0, 2.5, math.inf, None, True], "a": {"ä": "x", "$number": "nan"}}
    assert canonical(value) == '{"a":{"$number":"nan","ä":"x"},"b":[1,2.5,{"$number":"inf"},null,true]}'.encode()
    assert digest_of([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


def _key(value: object) -> object:
    """Return a form of a value that Python compares as JSON would: numbers by value, everything else by type too."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value).__name__, value
    if isinstance(value, int | float):
        return "number", "nan" if value != value else value
    if isinstance(value, Mapping):
        return "mapping", frozenset((name, _key(member)) for name, member in value.items())
    return "list", tuple(map(_key, value))  # type: ignore[call-overload]
