"""`arangovis init`."""

import os
from pathlib import Path

import click

from arangovis.cli.options import home_option, json_option, print_json
from arangovis.settings import Settings, read_secret, read_settings

ROOT_PASSWORD_VARIABLE = "ARANGOVIS_ARANGO_ROOT_PASSWORD"  # noqa: S105  the name of a variable
ROOT_PASSWORD_FILE_VARIABLE = f"{ROOT_PASSWORD_VARIABLE}_FILE"


@click.command()
@home_option
@json_option
def command(home: str | None, as_json: bool) -> None:
    """Create the store, or bring an older one up to date, and the place for artifacts. Repeating it changes nothing."""
    from arangovis.wiring import build

    settings = read_settings({"home": home})
    _provision(settings)
    service = build(settings)
    try:
        version = service.store.migrate()
        service.artifacts.prepare()
    finally:
        service.close()
    if as_json:
        print_json({"home": str(settings.home), "store": settings.store_url, "schema_version": version})
    else:
        click.echo(f"{settings.home}: schema version {version}")


def _provision(settings: Settings) -> None:
    """Make the database and its user, if the store is ArangoDB and the server's root password is given.

    It is no setting: nothing but this command may ever have it.
    """
    from arangovis.stores.registry import is_arango, provision_store

    password, file = (os.environ.get(name, "") for name in (ROOT_PASSWORD_VARIABLE, ROOT_PASSWORD_FILE_VARIABLE))
    if not is_arango(settings.store_url) or not (password or file):
        return
    root_password = password or read_secret(ROOT_PASSWORD_FILE_VARIABLE, Path(file))
    provision_store(settings.store_url, password=settings.store_secret(), root_password=root_password)
