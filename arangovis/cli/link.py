"""`arangovis link`."""

import click

from arangovis.cli.answers import answer_one, read_pairs
from arangovis.cli.options import target_options


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("--label", default="", help="What the link says.")
@click.option("--kind", default="linked", show_default=True, help="The kind of edge.")
@click.option("--attribute", "attributes", multiple=True, help="A fact of the link, name=value; may be repeated.")
@click.option("--remove", is_flag=True, help="Take the link away.")
@target_options
def command(
    source: str,
    target: str,
    label: str,
    kind: str,
    attributes: tuple[str, ...],
    remove: bool,
    home: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Link the node SOURCE (kind/key) to the node TARGET, or take a link away."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        if remove:
            client.unlink(source, target, label, kind=kind)
            answer_one({"removed": True}, "taken away", as_json=as_json)
            return
        made = client.link(source, target, label, kind=kind, attributes=read_pairs(attributes, "--attribute") or None)
    answer_one(made, "linked" if made.created else "linked already", as_json=as_json)
