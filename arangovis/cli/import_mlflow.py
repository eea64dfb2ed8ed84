"""`arangovis import mlflow`."""

from pathlib import Path

import click

from arangovis.cli.options import target_options


@click.command("mlflow")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--project", default=None, help="Put all of it into this project; by default each experiment is one.")
@click.option("--artifacts", is_flag=True, help="Copy the bytes of artifacts that lie on this machine.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@target_options
def command(
    source: Path, project: str | None, home: str | None, url: str | None,
    *, artifacts: bool, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take over the tracking store SOURCE: its SQLite file, its folder `mlruns`, or a folder that holds one of them.

    Runs come with parameters, metrics and their histories, tags, data sets, models, and versions and aliases of
    registered models. Nothing in SOURCE is changed; the same again adds what is new.
    """
    from arangovis.cli.imports import import_client, say_imported
    from arangovis.cli.transfer import progress_shown

    with import_client(home, url, dry_run=dry_run) as client, progress_shown(as_json=as_json) as progress:
        report = client.import_mlflow(source, project=project, artifacts=artifacts, dry_run=dry_run, progress=progress)
    say_imported(report, as_json=as_json)
