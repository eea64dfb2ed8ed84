"""`arangovis series tail` and `arangovis series export`: rows of runs, live and as files."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from arangovis.cli.options import print_json, target_options

if TYPE_CHECKING:
    from arangovis.client import Client
    from arangovis.client.reading_series import SeriesRows

_ROWS_DEFAULT = 10


@click.command()
@click.argument("run")
@click.argument("series", required=False)
@click.option("--field", "fields", multiple=True, help="A field; may be repeated. All of the series if left out.")
@click.option("--rows", type=click.IntRange(min=0), default=_ROWS_DEFAULT, show_default=True, help="Last rows first.")
@click.option("--once", is_flag=True, help="Show what is there, and end.")
@click.option("--timeout", type=click.FloatRange(min=0), default=None, help="Seconds after which to end.")
@click.option("--filter", "condition", default=None, help="Only rows that this is true of, in the filter language.")
@target_options
def tail(
    run: str, series: str | None, fields: tuple[str, ...], rows: int, once: bool, timeout: float | None,
    condition: str | None, home: str | None, url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Show the last rows of a SERIES of RUN, then new ones as they come, until the run has ended.

    SERIES is a name; it may be left out if the run has one series, or with --field. Rows are CSV, or with --json an
    object a line.
    """
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        wanted = fields or _fields_of(client, run, series)
        shown = _Shown(wanted, rows, as_json=as_json)
        wish = {} if condition is None else {"filter": condition}
        for part in client.follow(run, series, fields=wanted, timeout_s=0 if once else timeout, **wish):  # type: ignore[arg-type]
            shown.show(part)


class _Shown:
    """Prints rows as they come."""

    def __init__(self, fields: Sequence[str], last: int, *, as_json: bool) -> None:
        self._fields = fields
        self._last = last
        self._is_first = True
        self._as_json = as_json

    def show(self, part: "SeriesRows") -> None:
        """Print what is new; of the rows that were there before, only the last."""
        table = part.table
        if self._is_first:
            table = table.slice(max(0, table.num_rows - self._last))
            if not self._as_json:
                click.echo(_csv_line(self._fields))
        elif part.restart:
            click.echo("-- the rows from here on take the place of those before", err=True)
        self._is_first = False
        for row in table.select(self._fields).to_pylist() if table.num_rows else ():
            click.echo(_json_line(row) if self._as_json else _csv_line(map(_cell, row.values())))


@click.command()
@click.argument("run")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--series", default=None, help="A named series; needed if there are several and no --field.")
@click.option("--field", "fields", multiple=True, help="A field; may be repeated. All of the series if left out.")
@click.option("--filter", "filter", default=None, help="Only rows that this is true of, in the filter language.")
@click.option("--order", default=None, help="The field that rows are in order of.")
@click.option("--decimate", type=int, default=None, help="So many points are enough.")
@click.option("--x", default=None, help="The field along the axis, for --decimate.")
@target_options
def export(
    run: str, target: Path, series: str | None, fields: tuple[str, ...],
    home: str | None, url: str | None, as_json: bool, **wish: Any,
) -> None:  # fmt: skip
    """Write rows of RUN to the file TARGET: Parquet, CSV or Arrow, as its name says."""
    from arangovis.cli.target import open_client
    from arangovis.tabular.row_files import writing

    asked = {name: value for name, value in wish.items() if value is not None}
    rows = 0
    with open_client(home, url) as client:
        wanted = fields or _fields_of(client, run, series)
        with writing(target) as file:
            for part in _parts(client, run, series, wanted, asked):
                file.write(part.table.select(wanted))
                rows += part.rows
    if as_json:
        print_json({"file": str(target), "rows": rows, "fields": list(wanted)})
    else:
        click.echo(f"{rows} rows of {', '.join(wanted)} written to {target}")


def _parts(
    client: "Client", run: str, series: str | None, fields: Sequence[str], wish: Mapping[str, Any]
) -> Iterator["SeriesRows"]:
    """Yield all rows there are now; a long series comes in parts."""
    cursor: str | None = None
    while True:
        part = client.series(run, series, fields=fields, since=cursor, **wish)
        yield part
        if not part.partial_reasons:
            return
        cursor = part.cursor


def _fields_of(client: "Client", run: str, series: str | None) -> Sequence[str]:
    """Return the fields of the series that is meant."""
    listed = client.run_series(run).series
    found = [one for one in listed if series is None or one.name == series]
    if len(found) == 1:
        return [field.name for field in found[0].fields]
    if not found:
        what = "nothing" if series is None else f"nothing to {series!r}"
        raise click.UsageError(f"the run has logged {what} yet; name the fields with --field")
    names = "; ".join(one.name or ", ".join(field.name for field in one.fields) for one in found)
    raise click.UsageError(f"the run has {len(found)} series; give one of them, or fields with --field: {names}")


def _csv_line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _json_line(row: Mapping[str, Any]) -> str:
    return json.dumps({name: _cell(value) for name, value in row.items()}, ensure_ascii=False)


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
