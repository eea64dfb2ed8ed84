"""`arangovis import arangopipe`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arangovis.cli.options import print_json, target_options
from arangovis.exchange.arangopipe.names import GRAPH_NAME

if TYPE_CHECKING:
    from arangovis.client.importing_arangopipe import ArangopipeImported

_GRAPH = "What the graph is called here: the project of its data sets and feature sets."
PROBLEMS_SHOWN_MAX = 50


@click.command("arangopipe")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--graph", default=GRAPH_NAME, show_default=True, help=_GRAPH)
@click.option("--dry-run", is_flag=True, help="Say what would be read, and write nothing.")
@target_options
def command(source: Path, graph: str, home: str | None, url: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Take over a graph of arangopipe's from SOURCE: a folder that arangodump or arangoexport wrote, or a file of
    JSON lines with an _id each.

    Keys stay known as attributes; lists of ids in related_ texts become links. The same again adds what is new.
    """
    from arangovis.cli.imports import import_client
    from arangovis.cli.transfer import progress_shown

    with import_client(home, url, dry_run=dry_run) as client, progress_shown(as_json=as_json) as report:
        done = client.import_arangopipe(
            source, graph=graph, dry_run=dry_run, progress=lambda count, total: report("documents", count, total)
        )
    if as_json:
        print_json(asdict(done))
    else:
        _say(done, dry_run=dry_run)
    if not dry_run and done.nodes + done.known < done.read:
        raise SystemExit(1)


def _say(done: "ArangopipeImported", *, dry_run: bool) -> None:
    click.echo(f"{done.read} documents read: {done.nodes} new nodes, {done.links} new links, {done.known} known before")
    for problem in done.problems[:PROBLEMS_SHOWN_MAX]:
        click.echo(problem)
    if len(done.problems) > PROBLEMS_SHOWN_MAX:
        click.echo(f"and {len(done.problems) - PROBLEMS_SHOWN_MAX} more; --json lists all of them")
    if dry_run:
        click.echo("Nothing was written.")
