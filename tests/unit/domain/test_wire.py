"""Answers travel as JSON and come back equal."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import orjson
import pytest

from arangovis.domain.graph import Edge, EdgeId, Node, Version, Visit
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, Scalar
from arangovis.domain.wire import from_wire, to_wire

RUN, DATA = NodeId("run", "0190"), NodeId("dataset", "d1")
NODE = Node(RUN, None, {"params": {"depth": 3}, "tags": ["a"]}, Version(2, 5, None, "ann", "r1", "a1"), 4)
EDGE = Edge(EdgeId("input_to", DATA, RUN, "train"), {}, Version(1, 5, None, "ann", "", ""))


class _State(StrEnum):
    FRESH = "fresh"
    STALE = "stale"


class _Used(NamedTuple):
    node: NodeId
    times: int


@dataclass(frozen=True, slots=True)
class _Inner:
    node: Node | None
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Answer:
    start: NodeId
    nodes: tuple[Visit, ...]
    edges: tuple[Edge, ...]
    states: Mapping[str, _State]
    used: tuple[_Used, ...]
    value: Scalar
    facts: Document
    best: float | None
    inner: tuple[_Inner, ...]
    partial_reasons: frozenset[_State]


ANSWER = _Answer(
    start=RUN,
    nodes=(Visit(NODE, 1),),
    edges=(EDGE,),
    states={"x": _State.FRESH},
    used=(_Used(DATA, 3),),
    value="seven",
    facts={"a": [1, {"b": None}]},
    best=None,
    inner=(_Inner(NODE, {"a": 0.5}), _Inner(None, {})),
    partial_reasons=frozenset({_State.STALE}),
)


def test_an_answer_comes_back_equal() -> None:
    document = orjson.loads(orjson.dumps(to_wire(ANSWER)))
    assert from_wire(document, _Answer) == ANSWER


def test_what_is_cut_says_that_it_is_partial() -> None:
    document = to_wire(ANSWER)
    assert document["partial"] is True
    assert document["partial_reasons"] == ["stale"]


def test_ids_travel_as_text() -> None:
    assert to_wire(ANSWER)["start"] == "run/0190"
    assert to_wire(ANSWER)["used"] == [{"node": "dataset/d1", "times": 3}]


def test_an_answer_of_another_form_is_an_error() -> None:
    with pytest.raises((ValueError, KeyError)):
        from_wire({"start": "run/0190"}, _Answer)
