"""`show`: the views of the page inside a notebook, and what is left of them where no server answers."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, TypeAlias
from urllib.parse import quote

import numpy as np

from arangovis.client.client import Client
from arangovis.client.compatibility import ComparedModels, CompatibilitySweep, sweep_html
from arangovis.client.frames import table_html
from arangovis.client.opened import newest
from arangovis.client.reading_series import SeriesRows
from arangovis.client.values import Projection, node_id
from arangovis.domain.errors import ArangovisError, Fault, InvalidInput
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.notebook.pictures import around, lines, scatter
from arangovis.notebook.server import url_of

Shows: TypeAlias = (
    "NodeId | str | Node | Projection | SeriesRows | ComparedModels | CompatibilitySweep | Mapping[str, Any] | Any"
)
"""A node in any form: its id, a run, a projection, rows of series, a sweep, a comparison, or what has a node."""
VIEWS = ("embeddings", "live", "lineage", "models", "compatibility", "anomaly", "parameters", "node")
HEIGHT_PX = 640
DEPTH = 2
"""Edges away that the picture of a lineage shows."""
POINTS = 500
"""Of a line in a picture."""
_WAIT_MS = 8000
_UNSEEN = frozenset({"environment", "process", "code", "run_key", "question", "options", "signature"})
"""Long, or of no use to a reader; the record has it all."""
_TIMES = frozenset({"started", "ended", "period_start", "period_end"})


def show(thing: Shows, *, height: int = HEIGHT_PX, view: str | None = None, client: Client | None = None) -> "Shown":
    """Show a node, a run, a projection, series, a sweep or a comparison as the page does; return what draws itself.

    Args:
        thing: what to show.
        height: of the frame, in pixels.
        view: of the page: `embeddings`, `live`, `lineage`, `models`, `compatibility`, `anomaly`, `parameters` or
            `node`; the one that suits the thing best if None.
        client: where it is; the one opened last if None.

    Raises:
        InvalidInput: it is nothing that can be shown, there is no such view, or no client is open.
        NotFound: there is no such node.

    """
    if view is not None and view not in VIEWS:
        raise InvalidInput.of(Fault("view", f"{view!r} is not one of {', '.join(VIEWS)}"))
    used = client or newest()
    if used is None:
        raise InvalidInput.of(Fault("client", "none is open: call arangovis.connect() first, or give one"))
    return Shown(used, used.node(_node_of(thing)), thing, view, height)


class Shown:
    """A view of the page as a notebook draws it: a frame of the live page, and a picture with values below.

    The picture is opened, and the frame hidden, where the page does not answer: in a file that was converted, or
    when the process of the notebook has ended.
    """

    def __init__(self, client: Client, node: Node, thing: Shows, view: str | None, height: int) -> None:
        self._client = client
        self._node = node
        self._thing = thing
        self._view = view
        self._height = height

    def __repr__(self) -> str:
        return f"Shown({self._node.id})"

    @property
    def url(self) -> str:
        """Where a browser on this machine sees it; the server starts when this is first asked for."""
        name, query = _place(self._node, self._made_series(), self._view)
        words = "&".join(f"{key}={quote(value, safe='/')}" for key, value in {**query, "embed": "1"}.items())
        return f"{url_of(self._client)}/ui/{name}?{words}"

    def static_html(self) -> str:
        """Return a picture and a table that need no server."""
        parts = [self._picture(), self._table()]
        return f'<div style="overflow:auto">{"".join(part for part in parts if part)}</div>'

    def _repr_html_(self) -> str:
        static = self.static_html()
        try:
            return _framed(self.url, f"{self._node.id}", static, self._height)
        except (ArangovisError, OSError):
            return static

    def _made_series(self) -> bool:
        if self._node.id.kind != "run":
            return False
        return any(listed.rows for listed in self._client.run_series(self._node.id).series)

    def _picture(self) -> str:
        if isinstance(self._thing, ComparedModels | CompatibilitySweep):
            return ""
        projection = self._projection()
        if projection is not None and self._view in (None, "embeddings"):
            return _plot(projection)
        if self._view in (None, "live") and self._made_series():
            rows = self._client.series(self._node.id, fields=self._plain_fields(), decimate=POINTS)
            columns = {name: values for name, values in rows.columns.items() if name in self._plain_fields()}
            return lines(_title(self._node), {name: _floats(values) for name, values in columns.items()})
        return _lineage(self._client, self._node)

    def _plain_fields(self) -> Sequence[str]:
        """Return the numbers of the series with the most rows."""
        listed = max(self._client.run_series(self._node.id).series, key=lambda one: one.rows)
        return [field.name for field in listed.fields if field.kind in ("int", "float") and field.name != "step"][:4]

    def _projection(self) -> Projection | None:
        """Return the projection that it is, or that made it; None if it is of none, or that has not ended well."""
        if isinstance(self._thing, Projection):
            return self._thing
        run: Node | None = self._node
        if self._node.id.kind == "artifact" and self._node.attributes.get("role") == "plot":
            run = self._client.origin(self._node.id).run
        if run is None or not str(run.attributes.get("method", "")).startswith("projection."):
            return None
        made = self._client.outputs(run.id) if run.attributes.get("state") == "SUCCESS" else {}
        if not {"plot", "result"} <= made.keys():
            return None
        return Projection.of(run.id, made["plot"], self._client.content(made["result"]))

    def _table(self) -> str:
        if isinstance(self._thing, ComparedModels):
            return str(self._thing._repr_html_())
        if isinstance(self._thing, CompatibilitySweep):
            return sweep_html(self._thing)
        return _facts(self._node)


def _node_of(thing: Shows) -> NodeId:
    if isinstance(thing, Node | NodeId | str):
        return thing.id if isinstance(thing, Node) else node_id(thing)
    for name in ("run", "node", "id", "plot"):
        found = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
        if isinstance(found, NodeId | str):
            return node_id(found)
        if isinstance(found, Node):
            return found.id
    raise InvalidInput.of(Fault("thing", f"{type(thing).__name__} is no node, and names none"))


def _place(node: Node, has_series: bool, view: str | None) -> tuple[str, Mapping[str, str]]:
    """Return the view of the page for a node, and its query."""
    named, kind, key = str(node.id), node.id.kind, node.id.key
    method = str(node.attributes.get("method", ""))
    found: tuple[str, Mapping[str, str]] = ("lineage", {"node": named, "sel": named})
    if kind == "artifact" and node.attributes.get("role") == "plot":
        found = ("embeddings", {"plot": named})
    elif kind in ("model", "model_version", "deployment"):
        found = ("models", {kind.removeprefix("model_"): named})
    elif kind == "params":
        found = ("parameters", {"params": named})
    elif kind == "run":
        found = _run_place(named, key, method, has_series) or found
    if view is None or view == found[0]:
        return found
    return view, {"id" if view == "node" else "node" if view == "lineage" else kind: named}


def _run_place(named: str, key: str, method: str, has_series: bool) -> tuple[str, Mapping[str, str]] | None:
    if method.startswith("projection."):
        return "embeddings", {"run": named}
    if method.startswith("compatibility."):
        return "compatibility", {"sweep" if method == "compatibility.sweep" else "comparison": key}
    if method.startswith("anomaly."):
        return "anomaly", {"run": named}
    return ("live", {"run": named}) if has_series else None


def _title(node: Node) -> str:
    return str(node.attributes.get("name") or node.attributes.get("role") or node.id)


def _plot(projection: Projection) -> str:
    labels = projection.result.get("class_labels") or {}
    codes: Sequence[int] = ()
    for label in labels.values():
        codes = [int(value) if isinstance(value, int | float) else 0 for value in label.get("data", ())]
        break
    return scatter(f"Projection {projection.run.key}", projection.coordinates, codes)


def _lineage(client: Client, node: Node) -> str:
    layers, nodes, edges = {node.id: 0}, {node.id: node}, set()
    for direction, sign in (("upstream", -1), ("downstream", 1)):
        answer = client.lineage(node.id, direction=direction, depth=DEPTH)
        for visit in answer.visits:
            layers.setdefault(visit.node.id, sign * visit.depth)
            nodes[visit.node.id] = visit.node
        edges |= {(edge.id.source, edge.id.target) for edge in answer.edges}
    return around(f"Lineage of {_title(node)}", node.id, layers, nodes, sorted(edges, key=str))


def _facts(node: Node) -> str:
    rows: list[tuple[str, object]] = [("id", str(node.id))]
    for name, value in node.attributes.items():
        if name in _UNSEEN:
            continue
        if name in _TIMES and isinstance(value, int):
            rows.append((name, datetime.fromtimestamp(value / 1e6, UTC).isoformat(" ", "seconds")))
        elif isinstance(value, Mapping):
            rows += [(f"{name}.{inner}", cell) for inner, cell in value.items()]
        elif value not in (None, "", [], ()):
            rows.append((name, value))
    rows.append(("version", f"{node.version.number} by {node.version.actor}"))
    return table_html(_title(node), ("what", "value"), rows)


def _floats(values: Any) -> "np.ndarray[Any, np.dtype[np.float64]]":
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.full(len(values), np.nan)


_SCRIPT = """<script>(() => {{
  const box = document.getElementById("{0}"), frame = box.querySelector("iframe"), rest = box.querySelector("details");
  rest.open = false;
  const timer = setTimeout(() => {{ frame.hidden = rest.open = true; }}, {1});
  addEventListener("message", (event) => {{
    if (event.source !== frame.contentWindow || event.data !== "arangovis:ready") return;
    clearTimeout(timer);
    frame.hidden = rest.open = false;
  }});
}})()</script>"""
"""Hides a frame that no page answers in, until one does. Where scripts are not run, both are shown."""


def _framed(url: str, title: str, static: str, height: int) -> str:
    name = f"arangovis-{secrets.token_hex(6)}"
    frame = (
        f'<iframe src="{escape(url, quote=True)}" title="{escape(title, quote=True)}" '
        f'style="width:100%;height:{height}px;border:0"></iframe>'
    )
    rest = f"<details open><summary>Picture and values</summary>{static}</details>"
    return f'<div id="{name}" class="arangovis-show">{frame}{rest}</div>{_SCRIPT.format(name, _WAIT_MS)}'
