"""`arangovis register`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from arangovis.cli.answers import answer_one, facts_of, read_pairs
from arangovis.cli.options import target_options

F = TypeVar("F", bound=Callable[..., object])


def facts_options(function: F) -> F:
    """Add `--description`, `--tag` and `--attribute`."""
    described = click.option("--description", default=None, help="What it is, in a sentence or two.")
    tagged = click.option("--tag", "tags", multiple=True, help="A word to find it by; may be repeated.")
    told = click.option("--attribute", "attributes", multiple=True, help="A fact, name=value; may be repeated.")
    return described(tagged(told(function)))


@click.group()
def command() -> None:
    """Register projects, models, data sets and feature sets; what is there already is found."""


@command.command()
@click.argument("name")
@facts_options
@target_options
def project(name: str, home: str | None, url: str | None, as_json: bool, **facts: Any) -> None:
    """Register the project NAME."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        node = client.register_project(name, **facts_of(**facts))
    answer_one({"node": node}, str(node), as_json=as_json)


@command.command()
@click.argument("project")
@click.argument("name")
@facts_options
@target_options
def model(project: str, name: str, home: str | None, url: str | None, as_json: bool, **facts: Any) -> None:
    """Register the model NAME in PROJECT."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        node = client.register_model(project, name, **facts_of(**facts))
    answer_one({"node": node}, str(node), as_json=as_json)


@command.command()
@click.argument("project")
@click.argument("name")
@click.option("--version", default=None, help="Which state of it; a new one succeeds the one before.")
@click.option("--digest", default=None, help="SHA-256 of its content, 64 hex digits.")
@click.option("--at-url", "source", default=None, help="Where its rows are kept; it is never opened.")
@click.option("--rows", type=int, default=None, help="How many rows it has.")
@click.option("--column", "columns", multiple=True, help="A column, name=type; may be repeated.")
@facts_options
@target_options
def dataset(
    project: str, name: str, columns: tuple[str, ...], home: str | None, url: str | None, as_json: bool, **given: Any
) -> None:
    """Register the data set NAME in PROJECT by metadata; its rows stay where they are."""
    from arangovis.cli.target import open_client

    told = {key: given.pop(key) for key in ("version", "digest", "rows")}
    told |= {"url": given.pop("source"), "columns": read_pairs(columns, "--column") or None}
    with open_client(home, url) as client:
        node = client.register_dataset(project, name, **told, **facts_of(**given))
    answer_one({"node": node}, str(node), as_json=as_json)


@command.command()
@click.argument("project")
@click.argument("name")
@click.option("--feature", "features", multiple=True, required=True, help="A feature, name=type; may be repeated.")
@click.option("--from", "sources", multiple=True, help="What it was derived from, kind/key; may be repeated.")
@click.option("--version", default=None, help="Which state of it; a new one succeeds the one before.")
@facts_options
@target_options
def featureset(
    project: str,
    name: str,
    features: tuple[str, ...],
    sources: tuple[str, ...],
    home: str | None,
    url: str | None,
    as_json: bool,
    version: str | None,
    **facts: Any,
) -> None:
    """Register the feature set NAME in PROJECT."""
    from arangovis.cli.target import open_client

    types = {feature: str(dtype) for feature, dtype in read_pairs(features, "--feature").items()}
    told = facts_of(**facts) | {"version": version}
    with open_client(home, url) as client:
        node = client.register_featureset(project, name, types, derived_from=sources, **told)
    answer_one({"node": node}, str(node), as_json=as_json)
