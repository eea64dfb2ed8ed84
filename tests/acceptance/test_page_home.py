"""The home view in a real browser: searching, narrowing, choosing columns, comparing, saving, and the record of a run.

What is searched are trainings on scikit-learn's wine.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier

from tests.acceptance.page_tools import PHONE, Visit, ask_json, base_of, expect, visiting
from tests.acceptance.processes import running_service

pytestmark = pytest.mark.acceptance

RUNS = 700
STRENGTHS = tuple(float(strength) for strength in np.logspace(-3, 3, 7))


def trained(number: int, data: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    """Train on a split of its own; return the run to log."""
    rows, labels = data
    chosen = np.random.default_rng(number).permutation(len(labels))
    train, test = chosen[:120], chosen[120:]
    strength, neighbours = STRENGTHS[number % len(STRENGTHS)], 1 + number % 9
    nearest = number % 4 == 0
    model = KNeighborsClassifier(neighbours) if nearest else RidgeClassifier(alpha=strength)
    accuracy = float(model.fit(rows[train], labels[train]).score(rows[test], labels[test]))
    return {
        "method": "training.knn" if nearest else "training.ridge",
        "name": f"wine {number:04d}",
        "project": "wine",
        "params": {"n_neighbours": neighbours} if nearest else {"ridge strength": strength},
        "metrics": {"accuracy": accuracy},
        "tags": ["baseline"] if number % 10 == 0 else ["sweep"],
        "attributes": {"machine": f"node {number % 3}"},
    }


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with the runs of a sweep."""
    with running_service(tmp_path_factory.mktemp("wine") / "home", workers=0) as server:
        base = base_of(server.url)
        data = load_wine(return_X_y=True)
        runs = [{"action": "run", **trained(number, data)} for number in range(RUNS)]
        post(base, "batch", {"actions": [{"action": "project", "name": "wine"}, *runs]})
        yield base


def post(base: str, path: str, body: object) -> Any:
    headers = {"Content-Type": "application/json", "X-Arangovis-Actor": "ada"}
    request = urllib.request.Request(f"{base}/api/v1/{path}", json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def search(base: str, **asked: Any) -> Any:
    return post(base, "search", {"kinds": ["run"], "count": True, **asked})


@pytest.fixture
def home(wine: str, browser: Any) -> Iterator[Visit]:
    with visiting(browser, wine) as visit:
        yield visit


def names(visit: Visit) -> Any:
    return visit.page.locator("[data-place] a.name")


def until_found(visit: Visit, number: int) -> None:
    visit.page.locator(".said", has_text=re.compile(rf"^{number} found")).wait_for()


def test_a_filter_is_completed_and_refused_at_the_place(home: Visit) -> None:
    home.allowed = ("/search",)
    page = home.open("home")
    until_found(home, RUNS)
    box = page.get_by_role("combobox", name="Filter")
    box.click()
    page.keyboard.type("acc")
    suggested = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    suggested.filter(has_text="metrics.accuracy").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    suggested.filter(has_text=">=").wait_for()
    page.keyboard.type(">= 0.99 and method = nearest")
    page.keyboard.press("Enter")
    fault = page.get_by_role("alert")
    fault.filter(has_text="at character 39").wait_for()
    place = home.box(page.locator(".stumble span"))
    text = box.bounding_box()
    assert place
    assert text
    assert text["x"] < place["x"] < text["x"] + text["width"]
    # What was found before stays in sight.
    home.until(names(home).count, lambda shown: shown > 5)
    home.axe()
    page.get_by_role("button", name=re.compile("Created: Any time")).click()
    page.get_by_role("button", name="Last hour").click()
    home.until_query("since=1h")
    home.still()
    fault.filter(has_text="at character 39").wait_for()

    box.fill('metrics.accuracy >= 0.99 and method = "training.ridge"')
    page.keyboard.press("Enter")
    good = search(home.base, filter='metrics.accuracy >= 0.99 and method = "training.ridge"')["total"]
    assert 0 < good < RUNS
    until_found(home, good)
    expect(fault).to_have_count(0)


def test_facets_narrow_and_show_what_else_there_is(home: Visit) -> None:
    page = home.open("home")
    facets = page.get_by_role("complementary", name="Values to narrow by").first
    facets.get_by_role("button", name=re.compile("baseline")).click()
    until_found(home, RUNS // 10)
    home.until_query("baseline")
    counts = {item["value"]: item["count"] for item in search(home.base, facets=["tags"])["facets"][0]["values"]}
    # The other tag has its own count still; other names count what is left.
    expect(facets.get_by_role("button", name=re.compile("sweep"))).to_contain_text(str(counts["sweep"]))
    left = search(home.base, filter='tags = "baseline"', facets=["method"])["facets"][0]["values"]
    for method in left:
        label = str(method["value"]).removeprefix("training.") + " training"
        expect(facets.get_by_role("button", name=re.compile(label))).to_contain_text(str(method["count"]))

    facets.get_by_role("button", name=re.compile("node 1")).click()
    both = search(home.base, filter='tags = "baseline" and attributes.machine = "node 1"')["total"]
    until_found(home, both)
    page.go_back()
    until_found(home, RUNS // 10)
    facets.get_by_role("button", name=re.compile("baseline")).click()
    until_found(home, RUNS)
    page.get_by_role("button", name=re.compile("Created: Any time")).click()
    page.get_by_role("button", name="Last hour").click()
    home.until_query(r"[?&]since=1h(&|$)")
    until_found(home, RUNS)


def test_every_row_comes_in_the_order_of_any_column(home: Visit) -> None:
    page = home.open("home")
    page.get_by_role("columnheader", name="accuracy").get_by_role("button").click()
    home.until_query(r"sort=-metrics\.accuracy")
    best = search(home.base, order="metrics.accuracy desc", limit=1)["items"][0]["attributes"]["name"]
    page.locator("[data-place='0']", has_text=best).wait_for()
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("attributes.machine").check()
    page.get_by_label("params.ridge strength").uncheck()
    page.keyboard.press("Escape")
    page.get_by_role("columnheader", name="machine").wait_for()
    expect(page.get_by_role("columnheader", name="ridge strength")).to_have_count(0)

    page.locator("[data-place='0']").focus()
    last = page.locator(f"[data-place='{RUNS - 1}']")

    def further() -> int:
        page.keyboard.press("End")
        return int(last.count())

    home.until(further, bool)
    home.still()
    drawn = page.locator("[data-place]").count()
    assert 0 < drawn < 100
    worst = search(home.base, order="metrics.accuracy desc", limit=RUNS)["items"][-1]["attributes"]["name"]
    expect(last).to_contain_text(worst)
    page.reload()
    page.get_by_role("columnheader", name="machine").wait_for()
    home.shot("home-columns")


def test_runs_are_compared_and_lead_on(home: Visit) -> None:
    runs = search(home.base, filter='method = "training.ridge"', limit=3)["items"]
    page = home.open("home?q=" + quote('method = "training.ridge"'))
    for run in runs:
        page.locator(f"[data-key='{run['id']}'] input").check()
    bar = page.get_by_role("region", name="Chosen nodes")
    live = bar.get_by_role("link", name="Live plots")
    home.until(lambda: live.get_attribute("href"), lambda href: all(run["id"] in href for run in runs))
    bar.get_by_role("button", name="Compare").click()
    table = page.get_by_role("region", name="Comparison table")
    row = table.get_by_role("row", name=re.compile("ridge strength"))
    strengths = [run["attributes"]["params"]["ridge strength"] for run in runs]
    assert len(set(strengths)) > 1
    expect(row).to_have_class(re.compile(r"\bdiffers\b"))
    expect(row.get_by_label("the greatest")).to_have_count(strengths.count(max(strengths)))
    table.get_by_role("row", name=re.compile("^method")).wait_for()
    page.get_by_label("Only what differs").check()
    expect(table.get_by_role("row", name=re.compile("^method"))).to_have_count(0)
    home.axe()
    home.shot("home-compare")
    table.get_by_role("button", name=re.compile("Leave .* out")).first.click()
    both = bar.get_by_role("link", name="Lineage of both")
    home.until(lambda: both.get_attribute("href").count("run/"), lambda count: count == 3)
    home.still()
    page.reload()
    table.get_by_role("row", name=re.compile("^accuracy|^ridge")).first.wait_for()
    expect(page.locator("thead a.name")).to_have_count(2)
    page.go_back()
    expect(page.locator("thead a.name")).to_have_count(3)


def test_a_search_is_saved_and_opened_by_its_name(home: Visit) -> None:
    page = home.open("home?sort=-metrics.accuracy&q=" + quote("metrics.accuracy > 0.95"))
    page.get_by_role("button", name="Saved searches").click()
    page.get_by_role("button", name="Save this search").click()
    page.get_by_label("Name", exact=True).fill("good ones")
    page.get_by_role("button", name="Save", exact=True).click()
    home.until_query("saved=good")
    saved = ask_json(home.base, "saved-searches?project=wine")["items"][0]["question"]
    assert (saved["filter"], saved["order"]) == ("metrics.accuracy > 0.95", "metrics.accuracy desc")

    # The name alone leads to it, and its own project to the others.
    page = home.open("home?saved=good+ones&project=wine")
    until_found(home, search(home.base, filter="metrics.accuracy > 0.95")["total"])
    page.get_by_role("button", name="Saved search good ones").click()
    page.get_by_role("button", name="Delete good ones").click()
    page.get_by_text("No search has a name yet").wait_for()
    assert ask_json(home.base, "saved-searches?project=wine")["items"] == []


def test_the_record_of_a_run_takes_tags_words_and_notes(home: Visit) -> None:
    page = home.open("home")
    until_found(home, RUNS)
    home.still()
    row = page.locator("[data-place='0']")
    run = row.get_attribute("data-key")
    row.get_by_role("gridcell").nth(3).click()
    record = page.get_by_role("dialog", name=re.compile("Record of"))
    record.get_by_role("heading", name="Metrics").wait_for()
    expect(record.get_by_role("link", name="Log")).to_have_attribute("href", re.compile(rf"work\?run={run}$"))
    record.get_by_role("button", name="Tag", exact=True).click()
    expect(record.get_by_label("New tag")).to_be_focused()
    page.keyboard.type("to look at")
    page.keyboard.press("Enter")
    record.get_by_role("button", name="Remove the tag to look at").wait_for()
    record.get_by_role("button", name="Describe").click()
    record.get_by_label("Description").fill("The last of the sweep.")
    record.get_by_role("button", name="Save").click()
    record.get_by_text("The last of the sweep.").wait_for()
    record.get_by_role("button", name="Note", exact=True).click()
    record.get_by_label("New note").fill("Compare with *ridge*.")
    record.get_by_role("button", name="Add the note").click()
    record.get_by_role("listitem").filter(has_text="Compare with *ridge*.").wait_for()
    home.axe()
    said = ask_json(home.base, f"nodes/{run}")["attributes"]
    assert "to look at" in said["tags"]
    assert said["description"] == "The last of the sweep."
    page.keyboard.press("Escape")
    record.wait_for(state="detached")


def test_a_phone_shows_it_too_and_nothing_found_says_so(home: Visit) -> None:
    home.page.set_viewport_size(PHONE)
    page = home.open("home?text=wine&kind=run")
    until_found(home, RUNS)
    home.fits()
    home.axe()
    home.shot("home-phone")
    page.get_by_label("Words").fill("nothingofthekind")
    page.get_by_text("Nothing is found").wait_for()
    page.get_by_role("button", name="Clear all conditions").click()
    until_found(home, RUNS)
    page.get_by_role("tab", name="Everything").click()
    page.get_by_text("Narrow down").click()
    page.get_by_role("button", name="Project 1").click()
    page.get_by_role("tab", name="project").wait_for()
    until_found(home, 1)
    page.get_by_role("tab", name=re.compile("Data sets")).click()
    page.get_by_text("There are no data sets yet").wait_for()
