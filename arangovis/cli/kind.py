"""`arangovis kind`."""

from typing import Any

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import target_options

_OF = click.Choice(["vertex", "edge"])


@click.group()
def command() -> None:
    """List, declare and take back kinds of vertex and edge."""


@command.command("list")
@target_options
def list_(home: str | None, url: str | None, as_json: bool) -> None:
    """List the kinds in force."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.kinds(), ("name", "of", "built_in", "description"), as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--of", type=_OF, default="vertex", show_default=True, help="Of vertex or of edge.")
@click.option("--field", "fields", multiple=True, help="A field, name:type; a type with + is searchable.")
@click.option("--from", "sources", multiple=True, help="Edge: a kind that it leaves; may be repeated.")
@click.option("--to", "targets", multiple=True, help="Edge: a kind that it enters; may be repeated.")
@click.option("--lineage", is_flag=True, help="Edge: questions of lineage follow it.")
@click.option("--description", default="", help="What it is.")
@target_options
def declare(name: str, fields: tuple[str, ...], home: str | None, url: str | None, as_json: bool, **given: Any) -> None:
    """Declare the kind NAME."""
    from arangovis.cli.target import open_client

    ends = {end: list(given.pop(end)) or ["*"] for end in ("sources", "targets")}
    joins = {**ends, "lineage": given.pop("lineage")} if given["of"] == "edge" else {}
    if given["of"] == "vertex":
        given.pop("lineage", None)
    with open_client(home, url) as client:
        made = client.declare_kind(name, [_field(text) for text in fields], **given, **joins)
    answer_one(made, f"{made.of} kind {made.name}", as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--of", type=_OF, default="vertex", show_default=True, help="Of vertex or of edge.")
@click.option("--force", is_flag=True, help="Remove what is of the kind, too.")
@target_options
def remove(name: str, of: str, force: bool, home: str | None, url: str | None, as_json: bool) -> None:
    """Take back the kind NAME."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        removed = client.remove_kind(name, of=of, force=force)
    answer_one(removed, f"{removed.name} is taken back, {removed.removed} of it with it", as_json=as_json)


def _field(text: str) -> dict[str, Any]:
    name, colon, kind = text.partition(":")
    if not colon or not name:
        raise click.BadParameter(f"{text!r} is not of the form name:type", param_hint="--field")
    return {"name": name, "type": kind.removesuffix("+"), "searchable": kind.endswith("+")}
