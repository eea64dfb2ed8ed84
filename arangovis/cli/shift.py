"""`arangovis shift`."""

import click

from arangovis.cli.options import print_json, target_options
from arangovis.services.drift.detection import Shift


@click.command()
@click.argument("reference")
@click.argument("current")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column not to look at; may be repeated.")
@click.option("--rows", type=int, default=20_000, show_default=True, help="Rows of each side to look at.")
@target_options
def command(
    reference: str, current: str, ignore: tuple[str, ...], rows: int, home: str | None, url: str | None, as_json: bool
) -> None:
    """Say whether the data set CURRENT comes from where REFERENCE came from, and which columns moved."""
    from arangovis.cli.target import open_client
    from arangovis.domain.wire import to_wire
    from arangovis.drift.values import DriftOptions

    with open_client(home, url) as client:
        found = client.detect_shift(reference, current, ignored=ignore, options=DriftOptions(rows_max=rows))
    if as_json:
        print_json(to_wire(found))
    else:
        _show(found)


def _show(found: Shift) -> None:
    from rich.table import Table
    from rich.text import Text

    from arangovis.cli.show import console, printable

    report = found.report
    if report is None:
        click.echo(f"{found.run} made no report.")
        return
    verdict = "shifted" if report.shifted else "no shift"
    click.echo(f"{verdict}: area {report.auc:.3f}, p {report.p_value:.2g} ({found.node})")
    table = Table("column", "kind", "moved", "effect", "p", "PSI", "importance")
    for item in report.columns:
        figures = (f"{value:.3g}" for value in (item.statistic, item.p_value, item.psi, item.importance))
        table.add_row(Text(printable(item.column)), item.kind, "yes" if item.moved else "", *figures)
    console().print(table)
    for column, reason in report.dropped.items():
        click.echo(f"{printable(column)} was not compared: {reason}")
