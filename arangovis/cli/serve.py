"""`arangovis serve`."""

from importlib.util import find_spec

import click

from arangovis.cli.options import home_option
from arangovis.domain.errors import MissingExtra
from arangovis.settings import check_bind, read_settings


@click.command()
@home_option
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (default 5000).")
@click.option("--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="Local workers.")
@click.option("--token-file", type=click.Path(dir_okay=False), default=None, help="File with the bearer token.")
@click.option("--dies-with-parent", is_flag=True, hidden=True)
def command(
    home: str | None, host: str | None, port: int | None, workers: int, token_file: str | None, dies_with_parent: bool
) -> None:
    """Serve the API and the page, and compute with supervised local workers."""
    if dies_with_parent:
        from arangovis.workers.process import die_with_parent

        die_with_parent()
    settings = read_settings({"home": home, "host": host, "port": port, "token_file": token_file})
    _check_extra()
    check_bind(settings.host, settings.token())
    from arangovis.cli.processes import Processes

    Processes(settings, workers=workers).run()


def _check_extra() -> None:
    if find_spec("gunicorn") is None:
        raise MissingExtra("gunicorn is not installed; install arangovis[server]")
