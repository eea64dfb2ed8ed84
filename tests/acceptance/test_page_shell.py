"""What stands around every view: the navigation, the search, records, themes, the sign-in."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.page_tools import PHONE, Visit, ask_json, base_of, expect, visiting
from tests.acceptance.processes import running_service

FIRST_LOAD_MAX = 200_000
VIEWS = ["Home", "Embeddings", "Live plots", "Lineage", "Models", "Compatibility", "Anomaly", "Work"]
KEPT = "document.cookie + JSON.stringify(sessionStorage) + JSON.stringify(localStorage)"
THEME = "getComputedStyle(document.body).backgroundColor"

pytestmark = pytest.mark.acceptance


def heading(visit: Visit) -> Any:
    return visit.page.locator("header h1")


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def test_every_view_is_reached_and_left_again(visit: Visit) -> None:
    visit.page.goto(f"{visit.base}/")
    visit.page.wait_for_url(f"{visit.base}/ui/home")
    navigation = visit.page.get_by_role("navigation", name="Views")
    links = navigation.get_by_role("link")
    visit.until(lambda: [first_line(text) for text in links.all_inner_texts()[1:]], lambda titles: titles == VIEWS)
    for title in VIEWS[1:]:
        navigation.get_by_role("link", name=title).click()
        heading(visit).get_by_text(title, exact=True).wait_for()
        expect(visit.page).to_have_title(f"{title} · arangovis")
        current = navigation.locator("[aria-current=page]")
        visit.until(current.inner_text, lambda text, title=title: first_line(text) == title)
    visit.page.go_back()
    heading(visit).get_by_text(VIEWS[-2], exact=True).wait_for()
    visit.page.reload()
    heading(visit).get_by_text(VIEWS[-2], exact=True).wait_for()


def test_the_first_load_is_small(visit: Visit) -> None:
    loaded: dict[str, int] = {}

    def note(answer: Any) -> None:
        if answer.url.endswith(".js"):
            loaded[answer.url] = len(gzip.compress(answer.body()))

    visit.page.on("response", note)
    visit.open("home")
    heading(visit).get_by_text("Home", exact=True).wait_for()
    visit.page.wait_for_load_state("networkidle")
    visit.still()
    assert loaded
    assert sum(loaded.values()) < FIRST_LOAD_MAX, loaded


def test_a_record_is_found_opened_and_closed_by_keyboard(visit: Visit) -> None:
    page = visit.open("work")
    heading(visit).get_by_text("Work", exact=True).wait_for()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type("classifier")
    found = page.get_by_role("listbox", name="Found").get_by_role("option")
    found.filter(has_text="digit classifier").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    record = page.get_by_role("dialog", name=re.compile("Record of"))
    record.get_by_role("heading", name="Made from").wait_for()
    kind, key = visit.address.split("#")[1].split("/")
    node = ask_json(visit.base, f"nodes/{kind}/{key}")
    expect(record).to_contain_text(node["version"]["actor"])
    page.reload()
    record.get_by_role("heading", name="Used by").wait_for()
    visit.axe()
    page.keyboard.press("Escape")
    record.wait_for(state="detached")
    expect(page).to_have_url(f"{visit.base}/ui/work")


def test_links_of_before_still_lead_to_their_view(visit: Visit) -> None:
    runs = ask_json(visit.base, "runs?state=SUCCESS&method=projection.umap&limit=10")["items"]
    run = runs[0]
    near = ask_json(visit.base, f"lineage/{run['id']}?direction=downstream&depth=1")["nodes"]
    plot = next(node["id"] for node in near if node["attributes"].get("role") == "plot")
    visit.page.goto(f"{visit.base}/?plot={plot}")
    visit.page.wait_for_url(re.compile(f"/ui/embeddings\\?plot={plot}"))
    heading(visit).get_by_text("Embeddings", exact=True).wait_for()


def test_an_unknown_view_says_so(visit: Visit) -> None:
    page = visit.open("nothing")
    page.get_by_text("There is no such view").wait_for()
    page.locator("main").get_by_role("link", name="Home").click()
    heading(visit).get_by_text("Home", exact=True).wait_for()


def test_a_theme_is_chosen_and_kept(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="light")
    page = visit.open("work")
    visit.still()
    light = page.evaluate(THEME)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Dark").click()
    visit.until(THEME, lambda color: color != light)
    visit.still()
    dark = page.evaluate(THEME)
    visit.axe()
    page.reload()
    heading(visit).get_by_text("Work", exact=True).wait_for()
    visit.until(THEME, lambda color: color == dark)


def test_a_phone_has_all_views_at_the_bottom(visit: Visit) -> None:
    visit.page.set_viewport_size(PHONE)
    page = visit.open("work")
    page.get_by_role("button", name="More").click()
    navigation = page.get_by_role("navigation", name="Views")
    for title in VIEWS:
        navigation.get_by_role("link", name=title).wait_for()
    box = visit.box(navigation)
    assert box["y"] + box["height"] == pytest.approx(PHONE["height"], abs=1)
    visit.fits()
    visit.axe()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[str]:
    """Run a service that asks for a token."""
    token = tmp_path / "token"
    token.write_text("correct-horse-battery-staple-0123456789")
    token.chmod(0o600)
    with running_service(tmp_path / "home", workers=0, token_file=str(token)) as server:
        yield base_of(server.url)


def test_a_token_is_asked_for_once_and_kept_where_no_script_reads_it(locked: str, browser: Any) -> None:
    with visiting(browser, locked) as visit:
        visit.allowed = ("401",)
        page = visit.open("work")
        page.get_by_label("Access token").fill("wrong")
        page.get_by_role("button", name="Open").click()
        page.get_by_role("alert").wait_for()
        page.get_by_label("Access token").fill("correct-horse-battery-staple-0123456789")
        page.get_by_role("button", name="Open").click()
        page.get_by_label("Access token").wait_for(state="detached")
        assert "staple" not in page.evaluate(KEPT)
        visit.still()
        visit.allowed = ()
        page.reload()
        heading(visit).get_by_text("Work", exact=True).wait_for()
        visit.still()
        assert page.get_by_label("Access token").count() == 0
        page.get_by_role("button", name="Settings").click()
        visit.allowed = ("401",)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Access token").wait_for()


def test_what_an_address_leaves_open_is_saved_as_it_is_seen(visit: Visit) -> None:
    """Without a plot in its address the explorer shows the newest, which is another one tomorrow."""
    page = visit.open("embeddings")
    visit.still()
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Name of this view").fill("as of today")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The view is saved as as of today, for everybody").wait_for()
    saved = next(view for view in ask_json(visit.base, "saved-views")["items"] if view["name"] == "as of today")
    plot = re.fullmatch(r"embeddings\?plot=(artifact/[^&]+)", saved["address"])
    assert plot is not None, saved

    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("link", name="as of today").click()
    visit.until(lambda: visit.query("plot"), lambda found: found == plot[1])
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Delete as of today").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Delete as of today?")).to_have_count(0)
    expect(page.get_by_role("link", name="as of today")).to_have_count(0)
    assert "as of today" not in [view["name"] for view in ask_json(visit.base, "saved-views")["items"]]
