"""Questions of `arangovis ask` that are searches at heart."""

import click

from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer

_AT = "As of this time: ISO 8601 (in this machine's zone), or microseconds."


@click.command()
@click.argument("sha256")
@click.option("--at", default=None, help=_AT)
@target_options
def content(sha256: str, at: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """Show what has exactly the content of this SHA-256, whatever its name, and the runs that made and read it."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(client.content_uses(sha256, at=at), as_json=as_json)


@click.command()
@click.argument("node")
@click.option("--limit", type=int, default=None, help="So many failed runs at most (default 100).")
@click.option("--at", default=None, help=_AT)
@target_options
def failures(node: str, limit: int | None, at: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """Show which runs read NODE (kind/key) and failed, with which code, and whether trying again helped."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(client.failures(node, limit=limit, at=at), as_json=as_json)


@click.command()
@click.argument("metric")
@click.option("--where", default="", help="Only runs that meet this, in the filter language.")
@click.option("--project", default=None, help="The name of a project.")
@click.option("--lowest", is_flag=True, help="The lowest value is the best.")
@target_options
def best(
    metric: str, where: str, project: str | None, lowest: bool, home: str | None, url: str | None, as_json: bool
) -> None:
    """Show the run with the best value of METRIC, such as accuracy."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(client.best_run(metric, where, lowest=lowest, project=project), as_json=as_json)
