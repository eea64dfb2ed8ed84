"""How fast live plots draw: `python -m tests.benchmarks.page.live`. Chromium without a GPU, a real service.

A million points in a hundred lines: a hundred runs that each logged 10,000 steps, whose values are the pixels of
scikit-learn's digits, summed up. Then a run that logs ten times a second beside them, and one that does by itself.
"""

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import arangovis
from arangovis.client import Client, connect
from arangovis.client.active_run import ActiveRun
from tests.acceptance.page_tools import DESKTOP, running_browser
from tests.benchmarks.rest import Rest
from tests.benchmarks.service_process import running_service

LINES, STEPS = 100, 10_000
PROJECT = "live plots"
PAN_S = 4
APPEND_HZ, APPEND_S = 10, 8
READ_WITHIN_MS = 60_000
LIMITS = {
    "1000000 points redraw ms": 50,
    "1000000 points pan fps": 30,
    "1000000 points and 10 Hz: missed": 0,
    "one run at 10 Hz: missed": 0,
}

PAN = """async (seconds) => {
  const box = document.querySelector(".surface");
  const { left, top, width, height } = box.getBoundingClientRect();
  const send = (kind, x, y) => {
    const at = { pointerId: 1, button: 0, clientX: left + x, clientY: top + y, bubbles: true };
    box.dispatchEvent(new PointerEvent(kind, at));
  };
  box.setPointerCapture = () => {};
  send("pointerdown", width / 2, height / 2);
  const took = [], gaps = [];
  const first = Number(box.dataset.frames);
  const begun = performance.now();
  let last = begun, seen = first;
  await new Promise((done) => {
    const step = (now) => {
      gaps.push(now - last);
      last = now;
      const frames = Number(box.dataset.frames);
      if (frames !== seen) took.push(Number(box.dataset.took));
      seen = frames;
      send("pointermove", width / 2 + 150 * Math.sin(gaps.length / 20), height / 2 + 20 * Math.cos(gaps.length / 15));
      if (now - begun < 1000 * seconds) requestAnimationFrame(step);
      else done();
    };
    requestAnimationFrame(step);
  });
  send("pointerup", width / 2, height / 2);
  return { fps: ((seen - first) * 1000) / (performance.now() - begun), took };
}"""
WATCH = """() => {
  const box = document.querySelector(".surface");
  window.drawn = [];
  window.gaps = [];
  let last = performance.now();
  const step = (now) => {
    window.gaps.push(now - last);
    last = now;
    const rows = Number(box.dataset.rows);
    if (window.drawn.at(-1)?.[1] !== rows) window.drawn.push([performance.timeOrigin + now, rows]);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}"""


def values() -> np.ndarray:
    """Return a walk for each line: pixels of digits, less their mean, summed up."""
    from sklearn.datasets import load_digits

    pixels = load_digits().data.reshape(-1)
    walks = [np.roll(pixels, 1117 * line)[:STEPS] for line in range(LINES)]
    return np.cumsum(np.stack(walks) - pixels.mean(), axis=1)


def log_all(client: Client) -> None:
    """Log the million points, a run for each line."""
    for line, walk in enumerate(values()):
        with run_of(client, f"walk {line}", "many") as run:
            run.write(step=np.arange(STEPS), value=walk)


def run_of(client: Client, name: str, tag: str) -> ActiveRun:
    return arangovis.run(project=PROJECT, name=name, tags=[tag], client=client, capture=False)


@contextmanager
def appending(url: str, run: str) -> Iterator[list[float]]:
    """Append a row ten times a second; give when each was stored."""
    stored: list[float] = []
    stop = threading.Event()

    def work() -> None:
        rest, begun = Rest(url), time.monotonic()
        for number in range(APPEND_HZ * APPEND_S):
            stop.wait(max(0, begun + number / APPEND_HZ - time.monotonic()))
            columns = {"step": [number], "value": [float(np.sin(number / 5) * 2000)]}
            rest.post(
                f"/api/v1/runs/{run}/chunks?logger=live&sequence={number}", json.dumps({"columns": columns}).encode()
            )
            stored.append(time.time() * 1000)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield stored
    finally:
        thread.join()
        stop.set()


def look(browser: Any, base: str, query: str, rows: int) -> tuple[Any, float]:
    """Open plots and wait until all rows are drawn; return the page and how long that took in milliseconds."""
    page = browser.new_context(viewport=DESKTOP).new_page()
    begun = time.monotonic()
    page.goto(f"{base}/ui/live?{query}&columns=1&plot=tall:2|y:value")
    while int(page.evaluate("document.querySelector('.surface')?.dataset.rows ?? -1")) < rows:
        assert (time.monotonic() - begun) * 1000 < READ_WITHIN_MS, "the rows were not drawn"
        page.wait_for_timeout(20)
    return page, (time.monotonic() - begun) * 1000


def follow(browser: Any, url: str, run: str, query: str, before: int) -> dict[str, float]:
    """Follow a run that logs ten times a second; a row is missed if it was not drawn before the third after it came."""
    page, _ = look(browser, url, query, before)
    page.evaluate(WATCH)
    with appending(url, run) as stored:
        page.wait_for_timeout(APPEND_S * 1000 + 500)
    drawn = page.evaluate("window.drawn")
    gaps = sorted(page.evaluate("window.gaps"))
    page.context.close()
    late = [
        min((at for at, rows in drawn if rows >= before + place + 1), default=float("inf")) - at
        for place, at in enumerate(stored)
    ]
    return {
        "median until drawn ms": round(statistics.median(late), 1),
        "slowest until drawn ms": round(max(late), 1),
        "missed": sum(1 for wait in late if wait > 2 * 1000 / APPEND_HZ),
        "frames over 50 ms": sum(1 for gap in gaps if gap > 50),
        "of frames": len(gaps),
    }


def main() -> None:
    """Print a JSON object of what was measured, and whether each limit holds."""
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder), workers=0) as service:
        client = connect(service.url, actor="bench")
        log_all(client)
        measured: dict[str, float] = {}
        with running_browser() as browser:
            page, measured["1000000 points read and drawn ms"] = look(
                browser, service.url, 'filter=tags%20%3D%20"many"', LINES * STEPS
            )
            panned = page.evaluate(PAN, PAN_S)
            page.context.close()
            took = sorted(panned["took"])
            measured["1000000 points redraw ms"] = took[len(took) // 2]
            measured["1000000 points redraw p95 ms"] = took[int(len(took) * 0.95)]
            measured["1000000 points pan fps"] = round(panned["fps"], 1)
            for title, tag, before in (
                ("1000000 points and 10 Hz", "many", LINES * STEPS),
                ("one run at 10 Hz", "alone", 0),
            ):
                with run_of(client, "live", tag) as run:
                    run.flush()
                    found = follow(browser, service.url, run.key, f'filter=tags%20%3D%20"{tag}"', before)
                measured |= {f"{title}: {name}": value for name, value in found.items()}
    for name, value in measured.items():
        print(f"{name:52} {value:10}", flush=True)
    held = {
        name: measured[name] >= limit if name.endswith("fps") else measured[name] <= limit
        for name, limit in LIMITS.items()
    }
    print(json.dumps({"measured": measured, "held": held}, indent=2))


if __name__ == "__main__":
    main()
