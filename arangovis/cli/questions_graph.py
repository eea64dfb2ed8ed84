"""The questions of `arangovis ask` to the whole graph."""

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

from arangovis.cli.options import target_options

F = TypeVar("F", bound=Callable[..., object])
DIRECTIONS = click.Choice(["upstream", "downstream", "both"])


def at_option(function: F) -> F:
    """Add `--at`."""
    text = "As of this time: ISO 8601 (in this machine's zone), or microseconds."
    return click.option("--at", default=None, help=text)(function)


def _budget(function: F) -> F:
    depth = click.option("--depth", type=int, default=None, help="Edges away at most.")
    limit = click.option("--limit", type=int, default=None, help="Nodes at most.")
    return depth(limit(at_option(function)))


def _project(function: F) -> F:
    return click.option("--project", default=None, help="Only nodes of this project.")(function)


def _kinds(function: F) -> F:
    text = "Only these: a vertex kind, plot, projection or model; may be repeated."
    return click.option("--kind", "kinds", multiple=True, help=text)(function)


class _Target(TypedDict):
    """Where to ask, and how to answer."""

    home: str | None
    url: str | None
    as_json: bool


def _target(given: dict[str, Any]) -> _Target:
    """Take the options of `target_options` out of those given."""
    return _Target(home=given.pop("home"), url=given.pop("url"), as_json=given.pop("as_json"))


def ask(question: str, given: dict[str, Any], **arguments: Any) -> Any:
    """Ask the SDK's question of this name, print the answer and return it."""
    from arangovis.cli.printing import print_answer
    from arangovis.cli.target import open_client

    target = _target(given)
    with open_client(target["home"], target["url"]) as client:
        answer = getattr(client, question)(**arguments, **given)
        print_answer(answer, as_json=target["as_json"])
        return answer


@click.command()
@click.argument("node")
@at_option
@target_options
def origin(node: str, **given: Any) -> None:
    """Show which run made NODE, from which data, with which parameters, set by whom."""
    ask("origin", given, node=node)


@click.command()
@click.argument("node")
@_kinds
@_project
@_budget
@target_options
def impact(node: str, **given: Any) -> None:
    """Show what must be redone if NODE is wrong, nearest first."""
    ask("impact", given, node=node)


@click.command()
@click.argument("node")
@click.option("--replace", nargs=2, multiple=True, metavar="OLD NEW", help="What takes the place of which node.")
@_project
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@target_options
def redo(node: str, replace: tuple[tuple[str, str], ...], **given: Any) -> None:
    """Have everything computed again that rests on NODE; its newest successor takes its place, or what is named."""
    ask("redo", given, node=node, replace=dict(replace))


@click.command()
@click.argument("node")
@click.argument("field")
@click.option("--method", default=None, help="Whose parameters, of a model version (default umap).")
@at_option
@target_options
def field(node: str, field: str, **given: Any) -> None:
    """Show each value of FIELD (such as params.n_neighbours), since when, by whom, and what used it."""
    ask("field_history", given, node=node, field=field)


@click.command()
@click.argument("first")
@click.argument("second")
@_budget
@target_options
def diff(first: str, second: str, **given: Any) -> None:
    """Show what differs between two runs, or between the runs that made two nodes."""
    ask("diff", given, first=first, second=second)


@click.command()
@click.argument("node", required=False)
@_kinds
@_project
@click.option("--why", multiple=True, help="Only these causes: dataset, params, grew and so on; may be repeated.")
@at_option
@target_options
def stale(node: str | None, kinds: tuple[str, ...], project: str | None, **given: Any) -> None:
    """Show whether NODE is stale and why, or everything that is."""
    if node is None:
        ask("stale", given, project=project, kinds=kinds)
        return
    if kinds or project:
        raise click.UsageError("--kind and --project go without NODE")
    ask("staleness", given, node=node)


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("--direction", type=DIRECTIONS, default=None, help="Which way to go (default downstream).")
@click.option("--edge", "edges", multiple=True, help="Follow only edges of this kind; may be repeated.")
@at_option
@target_options
def path(source: str, target: str, **given: Any) -> None:
    """Show the shortest chain from SOURCE to TARGET along the data."""
    ask("path", given, source=source, target=target)


@click.command()
@click.argument("first")
@click.argument("second")
@_budget
@target_options
def common(first: str, second: str, **given: Any) -> None:
    """Show what two nodes share upstream, and how many rows."""
    ask("common", given, first=first, second=second)


@click.command()
@click.argument("model")
@click.option("--role", "roles", multiple=True, help="A role of input that makes test data; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="A tag that marks test data; may be repeated.")
@click.option("--strict", is_flag=True, help="Training runs must not read test data in such a role either.")
@at_option
@target_options
def leakage(model: str, **given: Any) -> None:
    """Show which test data were trained on for MODEL, a model version or a model; exit status 1 if there are any."""
    from arangovis.cli.printing import print_answer
    from arangovis.cli.target import open_client

    target = _target(given)
    with open_client(target["home"], target["url"]) as client:
        report = client.leakage(model, **given)
    print_answer(report, as_json=target["as_json"])
    if not report.clean:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("model")
@click.argument("metric")
@at_option
@target_options
def timeline(model: str, metric: str, **given: Any) -> None:
    """Show METRIC of each version of MODEL (model/key), and what first differs from the version before."""
    ask("timeline", given, model=model, metric=metric)


@click.command()
@click.argument("node")
@click.option("--again", is_flag=True, help="Have the run done again, to compare.")
@target_options
def reproduce(node: str, *, again: bool, **given: Any) -> None:
    """Show whether the run behind NODE can be reproduced, and what came out when it was done again."""
    ask("reproduce" if again else "reproducibility", given, node=node)


@click.command()
@_project
@target_options
def running(**given: Any) -> None:
    """Show what runs now: on which worker, since when, what it reads, and what waits for it."""
    ask("running", given)


@click.command()
@click.argument("method")
@click.option("--name", default=None, help="Only runs of this name.")
@_project
@click.option("--direction", type=DIRECTIONS, default=None, help="Which way to go (default both).")
@click.option("--by-name", is_flag=True, help="Runs of other names are other jobs.")
@at_option
@target_options
def job(method: str, **given: Any) -> None:
    """Show what all runs of METHOD read and made, put together."""
    ask("job_lineage", given, method=method)
