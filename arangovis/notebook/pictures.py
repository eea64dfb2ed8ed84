"""Pictures that need no server and no script: SVG of points, of lines, and of what is around a node."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.reach import name_of, sort_of

COLOURS = ("#0072b2", "#e08a00", "#009e73", "#c0569a", "#4aa8e0", "#d1480a", "#7a5cc0", "#a89500")
"""Told apart also with the common colour blindnesses, on light and dark."""
POINTS_MAX = 5000
LINES_MAX = 8
LAYER_MAX = 12
"""So many nodes of a layer are drawn; the rest is counted."""
_WIDTH, _HEIGHT, _PAD = 640, 400, 28
_BOX_WIDTH, _BOX_HEIGHT, _LAYER_GAP, _ROW_GAP = 178, 38, 52, 10
_TITLE_MAX = 26


def scatter(title: str, points: npt.NDArray[np.float32], classes: Sequence[int] = ()) -> str:
    """Draw points of two or more components by the first two; of more than 5,000, every so many-th.

    Args:
        title: what the picture is of.
        points: (rows, components).
        classes: of each row, for its colour; all of one colour if empty.

    """
    step = max(1, -(-len(points) // POINTS_MAX))
    codes = np.asarray(classes, dtype=np.int64) if len(classes) == len(points) else np.zeros(len(points), np.int64)
    kept = points[::step, :2]
    kept, codes = kept[np.isfinite(kept).all(axis=1)], codes[::step][np.isfinite(kept).all(axis=1)]
    places = _fitted(kept)
    marks = []
    for code in np.unique(codes):
        path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places[codes == code])
        marks.append(f'<path d="{path}" stroke="{COLOURS[int(code) % len(COLOURS)]}"/>')
    inside = f'<g stroke-width="4" stroke-linecap="round" stroke-opacity="0.75">{"".join(marks)}</g>'
    note = "" if step == 1 else f", one in {step} of {len(points)} points"
    return _svg(f"{title}{note}", _WIDTH, _HEIGHT, inside)


def lines(title: str, series: Mapping[str, npt.NDArray[np.float64]]) -> str:
    """Draw lines over the number of the row, each in its own scale; the legend says from where to where."""
    drawn: list[str] = []
    legend: list[str] = []
    for number, (name, values) in enumerate(list(series.items())[:LINES_MAX]):
        kept = np.flatnonzero(np.isfinite(values))
        if not len(kept):
            continue
        colour = COLOURS[number % len(COLOURS)]
        places = _fitted(np.column_stack([kept, values[kept]]).astype(np.float64))
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        told = f"{name}: {values[kept].min():.4g} to {values[kept].max():.4g}"
        at = f'x="{_PAD}" y="{_HEIGHT + 18 * len(legend) + 4}"'
        legend.append(f'<text {at} font-size="12" fill="{colour}">{escape(told)}</text>')
    return _svg(title, _WIDTH, _HEIGHT + 18 * len(legend), "".join((*drawn, *legend)))


def around(
    title: str,
    start: NodeId,
    layers: Mapping[NodeId, int],
    nodes: Mapping[NodeId, Node],
    edges: Iterable[tuple[NodeId, NodeId]],
) -> str:
    """Draw nodes by layer from left to right.

    Args:
        title: what the picture is of.
        start: what stands out.
        layers: of each node; negative upstream of the start.
        nodes: by id.
        edges: from where to where.

    """
    columns: dict[int, list[NodeId]] = defaultdict(list)
    for node, layer in sorted(layers.items(), key=lambda item: (item[1], str(item[0]))):
        columns[layer].append(node)
    height = max(min(len(column), LAYER_MAX + 1) for column in columns.values()) * (_BOX_HEIGHT + _ROW_GAP)
    places: dict[NodeId, tuple[float, float]] = {}
    drawn: list[str] = []
    for place, layer in enumerate(sorted(columns)):
        x, shown = _PAD + place * (_BOX_WIDTH + _LAYER_GAP), columns[layer][:LAYER_MAX]
        rest = len(columns[layer]) - len(shown)
        top = _PAD + (height - (len(shown) + (rest > 0)) * (_BOX_HEIGHT + _ROW_GAP)) / 2
        for row, node in enumerate(shown):
            y = top + row * (_BOX_HEIGHT + _ROW_GAP)
            places[node] = (x, y)
            drawn.append(_box(nodes[node], x, y, stands_out=node == start))
        if rest:
            y = top + len(shown) * (_BOX_HEIGHT + _ROW_GAP) + 20
            drawn.append(f'<text x="{x + 8}" y="{y}" font-size="12" fill="currentColor">and {rest} more</text>')
    links = [_link(places[a], places[b]) for a, b in edges if a in places and b in places]
    width = len(columns) * (_BOX_WIDTH + _LAYER_GAP) - _LAYER_GAP + 2 * _PAD
    return _svg(title, width, int(height) + 2 * _PAD, "".join((*links, *drawn)))


def _box(node: Node, x: float, y: float, *, stands_out: bool) -> str:
    role = node.attributes.get("role")
    name = str(role or "") or name_of(node) or node.id.key[-8:]
    shown = name if len(name) <= _TITLE_MAX else f"{name[: _TITLE_MAX - 1]}…"
    frame = f'rx="5" fill="none" stroke="currentColor" stroke-opacity="{1 if stands_out else 0.4}"'
    return (
        f'<g transform="translate({x:.0f} {y:.1f})"><title>{escape(f"{node.id} {name}")}</title>'
        f'<rect width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" {frame}/>'
        f'<text x="8" y="15" font-size="10" fill="currentColor" fill-opacity="0.7">{escape(sort_of(node))}</text>'
        f'<text x="8" y="30" font-size="11.5" font-weight="600" fill="currentColor">{escape(shown)}</text></g>'
    )


def _link(source: tuple[float, float], target: tuple[float, float]) -> str:
    x0, y0 = source[0] + _BOX_WIDTH, source[1] + _BOX_HEIGHT / 2
    x1, y1 = target[0], target[1] + _BOX_HEIGHT / 2
    middle = (x0 + x1) / 2
    path = f"M{x0:.0f} {y0:.1f}C{middle:.0f} {y0:.1f} {middle:.0f} {y1:.1f} {x1:.0f} {y1:.1f}"
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="0.35"/>'


def _fitted(points: npt.NDArray[np.float32] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return points in the picture, y upwards."""
    if not len(points):
        return np.zeros((0, 2))
    least, most = points.min(axis=0), points.max(axis=0)
    span = np.where(most > least, most - least, 1.0)
    inside = (points - least) / span
    inside[:, 1] = 1 - inside[:, 1]
    size = np.array([_WIDTH - 2 * _PAD, _HEIGHT - 2 * _PAD])
    placed: npt.NDArray[np.float64] = inside * size + _PAD
    return placed


def _svg(title: str, width: int, height: int, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title, quote=True)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" style="max-width:100%;height:auto" '
        f'font-family="system-ui, sans-serif"><title>{escape(title)}</title>{inside}</svg>'
    )
