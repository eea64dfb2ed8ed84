"""`arangovis series`: fields and series, and what runs log to them."""

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import print_json, target_options
from arangovis.cli.series_log import log
from arangovis.cli.series_rows import export, tail
from arangovis.domain.series import FieldKind


@click.group()
def command() -> None:
    """Define fields and series; log rows to them, follow and export them."""


@command.command("create-field")
@click.argument("project")
@click.argument("name")
@click.argument("kind", type=click.Choice([*map(str, FieldKind), "string"]))
@click.option("--description", default=None, help="What it is; the label of an axis.")
@target_options
def create_field(
    project: str, name: str, kind: str, description: str | None, home: str | None, url: str | None, as_json: bool
) -> None:
    """Create the field NAME of PROJECT, whose values are of KIND; the same one again is found."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        made = client.create_field(project, name, kind, description)
    answer_one(made, f"{made.node} is the {made.kind} {made.name}", as_json=as_json)


@command.command("create-series")
@click.argument("project")
@click.argument("name")
@click.argument("fields", nargs=-1, required=True)
@click.option("--description", default="", help="What it is.")
@target_options
def create_series(
    project: str, name: str, fields: tuple[str, ...], description: str, home: str | None, url: str | None, as_json: bool
) -> None:
    """Create the series NAME of PROJECT from FIELDS that exist; the same one again is found."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        made = client.create_series(project, name, fields, description)
    answer_one(made, f"{made.node} is {made.name} of {', '.join(fields)}", as_json=as_json)


@command.command()
@click.option("--project", default=None, help="The name of a project; all of them if left out.")
@target_options
def fields(project: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """List the fields of a project."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        found = list(client.fields(project))
    answer_all(found, ("name", "kind", "description", "node"), as_json=as_json)


@command.command("list")
@click.argument("run")
@target_options
def list_(run: str, home: str | None, url: str | None, as_json: bool) -> None:
    """List the series that RUN logged to: rows, newest step, fields."""
    from arangovis.cli.show import console, plain_table, printable
    from arangovis.cli.target import open_client
    from arangovis.domain.wire import to_wire

    with open_client(home, url) as client:
        found = client.run_series(run)
    if as_json:
        print_json(to_wire(found))
        return
    rows = [
        [series.name or "", str(series.rows), str(series.newest_step), ", ".join(field.name for field in series.fields)]
        for series in found.series
    ]
    console().print(plain_table(["series", "rows", "newest step", "fields"], [[*map(printable, row)] for row in rows]))


for _member in (log, tail, export):
    command.add_command(_member)
