"""Draw docs/images/compatibility.svg from a real sweep: the example's, on digits.

    python scripts/picture_compatibility.py

Two panels, BTC and BEC against accuracy on unseen digits; each mark is a training.
"""

import contextlib
import io
import runpy
import tempfile
from pathlib import Path
from typing import Any

import arangovis as av

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images" / "compatibility.svg"
WIDTH, HEIGHT, LEFT, TOP, PANEL_WIDTH, PANEL_HEIGHT = 760, 340, 64, 46, 290, 230
COLOURS = {"new_error": "#2a6fbb", "strict_imitation": "#b3531c"}
TICKS = 4


def points() -> list[dict[str, Any]]:
    """Run the example and return the points of its sweep."""
    with tempfile.TemporaryDirectory() as home:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(ROOT / "examples" / "compare_two_models.py"))["main"](home)
        with av.connect(home=home) as client:
            return [dict(point) for point in client.compatibility.sweeps()[0].points]


def svg(found: list[dict[str, Any]]) -> str:
    """Return the picture."""
    style = "text{font:12px sans-serif;fill:#333}.axis{stroke:#888;fill:none}.title{font-weight:bold}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>BTC and BEC against accuracy of the trained models</title>",
        f"<style>{style}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for number, score in enumerate(("btc", "bec")):
        parts += panel(found, score, LEFT + number * (PANEL_WIDTH + 76))
    for number, (kind, colour) in enumerate(COLOURS.items()):
        x = LEFT + number * 150
        parts.append(mark(x + 6, HEIGHT - 14, kind, colour, 0.5))
        parts.append(f'<text x="{x + 18}" y="{HEIGHT - 10}">{kind.replace("_", " ")}</text>')
    parts.append(f'<text x="{LEFT + 300}" y="{HEIGHT - 10}">the larger the mark, the larger lambda</text>')
    return "\n".join([*parts, "</svg>", ""])


def panel(found: list[dict[str, Any]], score: str, left: int) -> list[str]:
    """Return one panel."""
    rows = [(p, p["metrics"][f"test_{score}"], p["metrics"]["test_performance"]) for p in found]
    across, up = span([row[1] for row in rows]), span([row[2] for row in rows])

    def x(value: float) -> float:
        return left + (value - across[0]) / (across[1] - across[0]) * PANEL_WIDTH

    def y(value: float) -> float:
        return TOP + (up[1] - value) / (up[1] - up[0]) * PANEL_HEIGHT

    frame = f'<rect class="axis" x="{left}" y="{TOP}" width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}"/>'
    parts = [frame, f'<text class="title" x="{left}" y="{TOP - 14}">accuracy against {score.upper()}</text>']
    for step in range(TICKS + 1):
        a, b = (low + (high - low) * step / TICKS for low, high in (across, up))
        parts.append(f'<text x="{x(a):.0f}" y="{TOP + PANEL_HEIGHT + 18}" text-anchor="middle">{a:.3f}</text>')
        parts.append(f'<text x="{left - 6}" y="{y(b) + 4:.0f}" text-anchor="end">{b:.3f}</text>')
    for point, value, performance in rows:
        kind = point["dissonances"][0]
        parts.append(mark(x(value), y(performance), kind, COLOURS[kind], point["lambda_c"]))
    return parts


def span(values: list[float]) -> tuple[float, float]:
    """Return the range of values with a margin."""
    margin = (max(values) - min(values)) * 0.12 or 0.01
    return min(values) - margin, max(values) + margin


def mark(x: float, y: float, kind: str, colour: str, lambda_c: float) -> str:
    """Return a circle for new error, a triangle for strict imitation."""
    size = 4 + 4 * lambda_c
    if kind == "new_error":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}" fill-opacity=".75"/>'
    corners = f"{x:.1f},{y - size:.1f} {x - size:.1f},{y + size:.1f} {x + size:.1f},{y + size:.1f}"
    return f'<polygon points="{corners}" fill="{colour}" fill-opacity=".75"/>'


if __name__ == "__main__":
    TARGET.write_text(svg(points()), encoding="utf-8")
