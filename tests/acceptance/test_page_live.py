"""The live plots in a real browser: a real training that the SDK logs, drawn while it runs."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest

import arangovis
from arangovis.client import Client, connect
from arangovis.client.active_run import ActiveRun
from tests.acceptance.page_tools import PHONE, Visit, base_of, expect, visiting
from tests.acceptance.processes import running_service

pytestmark = pytest.mark.acceptance

PROJECT = "digits curves"
RATES = {"slow": 0.01, "fast": 0.1, "unsaid": None}
EPOCHS = 12
PLOTS = "[...document.querySelectorAll('.surface')].filter((one) => Number(one.dataset.rows) > 0).length"
FRAME = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
ROWS = "Number(document.querySelector('.surface')?.dataset.rows ?? -1)"


@cache
def losses(rate: float) -> list[tuple[float, float]]:
    """Train a network on digits; return loss and accuracy of each epoch."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    digits = load_digits()
    model = MLPClassifier((16,), random_state=0, solver="sgd", learning_rate_init=rate)
    found = []
    for _ in range(EPOCHS):
        model.partial_fit(digits.data / 16, digits.target, classes=range(10))
        found.append((float(model.loss_), float(model.score(digits.data / 16, digits.target))))
    return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with three trainings: two say their rate as an attribute, one does not."""
    with running_service(tmp_path_factory.mktemp("live") / "home", workers=0) as server:
        with connect(server.url, actor="ada") as client:
            for name, rate in RATES.items():
                with begun(client, name) as run:
                    train(run, rate or 0.03)
                if rate is not None:
                    client.set_attributes(run.id, {"rate": rate, "solver": "sgd"}, create=True)
        yield base_of(server.url)


@pytest.fixture
def client(service: str) -> Iterator[Client]:
    with connect(service, actor="ada") as client:
        yield client


@pytest.fixture
def visit(service: str, browser: Any) -> Iterator[Visit]:
    with visiting(browser, service) as visit:
        yield visit


def begun(client: Client, name: str, tag: str = "mlp", **more: Any) -> ActiveRun:
    return arangovis.run(project=PROJECT, name=name, tags=[tag], client=client, capture=False, **more)


def train(run: ActiveRun, rate: float) -> None:
    for epoch, (loss, accuracy) in enumerate(losses(rate)):
        run.log(
            {"loss": loss, "accuracy": accuracy, "margin": accuracy - 0.5, "phase": "late" if epoch > 5 else "early"},
            epoch,
        )


def look(visit: Visit, query: str, plots: int = 1) -> Any:
    page = visit.open(f"live?{query}")
    visit.until(PLOTS, lambda found: found >= plots)
    return page


def tagged(tag: str) -> str:
    return "filter=" + quote(f'tags = "{tag}"')


def surface(page: Any, title: str) -> Any:
    return page.get_by_role("article", name=f"Plot of {title}").locator(".surface")


def plots_of(visit: Visit) -> list[str]:
    return parse_qs(urlsplit(visit.address).query).get("plot", [])


def ends_of(visit: Visit, axis: str, place: int = 0) -> tuple[float, float] | None:
    """Return what of an axis is seen, as the address says it."""
    found = re.search(rf"[|,]?\b{axis}:([^,|]+)\.\.([^,|]+)", plots_of(visit)[place].split("|")[0])
    return (float(found[1]), float(found[2])) if found else None


@contextmanager
def drag(page: Any, x: float, y: float) -> Iterator[Any]:
    page.mouse.move(x, y)
    page.mouse.down()
    yield page.mouse
    page.mouse.up()


def test_a_grid_of_what_was_logged(visit: Visit) -> None:
    page = look(visit, tagged("mlp"), plots=3)
    plots = page.get_by_role("article")
    labels = ["Plot of accuracy", "Plot of loss", "Plot of margin"]
    visit.until(lambda: plots.evaluate_all("all => all.map(one => one.ariaLabel)"), lambda found: found == labels)
    expect(page.get_by_text("36 points")).to_have_count(3)
    page.get_by_role("heading", name="3 runs").wait_for()

    box = visit.box(surface(page, "loss"))
    page.mouse.move(box["x"] + 48 + 1, box["y"] + 60)
    told = ("step 0", *RATES, f"{losses(0.1)[0][0]:.4g}")
    visit.until(page.locator(".tip").inner_text, lambda tip: all(part in tip for part in told))
    visit.until("document.querySelectorAll('line.cross').length", lambda found: found == 3)

    page.get_by_role("slider", name="Smoothing").fill("0.9")
    visit.until_query("smooth=0.9")
    visit.axe()
    page.set_viewport_size(PHONE)
    visit.fits()
    visit.shot("live-phone")


def test_attributes_as_axes(visit: Visit) -> None:
    """Check 18 of streamvis: an attribute as colour and as x, runs without it, and what axes take."""
    page = look(visit, f"{tagged('mlp')}&plot=|y:loss,color:@rate&plot=|x:@rate,y:loss,mark:points", plots=2)
    plots = page.get_by_role("article")
    expect(plots).to_have_count(2)
    first, second = plots.nth(0), plots.nth(1)
    expect(first).to_contain_text("1 run without a value for the colour is grey")
    expect(first).to_contain_text("36 points")
    expect(second).to_contain_text("1 run without a value for an axis is left out")
    expect(second).to_contain_text("24 points")

    # The run without a rate is grey, the smaller rate at the low end of the ramp.
    visit.until(lambda: drawn_colors(first.locator("canvas")), {"154,164,177", "68,1,84"}.issubset)

    page.get_by_role("button", name="Edit loss").first.click()
    x = page.get_by_label("x", exact=True)
    text = x.locator("option", has_text="phase")
    expect(text).to_be_disabled()
    expect(text).to_have_attribute("title", "phase holds texts; this takes whole numbers, numbers and times")
    expect(x.locator("option", has_text="accuracy")).to_be_enabled()
    expect(x.locator("option", has_text="rate")).to_be_enabled()
    expect(page.get_by_label("Colour").locator("option", has_text="phase")).to_be_enabled()
    each = page.get_by_label("A line for each")
    expect(each.locator("option", has_text="margin")).to_be_disabled()
    page.get_by_label("Colour").select_option("phase")
    each.select_option("phase")
    visit.axe()
    page.get_by_role("button", name="Apply").click()
    visit.until_query("color:phase")
    first.get_by_text("early").wait_for()
    visit.until(lambda: visit.address, lambda address: "group:phase" in address)


def drawn_colors(canvas: Any) -> list[str]:
    found: list[str] = canvas.evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const found = new Set();
          for (let at = 0; at < data.length; at += 4) found.add(data.slice(at, at + 3).join());
          return [...found];
        }"""
    )
    return found


def test_a_hybrid_plot(visit: Visit) -> None:
    """Check 20 of streamvis: two layers, one x, two y axes that move by themselves; all of it in the address."""
    page = look(visit, f"{tagged('mlp')}&plot=title:Both|y:loss|y:accuracy,mark:points,ownY:1")
    box = visit.box(surface(page, "Both"))
    right, middle = box["x"] + box["width"], box["y"] + box["height"] / 2
    with drag(page, box["x"] + 200, box["y"] + box["height"] - 8) as mouse:
        mouse.move(box["x"] + 140, box["y"] + box["height"] - 8, steps=4)
    visit.until_query(r"plot=[^&]*x:")
    visit.still()
    x = ends_of(visit, "x")
    assert x is not None
    assert x[0] > 0
    assert x[1] > EPOCHS - 1, "panned to the right, both layers with it: there is one x axis"
    assert ends_of(visit, "y") is None
    assert ends_of(visit, "y2") is None

    surface(page, "Both").focus()
    page.mouse.move(right - 20, middle)
    page.mouse.wheel(0, -200)
    visit.until_query(r"plot=[^&]*y2:")
    visit.still()
    y2 = ends_of(visit, "y2")
    assert y2 is not None
    assert ends_of(visit, "y") is None
    assert ends_of(visit, "x") == x

    page.reload()
    visit.until(PLOTS, lambda found: found == 1)
    assert (ends_of(visit, "x"), ends_of(visit, "y2")) == (x, y2), "the address is all there is to the view"
    visit.shot("live-hybrid")

    page.get_by_role("button", name="More for Both").click()
    page.get_by_role("menuitem", name="Log second y axis").click()
    visit.until_query("logs:y2")
    assert ends_of(visit, "y2") is None, "what was seen of the axis is of its linear scale"
    with page.expect_download() as download:
        page.get_by_role("button", name="More for Both").click()
        page.get_by_role("menuitem", name="Save as CSV").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert rows[0] == "run,line,x,x_value,y,y_value,smoothed"
    assert len(rows) == 1 + 2 * 3 * EPOCHS
    for form in ("PNG", "SVG"):
        with page.expect_download() as download:
            page.get_by_role("button", name="More for Both").click()
            page.get_by_role("menuitem", name=f"Save as {form}").click()
        assert download.value.suggested_filename == f"Both.{form.lower()}"
        assert Path(download.value.path()).stat().st_size > 2000


def test_values_that_a_log_axis_has_no_place_for(visit: Visit) -> None:
    page = look(visit, f"{tagged('mlp')}&plot=logs:y|y:margin")
    below = sum(accuracy - 0.5 <= 0 for rate in (0.01, 0.1, 0.03) for _, accuracy in losses(rate))
    assert below > 0
    words = "value not above 0 has" if below == 1 else "values not above 0 have"
    page.get_by_text(f"{below} {words} no place on a log axis").wait_for()
    page.get_by_text(f"{3 * EPOCHS - below} points").wait_for()
    page.get_by_role("button", name="Log y axis of margin").click()
    page.get_by_text(f"{3 * EPOCHS} points").wait_for()


def test_a_run_is_followed_replaced_and_deleted(visit: Visit, client: Client) -> None:
    page = visit.open(f"live?{tagged('now')}&plot=|y:loss")
    page.get_by_text("No run meets this").wait_for()

    with begun(client, "in sight", "now", flush_every_s=0.1) as run:
        pause = threading.Event()
        for step, (loss, _) in enumerate(losses(0.1)):
            run.log({"loss": loss}, step)
            pause.wait(0.05)
        run.flush()
        visit.until(ROWS, lambda rows: rows == EPOCHS)
        page.get_by_role("img", name="running").wait_for()
        expect(page.get_by_role("button", name="Live")).to_have_count(1)
        for step in range(EPOCHS, 2 * EPOCHS):
            run.log({"loss": losses(0.01)[step - EPOCHS][0]}, step)
        run.flush()
        visit.until(ROWS, lambda rows: rows == 2 * EPOCHS)
    page.get_by_role("button", name="Ended").wait_for()

    with begun(client, "in sight", "now", run=run.id, mode="replace") as again:
        again.log({"loss": 1.0}, 0)
        again.flush()
        visit.until(ROWS, lambda rows: rows == 1)

    assert again.id == run.id
    client.delete_run(run.id)
    page.get_by_text("The runs are gone").wait_for()
    page.get_by_role("heading", name="0 runs").wait_for()
    expect(page.get_by_text("in sight is gone")).to_have_count(1)


def frames_of(page: Any) -> int:
    return int(surface(page, "value").get_attribute("data-frames"))


def test_a_view_is_saved_for_a_team(visit: Visit, client: Client) -> None:
    """Saved where it is seen, listed at home, opened from there; its link outlives another name."""
    page = look(visit, f"{tagged('mlp')}&smooth=0.5&plot=logs:y|y:loss")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_text("No view has a name yet").wait_for()
    page.get_by_label("Name of this view").fill("losses")
    page.get_by_label("Whose it is").select_option(PROJECT)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text(f"The view is saved as losses, for {PROJECT}").wait_for()
    (saved,) = client.saved_views(PROJECT)
    assert (saved.name, saved.view) == ("losses", "live")
    assert saved.address == visit.address.partition("/ui/")[2]

    page = visit.open("home")
    row = page.get_by_role("list", name="Saved views")
    row.get_by_role("link", name="losses").click()
    visit.until(PLOTS, lambda found: found == 1)
    assert visit.address.endswith(saved.address), "plots, axes and smoothing as they were"

    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Rename losses").click()
    visit.axe()
    page.get_by_label("New name of losses").fill("losses by rate")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="losses by rate").wait_for()
    visit.shot("saved-views")
    assert client.saved_view(saved.node).name == "losses by rate"
    page.get_by_label("Name of this view").fill("losses by rate")
    page.get_by_label("Whose it is").select_option(PROJECT)
    page.get_by_role("button", name="Replace").wait_for()

    client.change_view(saved.node, address=f"live?{tagged('mlp')}&plot=|y:accuracy")
    page = visit.open(f"saved?view={saved.node.key}")
    visit.until(PLOTS, lambda found: found == 1)
    assert plots_of(visit) == ["|y:accuracy"]

    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Delete losses by rate").click()
    visit.fits()
    visit.shot("saved-views-phone")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("No view has a name yet").wait_for()
    assert list(client.saved_views()) == []

    visit.allowed = (f"/saved-views/{saved.node.key}",)
    visit.open(f"saved?view={saved.node.key}").get_by_text("There is no such saved view").wait_for()


def test_a_million_points(visit: Visit, client: Client) -> None:
    """Check 20 of streamvis, its last part: a hundred lines of ten thousand points, and what is drawn of them."""
    from sklearn.datasets import load_digits

    with begun(client, "many", "many") as run:
        pixels = load_digits().data.reshape(-1)
        walks = np.cumsum(pixels[: 100 * 1117].reshape(100, 1117)[:, np.arange(10_000) % 1117] - pixels.mean(), axis=1)
        run.write(step=np.arange(10_000), value=walks, line=np.arange(100)[:, None])
        run.flush()
    page = look(visit, f"{tagged('many')}&plot=tall:2|y:value,group:line")
    visit.until(ROWS, lambda rows: rows == 1_000_000)
    told = page.get_by_role("article").locator(".said").first
    expect(told).to_contain_text("1\u202f000\u202f000")
    drawn, of = (int(number.replace("\u202f", "")) for number in re.findall(r"\d[\d\u202f]*", told.inner_text()))
    assert of == 1_000_000
    assert 100_000 < drawn < 500_000, "thinned to its pixels, and said so"
    visit.shot("live-million")

    box = visit.box(surface(page, "value"))
    before = frames_of(page)
    with drag(page, box["x"] + 300, box["y"] + 200) as mouse:
        for step in range(1, 11):
            mouse.move(box["x"] + 300 - 10 * step, box["y"] + 200)
            page.evaluate(FRAME)
    visit.until_query(r"plot=[^&]*x:")
    assert frames_of(page) > before + 3
    assert float(surface(page, "value").get_attribute("data-took")) > 0
