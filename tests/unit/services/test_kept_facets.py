"""Facets are counted once for each state of the graph."""

from collections.abc import Sequence

from arangovis.domain.facets import Facets
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.services.searching.kept import KEPT_MAX, KeptFacets
from arangovis.stores.memory import MemoryStore
from arangovis.testing.samples import SAMPLES, create, run


class CountingStore(MemoryStore):
    """A store that notes each count."""

    def __init__(self) -> None:
        super().__init__()
        self.migrate()
        self.counts = 0

    def facets(self, search: Search, names: Sequence[str], limit: int) -> Facets:
        self.counts += 1
        return super().facets(search, names, limit)


def seed_is(value: object) -> Search:
    return Search("run", Comparison("seed", Operator.EQUAL, value))  # type: ignore[arg-type]


def test_nothing_is_counted_twice_until_something_changes() -> None:
    store = CountingStore()
    kept = KeptFacets(store)
    create(store, run("a"), attributes={**SAMPLES["run"], "seed": 1})
    first = kept.facets(seed_is(1), ["state"], 5)
    assert kept.facets(Search("run", seed_is(1).where, limit=3, cursor="x"), ["state"], 5) == first
    assert (first.total, store.counts) == (1, 1)
    create(store, run("b"), attributes={**SAMPLES["run"], "seed": 1})
    assert kept.facets(seed_is(1), ["state"], 5).total == store.counts == 2


def test_questions_that_python_takes_for_equal_are_not_mixed_up() -> None:
    store = CountingStore()
    kept = KeptFacets(store)
    create(store, run("a"), attributes={**SAMPLES["run"], "seed": 1})
    assert [kept.facets(seed_is(value), (), 5).total for value in (1, True, "1")] == [1, 0, 0]
    assert kept.facets(seed_is(1), ["state"], 5) != kept.facets(seed_is(1), ["method"], 5)


def test_the_last_questions_are_kept() -> None:
    store = CountingStore()
    kept = KeptFacets(store)
    for number in range(KEPT_MAX + 1):
        kept.facets(seed_is(number), (), 5)
    kept.facets(seed_is(1), (), 5)
    assert store.counts == KEPT_MAX + 1
    kept.facets(seed_is(0), (), 5)
    assert store.counts == KEPT_MAX + 2
