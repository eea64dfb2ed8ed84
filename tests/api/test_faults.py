"""Faults name the field, the value that was sent, and what would be right."""

import pytest
from falcon.testing import TestClient

from arangovis.domain.errors import Fault
from arangovis_api.faults import SHOWN_LENGTH_MAX, faults_in, with_values


def test_nested_messages_become_dotted_paths() -> None:
    messages = {"signature": {"outputs": {0: {"name": ["Not a valid string."]}}}, "_schema": ["odd"]}
    assert faults_in(messages) == [Fault("signature.outputs.0.name", "Not a valid string."), Fault("", "odd")]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("depth", "Not a valid integer."), "'abc': not a valid integer"),
        (Fault("list.1.name", "Not a valid string."), "7: not a valid string"),
        (Fault("extra", "Unknown field."), "is not known here"),
        (Fault("missing", "Missing data for required field."), "Missing data for required field."),
        (Fault("depth", "'abc' is not between 1 and 2"), "'abc' is not between 1 and 2"),
    ],
)
def test_a_fault_shows_the_value(fault: Fault, told: str) -> None:
    document = {"depth": "abc", "list": [{}, {"name": 7}], "extra": 1}
    assert with_values([fault], document) == (Fault(fault.field, told),)


def test_a_large_value_is_shown_by_its_beginning() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    for value in ("x" * 10_000_000, list(range(1_000_000)), deep):
        (fault,) = with_values([Fault("f", "Wrong.")], {"f": value})
        assert len(fault.problem) <= SHOWN_LENGTH_MAX + len(": wrong")


def test_the_api_answers_so(client: TestClient) -> None:
    answer = client.simulate_post("/api/v1/projects", json={"name": 5, "colour": "red"})
    assert answer.status_code == 400
    assert {(e["field"], e["problem"]) for e in answer.json["errors"]} == {
        ("name", "5: not a valid string"),
        ("colour", "is not known here"),
    }
