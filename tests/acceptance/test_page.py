"""The embeddings' view in a real browser, against a real service with a finished projection."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.acceptance.page_tools import DEADLINE_MS, PHONE, Visit, ask_json, visiting

INK_COLORS = """() => {
  const canvas = document.querySelector("canvas");
  const context = canvas && canvas.getContext("2d");
  if (!context) return 0;
  const words = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return new Set(words).size;
}"""
PICTURE = """() => {
  const canvas = document.querySelector("canvas");
  const bytes = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let hash = 0;
  for (const byte of bytes) hash = (hash * 31 + byte) | 0;
  return hash;
}"""
ROOT = "() => document.querySelector('[data-node]')?.dataset.node ?? null"

pytestmark = pytest.mark.acceptance


class PlotVisit(Visit):
    """A visit to the embeddings."""

    def open(self, view: str = "") -> Any:
        """Open it with a query and wait until everything is drawn."""
        super().open(f"embeddings{view}")
        self.until(INK_COLORS, lambda colors: colors > 3)
        self.page.get_by_role("heading", name="Where this plot comes from").wait_for()
        self.page.locator("[data-node]").first.wait_for(timeout=DEADLINE_MS)
        return self.page


@pytest.fixture
def visit(base: str, browser: Any) -> Iterator[PlotVisit]:
    with visiting(browser, base) as plain:
        visit = PlotVisit(plain.page, base, plain.faults)
        yield visit
        plain.faults = visit.faults


@dataclass(frozen=True)
class Truth:
    """What the API itself answers of the newest projection."""

    plot: str
    run: dict[str, Any]
    nodes: dict[str, dict[str, Any]]
    revisions: list[dict[str, Any]]

    def inputs(self, kind: str) -> list[dict[str, Any]]:
        return [node for node in self.nodes.values() if node["kind"] == kind]


@pytest.fixture
def truth(base: str) -> Truth:
    runs = ask_json(base, "runs?state=SUCCESS&limit=100")["items"]
    projections = [run for run in runs if run["attributes"]["method"].startswith("projection.")]
    run = max(projections, key=lambda item: item["created"])
    near = ask_json(base, f"lineage/{run['id']}?direction=downstream&depth=1")["nodes"]
    plot = next(node["id"] for node in near if node["attributes"].get("role") == "plot")
    nodes = {node["id"]: node for node in ask_json(base, f"lineage/{plot}?direction=upstream&depth=12")["nodes"]}
    number = next(node["attributes"]["number"] for node in nodes.values() if node["kind"] == "model_version")
    method = run["attributes"]["method"].removeprefix("projection.")
    revisions = ask_json(base, f"model-versions/{number}/params/{method}/history")["items"]
    return Truth(plot, run, nodes, revisions)


def test_newest_plot_is_shown_beside_its_whole_origin(visit: PlotVisit, truth: Truth) -> None:
    page = visit.open()
    answer = page.get_by_role("region", name="Where this plot comes from").inner_text()
    assert truth.run["id"][-8:] in answer
    for name, value in truth.run["attributes"]["params"].items():
        assert f"{name} {value}" in answer
    for params in truth.inputs("params"):
        assert params["version"]["actor"] in answer
    snapshots = [node for node in truth.inputs("dataset") if node["attributes"]["form"] == "snapshot"]
    assert all(node["attributes"]["name"] in answer for node in snapshots)
    drawn = page.locator("[data-node]").evaluate_all("rows => rows.map(row => row.dataset.node)")
    assert set(drawn) == set(truth.nodes)
    assert drawn[0] == truth.plot
    history = page.get_by_role("region", name="Parameter history")
    for revision in truth.revisions:
        history.get_by_text(f"Revision {revision['revision']}", exact=True).wait_for()


def test_point_is_picked_by_mouse_and_keyboard_and_kept_in_the_address(visit: PlotVisit) -> None:
    page = visit.open("?training=0")
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")
    pinned = page.get_by_role("complementary", name="Pinned point")
    pinned.wait_for()
    visit.until_query(r"[?&]point=")
    first = visit.query("point")
    assert first is not None
    assert first in pinned.inner_text()
    page.keyboard.press("Shift+ArrowRight")
    visit.until_query(rf"[?&]point=(?!{re.escape(first)}(&|$))")
    second = visit.query("point")
    marker = page.locator("circle.pinned").bounding_box()
    page.mouse.move(marker["x"] + marker["width"] / 2, marker["y"] + marker["height"] / 2)
    page.locator(".tip").wait_for()
    names = pinned.locator("dt").all_inner_texts()
    assert names, "a point shows the values of its columns"
    assert page.locator(".tip dt").all_inner_texts() == names
    page.reload()
    pinned.wait_for()
    assert second in pinned.inner_text()


def test_points_are_coloured_by_every_column(visit: PlotVisit) -> None:
    page = visit.open()
    chooser = page.get_by_label("Colour by")
    names = chooser.locator("option").evaluate_all("options => options.map(option => option.value)")
    assert names
    for name in names:
        chooser.select_option(name)
        page.get_by_role("group", name=f"Legend: {name}").wait_for()
        visit.until_query(rf"[?&]color={re.escape(name)}(&|$)")
        assert page.evaluate(INK_COLORS) > 3


def test_a_class_is_hidden_by_its_legend(visit: PlotVisit) -> None:
    page = visit.open()
    chooser = page.get_by_label("Colour by")
    names = chooser.locator("option").evaluate_all("options => options.map(option => option.value)")
    legend = page.get_by_role("group", name=f"Legend: {names[0]}")
    if legend.locator("[aria-pressed]").count() == 0:
        pytest.skip("this projection has no class output")
    before = page.evaluate(PICTURE)
    legend.locator("[aria-pressed]").first.click()
    visit.until(PICTURE, lambda picture: picture != before)
    visit.until_query(r"[?&]hide=")


def test_picture_is_zoomed_moved_and_shown_whole_again(visit: PlotVisit) -> None:
    page = visit.open()
    whole = page.evaluate(PICTURE)
    page.get_by_role("button", name="Zoom in").click()
    visit.until(PICTURE, lambda picture: picture != whole)
    visit.until_query(r"[?&]view=")
    zoomed = visit.query("view")
    box = page.get_by_role("application").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 140, steps=4)
    page.mouse.up()
    page.mouse.wheel(0, -120)
    visit.until_query(rf"[?&]view=(?!{re.escape(zoomed or '')}(&|$))")
    page.get_by_role("button", name="Show everything").click()
    visit.until(PICTURE, lambda picture: picture == whole)


def test_another_plot_is_chosen_from_the_list_and_back(visit: PlotVisit) -> None:
    page = visit.open()
    page.get_by_role("button", name="Choose a projection").click()
    links = page.get_by_role("navigation", name="Finished projections").get_by_role("link")
    links.first.wait_for()
    assert links.first.get_attribute("aria-current") == "page"
    if links.count() < 2:
        pytest.skip("this service has one projection only")
    other = parse_qs(urlsplit(links.nth(1).get_attribute("href")).query)["plot"][0]
    links.nth(1).click()
    visit.until_query(rf"[?&]plot={re.escape(other)}(&|$)")
    visit.until(ROOT, lambda root: root == other)
    page.go_back()
    visit.until(ROOT, lambda root: root not in (None, other))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page_fits_a_phone_in_both_themes(visit: PlotVisit, theme: str) -> None:
    visit.page.set_viewport_size(PHONE)
    visit.page.emulate_media(color_scheme=theme)
    page = visit.open()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    red = page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
    assert (red < 128) == (theme == "dark")
    assert page.locator("[data-renderer=raster]").inner_text().count("CPU raster") == 1


def test_plot_that_cannot_be_read_says_so_and_is_tried_again(visit: PlotVisit) -> None:
    page = visit.page
    page.route("**/content", lambda route: route.abort())
    page.goto(f"{visit.base}/ui/embeddings")
    page.get_by_role("alert").get_by_text("The plot could not be read").wait_for()
    page.locator("[data-node]").first.wait_for()
    page.unroute("**/content")
    page.get_by_role("button", name="Try again").click()
    visit.until(INK_COLORS, lambda colors: colors > 3)
    # The request that this test cut off is the one fault allowed.
    visit.faults[:] = [fault for fault in visit.faults if "net::ERR_FAILED" not in fault]
