"""The state machine is only worth something if it finds stores that are wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from arangovis.domain.errors import ArangovisError
from arangovis.domain.graph import Caller, Lineage, Node, Page, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Search
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.stateful import store_state_machine

T = TypeVar("T")


class ForgetsLastPage(MemoryStore):
    def search(self, search: Search) -> Page[Node]:
        return Page(super().search(search).items)


class CutsNothing(MemoryStore):
    def walk(self, walk: Walk) -> Lineage:
        return replace(super().walk(walk), cuts=frozenset())


class OffByOneMoment(MemoryStore):
    def get_many(self, ids: Sequence[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
        return super().get_many(ids, at=None if at is None else at - 1)


class SortsByKey(MemoryStore):
    def records(self, kind: str, group: str | None = None, **scan: Any) -> Sequence[Record]:
        return sorted(super().records(kind, group, **scan), key=lambda record: record.key)


class WritesHalfAnAction(MemoryStore):
    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        raised: list[ArangovisError] = []

        def broken(transaction: Transaction) -> list[T]:
            try:
                return [action(transaction)]
            except ArangovisError as error:
                raised.append(error)
                return []

        answers = super().transact(broken, caller)
        if raised:
            raise raised[0]
        return answers[0]


class CountsEveryAction(MemoryStore):
    calls = 0

    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        self.calls += 1
        return super().transact(action, caller)

    def change_number(self) -> int:
        return self.calls


@pytest.mark.parametrize(
    "broken", [ForgetsLastPage, CutsNothing, OffByOneMoment, SortsByKey, WritesHalfAnAction, CountsEveryAction]
)
def test_the_machine_finds_a_broken_store(broken: type[MemoryStore]) -> None:
    machine = store_state_machine(lambda clock: broken(clock=clock))
    searching = settings(max_examples=200, phases=[Phase.generate], database=None, derandomize=True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=searching)
