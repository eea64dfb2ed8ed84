"""Logged runs are read by hand, for speed; here the hand is held to the schema that documents it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis_api.operation import load
from arangovis_api.schemas.reading import read_logged_run
from arangovis_api.schemas.runs import LoggedRunSchema

NAMES = st.text(st.characters(codec="utf-8"), max_size=6)
ODD = st.none() | st.booleans() | st.integers(-2, 2**62 + 1) | NAMES | st.lists(st.integers(), max_size=1)
VALUES = st.dictionaries(NAMES, st.integers() | NAMES, max_size=2)
MOMENTS = st.integers(0, 2**62) | st.sampled_from(["2026-01-05", "2026-01-05T10:00:00Z", "12", "soon", "-1"])
LINKS = st.lists(
    st.fixed_dictionaries({}, optional={"node": st.just("dataset/a") | ODD, "role": NAMES | ODD, "else": ODD}),
    max_size=2,
)
OUTPUTS = st.lists(
    st.fixed_dictionaries({}, optional={"role": NAMES | ODD, "kind": NAMES | ODD, "attributes": VALUES | ODD}),
    max_size=2,
)
RUNS = st.fixed_dictionaries(
    {"method": st.just("training") | NAMES | ODD},
    optional={
        "project": NAMES | ODD,
        "name": NAMES | ODD,
        "state": st.sampled_from(["SUCCESS", "ERROR", "PENDING", "success"]) | ODD,
        "params": VALUES | ODD,
        "metrics": VALUES | ODD,
        "tags": st.lists(NAMES, max_size=2) | ODD,
        "attributes": VALUES | ODD,
        "inputs": LINKS | ODD,
        "outputs": OUTPUTS | ODD,
        "started": MOMENTS | ODD,
        "ended": MOMENTS | ODD,
        "colour": ODD,
    },
)


def accepts(read: Any, document: object) -> bool:
    try:
        read(document)
    except InvalidInput:
        return False
    return True


def without_node_syntax(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with node ids that are texts made right: their form is beyond what a schema says."""
    inputs = document.get("inputs")
    if not isinstance(inputs, list):
        return document
    fixed = [
        {**item, "node": "dataset/a"} if isinstance(item, dict) and isinstance(item.get("node"), str) else item
        for item in inputs
    ]
    return {**document, "inputs": fixed}


@given(RUNS)
def test_the_reader_accepts_what_the_schema_accepts(document: dict[str, Any]) -> None:
    written = without_node_syntax(document)

    assert accepts(read_logged_run, written) == accepts(lambda given: load(LoggedRunSchema, given), written)


def test_both_read_the_same_run() -> None:
    document = {
        "method": "training",
        "key": "run-7",
        "state": "ERROR",
        "params": {"rate": 0.1},
        "metrics": {"accuracy": 0.9},
        "attributes": {"host": "gpu-3"},
        "project": None,
        "started": "2026-01-05T10:00:00+01:00",
        "ended": 1_767_607_500_000_000,
    }

    assert read_logged_run(document) == load(LoggedRunSchema, document)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"method": ""}, ["method"]),
        ({"method": 7, "name": "n" * 257}, ["method", "name"]),
        ({"key": "../run"}, ["key"]),
        ({"inputs": [{"node": "dataset/a"}, {"role": "data"}, 3]}, ["inputs.2", "inputs.1.node"]),
        ({"outputs": [{"role": "model", "node": "artifact/a", "kind": "artifact"}]}, ["outputs.0.node"]),
        ({"outputs": [{"node": "artifact/a"}]}, ["outputs.0.role"]),
        ({"tags": ["a", 1]}, ["tags"]),
        ({"tags": ["a"] * 101}, ["tags"]),
        ({"started": "soon"}, ["started"]),
        ({"a": 1, "b": None}, ["a"]),
    ],
)
def test_everything_wrong_is_named(changes: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_logged_run({"method": "training", **changes})

    assert sorted(fault.field for fault in refused.value.faults) == sorted(fields)
