"""`arangovis init`."""

import click

from arangovis.cli.options import home_option, json_option, print_json
from arangovis.settings import read_settings


@click.command()
@home_option
@json_option
def command(home: str | None, as_json: bool) -> None:
    """Create the store, or bring an older one up to date. Repeating it changes nothing."""
    from arangovis.wiring import build

    settings = read_settings({"home": home})
    service = build(settings)
    try:
        version = service.store.migrate()
    finally:
        service.close()
    if as_json:
        print_json({"home": str(settings.home), "store": settings.store_url, "schema_version": version})
    else:
        click.echo(f"{settings.home}: schema version {version}")
