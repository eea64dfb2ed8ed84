"""`arangovis init`."""

import click

from arangovis.cli.options import home_option
from arangovis.settings import read_settings
from arangovis.wiring import build


@click.command()
@home_option
def command(home: str | None) -> None:
    """Create the store, or bring an older one up to date. Repeating it changes nothing."""
    settings = read_settings({"home": home})
    service = build(settings)
    version = service.store.migrate()
    service.close()
    click.echo(f"{settings.home}: schema version {version}")
