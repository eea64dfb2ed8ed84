"""`arangovis lineage`."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import click

from arangovis.cli.options import print_json, target_options
from arangovis.client.values import microseconds, node_id
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.services.lineage.edge_pages import Neighbour
from arangovis.services.lineage.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT, LineageAnswer, LineageQuestion
from arangovis.stores.base import EDGE_PAGE_MAX

DIRECTIONS = click.Choice([direction.value for direction in Direction])


@click.command()
@click.argument("node")
@click.option("--direction", type=DIRECTIONS, default="upstream", show_default=True, help="Which way to go.")
@click.option("--depth", type=int, default=DEPTH_DEFAULT, show_default=True, help="Edges away at most.")
@click.option("--limit", type=int, default=NODE_LIMIT_DEFAULT, show_default=True, help="Nodes, or edges, at most.")
@click.option("--kind", "kinds", multiple=True, help="Show only nodes of this kind; may be repeated.")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@click.option("--edges", "only_edges", is_flag=True, help="List its own edges, however many, instead of drawing.")
@target_options
def command(
    node: str, direction: str, depth: int, limit: int, kinds: tuple[str, ...], at: str | None,
    only_edges: bool, home: str | None, url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Draw the lineage of NODE (kind/key): where it comes from, or what came of it."""
    from arangovis.cli.target import open_client

    if only_edges and (kinds or depth != DEPTH_DEFAULT):
        raise click.UsageError("--edges lists what is one edge away; it goes with neither --depth nor --kind")
    if only_edges:
        with open_client(home, url) as client:
            found = client.edges(node, direction=direction, at=at, page_size=min(limit, EDGE_PAGE_MAX))
            _list(node, found, limit=limit, as_json=as_json)
        return
    way = Direction(direction)
    question = LineageQuestion(node_id(node), way, depth, limit, frozenset(kinds), at=microseconds(at))
    with open_client(home, url) as client:
        answer = client.ask(question)
        # how the nodes that are shown hang together is only known from those that are not
        whole = client.ask(replace(question, kinds=frozenset())) if kinds else answer
    if as_json:
        print_json(_document(answer))
    else:
        _draw(whole, way, question.kinds)


def _draw(whole: LineageAnswer, direction: Direction, kinds: frozenset[str]) -> None:
    from arangovis.cli.show import console
    from arangovis.cli.tree import lineage_view

    terminal = console()
    terminal.print(lineage_view(whole, direction, kinds=kinds, width=terminal.width))
    if whole.cuts:
        terminal.print(f"There is more: cut by {', '.join(sorted(whole.cuts))}.", style="yellow")


def _list(node: str, found: Iterator[Neighbour], *, limit: int, as_json: bool) -> None:
    from arangovis.cli.show import console
    from arangovis.cli.tree import neighbour_line

    shown = islice(found, limit)
    if as_json:
        edges = [{**_edge_document(item.edge), "node": _node_document(item.node)} for item in shown]
        print_json({"start": node, "edges": edges, "partial": _has_more(found)})
        return
    terminal = console()
    for item in shown:
        terminal.print(neighbour_line(item))
    if _has_more(found):
        terminal.print("There is more: cut by limit.", style="yellow")


def _has_more(found: Iterator[Neighbour]) -> bool:
    return next(found, None) is not None


def _document(answer: LineageAnswer) -> dict[str, object]:
    return {
        "start": str(answer.start),
        "nodes": [{**_node_document(visit.node), "depth": visit.depth} for visit in answer.visits],
        "edges": [_edge_document(edge) for edge in answer.edges],
        "partial": bool(answer.cuts),
        "partial_reasons": sorted(answer.cuts),
    }


def _node_document(node: Node) -> dict[str, object]:
    return {
        "id": str(node.id),
        "kind": node.id.kind,
        "project": node.project,
        "created": node.created,
        "actor": node.version.actor,
        "deleted": node.version.deleted,
        "attributes": node.attributes,
    }


def _edge_document(edge: Edge) -> dict[str, object]:
    edge_id = edge.id
    return {"kind": edge_id.kind, "from": str(edge_id.source), "to": str(edge_id.target), "role": edge_id.role}
