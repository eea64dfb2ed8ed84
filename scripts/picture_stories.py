"""Draw docs/images/story-*.svg from what the examples leave in their stores.

    python scripts/picture_stories.py

Each example runs in a temporary home; its picture is drawn from the graph, not from the example's variables.
"""

import contextlib
import io
import runpy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import accumulate
from pathlib import Path

import arangovis as av

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 740, 260, 60, 210, 34, 44
COLOURS = ("#2a6fbb", "#b3531c", "#2e8b57", "#8e44ad")

Points = Sequence[tuple[float, float]]


def trials(client: av.Client) -> str:
    """Draw the accuracy of each trial of the search, and the best so far."""
    runs = [*client.search_all("run", 'method = "trial"', order="created")]
    found = [float(run.attributes["metrics"]["accuracy"]) for run in runs]
    best = list(accumulate(found, max))
    lines = {"a trial": list(enumerate(found)), "best so far": list(enumerate(best))}
    return chart("Accuracy of 20 trials", "trial", lines, dots=("a trial",))


def features(client: av.Client) -> str:
    """Draw the area under the curve of each run, by feature set."""
    sets = list(client.search_all("featureset", order="created"))
    lines: dict[str, Points] = {}
    for place, node in enumerate(sets):
        runs = [edge.id.target for edge, _ in client.edges(node.id, direction="downstream", edges=["input_to"])]
        made = [other for run in runs for _, other in client.edges(run, direction="downstream", edges=["generated"])]
        values = [float(one.attributes["metrics"]["auc"]) for one in made if one.id.kind == "evaluation"]
        lines[str(node.attributes["name"])] = [(place + 0.04 * step, value) for step, value in enumerate(values)]
    return chart("Area under the ROC curve, by feature set", "feature set", lines, dots=tuple(lines))


def training(client: av.Client) -> str:
    """Draw the curves of the training."""
    run = client.runs('method = "training"').items[0]
    columns = client.series(run.id, fields=["loss", "accuracy"]).columns
    lines = {name: [(step, float(value)) for step, value in enumerate(columns[name])] for name in ("loss", "accuracy")}
    return chart("Loss and accuracy by epoch", "epoch", lines)


def serving(client: av.Client) -> str:
    """Draw the accuracy in service by month beside that of the development."""
    served = client.serving_performance("sorting")
    months = [(number, float(one.metrics["accuracy"])) for number, one in enumerate(served.periods, start=1)]
    known = float(served.development["accuracy"])
    return chart(
        "Accuracy by month", "month", {"in service": months, "development": [(1, known), (len(months), known)]}
    )


def corrected(client: av.Client) -> str:
    """Draw the lineage of both plots."""
    plots = [node.id for node in client.artifacts("role = 'plot'").items]
    answers = [client.lineage(plot) for plot in plots]
    depths = {visit.node.id: visit.depth for answer in answers for visit in answer.visits}
    kinds = {visit.node.id: visit.node for answer in answers for visit in answer.visits}
    edges = {(edge.id.source, edge.id.target) for answer in answers for edge in answer.edges}
    return graph("The plot before and after the correction", depths, kinds, edges)


STORIES: Mapping[str, tuple[str, Callable[[av.Client], str]]] = {
    "story-search": ("optimise_parameters", trials),
    "story-features": ("engineer_features", features),
    "story-training": ("train_with_torch", training),
    "story-deployment": ("watch_a_deployment", serving),
    "story-correction": ("what_if_the_data_were_wrong", corrected),
}


def chart(title: str, across: str, lines: Mapping[str, Points], *, dots: Sequence[str] = ()) -> str:
    """Return lines, or dots, with a key at the right."""
    points = [point for line in lines.values() for point in line]
    (x_low, x_high), (y_low, y_high) = (span([point[axis] for point in points]) for axis in (0, 1))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = LEFT + (point[0] - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - (point[1] - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)

    parts = head(title, HEIGHT)
    for step in range(5):
        value = y_low + (y_high - y_low) * step / 4
        _, y = place((x_low, value))
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{across}</text>')
    for index, (name, line) in enumerate(lines.items()):
        colour, y = COLOURS[index % len(COLOURS)], TOP + 12 + 20 * index
        places = [place(point) for point in line]
        if name in dots:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        else:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<rect x="{WIDTH - RIGHT + 10}" y="{y - 5}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 26}" y="{y + 4}">{escape(name.replace("cells", "all"))}</text>')
    return "\n".join([*parts, "</svg>", ""])


def graph(
    title: str,
    depths: Mapping[av.NodeId, int],
    nodes: Mapping[av.NodeId, object],
    edges: set[tuple[av.NodeId, av.NodeId]],
) -> str:
    """Return nodes in columns, the plots at the right, and the edges between them."""
    columns: dict[int, list[av.NodeId]] = {}
    for node in sorted(depths):
        columns.setdefault(depths[node], []).append(node)
    tall = max(map(len, columns.values()))
    height, wide = TOP + tall * 40 + 20, (WIDTH - 40) / len(columns)
    places = {
        node: (20 + (max(columns) - depth) * wide, TOP + (row + (tall - len(column)) / 2) * 40)
        for depth, column in columns.items()
        for row, node in enumerate(column)
    }
    parts = head(title, height)
    for source, target in sorted(edges):
        (x1, y1), (x2, y2) = places[source], places[target]
        begin, end = x1 + wide - 26, x2
        parts.append(
            f'<path d="M{begin:.0f} {y1 + 13:.0f}C{(begin + end) / 2:.0f} {y1 + 13:.0f} {(begin + end) / 2:.0f}'
            f' {y2 + 13:.0f} {end:.0f} {y2 + 13:.0f}" fill="none" stroke="#99a4b0"/>'
        )
    for node, (x, y) in places.items():
        attributes = nodes[node].attributes  # type: ignore[attr-defined]
        said = str(attributes.get("role") or attributes.get("form") or attributes.get("method") or node.kind)
        fill = "#fff3d6" if node.kind == "run" else "#eef3f8"
        box = (
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{wide - 26:.0f}" height="26" rx="6" fill="{fill}" stroke="#7a8794"/>'
        )
        words = f"{node.kind.replace('_', ' ')}" + (f": {said}" if said != node.kind else "")
        parts.append(
            f'{box}<text x="{x + (wide - 26) / 2:.0f}" y="{y + 17:.0f}" text-anchor="middle">{escape(words)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def head(title: str, height: float) -> list[str]:
    """Return how a picture begins."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img">',
        f"<title>{escape(title)}</title><style>text{{font:12px sans-serif;fill:#333}}</style>",
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-weight="bold">{escape(title)}</text>',
    ]


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return the range of values with a margin."""
    margin = (max(values) - min(values)) * 0.08 or 0.01
    return min(values) - margin, max(values) + margin


def main() -> None:
    """Run every example and draw."""
    for name, (example, draw) in STORIES.items():
        with tempfile.TemporaryDirectory() as home:
            with contextlib.redirect_stdout(io.StringIO()):
                runpy.run_path(str(ROOT / "examples" / f"{example}.py"))["main"](home)
            with av.connect(home=home) as client:
                (IMAGES / f"{name}.svg").write_text(draw(client), encoding="utf-8")


if __name__ == "__main__":
    main()
