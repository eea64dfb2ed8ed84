"""Lists in an order of the caller's, in process and over REST alike."""

from collections.abc import Callable

import pytest

import arangovis as av
from arangovis.wiring import Arangovis
from tests.api.test_client_calls import in_process, over_rest


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def connect(service: Arangovis, request: pytest.FixtureRequest) -> Callable[[str], av.Client]:
    made: Callable[[str], av.Client] = request.param(service)
    return made


def test_runs_come_in_the_order_asked_for(connect: Callable[[str], av.Client]) -> None:
    client = connect("ada")
    client.register_project("vision")
    logged = {
        auc: client.log_run(av.LoggedRun("train", project="vision", metrics={"auc": auc})) for auc in (0.2, 0.9, 0.5)
    }
    unmeasured = client.log_run(av.LoggedRun("train", project="vision"))
    best = client.runs('method = "train"', order="metrics.auc desc", limit=3)
    assert [node.id for node in best.items] == [logged[0.9], logged[0.5], logged[0.2]]
    rest = client.runs('method = "train"', order="metrics.auc desc", limit=3, cursor=best.next_cursor)
    assert [node.id for node in rest.items] == [unmeasured]
