"""`arangovis demo`."""

import signal
from importlib.util import find_spec
from pathlib import Path

import click

from arangovis.client.http_transport import HttpTransport
from arangovis.demo.server import Server, running
from arangovis.domain.errors import AlreadyExists, ArangovisError, Conflict, InvalidInput, MissingExtra
from arangovis.domain.graph import Direction
from arangovis.settings import Settings

DEMO_HOME = ".demo"
_NEEDED = {"gunicorn": "server", "umap": "projections", "sklearn": "projections"}


@click.command()
@click.option(
    "--home", type=click.Path(file_okay=False), default=DEMO_HOME, show_default=True, help="Where to keep it."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=5000,
    show_default=True,
    envvar="ARANGOVIS_PORT",
    help="Port to listen on.",
)
@click.option("--once", is_flag=True, envvar="DEMO_ONCE", help="Check the answers and end (DEMO_ONCE=1).")
def command(home: str, port: int, once: bool) -> None:
    """Take real data through the whole main job, show where the plot comes from, and stay up."""
    from arangovis.cli.processes import check_free

    _check_extras()
    settings = Settings(home=Path(home).absolute(), port=port)
    try:
        check_free(settings.host, port)
    except InvalidInput as error:
        raise Conflict(f"{error.detail}; choose another with --port") from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, it ends its service too
    click.echo(f"A service of its own keeps the demo in {home}; remove that folder to begin anew.")
    with running(settings) as server:
        try:
            server.wait_until_ready()
            _perform(server)
        except ArangovisError as error:
            click.echo(server.last_words(), err=True)
            raise _explained(error, home) from error
        if not once:
            _stay_up(server)


def _perform(server: Server) -> None:
    from arangovis.client import connect
    from arangovis.demo.checks import check_all
    from arangovis.demo.story import tell

    _headline("What happens")
    told = tell(lambda actor: connect(server.url, actor=actor), _say)
    _show(server.url, told.first.number, str(told.after.plot))
    _headline("What was checked over HTTP")
    transport = HttpTransport(server.url)
    try:
        for text in check_all(transport, told):
            _say(text)
    finally:
        transport.close()
    _headline("Look at it")
    _say(f"{server.url}/ui/embeddings?plot={told.after.plot}")
    _say(f"arangovis lineage {told.after.plot} --url {server.url}")


def _stay_up(server: Server) -> None:
    try:
        click.echo("\nThe service stays up; Ctrl-C ends it.")
        server.wait_until_ended()
    except KeyboardInterrupt:
        click.echo("\nEnded.")


def _show(url: str, number: int, plot: str) -> None:
    from arangovis.cli.show import console, revisions_table
    from arangovis.cli.tree import lineage_view
    from arangovis.client import connect
    from arangovis.demo.story import METHOD

    with connect(url) as client:
        _headline("Where the plot of version 1 comes from")
        terminal = console()
        terminal.print(lineage_view(client.lineage(plot), Direction.UPSTREAM, width=terminal.width))
        _headline("Who set its parameters")
        terminal.print(revisions_table(client.params_history(number, METHOD)))


def _headline(text: str) -> None:
    click.secho(f"\n{text}", bold=True)


def _say(text: str) -> None:
    click.echo(f"  {text}")


def _explained(error: ArangovisError, home: str) -> ArangovisError:
    """Say what to do where an earlier demo, of other library versions, is in the way."""
    if isinstance(error, AlreadyExists):
        return Conflict(f"{error.detail}; remove {home} to begin anew")
    return error


def _check_extras() -> None:
    missing = sorted({extra for module, extra in _NEEDED.items() if find_spec(module) is None})
    if missing:
        raise MissingExtra(f"the demo needs more than a bare install: install arangovis[{','.join(missing)}]")
