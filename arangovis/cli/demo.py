"""`arangovis demo`."""

import os
import subprocess
import sys
import time
from pathlib import Path

import click

from arangovis.client.transport import Address, HttpTransport
from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Direction
from arangovis.settings import Settings, read_settings

DEMO_HOME = ".demo"
READY_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.1


@click.command()
@click.option(
    "--home", type=click.Path(file_okay=False), default=DEMO_HOME, show_default=True, help="Where to keep it."
)
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (default 5000).")
@click.option("--once", is_flag=True, default=bool(os.environ.get("DEMO_ONCE")), help="Check the answers and end.")
def command(home: str, port: int | None, once: bool) -> None:
    """Take real data through the whole main job, show where the plot comes from, and stay up."""
    from arangovis.demo.checks import check
    from arangovis.demo.story import tell

    settings = read_settings({"home": home, "port": port})
    address = Address(f"http://{settings.host}:{settings.port}", settings.token())
    server = _start(settings)
    try:
        _wait_until_ready(address, server)
        click.secho("\nWhat happens", bold=True)
        told = tell(address.url, address.token, lambda text: click.echo(f"  {text}"))
        _show(address, told.first.number, str(told.after.plot))
        click.secho("\nWhat was checked over HTTP", bold=True)
        for text in check(address, told):
            click.echo(f"  {text}")
        if not once:
            click.secho(f"\nOpen {address.url}/?plot={told.after.plot}    (Ctrl-C ends it)", bold=True)
            server.wait()
    except KeyboardInterrupt:
        click.echo("")
    finally:
        server.terminate()
        server.wait()


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **settings.environment()}
    program = Path(sys.executable).with_name("arangovis")
    return subprocess.Popen([str(program), "serve"], env=environment, start_new_session=True)  # noqa: S603


def _wait_until_ready(address: Address, server: subprocess.Popen[bytes]) -> None:
    transport, deadline = HttpTransport(address), time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise click.ClickException(f"the server ended with code {server.returncode}")
        try:
            if transport.send("GET", "/health").status == 200:
                return
        except StoreUnavailable:
            time.sleep(_LOOK_EVERY_S)
    raise click.ClickException(f"the server was not ready within {READY_WITHIN_S:g} s")


def _show(address: Address, number: int, plot: str) -> None:
    from arangovis.cli.show import console, lineage_tree, revisions_table
    from arangovis.client import connect
    from arangovis.demo.story import METHOD

    with connect(address.url, token=address.token) as client:
        click.secho("\nWhere the plot comes from", bold=True)
        console().print(lineage_tree(client.lineage(plot), Direction.UPSTREAM))
        click.secho("\nWho set its parameters", bold=True)
        console().print(revisions_table(client.params_history(number, METHOD)))
