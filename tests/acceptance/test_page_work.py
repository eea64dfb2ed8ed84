"""The views of work, parameters and history in a real browser, against real services."""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arangovis.client import connect
from tests.acceptance.page_tools import PHONE, Visit, base_of, expect, visiting
from tests.acceptance.processes import running_service

pytestmark = pytest.mark.acceptance

CSV = b"a,b\n" + b"".join(f"{row},{row * row}\n".encode() for row in range(40))


def ask(base: str, path: str) -> Any:
    with urllib.request.urlopen(f"{base}/api/v1/{path}") as answer:
        return json.load(answer)


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[str]:
    """A service without workers: what is asked for waits."""
    with running_service(tmp_path / "home", workers=0) as server:
        yield base_of(server.url)


def queue_a_parse(base: str) -> str:
    """Ask for a frame, which waits; return its run."""
    upload = urllib.request.Request(
        f"{base}/api/v1/uploads?name=numbers.csv", CSV, {"Content-Type": "text/csv"}, method="POST"
    )
    with urllib.request.urlopen(upload) as answer:
        source = json.load(answer)["node"]
    body = json.dumps({"source": source}).encode()
    asked = urllib.request.Request(f"{base}/api/v1/frames", body, {"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(asked) as answer:
        return str(json.load(answer)["id"])


def test_a_queued_run_is_cancelled_and_done_again(idle: str, browser: Any) -> None:
    run = queue_a_parse(idle)
    with visiting(browser, idle) as visit:
        page = visit.open("work")
        row = page.get_by_role("row", name=re.compile("parse numbers"))
        row.get_by_text("Queued").wait_for()
        visit.axe()
        visit.shot("work-now")

        row.get_by_role("button", name=re.compile("Cancel")).click()
        page.get_by_text("Nothing runs, and nothing waits").wait_for()
        # It says so for eight seconds.
        page.get_by_text("was cancelled").first.wait_for()
        assert ask(idle, f"nodes/{run}")["attributes"]["state"] == "CANCELLED"

        page.get_by_role("button", name="Ended").click()
        page.get_by_role("row", name=re.compile("parse numbers")).click()
        log = page.get_by_role("complementary", name="Log of the run")
        expect(log.get_by_role("listitem").first.get_by_text("asked for")).to_have_count(1)
        log.get_by_role("listitem").filter(has_text="cancelled").wait_for()
        visit.axe()
        visit.shot("work-ended")

        log.get_by_role("button", name="Do it again").click()
        visit.until("location.search", lambda search: run not in search)
        again = visit.until(lambda: visit.query("run"), bool)
        assert ask(idle, f"nodes/{again}")["attributes"]["retry_of"] == run
        page.get_by_role("row", name=re.compile("parse numbers")).wait_for()


def test_parameters_over_their_revisions(visit: Visit, base: str) -> None:
    version = next(one for one in ask(base, "model-versions?limit=100")["items"] if revisions(base, one["id"]))
    known = revisions(base, version["id"])
    page = visit.open(f"parameters?version={version['node']}")
    table = page.get_by_role("table")
    table.wait_for()

    headings = table.get_by_role("columnheader")
    expect(headings).to_have_count(1 + len(known))
    newest = max(known, key=lambda one: one["revision"])
    expect(headings.nth(1)).to_contain_text(newest["actor"])
    for name, value in newest["values"].items():
        if isinstance(value, str):
            row = table.get_by_role("row", name=re.compile(f"^{name.replace('_', ' ')} "))
            expect(row.first).to_contain_text(value)
    used = next(one for one in known if one["runs"])
    page.get_by_role("heading", name=f"Used in revision {used['revision']}").wait_for()
    page.get_by_role("link", name="open the plot").first.wait_for()
    visit.axe()
    visit.shot("parameters")


def revisions(base: str, number: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ask(base, f"model-versions/{number}/params/umap/history")["items"]
    return items


def test_the_history_of_a_node(visit: Visit, base: str) -> None:
    with connect(base, actor="grace") as client:
        project = client.register_project("history of a node")
        client.update_node(project, description="to be looked at")
        client.register_model("history of a node", "named where it is mentioned")

    page = visit.open(f"work#{project}")
    page.get_by_role("link", name="History").click()
    page.get_by_text("to be looked at").wait_for()
    page.get_by_text("grace").first.wait_for()
    page.locator("ol.card").get_by_role("link", name="named where it is mentioned").wait_for()
    visit.axe()
    page.set_viewport_size(PHONE)
    visit.fits()
    visit.shot("audit")
