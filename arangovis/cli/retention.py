"""`arangovis retention`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS = (
    click.option("--project", default=None, help="Runs of this project; of all if left out."),
    click.option("--older-than", "older_than_days", type=float, default=None, help="Days since they ended (30)."),
    click.option("--state", "states", multiple=True, help="In this state; may be repeated."),
    click.option("--tag", "tags", multiple=True, help="With this tag; may be repeated."),
    click.option("--method", "methods", multiple=True, help="Of this method; may be repeated."),
    click.option("--where", default=None, help="That this holds for, in the filter language."),
    click.option("--keep-last", type=int, default=None, help="Keep so many of the newest."),
    click.option("--keep-best", type=int, default=None, help="Keep so many with the best --metric."),
    click.option("--metric", default=None, help="What best means."),
    click.option("--lowest", is_flag=True, default=None, help="Less is better."),
    click.option(
        "--per", type=click.Choice(["project", "method", "name"]), default=None, help="Within what they count."
    ),
    click.option("--what", type=click.Choice(["files", "runs"]), default=None, help="What is removed (files)."),
    click.option("--limit", type=int, default=None, help="So many runs at most (1000)."),
)


def _rule_options(function: F) -> F:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """Remove what runs that are past their time made, without breaking the lineage."""


@command.command()
@_rule_options
@target_options
def plan(**given: Any) -> None:
    """Say what a rule would remove. Nothing is changed."""
    _answer("plan_retention", given)


@command.command()
@_rule_options
@target_options
def apply(**given: Any) -> None:
    """Remove what a rule says; tombstones and edges stay, and `arangovis gc` lets the bytes go."""
    _answer("apply_retention", given)


def _answer(call: str, given: dict[str, Any]) -> None:
    from arangovis.cli.target import open_client

    home, url, as_json = (given.pop(name) for name in ("home", "url", "as_json"))
    rule = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    with open_client(home, url) as client:
        answer = getattr(client, call)(**{name: value for name, value in rule.items() if value not in (None, [])})
    print_answer(answer, as_json=as_json)
