"""`arangovis serve`."""

from contextlib import closing
from importlib.util import find_spec

import click

from arangovis.cli.options import home_option
from arangovis.domain.errors import MissingExtra
from arangovis.settings import Settings, check_bind, check_tls, is_loopback, read_settings

_TLS = "Serve HTTPS with this certificate."


@click.command()
@home_option
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (default 5000).")
@click.option("--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="Local workers.")
@click.option("--token-file", type=click.Path(dir_okay=False), default=None, help="File with an admin's bearer token.")
@click.option("--tls-cert", "tls_cert_file", type=click.Path(dir_okay=False), default=None, help=_TLS)
@click.option("--tls-key", "tls_key_file", type=click.Path(dir_okay=False), default=None, help="Its private key.")
@click.option("--insecure", is_flag=True, default=None, help="Serve other machines without asking for a token.")
@click.option("--dies-with-parent", is_flag=True, hidden=True)
def command(workers: int, dies_with_parent: bool, **flags: object) -> None:
    """Serve the API and the page, and compute with supervised local workers."""
    if dies_with_parent:
        from arangovis.workers.process import die_with_parent

        die_with_parent()
    settings = read_settings(flags)
    _check_extra()
    check_tls(settings)
    check_bind(settings.host, guarded=_is_guarded(settings))
    from arangovis.cli.processes import Processes

    Processes(settings, workers=workers).run()


def _is_guarded(settings: Settings) -> bool:
    """Say whether a token is asked for, or need not be; the store is opened only if that cannot be told without."""
    if settings.token() is not None or settings.insecure or is_loopback(settings.host):
        return True
    from arangovis.wiring import build

    with closing(build(settings)) as service:
        return service.access.gate.is_required()


def _check_extra() -> None:
    if find_spec("gunicorn") is None:
        raise MissingExtra("gunicorn is not installed; install arangovis[server]")
