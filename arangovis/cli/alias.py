"""`arangovis alias`."""

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import target_options

_SHOWN = ("name", "number", "version", "since", "actor")


@click.group()
def command() -> None:
    """Give versions of a model names, such as champion: each is one version at a time."""


@command.command("set")
@click.argument("project")
@click.argument("model")
@click.argument("name")
@click.argument("version", type=int)
@target_options
def set_(project: str, model: str, name: str, version: int, home: str | None, url: str | None, as_json: bool) -> None:
    """Give the version of the integer id VERSION of MODEL in PROJECT the alias NAME."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        made = client.set_alias(project, model, name, version)
    answer_one(made, f"{made.name} is {made.version}", as_json=as_json)


@command.command("list")
@click.argument("project")
@click.argument("model")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@target_options
def list_(project: str, model: str, at: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """List the aliases of MODEL in PROJECT."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.aliases(project, model, at=at), _SHOWN, as_json=as_json)


@command.command()
@click.argument("project")
@click.argument("model")
@click.argument("name")
@target_options
def history(project: str, model: str, name: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Show every move of the alias NAME of MODEL in PROJECT."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        moves = client.alias_history(project, model, name)
    answer_all(moves, ("at", "actor", "before", "after"), as_json=as_json)


@command.command()
@click.argument("project")
@click.argument("model")
@click.argument("name")
@target_options
def remove(project: str, model: str, name: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Take the alias NAME of MODEL in PROJECT away; its history stays."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        client.remove_alias(project, model, name)
    answer_one({"removed": name}, f"{name} is taken away", as_json=as_json)
