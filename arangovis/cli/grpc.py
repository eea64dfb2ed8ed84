"""`arangovis grpc`."""

import signal
from contextlib import closing
from importlib.util import find_spec
from queue import SimpleQueue

import click

from arangovis.cli.options import home_option
from arangovis.domain.errors import MissingExtra
from arangovis.logs import set_up
from arangovis.settings import read_settings

STOP_PATIENCE_S = 5.0
_TLS = "Encrypt the channel with this certificate."


@click.command()
@home_option
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), default=5001, show_default=True, help="Port to listen on.")
@click.option("--tls-cert", "tls_cert_file", type=click.Path(dir_okay=False), default=None, help=_TLS)
@click.option("--tls-key", "tls_key_file", type=click.Path(dir_okay=False), default=None, help="Its private key.")
@click.option("--insecure", is_flag=True, default=None, help="Serve other machines without asking for a token.")
def command(home: str | None, port: int, **flags: object) -> None:
    """Serve the gRPC methods of hydro-visualization, beside `arangovis serve` and over the same store."""
    if find_spec("grpc") is None:
        raise MissingExtra("grpcio is not installed; install arangovis[grpc]")
    from arangovis.wiring import build
    from arangovis_api.rpc import serve_rpc

    settings = read_settings({"home": home, **flags})
    set_up(settings.log_format)
    told: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, _: told.put(signum))
    with closing(build(settings)) as service:
        server, bound = serve_rpc(service, settings.host, port)
        scheme = "grpc" if settings.tls_cert_file is None else "grpcs"
        click.echo(f"arangovis listens on {scheme}://{settings.host}:{bound}")
        told.get()
        server.stop(STOP_PATIENCE_S).wait()
