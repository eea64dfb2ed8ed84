"""What browser tests of the page share: a browser, a visit that notes every fault, axe, and pictures."""

import json
import os
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Only a test that fails waits so long: machines that test are busy.
DEADLINE_MS = 30_000
# How many times slower the page computes than it could: finds tests that read it before it is there.
SLOWER = float(os.environ.get("ARANGOVIS_PAGE_SLOWER") or 1)
# The page writes its address 250 ms after a change, and draws in the next frame: a later timer and a second frame
# come after what was put off before them.
REST = """async () => {
  await new Promise((done) => setTimeout(done, 300));
  for (let frame = 0; frame < 2; frame++) await new Promise((done) => requestAnimationFrame(done));
}"""
# What fades in has other colours until it is there; what moves for ever is not waited for.
ENTERED = """() => Promise.allSettled(
  document.getAnimations()
    .filter((one) => one.playState === "running" && Number.isFinite(one.effect?.getComputedTiming().endTime))
    .map((one) => one.finished)
)"""
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# Findings of less weight are shown in the failure of those that count.
COUNTING = ("serious", "critical")


def unavailable(reason: str) -> None:
    """Skip on a laptop; in CI a missing browser or page is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running_browser() -> Iterator[Any]:
    """Run Chromium without a GPU."""
    if not CHROMIUM.exists():
        unavailable(f"no browser: there is no {CHROMIUM} (Debian's package `chromium`)")
    try:
        from playwright.sync_api import expect as expecting
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("no browser driver: the Python package `playwright` is not installed")
    expecting.set_options(timeout=DEADLINE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


def expect(found: Any) -> Any:
    """Assert of a locator or a page what may take a while to be so."""
    from playwright.sync_api import expect as expecting

    return expecting(found)


def base_of(server: str) -> str:
    """Return the address of a service that serves a built page."""
    base = server.rstrip("/")
    with urllib.request.urlopen(f"{base}/") as answer:
        if b'id="page"' not in answer.read():
            unavailable("the page is not built: run `python scripts/build_ui.py`")
    return base


def ask_json(base: str, path: str) -> Any:
    """Return what the API answers, for comparing it with what is seen."""
    with urllib.request.urlopen(f"{base}/api/v1/{path}") as answer:
        return json.load(answer)


@dataclass
class Visit:
    """A page that was opened, and everything that it should not have done."""

    page: Any
    base: str
    faults: list[str] = field(default_factory=list)
    # Of requests that a test wants to fail, such as `/content`: their answers are no faults.
    allowed: tuple[str, ...] = ()
    # Requests without an end yet, and how many began or ended.
    awaited: set[Any] = field(default_factory=set)
    traffic: int = 0

    def watch(self) -> None:
        self.page.on("request", self._begun)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)
        self.page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        self.page.on("console", self._note)
        self.page.on("request", lambda request: self.inside(request.url))
        self.page.on("response", lambda answer: answer.status < 400 or self._fault(f"{answer.status} {answer.url}"))

    def _begun(self, request: Any) -> None:
        self.awaited.add(request)
        self.traffic += 1

    def _ended(self, request: Any) -> None:
        self.awaited.discard(request)
        self.traffic += 1

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self._fault(f"{message.text} {message.location.get('url', '')}")

    def _fault(self, text: str) -> None:
        if not any(part in text for part in self.allowed):
            self.faults.append(text)

    def inside(self, url: str) -> None:
        if not url.startswith((self.base + "/", "blob:", "data:")):
            self.faults.append(f"a request to elsewhere: {url}")

    def open(self, view: str) -> Any:
        """Open a view by its route and query, such as `live?run=run/1`; return the page."""
        self.page.goto(f"{self.base}/ui/{view}")
        self.page.locator("main").wait_for()
        return self.page

    @property
    def address(self) -> str:
        """Where the page itself says that it is; the driver hears of that a moment later."""
        return str(self.page.evaluate("location.href"))

    def query(self, name: str) -> str | None:
        return parse_qs(urlsplit(self.address).query).get(name, [None])[0]

    def until(self, read: str | Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
        """Read a script's answer, or what a function reads, until that holds; return it.

        The driver's own waiting for a script would need `eval`, which the page's policy forbids.
        """
        deadline = time.monotonic() + DEADLINE_MS / 1000
        while not holds(found := self.page.evaluate(read) if isinstance(read, str) else read()):
            assert time.monotonic() < deadline, f"{read} still answers {found!r}"
            self.page.wait_for_timeout(20)
        return found

    def still(self) -> None:
        """Wait until no answer is awaited, and all that the page puts off is done: places and pictures keep now."""
        self.until(self._rested, bool)

    def _rested(self) -> bool:
        before = self.traffic
        self.page.evaluate(REST)
        return before == self.traffic and not self.awaited

    def box(self, found: Any) -> dict[str, float]:
        """Return where something is once it stands still, scrolled to: for going there with the mouse."""
        found.scroll_into_view_if_needed()
        self.still()
        box: dict[str, float] = found.bounding_box()
        return box

    def until_query(self, pattern: str) -> None:
        self.page.wait_for_url(re.compile(pattern), timeout=DEADLINE_MS)

    def axe(self) -> None:
        """Check what is in sight against axe's rules; nothing serious may be found."""
        if not AXE.exists():
            unavailable("axe-core is not installed: run `npm ci` in web/")
        self.page.evaluate(ENTERED)
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("async () => (await axe.run()).violations")
        told = [(item["impact"], item["id"], [node["html"][:200] for node in item["nodes"]][:5]) for item in found]
        assert not [item for item in told if item[0] in COUNTING], told

    def fits(self) -> None:
        """Check that nothing makes the page wider than its window."""
        width = self.page.viewport_size["width"]
        self.page.evaluate(REST)
        self.until("document.documentElement.scrollWidth", lambda found: found <= width)

    def shot(self, name: str) -> Path:
        """Take a picture into the folder `ARANGOVIS_SHOTS`, if one is named; for looking at."""
        folder = Path(os.environ.get("ARANGOVIS_SHOTS") or os.devnull)
        path = folder / f"{name}.png"
        if folder.is_dir():
            self.page.screenshot(path=path)
        return path


@contextmanager
def visiting(browser: Any, base: str, **options: Any) -> Iterator[Visit]:
    """Open an empty page in a window of its own; whatever it does wrong in the end fails the test."""
    context = browser.new_context(**{"viewport": DESKTOP, **options})
    context.set_default_timeout(DEADLINE_MS)
    visit = Visit(context.new_page(), base)
    visit.watch()
    if SLOWER > 1:
        context.new_cdp_session(visit.page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    try:
        yield visit
    finally:
        context.close()
    assert not visit.faults, visit.faults
