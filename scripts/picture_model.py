"""Draw docs/images/lineage-model.svg from the schema itself, so that it cannot say anything else.

    python scripts/picture_model.py

Every kind of vertex has a place; every edge that is lineage is drawn between every two kinds that it may join.
"""

from collections.abc import Iterator
from pathlib import Path

from arangovis_schema import BUILT_IN, EdgeKind
from arangovis_schema.kinds import ANY_KIND

TARGET = Path(__file__).parents[1] / "docs" / "images" / "lineage-model.svg"
WIDTH, HEIGHT, BOX_WIDTH, BOX_HEIGHT = 860, 660, 150, 34
COLOURS = {
    "input_to": "#2a6fbb",
    "generated": "#b3531c",
    "derived_into": "#2e8b57",
    "deployed_as": "#8e44ad",
    "observed_as": "#555555",
}
PLACES = {
    "dataset": (40, 90),
    "featureset": (40, 170),
    "params": (40, 250),
    "metric_spec": (40, 330),
    "run": (350, 210),
    "artifact": (350, 60),
    "evaluation": (350, 390),
    "series_data": (180, 440),
    "model_version": (350, 300),
    "deployment": (660, 170),
    "serving_performance": (660, 330),
    "project": (40, 530),
    "model": (230, 530),
    "series": (420, 530),
    "field": (610, 530),
}
"""Where each kind is: what a run reads on the left, what comes of it to the right, names and wholes below."""


def svg() -> str:
    """Return the picture."""
    style = "text{font:13px sans-serif;fill:#222}.small{font-size:11px;fill:#555}"
    arrows = "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        for name, colour in COLOURS.items()
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>The kinds of vertex and the edges of lineage between them</title>",
        f'<style>{style}</style><defs>{arrows}</defs><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for kind in lineage_kinds():
        parts += [_edge(kind.name, source, target) for source, target in joined(kind)]
    parts += [_box(name) for name in vertices()]
    parts += _legend()
    return "\n".join([*parts, "</svg>", ""])


def vertices() -> list[str]:
    """Return the kinds of vertex that are drawn: all but those of searching and other services around the graph."""
    return [name for name in BUILT_IN.vertices if name in PLACES]


def lineage_kinds() -> list[EdgeKind]:
    """Return the edges that are followed by default."""
    return [kind for kind in BUILT_IN.edge_kinds if kind.lineage]


def joined(kind: EdgeKind) -> Iterator[tuple[str, str]]:
    """Yield the kinds of vertex that an edge may join."""
    for source in kind.sources:
        for target in kind.targets:
            yield source, target


def _edge(name: str, source: str, target: str) -> str:
    drawn = f'fill="none" stroke="{COLOURS[name]}" stroke-opacity=".75" marker-end="url(#{name})"'
    (x1, y1), (x2, y2) = PLACES[source], PLACES[target]
    if source == target:
        x, y = x1, y1 + BOX_HEIGHT / 2
        return f'<path {drawn} d="M{x} {y - 8}C{x - 34} {y - 22} {x - 34} {y + 22} {x - 1} {y + 8}"/>'
    shift = 9 if name in ("generated", "derived_into") else -9
    if x1 == x2:
        down = y2 > y1
        x, begin, end = x1 + BOX_WIDTH / 2 + shift * 3, y1 + BOX_HEIGHT * down, y2 + BOX_HEIGHT * (not down)
        bend = x + shift * (0 if abs(y2 - y1) < 120 else 13)
        return f'<path {drawn} d="M{x} {begin}C{bend} {begin} {bend} {end} {x} {end}"/>'
    right = x2 > x1
    begin, end = x1 + BOX_WIDTH * right, x2 + BOX_WIDTH * (not right)
    middle = (begin + end) / 2
    from_y, to_y = (y + BOX_HEIGHT / 2 + shift * 0.8 for y in (y1, y2))
    return f'<path {drawn} d="M{begin} {from_y:.0f}C{middle} {from_y:.0f} {middle} {to_y:.0f} {end} {to_y:.0f}"/>'


def _box(name: str) -> str:
    x, y = PLACES[name]
    fill = "#fff3d6" if name == "run" else "#eef3f8"
    box = f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="7" fill="{fill}" stroke="#7a8794"/>'
    return f'{box}<text x="{x + BOX_WIDTH / 2}" y="{y + 22}" text-anchor="middle">{name.replace("_", " ")}</text>'


def _legend() -> list[str]:
    """Say what the colours mean, and what the edges join that are followed only when they are named."""
    parts = []
    for place, (name, colour) in enumerate(COLOURS.items()):
        x = 40 + place * 165
        parts.append(f'<path d="M{x} 24h26" stroke="{colour}" stroke-width="2" marker-end="url(#{name})"/>')
        parts.append(f'<text x="{x + 34}" y="28">{name}</text>')
    others = [kind for kind in BUILT_IN.edge_kinds if not kind.lineage]
    for place, kind in enumerate(others):
        ends = " → ".join("any" if ANY_KIND in side else ", ".join(side) for side in (kind.sources, kind.targets))
        if kind.name == "succeeded_by":
            ends = ", ".join(kind.sources) + " → the same kind"
        said = f"{kind.name}: {ends}".replace("_", " ")
        parts.append(f'<text class="small" x="40" y="{600 + 16 * place}">{said}</text>')
    return parts


if __name__ == "__main__":
    TARGET.write_text(svg(), encoding="utf-8")
