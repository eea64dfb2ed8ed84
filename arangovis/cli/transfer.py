"""What copying commands share: places by their URLs, progress, and what they say at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from arangovis.artifacts.registry import open_artifacts
from arangovis.cli.options import print_json
from arangovis.cli.show import console, printable, when
from arangovis.domain.errors import NotFound
from arangovis.services.copying.copying import CopyReport, Place
from arangovis.services.copying.copying import Progress as Report
from arangovis.settings import Settings
from arangovis.stores.registry import open_store

if TYPE_CHECKING:
    from arangovis.services.verification import Problem

STAGES = {
    "checking": "checking the backup",
    "blobs": "copying bytes",
    "actions": "copying actions",
    "records": "copying records",
    "comparing": "comparing",
    "verifying": "verifying",
    "runs": "importing runs",
    "files": "copying files",
}


def settings_at(settings: Settings, store: str | None, artifacts: str | None) -> Settings:
    """Return the settings with other places; None leaves one as it is."""
    given = {name: url for name, url in (("store", store), ("artifacts", artifacts)) if url is not None}
    return replace(settings, **given)  # type: ignore[arg-type]  # both are texts


def database_of(settings: Settings) -> Path | None:
    """Return the file of an embedded store, or None for another sort."""
    scheme, _, path = settings.store_url.partition("://")
    return Path("/" + path.lstrip("/")) if scheme == "sqlite" else None


@contextmanager
def opened(settings: Settings, *, create: bool) -> Iterator[Place]:
    """Open the stores of the settings; `create` makes what is missing.

    Raises:
        NotFound: there is no store, and it is not to be made.

    """
    database = database_of(settings)
    if database is not None and not create and not database.exists():
        raise NotFound(f"there is no store at {settings.store_url}")
    store = open_store(settings.store_url, settings.store_secret())
    try:
        if create:
            store.migrate()
        yield Place(store, open_artifacts(settings.artifacts_url))
    finally:
        store.close()


@contextmanager
def progress_shown(*, as_json: bool) -> Iterator[Report]:
    """Show on standard error how far it is, if a person looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    terminal = Console(stderr=True)
    with Progress(*columns, console=terminal, disable=as_json or not terminal.is_terminal, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


def say_copied(report: CopyReport, verb: str, *, as_json: bool) -> None:
    """Say what was copied, and end with exit code 1 if the copy has problems."""
    if as_json:
        print_json(asdict(report))
    elif report.nothing_to_do:
        click.echo(f"Nothing to do: it is a copy of all until {when(report.at)} already.")
    else:
        _say_counts(report, verb)
        print_problems(report.problems)
    if report.problems:
        raise SystemExit(1)


def print_problems(problems: "Sequence[Problem]") -> None:
    """Print problems as a table; nothing if there are none."""
    from rich.table import Table
    from rich.text import Text

    if not problems:
        return
    table = Table("problem", "where", "what")
    for problem in problems:
        table.add_row(Text(problem.code, "bold red"), printable(problem.subject), printable(problem.text))
    console().print(table)


def _say_counts(report: CopyReport, verb: str) -> None:
    tally = report.tally
    if tally is not None:
        kinds = {"nodes": tally.nodes, "edges": tally.edges, "records": tally.records}
        counts = ", ".join(f"{sum(counts.values())} {name}" for name, counts in kinds.items())
        click.echo(f"{verb} as of {when(report.at)}: {tally.actions} actions ({counts}), {tally.bytes} bytes")
        click.echo(f"sha256 over all of it: {tally.digest}")
    click.echo(f"new here: {report.loaded} actions, {report.bytes_copied} bytes")
    if report.given_back:
        click.echo(f"{report.given_back} runs that were being computed wait for workers again")
