"""`arangovis export`."""

from pathlib import Path

import click

from arangovis.cli.options import print_json, target_options

FORMATS = ("prov-json", "prov-n", "openlineage", "croissant", "graphml", "dot", "mermaid", "node-link")
ARANGOPIPE = "arangopipe"
"""Not of one node but of everything, and a folder."""
DIRECTIONS = click.Choice(["upstream", "downstream", "both"])


@click.command()
@click.argument("node", required=False)
@click.option("--format", "form", type=click.Choice((*FORMATS, ARANGOPIPE)), required=True, help="The format.")
@click.option("--direction", type=DIRECTIONS, default=None, help="Which way to go (default upstream).")
@click.option("--depth", type=int, default=None, help="Edges away at most.")
@click.option("--limit", type=int, default=None, help="Nodes at most.")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=None, help="Write to this file; for arangopipe, a new folder."
)
@target_options
def command(
    node: str | None,
    form: str,
    direction: str | None,
    depth: int | None,
    limit: int | None,
    at: str | None,
    output: Path | None,
    home: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Write down the lineage of NODE (kind/key) in a format of others; with arangopipe, everything, into a folder."""
    from arangovis.cli.target import open_client

    if form == ARANGOPIPE:
        _write_arangopipe(node, output, home, url, as_json=as_json)
        return
    if node is None:
        raise click.UsageError(f"Missing argument 'NODE': {form} describes one node.")
    with open_client(home, url) as client:
        export = client.export(node, form, direction=direction, depth=depth, limit=limit, at=at)
    if output is not None:
        output.write_text(export.text, encoding="utf-8")
    if as_json:
        told = {"format": form, "media_type": export.media_type, "partial_reasons": list(export.partial_reasons)}
        print_json(told | ({"text": export.text} if output is None else {"output": str(output)}))
    elif output is None:
        click.echo(export.text.encode(), nl=False)
    if export.partial_reasons:
        click.echo(f"There is more: cut by {', '.join(export.partial_reasons)}.", err=True)


def _write_arangopipe(
    node: str | None, folder: Path | None, home: str | None, url: str | None, *, as_json: bool
) -> None:
    """Write everything as arangopipe keeps it."""
    from arangovis.cli.target import open_client

    if node is not None or folder is None:
        raise click.UsageError("arangopipe takes no NODE: it is everything, into the new folder that --output names.")
    with open_client(home, url) as client:
        count = client.export_arangopipe(folder)
    if as_json:
        print_json({"format": ARANGOPIPE, "output": str(folder), "documents": count})
    else:
        click.echo(f"{count} documents in {folder}")
