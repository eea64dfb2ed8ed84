"""The command line: one module a command, imported when it is called."""

import importlib

import click

from arangovis.domain.version import VERSION
from arangovis.domain.errors import ArangovisError

COMMANDS = ("init", "serve", "worker", "lineage", "history", "doctor", "demo")


class _Commands(click.Group):
    """Finds a command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"arangovis.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="arangovis")
def _group() -> None:
    """Keep the lineage of models, and look at it."""


def main() -> None:
    """Run the command line; an error that a person caused is one line, not a stack."""
    try:
        _group()
    except ArangovisError as error:
        click.echo(f"arangovis: {error.detail}", err=True)
        raise SystemExit(1) from error
