"""`arangovis node`."""

import click

from arangovis.cli.answers import answer_one, read_pairs
from arangovis.cli.options import target_options


@click.group()
def command() -> None:
    """Make nodes of your own kinds; change and delete nodes of any kind."""


@command.command()
@click.argument("kind")
@click.argument("name")
@click.option("--project", default=None, help="The name of its project.")
@click.option("--attribute", "attributes", multiple=True, help="An attribute, name=value; may be repeated.")
@target_options
def create(
    kind: str, name: str, project: str | None, attributes: tuple[str, ...],
    home: str | None, url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Make the node NAME of a KIND that was declared."""
    from arangovis.cli.target import open_client

    given = read_pairs(attributes, "--attribute")
    with open_client(home, url) as client:
        node = client.create_node(kind, name, project=project, attributes=given)
    answer_one({"node": node}, str(node), as_json=as_json)


@command.command()
@click.argument("node")
@click.argument("attributes", nargs=-1, required=True)
@target_options
def update(node: str, attributes: tuple[str, ...], home: str | None, url: str | None, as_json: bool) -> None:
    """Change ATTRIBUTES (name=value) of NODE (kind/key); name=null removes one."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        changed = client.update_node(node, **read_pairs(attributes, "ATTRIBUTES"))
    answer_one(changed, f"{changed.id} is of version {changed.version.number}", as_json=as_json)


@command.command()
@click.argument("node")
@click.option("--force", is_flag=True, help="Though something depends on it.")
@target_options
def delete(node: str, force: bool, home: str | None, url: str | None, as_json: bool) -> None:
    """Delete NODE (kind/key); its history stays."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        client.delete_node(node, force=force)
    answer_one({"deleted": node}, f"{node} is deleted", as_json=as_json)
