"""What came by `log_run(evaluation=...)` is found wherever metrics are looked for."""

from collections.abc import Iterator

import pytest
from falcon.testing import TestClient

from arangovis.client import Client
from arangovis.client.app_transport import AppTransport
from arangovis.client.remote import RemoteBackend
from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.services.run_log import LoggedRun
from arangovis.wiring import Arangovis


@pytest.fixture
def sdk(client: TestClient) -> Iterator[Client]:
    with Client(RemoteBackend(AppTransport(client.app))) as made:
        made.register_project("wine")
        yield made


def log(sdk: Client, name: str, **measured: dict[str, float]) -> NodeId:
    return sdk.log_run(LoggedRun("train", project="wine", name=name, **measured))  # type: ignore[arg-type]


def test_evaluations_are_searched_sorted_and_counted(sdk: Client) -> None:
    worse = log(sdk, "worse", evaluation={"accuracy": 0.95})
    better = log(sdk, "better", metrics={"loss": 0.1}, evaluation={"accuracy": 0.97})
    assert sdk.best_run("accuracy").id == better
    assert sdk.best_run("accuracy", lowest=True).id == worse
    assert [run.id for run in sdk.search("run", "metrics.accuracy > 0.96").items] == [better]
    found = sdk.find_runs(attributes={"metrics.accuracy": {"minimum": 0.96}}, facets=["metrics.accuracy"])
    assert [run.id for run in found.items] == [better]
    (facet,) = found.attributes
    assert {option.value: option.runs for option in facet.options} == {0.95: 1, 0.97: 1}
    with pytest.raises(NotFound, match="recall"):
        sdk.best_run("recall")


def test_evaluations_that_differ_are_a_difference(sdk: Client) -> None:
    first, second = (log(sdk, "again", evaluation={"accuracy": value, "f1": 0.5}) for value in (0.95, 0.97))
    told = sdk.diff(first, second)
    assert {one.name: (one.first, one.second) for one in told.metrics} == {"accuracy": (0.95, 0.97)}
    assert not told.same
    same = sdk.diff(first, log(sdk, "again", evaluation={"accuracy": 0.95, "f1": 0.5}))
    assert same.metrics == ()


def test_what_was_logged_of_one_name_twice_is_kept_twice(sdk: Client) -> None:
    """The accuracy in training is the run's, the one in the evaluation is the evaluation's, and a difference tells."""
    metrics = {"accuracy": 0.99}
    first, second = (log(sdk, "fit", metrics=metrics, evaluation={"accuracy": value}) for value in (0.95, 0.97))
    assert sdk.run(first).attributes["metrics"] == metrics
    (made,) = sdk.edges(first, direction="downstream")
    assert made.node.attributes["metrics"] == {"accuracy": 0.95}
    told = sdk.diff(first, second)
    assert {one.name: (one.first, one.second) for one in told.metrics} == {"evaluation.accuracy": (0.95, 0.97)}


def test_an_evaluation_that_was_linked_later_is_a_difference_too(sdk: Client, service: Arangovis) -> None:
    runs = [log(sdk, "fit", metrics={"loss": 0.1}) for _ in range(2)]
    later = NodeId("evaluation", "later")
    service.store.transact(lambda t: t.create(later, None, {"metrics": {"accuracy": 0.5}}), Caller("ada"))
    sdk.link(runs[0], later, kind="generated")
    assert {one.name: (one.first, one.second) for one in sdk.diff(*runs).metrics} == {"accuracy": (0.5, None)}
