"""`arangovis import tensorboard`."""

from pathlib import Path

import click

from arangovis.cli.options import target_options


@click.command("tensorboard")
@click.argument("logdir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--project", default="tensorboard", show_default=True, help="The project that the runs go to.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@target_options
def command(logdir: Path, project: str, home: str | None, url: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Take over the event files in LOGDIR and the folders in it: each folder is a run, each tag a series.

    Numbers, texts and hyperparameters are taken, with their steps and times. The same again adds what is new, also
    while the files are being written.
    """
    from arangovis.cli.imports import import_client, say_imported
    from arangovis.cli.transfer import progress_shown

    with import_client(home, url, dry_run=dry_run) as client, progress_shown(as_json=as_json) as progress:
        report = client.import_tensorboard(logdir, project=project, dry_run=dry_run, progress=progress)
    say_imported(report, as_json=as_json)
