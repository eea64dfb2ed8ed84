"""The command line: one module a command, imported when it is called."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from keyword import iskeyword

import click

from arangovis.domain.errors import ArangovisError
from arangovis.domain.version import VERSION

COMMANDS: Mapping[str, str] = {
    "init": "Create the store, or bring an older one up to date.",
    "serve": "Serve the API and the page, and compute with local workers.",
    "worker": "Add a worker to a store.",
    "grpc": "Serve the gRPC methods of hydro-visualization.",
    "register": "Register projects, models, data sets and feature sets.",
    "search": "Search by words, filter and facets, over any kinds.",
    "saved": "Keep searches under a name, and run them.",
    "find": "Find nodes of a kind by name, tag, attribute or filter.",
    "link": "Link two nodes, or take a link away.",
    "node": "Make, change and delete nodes.",
    "kind": "Declare kinds of vertex and edge, and take them back.",
    "deployment": "Deploy tagged runs, and follow how they perform.",
    "alias": "Give versions of a model names, such as champion.",
    "gate": "Make conditions that runs must meet to be deployed.",
    "project": "See what is in projects; rename and archive them.",
    "lineage": "Draw where a node comes from, or what came of it.",
    "ask": "Ask the graph: impact, differences, what is stale, and more.",
    "history": "Show every version of a node, or every parameter set.",
    "export": "Write lineage down as PROV, OpenLineage, Croissant or a graph.",
    "compatibility": "Compare models, and train a compatible one.",
    "anomaly": "Train detectors of anomalies, score with them, export them.",
    "score": "Score a file with an exported detector, without a service.",
    "shift": "Say whether one data set comes from where another came from.",
    "series": "Define series, log rows to them, follow and export them.",
    "import": "Take over what MLflow, TensorBoard or arangopipe recorded.",
    "sync": "Send what runs logged offline, or could not deliver.",
    "schedule": "Have something done at set times.",
    "webhook": "Tell others what happens, by signed messages.",
    "retention": "Remove what runs past their time made.",
    "erase": "Erase a person's rows from all that holds them.",
    "gc": "Let go of bytes that no node names any more.",
    "copy": "Copy everything to another store.",
    "backup": "Put a whole copy into a folder.",
    "restore": "Restore a backup.",
    "verify": "Check that the stores hold together.",
    "token": "Make, list and revoke the tokens that a service asks for.",
    "doctor": "Check software, store, artifacts, workers and queue.",
    "demo": "Take real data through the whole main job.",
}
"""The commands in the order of use. What they do is said here too, so that `--help` imports none of them."""

FAILED = 1
INTERRUPTED = 130


class _Commands(click.Group):
    """Finds a command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = importlib.import_module(f"arangovis.cli.{module}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="arangovis")
def group() -> None:
    """Keep the lineage of models, and look at it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; what a person can put right is one line, not a stack.

    Exit codes: 0 done, 1 it did not work, 2 the command line is not right, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name in a script that the terminal cannot show
    raise SystemExit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = group.main(arguments, prog_name="arangovis", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except ArangovisError as error:
        return _failed("; ".join(error.detail.splitlines()))
    except OSError as error:
        return _failed(f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}")


def _failed(text: str) -> int:
    click.echo(f"arangovis: {text}", err=True)
    return FAILED
