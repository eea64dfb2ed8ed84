"""`arangovis lineage`."""

import click
import orjson

from arangovis.cli.options import target_options
from arangovis.domain.graph import Direction
from arangovis.services.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT, LineageAnswer


@click.command()
@click.argument("node")
@click.option("--direction", type=click.Choice([d.value for d in Direction]), default="upstream", show_default=True)
@click.option("--depth", type=int, default=DEPTH_DEFAULT, show_default=True, help="Edges away at most.")
@click.option("--limit", type=int, default=NODE_LIMIT_DEFAULT, show_default=True, help="Nodes at most.")
@click.option("--kind", "kinds", multiple=True, help="Show only nodes of this kind; may be repeated.")
@click.option("--at", type=int, default=None, help="As of this time, microseconds since 1970.")
@target_options
def command(
    node: str, direction: str, depth: int, limit: int, kinds: tuple[str, ...], at: int | None,
    home: str | None, url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Draw the lineage of NODE (kind/key): where it comes from, or what came of it."""
    from arangovis.cli.show import console, lineage_tree
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer = client.lineage(node, direction=direction, depth=depth, limit=limit, kinds=kinds, at=at)
    if as_json:
        click.echo(orjson.dumps(_document(answer), option=orjson.OPT_INDENT_2))
        return
    terminal = console()
    terminal.print(lineage_tree(answer, Direction(direction)))
    if answer.cuts:
        terminal.print(f"There is more: cut by {', '.join(sorted(answer.cuts))}.", style="yellow")


def _document(answer: LineageAnswer) -> dict[str, object]:
    nodes = [{"id": str(v.node.id), "depth": v.depth, "attributes": v.node.attributes} for v in answer.visits]
    edges = [
        {"kind": e.id.kind, "from": str(e.id.source), "to": str(e.id.target), "role": e.id.role} for e in answer.edges
    ]
    return {"start": str(answer.start), "nodes": nodes, "edges": edges, "partial": bool(answer.cuts)}
