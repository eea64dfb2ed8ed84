"""A real notebook: run by its kernel, converted to HTML, and opened in a browser while the kernel lives and after."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.acceptance.page_tools import expect

SETUP = """
import arangovis as av
import arangovis.notebook.showing as showing
from sklearn.datasets import load_digits

digits = load_digits()
client = av.connect(home={home!r}, actor="ada")
assert showing._WAIT_MS > {wait_ms}
showing._WAIT_MS = {wait_ms}
client.register_project("digits")
client.register_model("digits", "classifier")
field = av.signature_field("embedding", "float32", "NUMERICAL", (1, 64))
version = client.register_model_version("digits", "classifier", av.Signature(inputs=(), outputs=(field,)))
rows = [{{"_id": f"digit-{{n}}", "embedding": digits.data[n].tolist()}} for n in range(120)]
client.append_production_data(version, rows)
projection = client.project(version, "pca")
"""
CELLS = (
    "av.show(projection, height=500)",
    "av.show(projection.run, view='lineage', height=480)",
    "with av.run(method='training', project='digits', client=client) as run:\n"
    "    for step in range(50):\n        run.log({'loss': 1 / (1 + step)}, step)\n"
    "av.show(run.id)",
)
DEADLINE_MS = 45_000
"""A kernel and three views start at once."""
WAIT_MS = 2000
"""How long the notebook waits for a page that does not come: a quarter of what it would."""
GREETING_MS = WAIT_MS + 1000

pytestmark = pytest.mark.acceptance


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as a notebook's server would: at another port of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def notebook_of(*cells: str) -> Any:
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{n}", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for n, text in enumerate(cells)
    ]
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})  # type: ignore[no-untyped-call]


def test_views_of_the_page_stand_in_a_notebook(browser: Any, tmp_path: Path) -> None:
    notebook = notebook_of(SETUP.format(home=str(tmp_path / "home"), wait_ms=WAIT_MS), *CELLS)
    runner = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    page = browser.new_page(viewport={"width": 1100, "height": 1400})
    with served(tmp_path) as base:
        with runner.setup_kernel():
            for place, cell in enumerate(notebook.cells):
                runner.execute_cell(cell, place)
            body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)  # type: ignore[no-untyped-call]
            (tmp_path / "notebook.html").write_text(f"<!doctype html><meta charset=utf-8>{body}", "utf-8")
            page.goto(f"{base}/notebook.html")
            plot, lineage, live = (page.frame_locator("iframe").nth(place) for place in range(3))
            plot.locator("canvas").first.wait_for(timeout=DEADLINE_MS)
            lineage.locator("[data-id]").first.wait_for(timeout=DEADLINE_MS)
            live.get_by_text("loss").first.wait_for(timeout=DEADLINE_MS)
            page.wait_for_timeout(GREETING_MS)
            for place in range(3):
                expect(page.locator("iframe").nth(place)).to_be_visible()
            expect(lineage.get_by_role("navigation")).to_have_count(0)
            page.screenshot(path=tmp_path / "live.png", full_page=True)
        page.reload()
        page.locator("details[open]").nth(2).wait_for(timeout=GREETING_MS + DEADLINE_MS)
        expect(page.locator("iframe:visible")).to_have_count(0)
        pictures = page.locator("details svg[role=img]")
        for place in range(3):
            expect(pictures.nth(place)).to_be_visible()
        page.screenshot(path=tmp_path / "left.png", full_page=True)
    page.close()
