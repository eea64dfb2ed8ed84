"""What the commands of `arangovis import` share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from tempfile import TemporaryDirectory

import click

from arangovis.cli.options import print_json
from arangovis.cli.show import console, plain_table
from arangovis.cli.target import open_client
from arangovis.client import Client, connect
from arangovis.client.connection import server_url
from arangovis.client.import_parts import ImportReport
from arangovis.domain.errors import NotFound

SKIPPED_SHOWN_MAX = 50


@contextmanager
def import_client(home: str | None, url: str | None, *, dry_run: bool) -> Iterator[Client]:
    """Give the client to import with. It makes the home if there is none; a dry run looks at an empty one instead."""
    if not dry_run:
        with connect(server_url(url, home), home=home) as client:
            yield client
        return
    with TemporaryDirectory() as scratch:
        try:
            client = open_client(home, url)
        except NotFound:
            client = connect(home=scratch)
        with client:
            yield client


def say_imported(report: ImportReport, *, as_json: bool) -> None:
    """Say what an import came to, and end with exit code 1 if something was refused."""
    refused = sum(counts.refused for counts in report.counts.values())
    if as_json:
        print_json({"read": report.read, **asdict(report)})
    else:
        _say(report)
    if refused:
        raise SystemExit(1)


def _say(report: ImportReport) -> None:
    names = ("new", "changed", "unchanged", "refused")
    rows = [[kind, *(str(getattr(counts, name)) for name in names)] for kind, counts in report.counts.items()]
    console().print(plain_table(["kind", *names], rows))
    click.echo(f"{report.entries} new entries of histories, {report.files} files copied")
    if report.skipped:
        skipped = [[one.kind, one.name, one.reason] for one in report.skipped[:SKIPPED_SHOWN_MAX]]
        console().print(plain_table(["not taken", "name", "why"], skipped))
    if len(report.skipped) > SKIPPED_SHOWN_MAX:
        click.echo(f"and {len(report.skipped) - SKIPPED_SHOWN_MAX} more; --json lists all of them")
    if report.dry_run:
        click.echo("Nothing was written.")
