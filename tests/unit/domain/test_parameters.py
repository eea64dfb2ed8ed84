"""Parameters: limits are data, and validation follows from them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.json import JsonValue
from arangovis.domain.parameters import Parameter, ParameterSet
from tests.unit.domain.documents import values

NEIGHBOURS = Parameter("n_neighbours", int, 15, "How many.", minimum=2, maximum=200, aliases=("n_neighbors", "k"))
DISTANCE = Parameter("min_dist", float, 0.1, "How close.", minimum=0.0, maximum=0.99)
METRIC = Parameter("metric", str, "euclidean", "Which distance.", choices=("euclidean", "cosine"))
BATCHED = Parameter("batched", bool, False, "In batches.")
SEED = Parameter("seed", int, 0, "Of the random numbers.", minimum=0)
NOTE = Parameter("note", str, "", "Anything.")
ALL = ParameterSet((NEIGHBOURS, DISTANCE, METRIC, BATCHED, SEED, NOTE))


@pytest.mark.parametrize(
    ("parameter", "value", "canonical"),
    [
        (NEIGHBOURS, 2, 2),
        (NEIGHBOURS, 200, 200),
        (NEIGHBOURS, 15.0, 15),
        (DISTANCE, 0, 0.0),
        (DISTANCE, 0.99, 0.99),
        (METRIC, "cosine", "cosine"),
        (BATCHED, True, True),
        (BATCHED, False, False),
        (SEED, 2**40, 2**40),
        (NOTE, "any text", "any text"),
    ],
)
def test_a_right_value_is_brought_into_its_own_type(parameter: Parameter, value: JsonValue, canonical: object) -> None:
    assert parameter.problem(value) is None
    assert parameter.canonical(value) == canonical
    assert type(parameter.canonical(value)) is type(canonical)


@pytest.mark.parametrize(
    ("parameter", "value", "problem"),
    [
        (NEIGHBOURS, 1, "1 is not between 2 and 200"),
        (NEIGHBOURS, 201, "201 is not between 2 and 200"),
        (NEIGHBOURS, 15.5, "15.5 is not an integer"),
        (NEIGHBOURS, True, "True is not an integer"),
        (NEIGHBOURS, "15", "'15' is not an integer"),
        (NEIGHBOURS, None, "None is not an integer"),
        (NEIGHBOURS, math.nan, "nan is not an integer"),
        (NEIGHBOURS, math.inf, "inf is not an integer"),
        (DISTANCE, 1, "1 is not between 0 and 0.99"),
        (DISTANCE, math.nan, "nan is not between 0 and 0.99"),
        (DISTANCE, -math.inf, "-inf is not between 0 and 0.99"),
        (DISTANCE, False, "False is not a number"),
        (DISTANCE, [0.1], "[0.1] is not a number"),
        (METRIC, "manhattan", "'manhattan' is not one of euclidean, cosine"),
        (METRIC, 3, "3 is not text"),
        (BATCHED, 1, "1 is not true or false"),
        (BATCHED, "true", "'true' is not true or false"),
        (SEED, -1, "-1 is not between 0 and any"),
    ],
)
def test_a_wrong_value_is_told_what_would_be_right(parameter: Parameter, value: JsonValue, problem: str) -> None:
    assert parameter.problem(value) == problem


@given(st.sampled_from(ALL.parameters), values)
def test_whatever_is_sent_is_judged_shortly_and_right_values_stay_right(parameter: Parameter, value: JsonValue) -> None:
    problem = parameter.problem(value)
    if problem is None:
        canonical = parameter.canonical(value)
        assert type(canonical) is parameter.type
        assert parameter.problem(canonical) is None
        assert canonical == value
    else:
        assert len(problem) < 200


# --- sets -----------------------------------------------------------------------------------------------------------


def test_the_defaults_are_valid() -> None:
    defaults = ALL.defaults()
    assert list(defaults) == ["n_neighbours", "min_dist", "metric", "batched", "seed", "note"]
    assert ALL.check(defaults, complete=True) == (defaults, ())


def test_all_faults_are_found_at_once_and_the_good_values_kept() -> None:
    good, faults = ALL.check({"n_neighbours": 1, "metric": 5, "min_dist": 0.5, "batched": True})
    assert good == {"min_dist": 0.5, "batched": True}
    assert [(fault.field, fault.problem) for fault in faults] == [
        ("parameters.n_neighbours", "1 is not between 2 and 200"),
        ("parameters.metric", "5 is not text"),
    ]


def test_other_spellings_are_read_and_the_own_name_wins() -> None:
    assert ALL.check({"n_neighbors": 30})[0] == {"n_neighbours": 30}
    assert ALL.check({"k": 30.0})[0] == {"n_neighbours": 30}
    assert ALL.check({"k": 30, "n_neighbours": 20})[0] == {"n_neighbours": 20}


def test_unknown_names_are_ignored() -> None:
    assert ALL.check({"colour": "red"}) == ({}, ())


def test_what_is_left_out_is_a_fault_only_if_all_must_be_there() -> None:
    assert ALL.check({}) == ({}, ())
    _, faults = ALL.check({"seed": 1}, complete=True, where="")
    assert [str(fault) for fault in faults] == [
        f"{name}: is required" for name in ("n_neighbours", "min_dist", "metric", "batched", "note")
    ]
