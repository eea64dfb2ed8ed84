"""The pages of models, deployments, detectors and compatibility in a real browser, on digits and tumours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression

import arangovis as av
from arangovis.client import Client, connect
from tests.acceptance.page_tools import PHONE, Visit, ask_json, base_of, expect, visiting
from tests.acceptance.processes import running_service

pytestmark = pytest.mark.acceptance

FIRST, LAST = 600, 900


@dataclass(frozen=True)
class Told:
    """A service, and what the tests open on it."""

    base: str
    sweep: str
    comparison: str
    detector: int
    deployment: str
    model: str
    plot: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    home = tmp_path_factory.mktemp("models") / "home"
    with running_service(home, lease_s=30) as server, connect(server.url, actor="ada") as client:
        yield _tell(client, base_of(server.url))


def _tell(client: Client, base: str) -> Told:
    from arangovis.compatibility.pytorch.weights import weights_of
    from tests.unit.services import sweep_world as world

    client.register_project("digits")
    pixels, classes = load_digits(return_X_y=True)
    old, new = (_version(client, "digits", name) for name in ("old reader", "new reader"))
    client.compatibility.put_weights(old, weights_of(world.old_model()))
    client.compatibility.put_weights(new, weights_of(world.new_model()))
    ids = [f"digit-{row}" for row in range(FIRST, LAST)]
    rows = {"class": classes, "embedding": (pixels / 16).astype("float32")}
    seen = client.put_training_data(old, {name: column[:FIRST] for name, column in rows.items()})
    unseen = {"_id": ids, **{name: column[FIRST:LAST] for name, column in rows.items()}}
    test = client.put_training_data(new, unseen)
    client.append_production_data(new, unseen)
    data = {"features": ["embedding"], "target": "class", "image": [8, 8], "batch_size": 100}
    sweep = client.compatibility.sweep(
        reference={"model_version": old, "factory": "logistic-regression", "arguments": dict(world.LOGISTIC)},
        base={"model_version": new, "factory": "mlp", "arguments": dict(world.MLP)},
        train={"dataset": str(seen.node), **data},
        test={"dataset": str(test.node), **data},
        lambda_c_stepsize=0.5,
        epochs=3,
        optimizer_arguments={"lr": 0.1, "momentum": 0.5},
        name="readers",
    )
    sweep.wait()
    plot = client.project(new, "pca")
    said = [LogisticRegression(max_iter=500).fit(pixels[:count] / 16, classes[:count]) for count in (60, FIRST)]
    h1, h2 = (model.predict(pixels[FIRST:LAST] / 16) for model in said)
    compared = client.compatibility.compare(
        h1, h2, classes[FIRST:LAST], ids=ids, h1_model=old, h2_model=new, name="by hand", project="digits"
    )
    deployment = _deploy(client, new)
    detector = _detect(client)
    model = str(client.lookup("model", "new reader").id)
    return Told(base, sweep.run.key, compared.run.key, detector, str(deployment), model, str(plot.run))


def _version(client: Client, project: str, name: str) -> Any:
    client.register_model(project, name)
    outputs = (
        av.signature_field("embedding", "float32", "NONE", (1, 64)),
        av.signature_field("class", "int64", "NOMINAL"),
    )
    return client.register_model_version(project, name, av.Signature(outputs=outputs))


def _deploy(client: Client, version: Any) -> Any:
    client.set_gate("digits", "breaks little", "compatibility.btc >= 0.5")
    client.set_alias("digits", "new reader", "champion", version)
    for accuracy in (0.9, 0.95):
        trained = av.LoggedRun(
            "training",
            project="digits",
            metrics={"accuracy": accuracy},
            evaluation={"accuracy": accuracy},
            deployment_tag="reader",
            inputs=(av.Input(version.node, "model"),),
        )
        client.log_run(trained)
        made = client.provision("reader", project="digits", state="active")
    for month, served in (("03", 0.94), ("04", 0.91), ("05", 0.93)):
        start, end = f"2026-{month}-01", f"2026-{month}-28"
        client.log_serving_performance("reader", {"accuracy": served}, project="digits", start=start, end=end)
    return made.node


def _detect(client: Client) -> int:
    cancer = load_breast_cancer()
    frame = client.anomaly.frame(_csv(cancer.data[cancer.target == 1]), "benign.csv")
    options = {"hidden": [10], "epochs": 5}
    return int(client.anomaly.train(frame, "tumours", parameters=options, seed=1).number)


def _csv(rows: Any) -> bytes:
    names = ",".join(map(str, load_breast_cancer().feature_names))
    return "\n".join([names, *(",".join(map(str, row)) for row in rows.tolist())]).encode()


@pytest.fixture
def visit(told: Told, browser: Any) -> Iterator[Visit]:
    with visiting(browser, told.base) as visit:
        yield visit


# --- compatibility: check 19 of its sheet -------------------------------------------------------------------------


def expect_marks(page: Any, count: int) -> None:
    expect(page.locator('[data-score="btc"] .mark')).to_have_count(count)


def test_boxes_and_lambda_change_the_marks(told: Told, visit: Visit) -> None:
    page = visit.open(f"compatibility?sweep={told.sweep}")
    points = ask_json(told.base, f"compatibility/sweeps/{told.sweep}/points")["items"]
    page.locator(".mark").first.wait_for()
    assert len(points) == 6
    expect_marks(page, 12)
    page.get_by_label("Training", exact=True).uncheck()
    expect_marks(page, len(points))
    page.get_by_label("Strict imitation", exact=True).uncheck()
    kept = [point for point in points if "new_error" in point["dissonances"]]
    expect_marks(page, len(kept))
    page.get_by_label("Smallest λ").press("ArrowRight")
    expect_marks(page, len([point for point in kept if point["lambda_c"] >= 0.5]))
    visit.until_query("low=0.5")
    page.get_by_label("Testing", exact=True).uncheck()
    page.get_by_text("Nothing is chosen").wait_for()


def test_a_point_fills_every_panel(told: Told, visit: Visit) -> None:
    page = visit.open(f"compatibility?sweep={told.sweep}")
    mark = page.locator('[data-score="bec"] [data-mark="2-test"]')
    mark.focus()
    mark.press("Enter")
    page.get_by_role("heading", name="Rows with errors").wait_for()
    found = ask_json(told.base, f"compatibility/sweeps/{told.sweep}/points/2")["evaluations"]["test"]
    scores = found["scores"]
    strip = page.get_by_label("Scores", exact=True)
    for name in ("btc", "bec", "bec_h2"):
        expect(strip).to_contain_text(f"{scores[name]:.3f}")
    for region in ("progress", "common", "regress"):
        page.locator(f'path[data-region="{region}"]').focus()
        page.keyboard.press("Enter")
        path = f"compatibility/sweeps/{told.sweep}/points/2/instances?region={region}&limit=1000"
        expected = [row["id"] for row in ask_json(told.base, path)["items"]]
        assert len(expected) == scores[region]
        assert every_id(visit, len(expected)) == expected
    image = page.locator("tr[data-id] img").first
    visit.until(
        "[...document.querySelectorAll('tr[data-id] img')].every((one) => one.complete && one.naturalWidth === 8)", bool
    )
    row = page.locator("tr[data-id]").first.get_attribute("data-id")
    expect(image).to_have_attribute("src", re.compile(re.escape(f"/instances/{row}/image")))
    page.get_by_role("button", name="Clear filter").click()
    visit.until(
        "Number(document.querySelector('[data-total]')?.dataset.total)",
        lambda total: total == sum(scores[name] for name in ("progress", "common", "regress")),
    )
    visit.axe()
    visit.shot("compatibility")


def every_id(visit: Visit, count: int) -> list[str]:
    """Go through all pages of the table."""
    page, found = visit.page, list[str]()
    for step in range(max(1, -(-count // 10))):
        wanted = min(10, count - 10 * step)
        visit.until(
            "[document.querySelectorAll('tr[data-id]').length, document.querySelector('.refreshing') === null,"
            " document.querySelector('.pages .number')?.textContent.split(' ')[0],"
            " Number(document.querySelector('[data-total]')?.dataset.total)]",
            [wanted, True, str(step + 1), count].__eq__,
        )
        found += page.evaluate("[...document.querySelectorAll('tr[data-id]')].map((row) => row.dataset.id)")
        if 10 * (step + 1) < count:
            page.get_by_label("Next page").click()
    return found


def test_shares_areas_and_the_way_to_the_embedding(told: Told, visit: Visit) -> None:
    page = visit.open(f"compatibility?comparison={told.comparison}&bars=incompatible")
    page.locator("[data-share]").first.wait_for()
    visit.until(SHARES, lambda shares: sum(shares) == pytest.approx(1))
    scores = ask_json(told.base, f"compatibility/comparisons/{told.comparison}")["scores"]
    counts = {name: scores[name] for name in ("progress", "common", "regress")}
    areas = visit.until(AREAS, lambda areas: areas.keys() == counts.keys() and all(areas.values()))
    for name, count in counts.items():
        assert areas[name] / sum(areas.values()) == pytest.approx(count / sum(counts.values()), abs=0.01)
    expect(page.get_by_role("heading", name="Deploy decisions").locator("..")).to_contain_text("breaks little")
    page.get_by_role("button", name="Regress Only the new model is wrong").click()
    visit.until(
        "Number(document.querySelector('[data-total]')?.dataset.total)", lambda total: total == counts["regress"]
    )
    page.get_by_role("button", name="Show in a projection").click()
    visit.until_query("/ui/embeddings")
    page.get_by_role("heading", name=re.compile(rf"^{counts['regress']} of .* points selected")).wait_for()


SHARES = "[...document.querySelectorAll('[data-share]')].map((bar) => Number(bar.dataset.share))"
# Points on a grid of each region: `isPointInFill` knows exactly what is drawn.
AREAS = """() => Object.fromEntries([...document.querySelectorAll("path[data-region]")].map((path) => {
  const box = path.getBBox(), step = 0.5, point = path.ownerSVGElement.createSVGPoint();
  let inside = 0;
  for (let x = box.x; x < box.x + box.width; x += step)
    for (let y = box.y; y < box.y + box.height; y += step) {
      [point.x, point.y] = [x, y];
      inside += path.isPointInFill(point) ? 1 : 0;
    }
  return [path.dataset.region, inside];
}))"""


# --- detectors ----------------------------------------------------------------------------------------------------


def test_a_detector_tells_what_is_odd(told: Told, visit: Visit) -> None:
    page = visit.open("anomaly")
    page.get_by_role("link", name="tumours").click()
    page.get_by_role("heading", name="Rows, the oddest first").wait_for()
    page.get_by_role("heading", name="Training 5 passes").wait_for()
    cancer = load_breast_cancer()
    file = {"name": "patients.csv", "mimeType": "text/csv", "buffer": _csv(cancer.data)}
    page.get_by_label("A file to score").set_input_files(file)
    figures = page.locator("dl[aria-label=Scores]")
    figures.get_by_text("569").wait_for()
    with connect(told.base) as client:
        found = client.anomaly.score(told.detector, _csv(cancer.data), top=3)
    odd = int(found.anomalies.sum())
    visit.until(figures.inner_text, lambda text: f"\n{odd}" in text)
    first = max(range(569), key=lambda row: found.rows[row]["score"])
    grid = page.get_by_role("grid", name="Rows by score")
    expect(grid.locator("[data-key]").first).to_have_attribute("data-key", str(first + 1))
    expect(grid.locator("[data-key]").first).to_contain_text(found.rows[first]["top_features"][0]["column"])
    page.get_by_text("threshold", exact=False).first.wait_for()
    expect(page.locator("td.heat")).to_have_count(20 * 12)
    visit.axe()
    visit.shot("anomaly")


# --- models and deployments ---------------------------------------------------------------------------------------


def test_a_model_and_its_deployment_rolled_back(told: Told, visit: Visit) -> None:
    page = visit.open("models")
    page.get_by_role("link", name="new reader").click()
    page.get_by_role("heading", name="Metrics over versions").wait_for()
    expect(page.locator("main header")).to_contain_text("champion: 1")
    expect(page.get_by_role("heading", name="Gates").locator("..")).to_contain_text("breaks little")
    visit.axe()
    visit.open(f"models?deployment={quote(told.deployment)}")
    table = (
        page.get_by_role("heading", name="Serving against development")
        .locator("xpath=ancestor::section")
        .locator(".wide tbody tr")
    )
    table.nth(3).wait_for()
    expect(table.nth(0)).to_contain_text("0.95")
    for row, served in enumerate(("0.94", "0.91", "0.93"), start=1):
        expect(table.nth(row).locator("td").first).to_have_text(served)
    expect(page.get_by_label("accuracy by period").locator("path")).to_have_count(2)
    page.get_by_text("passed").first.wait_for()
    visit.axe()
    visit.shot("deployment")
    page.get_by_role("button", name="Roll back").click()
    page.get_by_label("Why").fill("too slow on phones")
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    page.get_by_text("is active again").wait_for()
    key = told.deployment.split("/")[1]
    assert ask_json(told.base, f"deployments/{key}")["state"] == "archived"
    visit.until(lambda: visit.query("deployment"), lambda shown: shown not in (None, told.deployment))


def test_every_page_fits_a_phone(told: Told, browser: Any) -> None:
    pages = {
        f"compatibility?sweep={told.sweep}&point=0": "Rows with errors",
        f"anomaly?model={told.detector}": "Rows, the oddest first",
        f"models?deployment={quote(told.deployment)}": "Serving against development",
        f"models?model={quote(told.model)}": "Metrics over versions",
    }
    with visiting(browser, told.base, viewport=PHONE) as visit:
        for address, heading in pages.items():
            visit.open(address).get_by_role("heading", name=heading).wait_for()
            visit.fits()
        visit.allowed = ("compatibility/sweeps/none",)
        visit.open("compatibility?sweep=none")
        visit.page.get_by_text("The sweep could not be read").wait_for()
