"""Rows as pictures and texts, over REST and in the SDK: scikit-learn's digits in each form that rows hold them in."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from falcon.testing import TestClient

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.services.compatibility.comparisons import ComparisonWanted, PredictionColumns
from arangovis.services.datasets import production_id
from arangovis.tabular.pictures import blank
from arangovis.tabular.png import png
from arangovis.wiring import Arangovis
from tests.api.visualization import DIGITS, IMAGE, World, digits, embeddings

ADA = Caller("ada", "request-ada")
ROWS = 40
TEXT = {"name": "note", "shape": [], "dtype": "string", "profile": "TEXT"}
SIGNATURE = {**DIGITS, "inputs": [IMAGE, TEXT]}


@pytest.fixture
def sdk(service: Arangovis) -> Client:
    return Client(LocalBackend(service, "ada"))


def with_images(start: int, end: int) -> dict[str, Any]:
    notes = [None if row % 5 == 0 else f"written by hand, number {row}" for row in range(start, end)]
    return {**digits(start, end), "image": [list(map(float, row)) for row in embeddings(start, end)], "note": notes}


def pixels_of(picture: bytes) -> npt.NDArray[np.uint8]:
    """Return the grey values of a PNG that the service drew: one IDAT, each line after a 0."""
    width, height = (int.from_bytes(picture[start : start + 4], "big") for start in (16, 20))
    begin = picture.index(b"IDAT") + 4
    lines = np.frombuffer(zlib.decompress(picture[begin : picture.index(b"IEND") - 8]), np.uint8)
    return lines.reshape(height, width + 1)[:, 1:]


def grey(row: int) -> npt.NDArray[np.uint8]:
    """Return a digit in the grey values of a picture, by hand: the darkest black, the brightest white."""
    values = embeddings(row, row + 1)[0].reshape(8, 8).astype(np.float64)
    found: npt.NDArray[np.uint8] = np.round((values - values.min()) / np.ptp(values) * 255).astype(np.uint8)
    return found


def stream(world: World, columns: Mapping[str, Any], signature: Mapping[str, Any] = SIGNATURE) -> NodeId:
    number = world.model(production=dict(columns), signature=signature)
    return production_id(world.version(number))


def test_each_point_of_a_plot_shows_the_digit_it_is(world: World, client: TestClient, sdk: Client) -> None:
    number = world.model(production=with_images(0, ROWS), training=with_images(100, 130), signature=SIGNATURE)
    sizes: dict[str, JsonValue] = {"parameters": {"n_components": 2}, "production_data_sample_size": ROWS // 2}
    world.service.projections.set_params(world.version(number), "pca", sizes, ADA)
    run = world.service.projections.plottable(world.version(number), "pca", ADA).id
    world.work()
    sample = NodeId.parse(str(world.service.runs.get(run).options["production"]))
    facts = client.simulate_get(f"/api/v1/rows/{sample}/previews").json
    assert facts == {
        "dataset": str(sample),
        "image": "image",
        "height": 8,
        "width": 8,
        "channels": 1,
        "texts": ["note"],
    }
    dataset = world.service.datasets.find(sample)
    assert dataset is not None
    ids = world.service.snapshots.ids(dataset)
    for position in (0, 7, len(ids) - 1):
        answer = client.simulate_get(f"/api/v1/rows/{sample}/image", params={"position": position})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert np.array_equal(pixels_of(answer.content), grey(int(ids[position], 16)))
        assert sdk.row_image(production_id(world.version(number)), ids[position]) == answer.content
    training = world.service.datasets.training(world.version(number))
    assert training is not None
    assert np.array_equal(pixels_of(sdk.row_image(training.id, position=3)), grey(103))


def test_a_picture_is_sent_once_while_nothing_changes(world: World, client: TestClient) -> None:
    path = f"/api/v1/rows/{stream(world, with_images(0, ROWS))}/image"
    first = client.simulate_get(path, params={"position": 1})
    again = client.simulate_get(path, params={"position": 1}, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code) == ("private, no-cache", 304)
    assert first.headers["X-Content-Type-Options"] == "nosniff"


def test_a_picture_may_be_one_column_for_each_of_its_numbers(world: World, sdk: Client) -> None:
    columns: dict[str, Any] = {f"image_{place}": embeddings(0, ROWS)[:, place].tolist() for place in range(64)}
    node = stream(world, {**digits(0, ROWS), **columns})
    assert np.array_equal(pixels_of(sdk.row_image(node, position=17)), grey(17))
    assert sdk.row_previews(node).image == "image"


def test_a_picture_may_be_a_file_in_base64(world: World, client: TestClient, sdk: Client) -> None:
    files = [png(grey(row)[:, :, np.newaxis]) for row in range(ROWS)]
    texts: list[str | None] = [base64.b64encode(file).decode() for file in files]
    texts[1] = f"data:image/png;base64,{texts[1]}"
    texts[2], texts[3], texts[4] = None, base64.b64encode(b"<svg onload='x()'/>").decode(), "no base64"
    node = stream(world, {**digits(0, ROWS), "image": texts})
    assert [sdk.row_image(node, position=row) for row in (0, 1, 5)] == [files[0], files[1], files[5]]
    assert (sdk.row_previews(node).image, sdk.row_previews(node).height) == ("image", None)
    for row in (2, 3, 4):
        answer = client.simulate_get(f"/api/v1/rows/{node}/image", params={"position": row})
        assert (answer.status_code, answer.json["detail"]) == (404, f"this row of {node} has no picture in 'image'")


def test_colours_may_come_before_or_behind(world: World, sdk: Client) -> None:
    image = {**IMAGE, "shape": [-1, 3, 4, 5]}
    values = np.arange(ROWS * 60, dtype=np.float64).reshape(ROWS, 3, 4, 5)
    given = [row.reshape(-1).tolist() for row in values]
    node = stream(world, {**digits(0, ROWS), "image": given}, {**DIGITS, "inputs": [image]})
    found = sdk.row_previews(node)
    assert (found.height, found.width, found.channels) == (4, 5, 3)
    behind = {**IMAGE, "shape": [4, 5, 3]}
    turned = [np.moveaxis(row, 0, -1).reshape(-1).tolist() for row in values]
    number = world.model("other", production={**digits(0, ROWS), "image": turned}, signature={"inputs": [behind]})
    other = production_id(world.version(number))
    assert sdk.row_image(node, position=9) == sdk.row_image(other, position=9)


def test_a_text_is_read_with_its_row(world: World, client: TestClient, sdk: Client) -> None:
    node = stream(world, with_images(0, ROWS))
    row = f"{7:024x}"
    assert sdk.row_texts(node, row).texts == {"note": "written by hand, number 7"}
    assert sdk.row_texts(node, position=5).texts == {}
    answer = client.simulate_get(f"/api/v1/rows/{node}/texts", params={"position": 7}).json
    assert (answer["row"], answer["texts"]) == (row, {"note": "written by hand, number 7"})


def test_rows_that_are_no_pictures_say_so(world: World, client: TestClient, sdk: Client) -> None:
    node = stream(world, digits(0, ROWS))
    assert (sdk.row_previews(node).image, sdk.row_previews(node).texts) == (None, ())
    with pytest.raises(NotFound, match="no input of their model has the profile IMAGE"):
        sdk.row_image(node, position=0)
    assert sdk.row_texts(node, position=0).texts == {}


def test_rows_of_a_deleted_model_are_no_pictures(world: World, client: TestClient, sdk: Client) -> None:
    version = world.version(world.model(production=with_images(0, ROWS), signature=SIGNATURE))
    node = production_id(version)
    assert client.simulate_delete(f"/api/v1/nodes/{version.id}", params={"force": "true"}).status_code == 204

    assert (sdk.row_previews(node).image, sdk.row_previews(node).texts) == (None, ())
    assert sdk.row_texts(node, position=0).texts == {}


def test_what_is_not_there_is_refused(world: World, client: TestClient, sdk: Client) -> None:
    node = stream(world, with_images(0, ROWS))
    with pytest.raises(NotFound, match="has no row 'nobody'"):
        sdk.row_image(node, "nobody")
    with pytest.raises(InvalidInput, match="40 is beyond the last one, 39"):
        sdk.row_image(node, position=ROWS)
    for given in ({}, {"row": "a", "position": 1}):
        answer = client.simulate_get(f"/api/v1/rows/{node}/image", params=given)
        assert answer.status_code == 400
        assert [fault["field"] for fault in answer.json["errors"]] == ["row"]
    run = client.simulate_get(f"/api/v1/rows/model/{'0' * 32}/previews")
    assert run.status_code == 404


def test_a_comparison_of_columns_shows_the_rows_of_its_data(world: World, client: TestClient) -> None:
    node = stream(world, with_images(0, ROWS))
    wanted = ComparisonWanted(PredictionColumns(str(node), "class", "class", "class"))
    run, _ = world.service.comparisons.make(wanted, ADA)
    path = f"/api/v1/compatibility/comparisons/{run.id.key}/instances"
    found = client.simulate_get(f"{path}/{11:024x}/image").content
    assert np.array_equal(pixels_of(found), grey(11))
    assert found != blank().data
