"""`arangovis gate`."""

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import target_options


@click.group()
def command() -> None:
    """Make conditions that runs must meet before they are deployed."""


@command.command("set")
@click.argument("project")
@click.argument("name")
@click.argument("condition")
@click.option("--model", default=None, help="The name of the only model that it is for.")
@target_options
def set_(
    project: str, name: str, condition: str, model: str | None, home: str | None, url: str | None, as_json: bool
) -> None:
    """Make or change the gate NAME of PROJECT: a CONDITION such as "evaluation.f1 >= 0.9 and metrics.loss < 1"."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        node = client.set_gate(project, name, condition, model=model)
    answer_one({"node": node}, str(node), as_json=as_json)


@command.command("list")
@click.argument("project")
@target_options
def list_(project: str, home: str | None, url: str | None, as_json: bool) -> None:
    """List the gates of PROJECT."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.gates(project), ("name", "filter", "model", "node"), as_json=as_json)
