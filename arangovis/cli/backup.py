"""`arangovis backup`."""

from dataclasses import asdict
from pathlib import Path

import click

from arangovis.cli.options import home_option, json_option, print_json
from arangovis.settings import read_settings


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@home_option
@json_option
def command(path: Path, home: str | None, as_json: bool) -> None:
    """Put a whole copy of graph and artifacts into PATH, a folder, or one file if it ends in .tar.

    It must not exist. The service may go on working.
    """
    from arangovis.cli.show import when
    from arangovis.cli.transfer import opened, progress_shown
    from arangovis.services.copying.backup_files import back_up_to

    with opened(read_settings({"home": home}), create=False) as source, progress_shown(as_json=as_json) as progress:
        manifest = back_up_to(source, path.absolute(), progress)
    if as_json:
        print_json({"path": str(path), "manifest": asdict(manifest)})
    else:
        size = f"{manifest.actions} actions and {manifest.blobs} blobs"
        click.echo(f"{path}: {size}, as of {when(manifest.at)}")
