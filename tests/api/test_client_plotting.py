"""Points, neighbours and periods of plots through the SDK, in this process and over REST; rows are real digits."""

import numpy as np
import pytest

import arangovis as av
from arangovis.client.client import Client
from arangovis.wiring import Arangovis
from tests.api.test_client_calls import in_process, over_rest, registered


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def ada(service: Arangovis, request: pytest.FixtureRequest) -> Client:
    made: Client = request.param(service)("ada")
    return made


def test_points_come_by_column_and_neighbours_row_by_row(ada: Client) -> None:
    plot = ada.project(registered(ada, rows=60), "pca")
    points = ada.points(plot.run, neighbours=4)
    x = points["x"]
    assert isinstance(x, np.ndarray)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, plot.coordinates[:, 0])
    assert list(points["id"]) == list(plot.ids)
    near = list(ada.point_neighbours(plot.run, count=4))
    assert [[row.row for row in found.neighbours] for found in near] == np.asarray(points["neighbours"]).tolist()
    assert near[5].id == plot.ids[5]
    assert list(ada.points(plot.run, columns=["id", "y"])) == ["id", "y"]
    with pytest.raises(av.errors.InvalidInput, match="nope"):
        ada.points(plot.run, columns=["nope"])


def test_another_period_is_placed_in_the_same_plot(ada: Client) -> None:
    version = registered(ada, rows=60)
    earlier = ada.project(version, "pca")
    sample = next(
        edge for edge in ada.lineage(earlier.run, direction="upstream", depth=1).edges if edge.id.role == "production"
    )
    run = ada.project_periods(version, [sample.id.source], "pca")
    points = ada.points(run)
    names = list(dict.fromkeys(points["set"]))
    assert (names[0], len(points["set"])) == ("production", 120)
    again = ada.points(run, of_set=str(names[-1]))
    np.testing.assert_allclose(np.asarray(again["x"]), earlier.coordinates[:, 0], atol=1e-5)
    with pytest.raises(av.errors.InvalidInput, match="is not a data set"):
        ada.project_periods(version, ["dataset/none"], "pca")
