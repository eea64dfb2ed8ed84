"""`arangovis serve`."""

import click

from arangovis.cli.options import home_option
from arangovis.settings import read_settings


@click.command()
@home_option
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (default 5000).")
@click.option("--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="Local workers.")
@click.option("--token-file", type=click.Path(dir_okay=False), default=None, help="File with the bearer token.")
def command(home: str | None, host: str | None, port: int | None, workers: int, token_file: str | None) -> None:
    """Serve the API and the page, and compute with a supervised local worker."""
    from arangovis_api.server import check_bind

    from arangovis.cli.processes import Processes

    settings = read_settings({"home": home, "host": host, "port": port, "token_file": token_file})
    check_bind(settings.host, settings.token())
    processes = Processes(settings, workers=workers)
    processes.run()
