"""The SDK's projection of all rows, in this process and over REST."""

import numpy as np
import pytest

import arangovis as av
from arangovis.client.client import Client
from arangovis.wiring import Arangovis
from tests.api.test_client_calls import in_process, over_rest, registered
from tests.shifted_digits import batches

ROWS = 3_200


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def ada(service: Arangovis, request: pytest.FixtureRequest) -> Client:
    made: Client = request.param(service)("ada")
    return made


def sent(client: Client) -> int:
    """Register a model version with 3,200 rows of traffic; return its number."""
    number = registered(client, rows=30).number
    for batch in batches(ROWS, 2_000):
        client.append_production_data(number, batch)
    return number


def test_all_rows_are_read_part_by_part_or_some_at_once(ada: Client) -> None:
    found = ada.project_all(sent(ada), "pca", fit_rows=500, partition_rows=1_000)
    assert (len(found), repr(found)) == (ROWS + 30, f"ProjectedRows({found.run}, 3230 x 2 in 4)")
    assert float(str(found.metrics["global_score"])) > 0.9
    parts = list(found)
    assert [(part.start, len(part.ids)) for part in parts] == [(0, 1_000), (1_000, 1_000), (2_000, 1_000), (3_000, 230)]
    everything = found.read()
    np.testing.assert_array_equal(everything.coordinates, np.concatenate([part.coordinates for part in parts]))
    some = found.read(995, 1_005)
    assert some.start == 995
    assert some.ids == everything.ids[995:1_005] == tuple(f"row-{n}" for n in range(965, 975))
    np.testing.assert_array_equal(some.coordinates, everything.coordinates[995:1_005])
    assert ada.wait_all(found.run).run == found.run


def test_both_ways_ask_for_one_plan(service: Arangovis) -> None:
    here, there = in_process(service)("ada"), over_rest(service)("grace")
    number = sent(here)
    assert here.project_all(number, "pca").run == there.project_all(number, "pca").run


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 5), (0, 99_999), (99_999, None)])
def test_rows_that_are_not_there_are_refused(ada: Client, start: int, stop: int | None) -> None:
    found = ada.project_all(sent(ada), "pca")
    with pytest.raises(av.errors.InvalidInput, match="are not among the 3230 rows"):
        found.read(start, stop)


def test_a_plot_is_no_projection_of_all_rows(ada: Client) -> None:
    plot = ada.project(registered(ada), "pca")
    with pytest.raises(av.errors.NotFound, match="is not a projection of all rows"):
        ada.wait_all(plot.run)


def test_sizes_are_checked_before_anything_is_asked(ada: Client) -> None:
    number = sent(ada)
    with pytest.raises(av.errors.InvalidInput) as caught:
        ada.project_all(number, "pca", partition_rows=1_500)
    assert [fault.field for fault in caught.value.faults] == ["partition_rows"]
