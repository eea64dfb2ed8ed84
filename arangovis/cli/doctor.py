"""`arangovis doctor`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from arangovis.cli.options import home_option
from arangovis.settings import read_settings

if TYPE_CHECKING:
    from rich.table import Table

    from arangovis.cli.checkup import Finding

STYLES = {"fine": "green", "note": "yellow", "wrong": "bold red"}


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def command(home: str | None, as_json: bool) -> None:
    """Check an installation: software, home, store, artifacts, clock, workers and queue.

    The exit code is 1 if something is wrong.
    """
    from arangovis.cli.checkup import Status, check_up

    found = check_up(read_settings({"home": home}))
    if as_json:
        click.echo(_as_json(found))
    else:
        from arangovis.cli.show import console

        console().print(_as_table(found))
    if any(finding.status is Status.WRONG for finding in found):
        raise SystemExit(1)


def _as_json(found: "Sequence[Finding]") -> str:
    import orjson

    return orjson.dumps({"findings": found}, option=orjson.OPT_INDENT_2).decode()


def _as_table(found: "Sequence[Finding]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "status", "finding")
    for finding in found:
        table.add_row(finding.check, Text(finding.status.value, STYLES[finding.status]), finding.text)
    return table
