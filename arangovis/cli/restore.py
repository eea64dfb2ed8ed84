"""`arangovis restore`."""

from functools import partial
from pathlib import Path

import click

from arangovis.cli.options import home_option, json_option
from arangovis.domain.errors import NotSupported
from arangovis.settings import Settings, read_settings


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--force", is_flag=True, help="Put a store that is there aside, under another name, and restore anew.")
@click.option(
    "--erasures",
    "ledgers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Do the erasures of this ledger again too, besides erasures.jsonl in the home; may be repeated.",
)
@home_option
@json_option
def command(path: Path, force: bool, ledgers: tuple[Path, ...], home: str | None, as_json: bool) -> None:
    """Restore the backup in PATH, a folder or a .tar file, into the empty stores of the settings.

    The backup is verified first. What is open in the backup waits for workers again. Rows of persons that were erased
    since the backup was made are erased again before anybody can use the stores.
    """
    from arangovis.cli.transfer import opened, progress_shown, say_copied
    from arangovis.services.copying.backup_files import folder_of
    from arangovis.services.copying.backups import check_backup, restore
    from arangovis.services.erasing.ledger import LEDGER_FILE, read_file
    from arangovis.services.erasing.restoring import erase_again

    settings = read_settings({"home": home})
    known = [entry for ledger in (settings.home / LEDGER_FILE, *ledgers) for entry in read_file(ledger)]
    with folder_of(path) as folder, progress_shown(as_json=as_json) as progress:
        if force:
            check_backup(folder, progress)
            _put_aside(settings, quiet=as_json)
        with opened(settings, create=True) as target:
            again = partial(erase_again, target, known, settings.home)
            erased: list[int] = []
            report = restore(folder, target, progress, before_use=lambda: erased.append(again()))
            if report.nothing_to_do:  # of a ledger that was not given before
                erased.append(again())
    say_copied(report, "restored", as_json=as_json)
    if any(erased) and not as_json:
        click.echo(f"erasures done again: {sum(erased)}")


def _put_aside(settings: Settings, *, quiet: bool) -> None:
    import time

    from arangovis.cli.transfer import database_of
    from arangovis.services.copying.backups import set_aside

    database = database_of(settings)
    if database is None:
        raise NotSupported("--force is for embedded stores; empty another database by its own means")
    place = set_aside(database, time.time_ns() // 1000)
    if place is not None and not quiet:
        click.echo(f"what was there is kept in {place}")
