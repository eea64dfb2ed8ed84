"""The embedding explorer in a real browser: selections, neighbours, linked plots, refits, three dimensions, exports."""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.acceptance.page_tools import CHROMIUM, FLAGS, PHONE, Visit, ask_json, expect, visiting
from tests.acceptance.processes import ask, until

FRAMES = "() => Number(document.querySelector('[data-half=a] .picture')?.dataset.frames ?? 0)"
VALUES = "options => options.map(option => option.value)"

pytestmark = pytest.mark.acceptance


@pytest.fixture
def visit(base: str, browser: Any) -> Iterator[Visit]:
    """Open a window that takes downloads and does not glide: what is compared stands still."""
    with visiting(browser, base, reduced_motion="reduce") as visit:
        yield visit


@pytest.fixture
def plots(base: str) -> Sequence[tuple[str, str]]:
    """Return (run, plot) of each UMAP projection, oldest first."""
    umap = ask_json(base, "runs?state=SUCCESS&method=projection.umap&limit=100")["items"]
    return [(run["id"], _plot_of(base, run["id"])) for run in sorted(umap, key=lambda run: run["created"])]


def _plot_of(base: str, run: str) -> str:
    near = ask_json(base, f"lineage/{run}?direction=downstream&depth=1")["nodes"]
    return str(next(node["id"] for node in near if node["attributes"].get("role") == "plot"))


def opened(visit: Visit, query: str) -> Any:
    page = visit.open(f"embeddings?{query}")
    visit.until(FRAMES, lambda frames: frames > 0)
    page.get_by_role("heading", name="Where this plot comes from").or_(
        page.get_by_role("tab", selected=True)
    ).first.wait_for()
    return page


def lasso(visit: Visit, half: str = "a") -> None:
    """Draw a circle round the middle of a plot."""
    page = visit.page
    tool = page.get_by_role("button", name="Select with a lasso")
    tool.click()
    expect(tool).to_have_attribute("aria-pressed", "true")
    box = visit.box(page.locator(f"[data-half={half}] .picture"))
    middle, radius = (
        (box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5),
        min(box["width"], box["height"]) * 0.3,
    )
    page.mouse.move(middle[0] + radius, middle[1])
    page.mouse.down()
    for step in range(1, 41):
        turn = step / 40 * 2 * math.pi
        page.mouse.move(middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn))
    page.mouse.up()


def inside(polygon: Sequence[float], x: float, y: float) -> bool:
    """Say whether a point is in a polygon, by the rule's definition."""
    corners = list(zip(polygon[::2], polygon[1::2], strict=True))
    found = False
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            found = not found
    return found


def columns_of(base: str, run: str) -> dict[str, list[Any]]:
    answer = ask(f"{base}/api/v1/projections/{run.removeprefix('run/')}/points", Accept="application/json")
    return dict(answer.body["columns"])


def test_lasso_finds_the_right_rows_and_they_become_data_with_lineage(
    visit: Visit, base: str, plots: Sequence[tuple[str, str]]
) -> None:
    run, plot = plots[0]
    page = opened(visit, f"plot={plot}&training=0")
    lasso(visit)
    visit.until_query(r"[?&]region=")
    polygon = [float(part) for part in (visit.query("region") or "").split(",")]
    points = columns_of(base, run)
    rows = zip(points["id"], points["x"], points["y"], points["set"], strict=True)
    right = {row for row, x, y, name in rows if name == "production" and inside(polygon, x, y)}
    assert 10 < len(right) < 490
    page.get_by_role("heading", name=re.compile(rf"^{len(right)} of ")).wait_for()
    page.get_by_role("button", name="Save as data set").click()
    page.get_by_label("Name", exact=True).fill("what was lassoed")
    page.get_by_role("button", name=re.compile(r"^Save \d+ rows$")).click()
    page.get_by_text("Saved").wait_for()
    kept = next(
        item for item in ask_json(base, "nodes/dataset?limit=100")["items"] if _is_named(item, "what was lassoed")
    )
    assert kept["attributes"]["rows"] == len(right)
    up = ask_json(base, f"lineage/{kept['id']}?direction=upstream&depth=12")
    assert plot in {node["id"] for node in up["nodes"]}
    page.reload()  # the address holds the selection
    page.get_by_role("heading", name=re.compile(rf"^{len(right)} of ")).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("menuitem", name="Selected points (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert {row["id"] for row in rows} == right


def _is_named(node: dict[str, Any], name: str) -> bool:
    return bool(node["attributes"].get("name") == name)


def test_neighbours_of_a_point_are_those_of_its_row(visit: Visit, base: str, plots: Sequence[tuple[str, str]]) -> None:
    run, plot = plots[0]
    row, k = 11, 6
    key = run.removeprefix("run/")
    truth = ask_json(base, f"projections/{key}/neighbours?row={row}&k={k}")["items"][0]
    page = opened(visit, f"plot={plot}&near={k}")
    page.get_by_label("Find points").fill(truth["id"])
    page.get_by_label("Find points").press("Enter")
    listed = page.get_by_role("list", name="Neighbours", exact=True).get_by_role("listitem")
    right = [near["id"] for near in truth["neighbours"]]
    visit.until(lambda: [item.split()[0] for item in listed.all_inner_texts()], lambda shown: shown == right)
    visit.until(page.locator("[data-half=a] line.ray:not(.marked)").count, lambda drawn: drawn >= k - 3)
    visit.until_query(rf"[?&]point={re.escape(truth['id'])}(&|$)")
    classes = columns_of(base, run)["class"]
    others = page.get_by_role("list", name="Counterfactuals").get_by_role("listitem")
    others.first.wait_for()
    odd = others.all_inner_texts()
    ids = columns_of(base, run)["id"]
    assert all(classes[ids.index(name.split()[0])] != classes[row] for name in odd)
    visit.axe()


def test_two_plots_share_what_is_pointed_at_selected_and_zoomed(visit: Visit, plots: Sequence[tuple[str, str]]) -> None:
    (_, first), (_, second) = plots[:2]
    page = opened(visit, f"plot={first}&beside={second}&training=0")
    page.locator("[data-half=b] .picture[data-frames]").wait_for()
    page.get_by_text("in both plots").wait_for()
    lasso(visit, "b")
    visit.until_query(r"[?&]in=b")
    page.get_by_role("heading", name=re.compile(r"^[1-9].* points selected$")).wait_for()
    page.get_by_role("button", name="Move").click()
    page.locator("[data-half=a] .picture").focus()
    page.keyboard.press("Enter")
    page.locator("[data-half=b] circle.pinned").wait_for()
    mark = visit.box(page.locator("[data-half=a] circle.pinned"))
    page.mouse.move(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    page.locator("[data-half=b] .picture.linked").wait_for()
    zoom = page.locator("[data-half=a]").get_by_role("button", name="Zoom in")
    zoom.hover()
    visit.still()
    before = page.locator("[data-half=b] .picture").get_attribute("data-frames")
    zoom.click()
    expect(page.locator("[data-half=b] .picture")).not_to_have_attribute("data-frames", before)
    page.get_by_role("button", name="Swap the plots").click()
    visit.until_query(rf"plot={re.escape(second)}.*beside={re.escape(first)}")


def test_form_is_made_of_the_declared_limits_and_fits_anew(
    visit: Visit, base: str, plots: Sequence[tuple[str, str]]
) -> None:
    methods = ask_json(base, "projection-methods")["methods"]
    umap = next(method for method in methods if method["name"] == "umap")
    limit = next(item["maximum"] for item in umap["parameters"] if item["name"] == "n_neighbours")
    page = opened(visit, f"plot={plots[0][1]}&side=fit")
    options = page.get_by_label("Method").locator("option")
    declared = [method["name"] for method in methods]
    visit.until(lambda: options.evaluate_all(VALUES), lambda shown: shown == declared)
    field = page.get_by_label("N neighbours")
    field.fill(str(limit + 1))
    page.get_by_text(f"must be at most {limit}").wait_for()
    expect(page.get_by_role("button", name="Project with UMAP")).to_be_disabled()
    page.get_by_label("Method").select_option("pca")
    page.get_by_label("N components").fill("3")
    page.get_by_role("button", name="Project with PCA").click()
    visit.until_query(r"[?&]run=run/")
    page.locator("[data-half=a] line.edge").first.wait_for()  # the box of three dimensions
    run = ask_json(base, f"nodes/{visit.query('run')}")
    assert run["attributes"]["params"]["n_components"] == 3


def test_three_dimensions_are_turned_and_selected(visit: Visit, base: str, plots: Sequence[tuple[str, str]]) -> None:
    versions = ask_json(base, "model-versions?limit=10")["items"]
    number = next(version["id"] for version in versions if version["name"] == "digit classifier")
    put = {"parameters": {"n_components": 3}}
    assert ask(f"{base}/api/v1/model-versions/{number}/params/pca", put, method="PUT").status == 200
    run = ask(f"{base}/api/v1/projections", {"model_version": number, "method": "pca"}).body["id"]
    until(lambda: ask_json(base, f"nodes/{run}")["attributes"]["state"] == "SUCCESS", what="the plot")
    page = opened(visit, f"run={run}")
    page.locator("[data-half=a] line.edge").first.wait_for()
    box = visit.box(page.locator("[data-half=a] .picture"))
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 240, steps=6)
    page.mouse.up()
    visit.until_query(r"[?&]turn=")
    lasso(visit)
    page.get_by_role("heading", name=re.compile(r"^[1-9].* points selected$")).wait_for()
    visit.axe()


def test_plot_leaves_the_page_as_tables_and_as_a_page_that_asks_nobody(
    visit: Visit, base: str, plots: Sequence[tuple[str, str]], tmp_path: Path
) -> None:
    run, plot = plots[0]
    page = opened(visit, f"plot={plot}")
    files = {}
    for item, suffix in (("(PNG)", "png"), ("(Parquet)", "parquet"), ("all points (CSV)", "csv"), ("(HTML)", "html")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=item).click()
        files[suffix] = tmp_path / f"plot.{suffix}"
        download.value.save_as(files[suffix])
    points = columns_of(base, run)
    table = pq.read_table(files["parquet"])
    np.testing.assert_array_equal(table.column("x").to_numpy(), np.asarray(points["x"], np.float32))
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(files["csv"].read_text())) if row["id"]}
    assert {row: float(rows[row]["y"]) for row in rows} == pytest.approx(
        {row: y for row, y, name in zip(points["id"], points["y"], points["set"], strict=True) if name == "production"}
    )
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    asked: list[str] = []
    alone = page.context.browser.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("pageerror", lambda error: asked.append(str(error)))
    alone.goto(files["html"].as_uri())
    alone.locator(f"canvas[data-drawn='{len(points['x'])}']").wait_for()
    alone.wait_for_load_state("networkidle")
    assert asked == [files["html"].as_uri()]
    alone.close()


def test_without_any_3d_interface_it_still_draws_and_says_so(
    base: str, plots: Sequence[tuple[str, str]], browser: Any
) -> None:
    flat = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, "--disable-3d-apis"])
    with visiting(flat, base) as visit:
        page = opened(visit, f"plot={plots[0][1]}&density=1")
        expect(page.locator("[data-renderer=raster]")).to_contain_text("CPU raster (no GPU)")
        expect(page.locator("[data-renderer]")).to_contain_text("showing 500 of 697 production points")
    flat.close()


def test_versions_are_gone_through_on_a_phone(visit: Visit, plots: Sequence[tuple[str, str]]) -> None:
    visit.page.set_viewport_size(PHONE)
    page = opened(visit, f"plot={plots[0][1]}")
    expect(page.get_by_label("Version")).to_be_enabled()
    page.get_by_label("Version").press("ArrowRight")
    visit.until_query(rf"plot={re.escape(plots[1][1])}")
    visit.fits()
    page.get_by_role("tab", name="Quality").click()
    page.get_by_role("row", name=re.compile("^Trustworthiness 0.9")).wait_for()
    visit.axe()
