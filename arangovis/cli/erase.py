"""`arangovis erase`."""

from typing import Any

import click

from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer


@click.command()
@click.option("--column", default=None, help="COLUMN=VALUE: rows with this value; VALUE is asked for if left out.")
@click.option("--dataset", "datasets", multiple=True, help="Only of this data set (its id); may be repeated.")
@click.option("--yes", is_flag=True, help="Erase; without it rows are only counted.")
@click.option("--resume", is_flag=True, help="Go on with erasures that were stopped.")
@click.option("--again", is_flag=True, help="Do all erasures again, since rows may have come back.")
@click.option("--list", "is_list", is_flag=True, help="List the erasures.")
@target_options
def command(column: str | None, home: str | None, url: str | None, as_json: bool, **given: Any) -> None:
    """Erase a person's rows from data sets, samples, results, vectors, uploads and texts.

    What cannot be rewritten goes as a whole. The lineage stays; the value is not kept.
    """
    from arangovis.cli.target import open_client

    wishes = [bool(column), given["resume"], given["again"], given["is_list"]]
    if sum(wishes) != 1:
        raise click.UsageError("give one of --column, --resume, --again and --list")
    with open_client(home, url) as client:
        print_answer(_answer(client, column, given), as_json=as_json)


def _answer(client: Any, column: str | None, given: dict[str, Any]) -> object:
    if given["resume"]:
        return client.resume_erasures()
    if given["again"]:
        return client.replay_erasures()
    if column is None:
        return client.erasures()
    name, mark, value = column.partition("=")
    if not mark:
        value = click.prompt(f"value of {name}", hide_input=True)
    return client.erase(name, value, datasets=given["datasets"] or None, dry_run=not given["yes"])
