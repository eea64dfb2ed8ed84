"""The tables: a line a question, a column a size, each figure with its ratio to the floor of the same rounds."""

import statistics
from collections.abc import Sequence

from tests.benchmarks.scaling.measured import Figure

ROUNDS_MAX = 10
"""More pairs than this are single commits, whose extremes say more of the disk than of a store."""


def table(figures: Sequence[Figure], *, heading: str) -> str:
    """Return Markdown; the ratio says how many times the floor's cost ours is, least and most over the rounds."""
    sizes = sorted({figure.size for figure in figures})
    questions = list(dict.fromkeys((figure.question, figure.unit) for figure in figures))
    by_place = {(figure.question, figure.size): figure for figure in figures}
    lines = [f"| {heading} | {' | '.join(f'{size:,}' for size in sizes)} |", "|---" * (len(sizes) + 1) + "|"]
    for question, unit in questions:
        cells = [_cell(by_place.get((question, size))) for size in sizes]
        lines.append(f"| {question}, {unit} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    shown = number(figure.median)
    ratios = figure.ratios
    if not ratios:
        return shown
    if len(ratios) > ROUNDS_MAX:
        return f"{shown} ({statistics.median(ratios):.1f}x)"
    return f"{shown} ({statistics.median(ratios):.1f}x, {min(ratios):.1f}-{max(ratios):.1f})"


def number(value: float) -> str:
    """Return a value with about three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
