"""`arangovis search`."""

from typing import Any

import click

from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer


@click.command()
@click.argument("words", nargs=-1)
@click.option("--kind", "kinds", multiple=True, help="Only nodes of this kind; may be repeated.")
@click.option("--where", default="", help="A condition of the filter language.")
@click.option("--order", default=None, help="A searchable name, with asc or desc behind it; newest first if left out.")
@click.option("--project", default=None, help="The name of a project.")
@click.option("--facet", "facets", multiple=True, help="Count the values of this name; may be repeated.")
@click.option("--others", is_flag=True, help="Count each facet without the conditions on its own name.")
@click.option("--limit", type=int, default=100, show_default=True, help="So many nodes at most; 0 for facets only.")
@click.option("--cursor", default=None, help="Where the page before ended.")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@target_options
def command(
    words: tuple[str, ...], kinds: tuple[str, ...], home: str | None, url: str | None, as_json: bool, **asked: Any
) -> None:
    """Search nodes of any kind for all these WORDS, such as `fraud mod*`, and for what --where says."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(client.search(kinds, text=" ".join(words), **asked), as_json=as_json)
