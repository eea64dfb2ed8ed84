"""`arangovis sync`."""

from dataclasses import asdict
from pathlib import Path

import click

from arangovis.cli.options import home_option, json_option, print_json
from arangovis.cli.show import console, printable
from arangovis.client.outbox.sync import PATIENCE_S, Synced, SyncOptions, synchronise
from arangovis.client.outbox.target import Target


@click.command()
@click.option(
    "--spool",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Folder in which requests wait; default `spool` in the home.",
)
@click.option("--again", is_flag=True, help="Try once more what a service refused.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=PATIENCE_S,
    show_default=True,
    help="Seconds after which a service that takes nothing is given up.",
)
@home_option
@json_option
def command(spool: Path | None, patience: float, home: str | None, *, again: bool, as_json: bool) -> None:
    """Send what runs logged offline, or could not deliver before they ended; what is done twice changes nothing.

    Each request goes where its run was to go. The token is read from ARANGOVIS_TOKEN.
    """
    folder = spool or Target(home=home).folder
    found = list(synchronise(folder, SyncOptions(again=again, patience_s=patience)))
    if as_json:
        print_json({"spools": [asdict(report) for report in found]})
    else:
        _say(found)
    if any(report.waiting or report.refused for report in found):
        raise SystemExit(1)


def _say(found: list[Synced]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not found:
        click.echo("Nothing waits.")
        return
    table = Table("spool", "to", "delivered", "refused", "waiting", "problem")
    for report in found:
        counts = (str(report.delivered), str(report.refused), str(report.waiting))
        cells = (report.spool, report.target, *counts, report.problem or "")
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console().print(table)
