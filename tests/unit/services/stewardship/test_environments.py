"""Which software ran upstream of a node, and what came of the runs that used a version of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.versions import VersionRange, normal_name
from arangovis.services.stewardship.environments import EnvironmentSweeps
from arangovis.stores.memory import MemoryStore
from tests.period_graph import ADA, PERIODS, PeriodGraph, build_periods


@pytest.fixture(scope="module")
def graph() -> PeriodGraph:
    return build_periods(MemoryStore())


def test_the_packages_upstream_of_a_deployment(graph: PeriodGraph) -> None:
    sweeps = EnvironmentSweeps(graph.store)
    found = sweeps.upstream(graph["service-3"])
    assert [(use.package, use.version, use.runs) for use in found.packages] == [
        ("python", "3.11.9", (graph["fit-3"],)),
        ("scikit-learn", "1.4.2", (graph["fit-3"],)),
    ]
    one = sweeps.upstream(graph["service-3"], package="Scikit_Learn")
    assert [use.version for use in one.packages] == ["1.4.2"]
    none = sweeps.upstream(graph["service-3"], package="numpy")
    assert (none.packages, none.unknown, none.runs) == ((), (graph["fit-3"],), 1)


def test_what_came_of_a_version_of_a_package(graph: PeriodGraph) -> None:
    sweeps = EnvironmentSweeps(graph.store)
    found = sweeps.downstream("scikit.learn", versions=">=1.5.0rc1", kinds=frozenset({"deployment"}))
    assert [len(use.runs) for use in found.runs] == [PERIODS - 10]
    assert len(found.exposed) == PERIODS - 10
    assert {thing.node for thing in found.exposed if thing.is_active} == {graph["service-21"], graph["service-22"]}
    old = sweeps.downstream("scikit-learn", versions="<1.5", kinds=frozenset({"model_version"}))
    assert {thing.node for thing in old.exposed} >= {graph[f"version-{n}"] for n in range(1, 11)}
    assert sweeps.downstream("scikit-learn", versions=">=2").exposed == ()
    assert sweeps.downstream("numpy").runs == ()
    cut = sweeps.downstream("python", limit=PERIODS + 3)
    assert cut.partial_reasons == ("limit",)


def test_a_version_that_nobody_can_compare_is_told(graph: PeriodGraph) -> None:
    node = NodeId("run", "odd")
    facts = {"method": "x", "state": "SUCCESS", "executor": "external", "environment": {"engine": "cuML nightly!"}}
    graph.store.transact(lambda t: t.create(node, None, facts), ADA)  # type: ignore[arg-type]
    sweeps = EnvironmentSweeps(graph.store)
    assert [use.runs for use in sweeps.downstream("cuml", versions=">=1").unreadable] == [(node,)]
    assert [use.runs for use in sweeps.downstream("cuml").runs] == [(node,)]


def test_the_past(graph: PeriodGraph) -> None:
    then = graph.store.history(graph["fit-4"])[0].version.valid_from
    found = EnvironmentSweeps(graph.store).downstream("python", at=then)
    assert [len(use.runs) for use in found.runs] == [4]


def test_a_run_that_is_gone_used_it_then() -> None:
    graph = build_periods(MemoryStore())
    then = graph.store.history(graph["fit-4"])[0].version.valid_from
    graph.store.transact(lambda transaction: transaction.delete(graph["fit-2"], force=True), ADA)
    sweeps = EnvironmentSweeps(graph.store)
    (use,) = sweeps.downstream("python", at=then).runs
    assert sorted(use.runs) == sorted(graph[f"fit-{number}"] for number in range(1, 5))
    assert graph["fit-2"] not in sweeps.downstream("python").runs[0].runs


def test_more_runs_than_are_looked_at(graph: PeriodGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arangovis.services.stewardship.environments.RUNS_MAX", 3)
    now = EnvironmentSweeps(graph.store).downstream("python")
    then = EnvironmentSweeps(graph.store).downstream("python", at=written(graph, "fit-4"))
    for found in (now, then):
        assert [len(use.runs) for use in found.runs] == [3]
        assert found.partial_reasons == ("runs",)


def written(graph: PeriodGraph, name: str) -> int:
    return graph.store.history(graph[name])[0].version.valid_from


def test_bad_questions(graph: PeriodGraph) -> None:
    sweeps = EnvironmentSweeps(graph.store)
    with pytest.raises(InvalidInput, match="versions: 'newest' is no range"):
        sweeps.downstream("numpy", versions="newest")
    with pytest.raises(InvalidInput, match="limit"):
        sweeps.upstream(graph["service-3"], limit=0)
    with pytest.raises(NotFound):
        sweeps.upstream(NodeId("run", "none"))


@given(st.text(max_size=50))
def test_any_text_is_a_range_or_is_refused(text: str) -> None:
    try:
        found = VersionRange.parse(text)
    except InvalidInput as refused:
        assert [fault.field for fault in refused.faults] == ["versions"]  # noqa: PT017
    else:
        assert found.holds("1.0") in (True, False)


def test_names_are_normal() -> None:
    assert {normal_name(name) for name in ("Scikit_Learn", "scikit.learn", " scikit--learn ")} == {"scikit-learn"}
