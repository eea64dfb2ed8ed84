"""The questions of `arangovis ask` about the trials of a project or a task."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from arangovis.cli.options import target_options
from arangovis.cli.questions_graph import ask, at_option

F = TypeVar("F", bound=Callable[..., object])
GOALS = click.Choice(["maximise", "minimise"])


def _scope(function: F) -> F:
    project = click.option("--project", default=None, help="Only of this project.")
    task = click.option("--task", default=None, help="Only of models of this task: their attribute `task`, or a tag.")
    return project(task(function))


def _goal(function: F) -> F:
    return click.option("--goal", type=GOALS, default=None, help="Which way the metric gets better.")(function)


def _metric(function: F) -> F:
    return click.option("--metric", required=True, help="The metric to compare by.")(_goal(function))


@click.command()
@_scope
@click.option("--metric", default=None, help="Show the best run by this metric.")
@_goal
@at_option
@target_options
def techniques(**given: Any) -> None:
    """List the modelling techniques that were tried, with counts of distinct runs."""
    ask("techniques", given)


@click.command()
@_scope
@at_option
@target_options
def features(**given: Any) -> None:
    """List the transformations of features, with counts of feature sets and runs."""
    ask("feature_techniques", given)


@click.command()
@_scope
@_metric
@at_option
@target_options
def transformations(**given: Any) -> None:
    """Show which transformation of features helps: the metric with and without it."""
    ask("transformation_effects", given)


@click.command()
@click.argument("attribute")
@_scope
@_metric
@at_option
@target_options
def gains(attribute: str, **given: Any) -> None:
    """Show what adding the feature ATTRIBUTE gained, in pairs of runs that differ in nothing else."""
    ask("feature_gains", given, attribute=attribute)


@click.command()
@_scope
@click.option("--start", default=None, help="Runs that began then or later.")
@click.option("--end", default=None, help="Runs that began before then.")
@at_option
@target_options
def datasets(**given: Any) -> None:
    """List the distinct data sets that runs used in a period."""
    ask("datasets_used", given)


@click.command()
@_scope
@click.option("--limit", type=int, default=None, help="Nodes at most.")
@at_option
@target_options
def influences(**given: Any) -> None:
    """Show which data sets influence which model versions."""
    ask("dataset_influences", given)


@click.command()
@click.argument("dataset")
@click.option("--active", is_flag=True, help="Only deployments in service, and the models that they serve.")
@click.option("--limit", type=int, default=None, help="Nodes at most.")
@at_option
@target_options
def derived(dataset: str, **given: Any) -> None:
    """Show the models and deployments that came of DATASET; --active: what is affected if it is withdrawn."""
    ask("derived_models", given, dataset=dataset)


@click.command()
@click.argument("model")
@at_option
@target_options
def trained(model: str, **given: Any) -> None:
    """Show how MODEL, or one version of it, was trained last until a time: by whom, on what, how well."""
    ask("as_trained", given, model=model)


@click.command()
@click.argument("run")
@at_option
@target_options
def recipe(run: str, **given: Any) -> None:
    """Show all that doing RUN again takes, and what of it is missing."""
    ask("recipe", given, run=run)


@click.command()
@_scope
@_metric
@click.option("--filter", "where", default=None, help="Only runs that this filter holds for.")
@click.option("--limit", type=int, default=None, help="Candidates at most.")
@at_option
@target_options
def ranking(**given: Any) -> None:
    """Rank model versions by the metric of their best run: which should go to production."""
    ask("model_ranking", given)
