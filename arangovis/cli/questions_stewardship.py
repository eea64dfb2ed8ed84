"""The questions of `arangovis ask` of stewards: rows, columns, who did what, what may go, whether bytes are sound."""

from typing import Any

import click

from arangovis.cli.options import target_options
from arangovis.cli.questions_graph import ask, at_option

WAYS = click.Choice(["upstream", "downstream"])


@click.command()
@click.argument("dataset")
@click.argument("row", required=False)
@click.option("--files", type=int, default=None, help="Files to open at most.")
@click.option("--index", "make_index", is_flag=True, help="Make the filters that find rows quickly, and ask nothing.")
@at_option
@target_options
def rows(dataset: str, row: str | None, make_index: bool, **given: Any) -> None:
    """Show what holds the row ROW (its id; of a parsed file its number, from 0) of DATASET: samples, plots, results."""
    if make_index == (row is not None):
        raise click.UsageError("give either ROW or --index")
    if row is not None:
        ask("row_holders", given, dataset=dataset, row=row)
        return
    for name in ("files", "at"):
        if given.pop(name) is not None:
            raise click.UsageError(f"--{name} goes with ROW")
    ask("index_rows", given, dataset=dataset)


@click.command()
@click.argument("node")
@click.argument("point", type=int)
@at_option
@target_options
def point(node: str, **given: Any) -> None:
    """Show which row the point POINT (from 0) of NODE is: a plot, a result, scores, a sample, a data set."""
    ask("point_origin", given, node=node)


@click.command()
@click.argument("node")
@click.argument("column", required=False)
@click.option("--direction", type=WAYS, default="upstream", show_default=True, help="Which way to follow.")
@click.option("--limit", type=int, default=None, help="Links at most.")
@at_option
@target_options
def columns(node: str, **given: Any) -> None:
    """Show which columns COLUMN of NODE was made of, or what was made of it; all columns if none is named."""
    ask("column_lineage", given, node=node)


@click.command()
@click.argument("node")
@click.option("--limit", type=int, default=None, help="Entries at most.")
@at_option
@target_options
def audit(node: str, **given: Any) -> None:
    """Show who did what to NODE and with it, when, in which request, newest first; --at: until then."""
    ask("audit", given, node=node)


@click.command()
@click.argument("node")
@click.option("--limit", type=int, default=None, help="Nodes at most.")
@target_options
def deletion(node: str, **given: Any) -> None:
    """Show what deleting NODE would break, what would stay, and which bytes could go. Nothing is deleted."""
    ask("delete_plan", given, node=node)


@click.command()
@click.option("--project", default=None, help="Only of this project.")
@click.option("--older-than", "older_than_days", type=float, default=None, help="Days since it was made (default 30).")
@click.option("--limit", type=int, default=None, help="About so many on a page.")
@click.option("--cursor", default=None, help="Go on behind the page before.")
@target_options
def retention(**given: Any) -> None:
    """List files and data sets without consumers that nothing keeps, with their bytes. Nothing is removed."""
    ask("retention", given)


@click.command()
@click.argument("node")
@click.option("--alone", is_flag=True, help="Only its own bytes, not those of everything upstream.")
@click.option("--budget", "budget_bytes", type=int, default=None, help="Leave more bytes than so many to a worker.")
@click.option("--record", is_flag=True, help="Keep the report as the product of a run.")
@target_options
def verify(node: str, alone: bool, **given: Any) -> None:
    """Read the bytes of everything upstream of NODE and compare them with their digests.

    The exit code is 1 if some are missing or damaged.
    """
    if ask("verify_bytes", given, node=node, upstream=not alone).damaged:
        raise SystemExit(1)


@click.command()
@click.argument("node")
@click.option("--package", default=None, help="Only this package.")
@click.option("--limit", type=int, default=None, help="Nodes at most.")
@at_option
@target_options
def environments(node: str, **given: Any) -> None:
    """Show the packages and versions of all runs upstream of NODE."""
    ask("environments", given, node=node)


@click.command()
@click.argument("package")
@click.option("--versions", default=None, help="Such as '>=1.2,<2'; every version if left out.")
@click.option("--kind", "kinds", multiple=True, help="Show only nodes of this kind; may be repeated.")
@click.option("--limit", type=int, default=None, help="Nodes at most.")
@at_option
@target_options
def package(package: str, **given: Any) -> None:
    """Show the runs that used PACKAGE in a range of versions, and what came of them."""
    ask("package_uses", given, package=package)
