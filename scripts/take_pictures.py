"""Take the pictures of the documentation from a running service: `python scripts/take_pictures.py [URL [NAME...]]`.

Without names, every picture is taken: each view in the two themes, and as a phone shows it. The service is one
that `arangovis demo` left up. Needs Debian's Chromium and the `test` extra.
"""

import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
MODEL = "digit classifier"
DESKTOP, PHONE = (1280, 800), (390, 844)
SETTLED_MS = 1500


@dataclass(frozen=True, slots=True)
class Picture:
    """A view, and what its address says behind its name; `{...}` are filled in with what the service has."""

    name: str
    view: str
    # Pressed one after the other before the picture is taken.
    clicks: tuple[str, ...] = ()


PICTURES = (
    Picture("home", "home"),
    Picture("compare", "home", ("[data-place='0'] input", "[data-place='1'] input", "button:has-text('Compare')")),
    Picture("embeddings", "embeddings"),
    Picture("point", "embeddings?side=point&training=0&point=digit-2-0359"),
    Picture("live", "live?filter=tags%20%3D%20%22curves%22"),
    Picture("lineage", "lineage?node={run}"),
    Picture("record", "lineage?node={run}#{plot}"),
    Picture("models", "models"),
    Picture("model", "models?version={version}"),
    Picture("deployment", "models?deployment={deployment}"),
    Picture("compatibility", "compatibility?comparison={comparison}"),
    Picture("anomaly", "anomaly?model={detector}"),
    Picture("work", "work"),
    Picture("parameters", "parameters?version={version}"),
)
# As the README shows them.
FRONT = {"page": (DESKTOP, "light"), "page-dark": (DESKTOP, "dark"), "page-narrow": (PHONE, "light")}


def main(url: str, names: list[str]) -> None:
    """Open each view in each size and theme, wait until it is drawn, and save it."""
    base = url.rstrip("/")
    found = nodes_of(base)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for picture in PICTURES:
            if names and picture.name not in names:
                continue
            for path, size, theme in files(picture):
                take(browser, f"{base}/ui/{picture.view.format_map(found)}", path, size, theme, picture.clicks)
        browser.close()


def files(picture: Picture) -> Iterator[tuple[Path, tuple[int, int], str]]:
    """Yield where the pictures of a view go, with size and theme."""
    ui = IMAGES / "ui"
    yield ui / f"{picture.name}.png", DESKTOP, "light"
    yield ui / f"{picture.name}-dark.png", DESKTOP, "dark"
    yield ui / f"{picture.name}-phone.png", PHONE, "light"
    if picture.name == "embeddings":
        for name, (size, theme) in FRONT.items():
            yield IMAGES / f"{name}.png", size, theme


def take(browser: Any, url: str, path: Path, size: tuple[int, int], theme: str, clicks: tuple[str, ...]) -> None:
    """Save one picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED_MS)
    for selector in clicks:
        page.locator(selector).first.click()
        page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=path)
    page.close()
    print(path.relative_to(IMAGES.parents[1]))


def nodes_of(base: str) -> Mapping[str, str]:
    """Return what of the demo is shown, by the names that addresses use."""
    runs = ask(base, "nodes/run?limit=200")
    compared = [run for run in runs if run["attributes"]["method"] == "compatibility.compare"]
    plots = [node for node in ask(base, "nodes/artifact?limit=500") if node["attributes"].get("role") == "plot"]
    projected = [run for run in runs if run["attributes"]["method"].startswith("projection.")]
    versions = [node for node in ask(base, "nodes/model_version?limit=10") if node["attributes"]["name"] == MODEL]
    return {
        "run": first_id(projected),
        "plot": first_id(plots),
        "version": first_id(versions),
        "comparison": first_id(compared).removeprefix("run/"),
        "deployment": first_id(ask(base, "nodes/deployment?limit=10")),
        "detector": str(ask(base, "anomaly-models")[0]["id"]),
    }


def ask(base: str, path: str) -> list[dict[str, Any]]:
    """Return the items that the API lists at a path."""
    with urllib.request.urlopen(f"{base}/api/v1/{path}") as answer:  # noqa: S310 - the service that was named
        items: list[dict[str, Any]] = json.load(answer)["items"]
        return items


def first_id(nodes: list[dict[str, Any]]) -> str:
    """Return the newest node's id; "" if there is none."""
    return str(max(nodes, key=lambda node: node["created"])["id"]) if nodes else ""


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:5000/", sys.argv[2:])
