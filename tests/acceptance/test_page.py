"""The embeddings' view in a real browser, against a real service with a finished projection."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.acceptance.page_tools import PHONE, Visit, ask_json, expect

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
NODES = "rows => rows.map(row => row.dataset.node)"
RED = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
ROOT = "() => document.querySelector('[data-node]')?.dataset.node ?? null"

pytestmark = pytest.mark.acceptance


def opened(visit: Visit, query: str = "") -> Any:
    """Open the embeddings and wait until everything is drawn."""
    page = visit.open(f"embeddings{query}")
    visit.until(INK_COLORS, lambda colors: colors > 3)
    page.get_by_role("heading", name="Where this plot comes from").wait_for()
    page.locator("[data-node]").first.wait_for()
    return page


def colours(page: Any) -> list[str]:
    """Return what the points can be coloured by."""
    chooser = page.get_by_label("Colour by")
    expect(chooser).to_be_enabled()
    names: list[str] = chooser.locator("option").evaluate_all("options => options.map(option => option.value)")
    assert names
    return names


@dataclass(frozen=True)
class Truth:
    """What the API itself answers of the newest projection."""

    plot: str
    run: dict[str, Any]
    nodes: dict[str, dict[str, Any]]
    # What the run read itself, whatever else its origin leads to.
    read: list[dict[str, Any]]
    revisions: list[dict[str, Any]]

    def inputs(self, kind: str) -> list[dict[str, Any]]:
        return [node for node in self.read if node["kind"] == kind]


@pytest.fixture
def truth(base: str) -> Truth:
    methods = [method["name"] for method in ask_json(base, "projection-methods")["methods"]]
    asked = [ask_json(base, f"runs?state=SUCCESS&method=projection.{name}&limit=100")["items"] for name in methods]
    run = max((run for runs in asked for run in runs), key=lambda run: run["created"])
    near = ask_json(base, f"lineage/{run['id']}?direction=downstream&depth=1")["nodes"]
    plot = next(node["id"] for node in near if node["attributes"].get("role") == "plot")
    nodes = {node["id"]: node for node in ask_json(base, f"lineage/{plot}?direction=upstream&depth=12")["nodes"]}
    read = ask_json(base, f"lineage/{run['id']}?direction=upstream&depth=1")["nodes"]
    number = next(node["attributes"]["number"] for node in read if node["kind"] == "model_version")
    method = run["attributes"]["method"].removeprefix("projection.")
    revisions = ask_json(base, f"model-versions/{number}/params/{method}/history")["items"]
    return Truth(plot, run, nodes, read, revisions)


@pytest.fixture
def flat(base: str) -> str:
    """Return a plot of two dimensions: other tests on this service make one of three."""
    run = ask_json(base, "runs?state=SUCCESS&method=projection.umap&limit=1")["items"][0]
    return str(run["id"])


def test_newest_plot_is_shown_beside_its_whole_origin(visit: Visit, truth: Truth) -> None:
    page = opened(visit)
    answer = page.get_by_role("region", name="Where this plot comes from")
    told = [truth.run["id"][-8:]]
    told += [f"{name} {value}" for name, value in truth.run["attributes"]["params"].items()]
    told += [params["version"]["actor"] for params in truth.inputs("params")]
    snapshots = [node for node in truth.inputs("dataset") if node["attributes"]["form"] == "snapshot"]
    assert snapshots
    told += [node["attributes"]["name"] for node in snapshots]
    visit.until(lambda: [part for part in told if part not in answer.inner_text()], lambda missing: not missing)
    nodes = page.locator("[data-node]")
    drawn = visit.until(lambda: nodes.evaluate_all(NODES), lambda drawn: set(drawn) == set(truth.nodes))
    assert drawn[0] == truth.plot
    history = page.get_by_role("region", name="Parameter history")
    for revision in truth.revisions:
        history.get_by_text(f"Revision {revision['revision']}", exact=True).wait_for()


def test_point_is_picked_by_mouse_and_keyboard_and_kept_in_the_address(visit: Visit, flat: str) -> None:
    page = opened(visit, f"?run={flat}&training=0")
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")
    pinned = page.get_by_role("complementary", name="Pinned point")
    pinned.wait_for()
    visit.until_query(r"[?&]point=")
    first = visit.query("point")
    assert first is not None
    expect(pinned).to_contain_text(first)
    page.keyboard.press("Shift+ArrowRight")
    visit.until_query(rf"[?&]point=(?!{re.escape(first)}(&|$))")
    second = visit.query("point")
    expect(pinned).to_contain_text(second)
    marker = visit.box(page.locator("circle.pinned"))
    page.mouse.move(marker["x"] + marker["width"] / 2, marker["y"] + marker["height"] / 2)
    page.locator(".tip").wait_for()
    names = pinned.locator("dt").all_inner_texts()
    assert names, "a point shows the values of its columns"
    expect(page.locator(".tip dt")).to_have_text(names, use_inner_text=True)
    page.reload()
    expect(pinned).to_contain_text(second)


def test_points_are_coloured_by_every_column(visit: Visit) -> None:
    page = opened(visit)
    chooser = page.get_by_label("Colour by")
    for name in colours(page):
        chooser.select_option(name)
        page.get_by_role("group", name=f"Legend: {name}").wait_for()
        visit.until_query(rf"[?&]color={re.escape(name)}(&|$)")
        visit.until(INK_COLORS, lambda colors: colors > 3)


def test_a_class_is_hidden_by_its_legend(visit: Visit) -> None:
    page = opened(visit)
    legend = page.get_by_role("group", name=f"Legend: {colours(page)[0]}")
    visit.still()
    if legend.locator("[aria-pressed]").count() == 0:
        pytest.skip("this projection has no class output")
    before = page.evaluate(PICTURE)
    legend.locator("[aria-pressed]").first.click()
    visit.until(PICTURE, lambda picture: picture != before)
    visit.until_query(r"[?&]hide=")


def test_picture_is_zoomed_moved_and_shown_whole_again(visit: Visit, flat: str) -> None:
    page = opened(visit, f"?run={flat}")
    visit.still()
    whole = page.evaluate(PICTURE)
    page.get_by_role("button", name="Zoom in").click()
    visit.until(PICTURE, lambda picture: picture != whole)
    visit.until_query(r"[?&]view=")
    box = visit.box(page.get_by_role("application"))
    zoomed = visit.query("view")
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 140, steps=4)
    page.mouse.up()
    page.mouse.wheel(0, -120)
    visit.until_query(rf"[?&]view=(?!{re.escape(zoomed or '')}(&|$))")
    page.get_by_role("button", name="Show everything").click()
    visit.until(PICTURE, lambda picture: picture == whole)


def test_another_plot_is_chosen_from_the_list_and_back(visit: Visit) -> None:
    page = opened(visit)
    page.get_by_role("button", name="Choose a projection").click()
    links = page.get_by_role("navigation", name="Finished projections").get_by_role("link")
    links.first.wait_for()
    expect(links.first).to_have_attribute("aria-current", "page")
    visit.still()
    if links.count() < 2:
        pytest.skip("this service has one projection only")
    other = parse_qs(urlsplit(links.nth(1).get_attribute("href")).query)["plot"][0]
    links.nth(1).click()
    visit.until_query(rf"[?&]plot={re.escape(other)}(&|$)")
    visit.until(ROOT, lambda root: root == other)
    page.go_back()
    visit.until(ROOT, lambda root: root not in (None, other))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page_fits_a_phone_in_both_themes(visit: Visit, theme: str) -> None:
    visit.page.set_viewport_size(PHONE)
    visit.page.emulate_media(color_scheme=theme)
    page = opened(visit)
    visit.fits()
    visit.until(RED, lambda red: (red < 128) == (theme == "dark"))
    expect(page.locator("[data-renderer=raster]").get_by_text("CPU raster")).to_have_count(1)


def test_a_plot_that_there_is_not_is_said_once(visit: Visit) -> None:
    gone = "artifact/00000000000000000000000000000000"
    visit.allowed = ("/content", "/api/v1/lineage/")
    page = visit.page
    page.goto(f"{visit.base}/ui/embeddings?plot={gone}")
    page.get_by_role("alert").get_by_text("The plot could not be read").wait_for()
    page.get_by_role("tab", name="Origin").wait_for(state="detached")
    expect(page.get_by_role("alert")).to_have_count(1)


def test_plot_that_cannot_be_read_says_so_and_is_tried_again(visit: Visit) -> None:
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
