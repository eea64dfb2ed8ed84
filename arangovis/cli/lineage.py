"""`arangovis lineage`."""

from dataclasses import replace

import click

from arangovis.cli.options import print_json, target_options
from arangovis.client.values import microseconds, node_id
from arangovis.domain.graph import Direction
from arangovis.services.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT, LineageAnswer, LineageQuestion

DIRECTIONS = click.Choice([direction.value for direction in Direction])


@click.command()
@click.argument("node")
@click.option("--direction", type=DIRECTIONS, default="upstream", show_default=True, help="Which way to go.")
@click.option("--depth", type=int, default=DEPTH_DEFAULT, show_default=True, help="Edges away at most.")
@click.option("--limit", type=int, default=NODE_LIMIT_DEFAULT, show_default=True, help="Nodes at most.")
@click.option("--kind", "kinds", multiple=True, help="Show only nodes of this kind; may be repeated.")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@target_options
def command(
    node: str, direction: str, depth: int, limit: int, kinds: tuple[str, ...], at: str | None,
    home: str | None, url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Draw the lineage of NODE (kind/key): where it comes from, or what came of it."""
    from arangovis.cli.target import open_client

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


def _document(answer: LineageAnswer) -> dict[str, object]:
    return {
        "start": str(answer.start),
        "nodes": [
            {
                "id": str(visit.node.id),
                "kind": visit.node.id.kind,
                "depth": visit.depth,
                "project": visit.node.project,
                "created": visit.node.created,
                "actor": visit.node.version.actor,
                "deleted": visit.node.version.deleted,
                "attributes": visit.node.attributes,
            }
            for visit in answer.visits
        ],
        "edges": [
            {"kind": e.id.kind, "from": str(e.id.source), "to": str(e.id.target), "role": e.id.role}
            for e in answer.edges
        ],
        "partial": bool(answer.cuts),
        "partial_reasons": sorted(answer.cuts),
    }
