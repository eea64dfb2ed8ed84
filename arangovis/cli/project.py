"""`arangovis project`."""

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import target_options

_SHOWN = ("name", "node", "counts", "created", "actor", "archived")


@click.group()
def command() -> None:
    """See what is in projects; rename and archive them."""


@command.command("list")
@click.option("--archived", is_flag=True, help="Show archived ones, too.")
@target_options
def list_(archived: bool, home: str | None, url: str | None, as_json: bool) -> None:
    """List projects and how many nodes of each kind are in them."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.project_overviews(archived=archived), _SHOWN, as_json=as_json)


@command.command()
@click.argument("project")
@target_options
def show(project: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Show what is in PROJECT, and how many bytes it keeps."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        overview, kept = client.project_overview(project), client.project_bytes(project)
    if as_json:
        answer_one({"overview": overview, "bytes": kept}, "", as_json=True)
        return
    answer_all([overview], _SHOWN, as_json=False)
    click.echo(f"{kept.bytes} bytes in {kept.blobs} blobs")


@command.command()
@click.argument("project")
@click.argument("name")
@target_options
def rename(project: str, name: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Call PROJECT NAME from now on; its node stays."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        renamed = client.rename_project(project, name)
    answer_one(renamed, f"{renamed.node} is {renamed.name}", as_json=as_json)


@command.command()
@click.argument("project")
@click.option("--undo", is_flag=True, help="Bring it back.")
@target_options
def archive(project: str, undo: bool, home: str | None, url: str | None, as_json: bool) -> None:
    """Archive PROJECT: it takes nothing new, and is not listed."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        changed = client.archive_project(project, archived=not undo)
    answer_one(changed, f"{changed.name} is {'archived' if changed.archived else 'back'}", as_json=as_json)
