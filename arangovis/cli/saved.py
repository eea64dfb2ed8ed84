"""`arangovis saved`."""

from typing import Any

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer

_PROJECT = click.option("--project", required=True, help="The name of a project.")


@click.group()
def command() -> None:
    """Keep searches under a name in a project, and run them."""


@command.command("list")
@_PROJECT
@target_options
def list_saved(project: str, home: str | None, url: str | None, as_json: bool) -> None:
    """List the saved searches of a project."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        found = client.saved_searches(project)
    answer_all(found, ("name", "owner", "version", "description"), as_json=as_json)


@command.command()
@click.argument("name")
@_PROJECT
@click.option("--kind", "kinds", multiple=True, help="Only nodes of this kind; may be repeated.")
@click.option("--where", default="", help="A condition of the filter language.")
@click.option("--text", default="", help="Words to find.")
@click.option("--order", default=None, help="A searchable name, with asc or desc behind it.")
@click.option("--facet", "facets", multiple=True, help="Count the values of this name; may be repeated.")
@click.option("--limit", type=int, default=100, show_default=True, help="Nodes on a page.")
@click.option("--description", default=None, help="What it is for.")
@target_options
def save(
    name: str,
    kinds: tuple[str, ...],
    where: str,
    facets: tuple[str, ...],
    home: str | None,
    url: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Save a search as NAME, or a new version of it."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        node = client.save_search(name, kinds, where, facets=list(facets), **asked)
    answer_one({"node": str(node)}, f"Saved as {node}.", as_json=as_json)


@command.command()
@click.argument("name")
@_PROJECT
@click.option("--limit", type=int, default=None, help="Nodes on a page, in the place of its own.")
@click.option("--cursor", default=None, help="Where the page before ended.")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@target_options
def run(name: str, home: str | None, url: str | None, as_json: bool, **asked: Any) -> None:
    """Run the saved search NAME."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(client.run_saved_search(name, **asked), as_json=as_json)


@command.command()
@click.argument("name")
@_PROJECT
@target_options
def delete(name: str, project: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Delete the saved search NAME; its versions are kept."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        client.delete_saved_search(name, project=project)
    answer_one({"deleted": name}, f"Deleted {name}.", as_json=as_json)
