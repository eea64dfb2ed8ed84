"""The lineage explorer in a real browser: expanded, folded, focused, marked, gone back in time, compared, and saved."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

from arangovis.client import Client, connect
from arangovis.domain.work import Input
from arangovis.services.run_log import LoggedRun
from tests.acceptance.page_tools import DEADLINE_MS, PHONE, Visit, ask_json, expect, visiting

BOXES = "() => [...document.querySelectorAll('.canvas [data-id]')].map((box) => box.dataset.id)"
STALE = "() => document.querySelectorAll('.box.marked.stale').length"
LAID = "() => Number(document.querySelector('svg[data-boxes]')?.dataset.boxes ?? 0)"

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="session")
def client(demo_server: str) -> Iterator[Client]:
    with connect(demo_server, actor="ada") as client:
        yield client


@pytest.fixture
def run(client: Client) -> str:
    """Return the newest projection of UMAP."""
    return str(client.runs("method = 'projection.umap'").items[0].id)


@pytest.fixture(scope="session")
def hub(client: Client) -> str:
    """Return a data set that 500 runs read."""
    node = client.register_dataset("digits", "read by many")
    for number in range(500):
        client.log_run(
            LoggedRun(
                method="count",
                project="digits",
                key=f"reader-{number:03d}",
                name=f"reader {number}",
                inputs=(Input(node, "data"),),
            )
        )
    return str(node)


def boxes(visit: Visit, count: int) -> Any:
    return visit.until(LAID, lambda found: found == count)


def neighbours(visit: Visit, node: str, direction: str) -> set[str]:
    page = ask_json(visit.base, f"nodes/{node}/edges?direction={direction}&limit=100")
    return {item["node"]["id"] for item in page["items"]}


def test_it_begins_one_step_away_and_grows_both_ways(visit: Visit, run: str) -> None:
    near = neighbours(visit, run, "upstream") | neighbours(visit, run, "downstream") | {run}
    page = visit.open(f"lineage?node={run}")
    boxes(visit, len(near))
    assert set(visit.until(BOXES, lambda found: len(found) == len(near))) == near

    page.locator("[data-more=upstream]").first.click()
    visit.until(LAID, lambda found: found > len(near))
    visit.until_query("open=up")
    page.go_back()
    boxes(visit, len(near))
    visit.axe()
    visit.shot("lineage")


def test_keys_walk_along_the_edges_and_open_the_record(visit: Visit, run: str) -> None:
    page = visit.open(f"lineage?node={run}&sel={run}")
    visit.until(LAID, lambda found: found > 3)
    visit.still()
    page.locator("svg[data-boxes]").focus()
    page.keyboard.press("ArrowLeft")
    visit.until_query("sel=(?!run)")
    assert visit.query("sel") in neighbours(visit, run, "upstream")
    page.keyboard.press("ArrowRight")
    visit.until_query(f"sel={re.escape(run)}")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"#{re.escape(run)}$"), timeout=DEADLINE_MS)


def test_paths_impact_and_staleness_are_marked(visit: Visit, client: Client, run: str) -> None:
    plot = str(client.outputs(run)["plot"])
    source = next(node for node in neighbours(visit, run, "upstream") if node.startswith("model_version/"))
    page = visit.open(f"lineage?node={run}&from={source}&to={plot}")
    page.get_by_text("has 2 edges").wait_for()
    expect(page.locator(".box.marked.path")).to_have_count(3)

    page = visit.open(f"lineage?node={source}&mark=impact&of={source}")
    affected = ask_json(visit.base, f"impact/{source}")["affected"]
    page.get_by_text(f"{len(affected)} node").wait_for()
    visit.until(page.locator(".box.marked.impact").count, lambda marked: marked >= 2)

    stale = {item["node"] for item in ask_json(visit.base, "stale")["stale"]}
    page = visit.open(f"lineage?node={run}&mark=stale")
    page.get_by_text("stale").nth(1).wait_for()
    visit.still()
    shown = set(visit.until(BOXES, lambda found: run in found))
    visit.until(STALE, lambda marked: marked == len(shown & stale))


def test_time_travel_shows_what_was_there(visit: Visit, run: str) -> None:
    page = visit.open(f"lineage?node={run}")
    before = visit.until(LAID, lambda found: found > 3)
    slider = page.get_by_role("slider", name="As of")
    expect(slider).to_be_enabled()
    visit.still()
    slider.press("ArrowLeft")
    visit.until_query("at=")
    later = visit.query("at")
    slider.press("ArrowLeft")
    visit.until(lambda: visit.query("at"), lambda at: at not in (None, later))
    at = visit.query("at")
    visit.until(LAID, lambda found: found < before or page.get_by_text("Nothing of it was there").count())
    visit.still()
    if not page.get_by_text("Nothing of it was there").count():
        found = ask_json(visit.base, f"lineage/{run}?direction=both&depth=1&at={at}")
        assert len(visit.page.evaluate(BOXES)) <= len(found["nodes"])
    page.get_by_role("button", name="Back to now").click()
    boxes(visit, before)


def test_two_runs_stand_side_by_side(visit: Visit, client: Client) -> None:
    found = client.runs("method = 'projection.umap'").items
    first, second = (str(found[place].id) for place in (0, -1))
    told = ask_json(visit.base, f"diff?a={first}&b={second}")
    page = visit.open(f"lineage?node={first}&a={first}&b={second}")
    panel = page.get_by_role("region", name="Two runs side by side")
    for part in ("params", "metrics"):
        for row in told[part]:
            panel.get_by_role("rowheader", name=row["name"], exact=True).wait_for()
    panel.get_by_role("rowheader", name="Outputs").wait_for()
    visit.axe()


def test_it_can_be_read_as_a_table_and_fits_a_phone(base: str, browser: Any, run: str) -> None:
    with visiting(browser, base, viewport=PHONE) as visit:
        page = visit.open(f"lineage?node={run}&sel={run}")
        page.get_by_role("heading", level=2).first.wait_for()
        visit.until(LAID, lambda found: found > 3)
        visit.fits()
        page.get_by_role("button", name="List").click()
        page.get_by_role("grid").or_(page.get_by_role("table", name="Nodes of the lineage")).first.wait_for()
        visit.axe()


def test_it_is_saved_as_svg_png_and_mermaid(visit: Visit, run: str) -> None:
    page = visit.open(f"lineage?node={run}")
    visit.until(LAID, lambda found: found > 3)
    visit.still()
    count = page.evaluate(LAID)
    files = {}
    for kind in ("SVG", "PNG", "Mermaid"):
        page.get_by_role("button", name="Save the drawing").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=f"Save as {kind}").click()
        files[kind] = download.value.path().read_bytes()
    groups = ET.fromstring(files["SVG"]).findall("{http://www.w3.org/2000/svg}g")
    assert len(groups) == count
    assert files["PNG"].startswith(b"\x89PNG")
    lines = files["Mermaid"].decode().splitlines()
    assert lines[0] == "flowchart LR"
    assert len([line for line in lines[1:] if "-->" not in line]) == count


def test_a_hub_is_picked_from_drawn_whole_and_folded(visit: Visit, hub: str) -> None:
    page = visit.open(f"lineage?node={hub}")
    visit.until(LAID, lambda found: found > 1)
    page.locator("[data-more=downstream]").first.click()
    page.get_by_text("in all. Those with a mark are shown.").wait_for()
    page.get_by_label("Filter the list").fill("reader 77")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox").first).to_be_enabled()
    dialog.get_by_role("checkbox").first.check()
    dialog.get_by_role("button", name="Done").click()
    visit.until_query("pick=run")

    page.goto(f"{visit.base}/ui/lineage?node={hub}&up=0&down=2&fold=none")
    visit.until(LAID, lambda found: found >= 500)
    visit.shot("lineage-500")
    page.goto(f"{visit.base}/ui/lineage?node={hub}&up=0&down=2")
    visit.until(LAID, lambda found: 1 < found < 20)
    visit.shot("lineage-hub")
