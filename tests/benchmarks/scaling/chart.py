"""A chart as SVG, written by hand: logarithmic on both axes, so that equal slopes are equal growth."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from tests.benchmarks.scaling.report import number

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 250, 40, 50
COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b9770e", "#16a085", "#7f8c8d", "#d35400")

Point = tuple[float, float]
Line = Sequence[Point]


def chart(lines: Mapping[str, Line], *, title: str, across: str, up: str) -> str:
    """Return the SVG of lines by name; every value must be above 0."""
    spans = [_span([point[axis] for line in lines.values() for point in line]) for axis in (0, 1)]
    parts = [_grid(spans), _words(title, across, up)]
    for index, (name, line) in enumerate(lines.items()):
        parts.append(_line(name, [_place(point, spans) for point in line], COLOURS[index % len(COLOURS)], index))
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', *parts, "</svg>", ""])


def _span(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _place(point: Point, spans: Sequence[tuple[int, int]]) -> Point:
    shares = [(math.log10(value) - low) / (high - low) for value, (low, high) in zip(point, spans, strict=True)]
    return LEFT + shares[0] * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - shares[1] * (HEIGHT - TOP - BOTTOM)


def _grid(spans: Sequence[tuple[int, int]]) -> str:
    parts = []
    for power in range(spans[0][0], spans[0][1] + 1):
        x, _ = _place((10.0**power, 10.0 ** spans[1][0]), spans)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{10**power:,}</text>')
    for power in range(spans[1][0], spans[1][1] + 1):
        _, y = _place((10.0 ** spans[0][0], 10.0**power), spans)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number(10.0**power)}</text>')
    return "\n".join(parts)


def _words(title: str, across: str, up: str) -> str:
    middle = (LEFT + WIDTH - RIGHT) / 2
    return "\n".join(
        [
            f'<text x="{LEFT}" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
            f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{escape(across)}</text>',
            f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>',
        ]
    )


def _line(name: str, places: Sequence[Point], colour: str, index: int) -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    y = TOP + 12 + 20 * index
    key = f'<path d="M{WIDTH - RIGHT + 14} {y}h18" stroke="{colour}" stroke-width="2"/>'
    words = f'<text x="{WIDTH - RIGHT + 38}" y="{y + 4}">{escape(name)}</text>'
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}{key}{words}'
