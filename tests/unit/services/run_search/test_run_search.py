"""The search page against a loop over all runs: 1,000 random runs, as many random questions as time allows."""

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller, Node
from arangovis.domain.ids import NodeId, named_id, time_ordered_id
from arangovis.services.run_search.conditions import AttributeCondition, RunFilter, TagCondition
from arangovis.services.run_search.search import OPTIONS_MAX, AttributeFacet, RunQuestion, RunSearch, RunsFound
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction

CALLER = Caller("ada")
TAGS = ("baseline", "sweep", "nightly", "broken", "best")
OPTIMISERS = ("adam", "sgd", "rmsprop")
NUMBERS = (0, 1, 1.0, 2, 2.5, -3, 1e9, math.nan, math.inf)


def a_run(rng: random.Random) -> dict[str, Any]:
    attributes: dict[str, Any] = {"method": "script", "state": rng.choice(["SUCCESS", "ERROR"]), "executor": "external"}
    if rng.random() < 0.9:
        attributes["tags"] = rng.sample(TAGS, rng.randint(0, 4))
    if rng.random() < 0.8:
        attributes["started"] = rng.randint(1, 1000)
    params: dict[str, Any] = {}
    if rng.random() < 0.7:
        params["layers"] = rng.choice(NUMBERS)
    if rng.random() < 0.7:
        params["optimiser"] = rng.choice(OPTIMISERS)
    if rng.random() < 0.7:
        params["amp"] = rng.choice([True, False, 1, "yes"])
    if rng.random() < 0.3:
        params["sizes"] = [rng.randint(1, 3) for _ in range(rng.randint(0, 3))]
    return {**attributes, "params": params}


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    store, rng = MemoryStore(), random.Random(7)
    store.migrate()
    project = named_id("project", None, "p")

    def action(transaction: Transaction) -> None:
        transaction.ensure(project, project.key, {"name": "p"})
        for number in range(1000):
            run = time_ordered_id("run", transaction.now)
            transaction.create_new(run, project.key if number % 5 else None, a_run(rng))

    store.transact(action, CALLER)
    return store


@pytest.fixture(scope="module")
def search(store: MemoryStore) -> RunSearch:
    return RunSearch(store)


# --- the oracle ---------------------------------------------------------------------------------------------------


def values_of(run: Node, name: str) -> list[Any]:
    if name.startswith("params."):
        found: Any = run.attributes["params"].get(name[7:])  # type: ignore[union-attr, index]
    else:
        found = run.attributes.get(name)
    if isinstance(found, list | tuple):
        return list(found)
    return [] if found is None else [found]


def kind(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def meets_tags(run: Node, asked: TagCondition) -> bool:
    tags = set(values_of(run, "tags"))
    if asked.any and not tags & set(asked.any):
        return False
    if tags & set(asked.none) or not set(asked.all) <= tags:
        return False
    return not (asked.not_all and set(asked.not_all) <= tags)


def meets_attribute(run: Node, asked: AttributeCondition) -> bool:
    values = values_of(run, asked.name)
    if not values:
        return asked.include_missing
    for value in values:
        among = asked.values is None or any(kind(value) == kind(one) and value == one for one in asked.values)
        ranged = asked.minimum is not None or asked.maximum is not None
        low, high = asked.minimum, asked.maximum
        inside = kind(value) == "number" and (low is None or low <= value) and (high is None or value < high)
        if among and (inside or not ranged):
            return True
    return False


def meets_time(run: Node, asked: RunFilter) -> bool:
    started: int = run.attributes.get("started") or run.created  # type: ignore[assignment]
    early = asked.started_from is not None and started < asked.started_from
    return not early and not (asked.started_before is not None and started >= asked.started_before)


def meets(run: Node, asked: RunFilter, *, but: str = "") -> bool:
    if but != "tags" and not meets_tags(run, asked.tags):
        return False
    if but != "started" and not meets_time(run, asked):
        return False
    return all(meets_attribute(run, condition) for condition in asked.attributes if condition.name != but)


def a_condition(rng: random.Random, name: str) -> AttributeCondition:
    ends = [rng.choice([None, rng.choice(NUMBERS[:7])]) for _ in range(2)]
    values = rng.choice([None, None, (), tuple(rng.sample([*NUMBERS, *OPTIMISERS, True, False], rng.randint(1, 5)))])
    return AttributeCondition(name, ends[0], ends[1], values, rng.random() < 0.3)


def a_filter(rng: random.Random) -> RunFilter:
    some = [tuple(rng.sample(TAGS, rng.randint(1, 2))) if rng.random() < 0.3 else () for _ in range(4)]
    names = rng.sample(["params.layers", "params.optimiser", "params.amp", "params.sizes", "state"], rng.randint(0, 2))
    times = [rng.randint(1, 1000) if rng.random() < 0.3 else None for _ in range(2)]
    conditions = tuple(a_condition(rng, name) for name in names)
    return RunFilter(rng.choice(["p", None]), TagCondition(*some), conditions, *times)


def assert_counts(facet: AttributeFacet, runs: Sequence[Node], chosen: Sequence[Any]) -> None:
    assert facet.missing == sum(not values_of(run, facet.name) for run in runs)
    assert facet.options_left == 0
    for option in facet.options:
        having = [
            run
            for run in runs
            if any(kind(v) == kind(option.value) and v == option.value for v in values_of(run, facet.name))
        ]
        assert option.runs == len(having)
    listed = {(kind(option.value), option.value) for option in facet.options}
    assert len(listed) == len(facet.options)
    present = {(kind(v), v) for run in runs for v in values_of(run, facet.name) if v == v}
    assert present | {(kind(v), v) for v in chosen if v == v} <= listed
    numbers = [v for k, v in present if k == "number" and math.isfinite(v)]
    assert (facet.minimum, facet.maximum) == ((min(numbers), max(numbers)) if numbers else (None, None))


@pytest.mark.parametrize("seed", range(60))
def test_runs_and_counts_are_those_of_a_loop(store: MemoryStore, search: RunSearch, seed: int) -> None:
    asked = a_filter(random.Random(seed))
    project = None if asked.project is None else named_id("project", None, "p").key
    every = [node for node in search.table(None).runs if project is None or node.project == project]
    assert len(every) == (1000 if project is None else 800)

    found = search.find(RunQuestion(asked, facets=("params.layers", "params.amp", "params.sizes"), limit=1000))

    wanted = {run.id for run in every if meets(run, asked)}
    assert {run.id for run in found.items} == wanted
    assert (found.runs, found.of_runs) == (len(wanted), len(every))
    assert_counts(found.tags, [run for run in every if meets(run, asked, but="tags")], asked.tags.named)
    for facet in found.attributes:
        assert_counts(facet, [run for run in every if meets(run, asked, but=facet.name)], asked.chosen(facet.name))
    times = [run.attributes.get("started") or run.created for run in every if meets(run, asked, but="started")]
    ends = (min(times), max(times)) if times else (None, None)  # type: ignore[type-var]
    assert (found.started.first, found.started.last, found.started.runs) == (*ends, len(times))


# --- pages, changes, limits ---------------------------------------------------------------------------------------


def test_pages_follow_each_other(search: RunSearch) -> None:
    asked = RunFilter(tags=TagCondition(any=("best",)))
    whole = [run.id for run in search.matching(asked)]
    pages: list[NodeId] = []
    cursor = None
    while True:
        page = search.find(RunQuestion(asked, limit=37, cursor=cursor))
        pages += [run.id for run in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert pages == whole
    assert len(whole) > 200


def test_a_change_is_seen_at_once() -> None:
    store = MemoryStore()
    store.migrate()
    search = RunSearch(store)
    where = RunFilter(tags=TagCondition(any=("late",)))
    document: dict[str, Any] = {"method": "script", "state": "SUCCESS", "executor": "external"}
    run = store.transact(lambda tx: _created(tx, document), CALLER)
    assert search.find(RunQuestion(where)).runs == 0
    store.transact(lambda tx: tx.update(run, {**document, "tags": ["late"]}), CALLER)
    assert [found.id for found in search.matching(where)] == [run]
    store.transact(lambda tx: tx.delete(run), CALLER)
    assert search.find(RunQuestion(where)).of_runs == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_table_that_follows_changes_is_the_one_that_is_read_anew(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    store, project = EmbeddedStore(tmp_path / "graph.db"), named_id("project", None, "p")
    store.migrate()
    store.transact(lambda tx: tx.ensure(project, project.key, {"name": "p"}), CALLER)
    search, runs = RunSearch(store), list[NodeId]()
    for round_number in range(12):
        for _ in range(rng.randint(0, 12)):
            store.transact(lambda tx: _change(tx, rng, runs, project.key), CALLER)
        if round_number == 5:
            field = named_id("field", None, "depth")
            store.transact(lambda tx, field=field: tx.ensure(field, None, {"name": "depth", "type": "int"}), CALLER)
        for name in ("p", None):
            question = RunQuestion(RunFilter(name), ("params.layers", "params.optimiser", "params.sizes", "state"), 9)
            assert _plain(search.find(question)) == _plain(RunSearch(store).find(question))
    store.close()


def test_a_table_is_followed_and_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EmbeddedStore(tmp_path / "graph.db")
    store.migrate()
    search, document = RunSearch(store), a_run(random.Random(1))
    run = store.transact(lambda tx: _created(tx, document), CALLER)
    assert len(search.table(None)) == 1
    monkeypatch.setattr(store, "search", lambda _: pytest.fail("it was read again"))
    store.transact(lambda tx: _created(tx, document), CALLER)
    store.transact(lambda tx: tx.delete(run), CALLER)
    table = search.table(None)
    assert [one.id == run for one in table.runs] == [False]
    store.transact(lambda tx: tx.ensure(named_id("project", None, "q"), None, {"name": "q"}), CALLER)
    assert search.table(None) is table
    store.close()


def _change(transaction: Transaction, rng: random.Random, runs: list[NodeId], project: str) -> None:
    """Add, change or delete a run."""
    run, deed = rng.choice(runs or [None]), rng.random()
    if run is None or deed < 0.5:
        runs.append(time_ordered_id("run", transaction.now))
        transaction.create_new(runs[-1], rng.choice([project, None]), a_run(rng))
    elif deed < 0.9:
        transaction.update(run, a_run(rng))
    else:
        runs.remove(run)
        transaction.delete(run)


def _plain(found: RunsFound) -> Any:
    """Return an answer as a text: NaN is the same as NaN, and 1 as 1.0."""
    counted = [
        {(kind(one.value), repr(one.value).removesuffix(".0"), one.runs) for one in facet.options}
        for facet in (found.tags, *found.attributes)
    ]
    ends = [(facet.name, facet.options_left, facet.missing, facet.minimum, facet.maximum) for facet in found.attributes]
    return [run.id for run in found.items], found.next_cursor, found.runs, found.of_runs, found.started, counted, ends


def _created(transaction: Transaction, document: dict[str, Any]) -> NodeId:
    run = time_ordered_id("run", transaction.now)
    transaction.create_new(run, None, document)
    return run


def test_values_of_fields_have_their_fields_name() -> None:
    store = MemoryStore()
    store.migrate()
    field = named_id("field", None, "depth")

    def action(transaction: Transaction) -> None:
        transaction.ensure(field, None, {"name": "depth", "type": "int"})
        document = {"method": "script", "state": "SUCCESS", "executor": "external"}
        for depth in (3, 3, 5):
            _created(transaction, {**document, "field_values": {field.key: depth}})
        _created(transaction, document)

    store.transact(action, CALLER)
    found = RunSearch(store).find(RunQuestion(RunFilter(attributes=(AttributeCondition("depth", 4),))))
    assert found.runs == 1
    (facet,) = found.attributes
    assert (facet.name, facet.missing) == ("depth", 1)
    assert [(option.value, option.runs) for option in facet.options] == [(3, 2), (5, 1)]


def test_few_of_many_options_are_listed() -> None:
    store = MemoryStore()
    store.migrate()

    def action(transaction: Transaction) -> None:
        for number in range(300):
            document = {"method": "script", "state": "SUCCESS", "executor": "external", "tags": [f"t{number:03d}"]}
            _created(transaction, document)

    store.transact(action, CALLER)
    tags = TagCondition(any=("t299", "never"))
    found = RunSearch(store).find(RunQuestion(RunFilter(tags=tags)))
    assert len(found.tags.options) == OPTIONS_MAX + 2
    assert found.tags.options_left == 300 - OPTIONS_MAX - 1
    assert [(option.value, option.runs) for option in found.tags.options[-2:]] == [("t299", 1), ("never", 0)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: RunFilter(attributes=(AttributeCondition("a"), AttributeCondition("a"))),
        lambda: RunFilter(attributes=tuple(AttributeCondition(f"a{number}") for number in range(51))),
        lambda: RunFilter(tags=TagCondition(any=tuple(map(str, range(201))))),
        lambda: RunFilter(attributes=(AttributeCondition("a", values=tuple(range(1001))),)),
    ],
)
def test_limits(make: Any) -> None:
    with pytest.raises(InvalidInput):
        make()


def test_what_a_page_refuses(search: RunSearch) -> None:
    for question in (
        RunQuestion(RunFilter(), limit=1001),
        RunQuestion(RunFilter(), cursor="nonsense"),
        RunQuestion(RunFilter(), facets=tuple(map(str, range(51)))),
    ):
        with pytest.raises(InvalidInput):
            search.find(question)
    with pytest.raises(NotFound):
        search.find(RunQuestion(RunFilter("nobody")))
