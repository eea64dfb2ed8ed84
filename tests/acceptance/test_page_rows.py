"""What the page shows of the rows behind points: their pictures, and the colours of a projection of all rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from arangovis.client import connect
from arangovis.demo.digits import TRAINING_ROWS, train
from tests.acceptance.page_tools import Visit, ask_json, expect, visiting
from tests.acceptance.processes import ask

# The grey values of a picture, as the browser shows it.
GREYS = """async (image) => {
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pencil = canvas.getContext("2d");
  pencil.drawImage(image, 0, 0);
  const { data, width } = pencil.getImageData(0, 0, canvas.width, canvas.height);
  return { width, greys: Array.from({ length: data.length / 4 }, (_, pixel) => data[4 * pixel]) };
}"""

pytestmark = pytest.mark.acceptance


@pytest.fixture
def visit(base: str, browser: Any) -> Iterator[Visit]:
    """Open a window in which nothing glides: what is pointed at stands still."""
    with visiting(browser, base, reduced_motion="reduce") as visit:
        yield visit


def greys_of(row: str) -> npt.NDArray[np.int64]:
    """Return the grey values of a digit of the demo's traffic, by its id: the brightest pixel 255, the darkest 0."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    unseen = np.random.Generator(np.random.PCG64(0)).permutation(len(digits.data))[TRAINING_ROWS:]
    pixels = digits.data[unseen[int(row.rpartition("-")[2])]]
    return np.round((pixels - pixels.min()) / np.ptp(pixels) * 255).astype(np.int64)


def shown_in(image: Any) -> npt.NDArray[np.int64]:
    found = image.evaluate(GREYS)
    assert found["width"] == 8
    return np.array(found["greys"])


def test_points_show_the_pictures_that_their_rows_are(visit: Visit, base: str) -> None:
    runs = ask_json(base, "runs?state=SUCCESS&method=projection.umap&limit=100")["items"]
    run = min(runs, key=lambda run: run["created"])["id"]
    points = ask(f"{base}/api/v1/projections/{run.removeprefix('run/')}/points", Accept="application/json").body
    row = points["columns"]["id"][17]
    page = visit.open(f"embeddings?run={run}&training=0&side=point&near=5&point={row}")
    np.testing.assert_array_equal(shown_in(page.get_by_label("Pinned point").get_by_role("img")), greys_of(row))
    near = page.get_by_role("list", name="Neighbours", exact=True).get_by_role("listitem")
    expect(near).to_have_count(5)
    for item in near.all():
        image = item.locator("img")
        expect(image).to_be_visible()
        np.testing.assert_array_equal(shown_in(image), greys_of(item.inner_text().split()[0]))
    visit.axe()
    spot = visit.box(page.locator("[data-half=a] circle.pinned"))
    page.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    image = page.get_by_role("img", name=f"Picture of {row}", exact=True)
    expect(image).to_have_count(2)
    for shown in image.all():
        np.testing.assert_array_equal(shown_in(shown), greys_of(row))


def test_a_projection_of_all_rows_is_coloured_as_plots_are(visit: Visit, base: str) -> None:
    with connect(base, actor="ada") as client:
        placed = client.project_all(1, "pca")
    classes = np.bincount(train(epochs=15, seed=1).production_class, minlength=10)
    page = visit.open(f"embeddings?run={placed.run}&side=point&point=digit-1-0042")
    legend = page.get_by_role("group", name="Legend: class").get_by_role("button")
    expect(legend).to_have_count(10)
    assert [int(name.split()[1]) for name in legend.all_inner_texts()] == classes.tolist()
    np.testing.assert_array_equal(
        shown_in(page.get_by_label("Pinned point").get_by_role("img")), greys_of("digit-1-0042")
    )
    page.get_by_label("Colour by").select_option("novelty")
    page.get_by_text("unhealthy").first.wait_for()
    visit.axe()
