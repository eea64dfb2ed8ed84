"""`arangovis import`: a group with one module a source."""

import importlib
from collections.abc import Mapping

import click

SOURCES: Mapping[str, str] = {
    "mlflow": "Take over a tracking store of MLflow.",
    "tensorboard": "Take over event files of TensorBoard.",
    "arangopipe": "Take over a graph that arangopipe wrote.",
}
"""What can be imported, each in the module `import_<name>`."""


class _Sources(click.Group):
    """Finds a source in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the sources."""
        return list(SOURCES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a source."""
        if cmd_name not in SOURCES:
            return None
        command = importlib.import_module(f"arangovis.cli.import_{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the sources without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SOURCES.items()))


@click.group(cls=_Sources)
def command() -> None:
    """Take over what other trackers recorded; the same again adds what is new."""
