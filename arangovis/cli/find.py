"""`arangovis find`."""

from itertools import islice

import click

from arangovis.cli.answers import answer_nodes, read_value
from arangovis.cli.options import target_options


@click.command()
@click.argument("kind")
@click.option("--name", default=None, help="Its name.")
@click.option("--tag", default=None, help="One of its tags.")
@click.option("--attribute", default=None, help="An attribute, such as params.C, which equals --value.")
@click.option("--value", default=None, help='What it equals: a number, true, false, or a text; "5" is a text.')
@click.option("--filter", "condition", default=None, help="A condition of the filter language.")
@click.option("--project", default=None, help="The name of a project.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="So many at most.")
@target_options
def command(
    kind: str,
    name: str | None,
    tag: str | None,
    attribute: str | None,
    value: str | None,
    condition: str | None,
    project: str | None,
    limit: int,
    home: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Find nodes of a KIND, newest first."""
    from arangovis.cli.target import open_client

    wanted = None if value is None else read_value(value)
    if wanted is not None and not isinstance(wanted, str | int | float | bool):
        wanted = value
    with open_client(home, url) as client:
        found = client.find(kind, attribute, wanted, name=name, tag=tag, filter=condition, project=project)
        nodes = list(islice(found, limit))
    answer_nodes(nodes, as_json=as_json)
