"""`arangovis copy`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from arangovis.cli.options import home_option, json_option
from arangovis.client.values import microseconds
from arangovis.domain.errors import Conflict
from arangovis.settings import Settings, read_settings

if TYPE_CHECKING:
    from arangovis.services.copying.copying import Place


@click.command()
@click.option("--from-store", default=None, help="Graph store to copy from (default: that of the settings).")
@click.option("--from-artifacts", default=None, help="Artifact store to copy from (default: that of the settings).")
@click.option("--to-store", required=True, help="Graph store to copy to: empty, or an unfinished copy of the same.")
@click.option("--to-artifacts", required=True, help="Artifact store to copy to.")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@click.option("--dry-run", is_flag=True, help="Count what would be copied, and write nothing.")
@home_option
@json_option
def command(
    from_store: str | None, from_artifacts: str | None, to_store: str, to_artifacts: str,
    at: str | None, dry_run: bool, home: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Copy everything to another graph store and artifact store, and verify it. Repeating it goes on where it was.

    The source may be in use; nothing else may use the target until it is done.
    """
    from arangovis.cli.transfer import opened, progress_shown, say_copied, settings_at
    from arangovis.services.copying.copying import Copying

    settings = read_settings({"home": home})
    source_at = settings_at(settings, from_store, from_artifacts)
    target_at = settings_at(settings, to_store, to_artifacts)
    if source_at.artifacts_url == target_at.artifacts_url:
        raise Conflict("source and target have the same artifact store; each graph store needs one of its own")
    with (
        opened(source_at, create=False) as source,
        _target(target_at, dry_run=dry_run) as target,
        progress_shown(as_json=as_json) as progress,
    ):
        copying = Copying(source, target, progress)
        report = copying.plan(at=microseconds(at)) if dry_run else copying.run(at=microseconds(at))
    say_copied(report, "would copy" if dry_run else "copied", as_json=as_json)


@contextmanager
def _target(settings: Settings, *, dry_run: bool) -> "Iterator[Place]":
    """Open the target; a dry run does not make one, and looks at an empty one instead."""
    from arangovis.cli.transfer import database_of, opened

    database = database_of(settings)
    with TemporaryDirectory() as scratch:
        if dry_run and database is not None and not database.exists():
            settings, dry_run = replace(settings, store=f"sqlite://{scratch}/graph.db"), False
        with opened(settings, create=not dry_run) as place:
            yield place
