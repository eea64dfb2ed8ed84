"""HTML that notebooks show: a frame of the page, or a table that needs no server."""

import math
from collections.abc import Sequence
from html import escape

from arangovis.domain.ids import NodeId

HEIGHT_PX = 900


def page_path(run: NodeId) -> str:
    """Return where the page shows a sweep or a comparison."""
    return f"/?view=compatibility&sweep={run.key}"


def comparison_path(run: NodeId) -> str:
    """Return where the page shows a comparison."""
    return f"/?view=compatibility&comparison={run.key}"


def frame_html(url: str, *, fallback: str = "", height_px: int = HEIGHT_PX) -> str:
    """Return a frame of the page, with a table below that is there without a server too."""
    style = f"width:100%;height:{height_px}px;border:0"
    frame = f'<iframe src="{escape(url, quote=True)}" title="Backward compatibility" style="{style}"></iframe>'
    return f"{frame}<details><summary>Values</summary>{fallback}</details>" if fallback else frame


def table_html(title: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table; whatever is in it is shown as text."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(_shown(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "-"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
