"""`arangovis deployment`."""

from itertools import islice
from typing import Any

import click

from arangovis.cli.answers import answer_all, answer_one, facts_of, read_pairs
from arangovis.cli.options import target_options
from arangovis.cli.register import facts_options

_SHOWN = ("node", "deployment_tag", "state", "since", "run")


@click.group()
def command() -> None:
    """Deploy tagged runs, and follow how they perform. A deployment is named by its id or its tag."""


@command.command()
@click.argument("tag")
@click.option("--project", default=None, help="The name of the run's project.")
@click.option("--active", is_flag=True, help="Make it active at once, in place of the active one of its tag.")
@click.option("--name", default=None, help="What people call it; the tag if left out.")
@click.option("--override", default=None, help="Why it is deployed though a gate refuses it; it is recorded.")
@facts_options
@target_options
def provision(
    tag: str, active: bool, project: str | None, home: str | None, url: str | None, as_json: bool, **given: Any
) -> None:
    """Make a deployment from the newest run that has the deployment TAG."""
    from arangovis.cli.target import open_client

    called = {key: given.pop(key) for key in ("name", "override")}
    state = "active" if active else "scheduled"
    with open_client(home, url) as client:
        made = client.provision(tag, state=state, project=project, **called, **facts_of(**given))
    answer_one(made, f"{made.node} is {made.state}", as_json=as_json)


@command.command("list")
@click.option("--tag", default=None, help="Of this deployment tag.")
@click.option("--state", type=click.Choice(["scheduled", "active", "archived"]), default=None, help="In this state.")
@click.option("--project", default=None, help="The name of a project.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="So many at most.")
@target_options
def list_(limit: int, home: str | None, url: str | None, as_json: bool, **given: Any) -> None:
    """List deployments, newest first."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(list(islice(client.deployments(**given), limit)), _SHOWN, as_json=as_json)


@command.command()
@click.argument("deployment")
@click.option("--at", default=None, help="As of this time: ISO 8601 (in this machine's zone), or microseconds.")
@target_options
def show(deployment: str, at: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """Show what DEPLOYMENT consists of."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        found = client.deployment(deployment, at=at)
    if as_json:
        answer_one(found, "", as_json=True)
    else:
        click.echo(f"{found.node} ({found.name}) is {found.state}")
        answer_all(found.parts, ("role", "node"), as_json=False)


@command.command()
@click.argument("deployment")
@click.argument("state", type=click.Choice(["active", "archived"]))
@click.option("--reason", default=None, help="Why; it is recorded.")
@target_options
def state(deployment: str, state: str, reason: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """Make DEPLOYMENT active or archived."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        changed = client.change_deployment(deployment, state, reason=reason)
    answer_one(changed, f"{changed.node} is {changed.state}", as_json=as_json)


@command.command()
@click.argument("deployment")
@click.option("--reason", default=None, help="Why; it is recorded.")
@target_options
def rollback(deployment: str, reason: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """Go back to the deployment that DEPLOYMENT replaced."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        back = client.roll_back(deployment, reason=reason)
    answer_one(back, f"{back.node} is {back.state}", as_json=as_json)


@command.command()
@click.argument("deployment")
@target_options
def history(deployment: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Show every change of the state of DEPLOYMENT."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        changes = client.deployment_history(deployment)
    answer_all(changes, ("state", "at", "until", "actor", "reason"), as_json=as_json)


@command.command()
@click.argument("deployment")
@click.argument("metrics", nargs=-1, required=True)
@click.option("--start", default=None, help="When the period begins: ISO 8601, or microseconds.")
@click.option("--end", default=None, help="When it ends.")
@click.option("--period", default=None, help="The period as people call it.")
@target_options
def log(
    deployment: str, metrics: tuple[str, ...], home: str | None, url: str | None, as_json: bool, **given: Any
) -> None:
    """Log METRICS (name=value) of DEPLOYMENT in a period."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        node = client.log_serving_performance(deployment, read_pairs(metrics, "METRICS"), **given)
    answer_one({"node": node}, str(node), as_json=as_json)


@command.command()
@click.argument("deployment")
@target_options
def performance(deployment: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Show how DEPLOYMENT performed, period by period, beside its development."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        served = client.serving_performance(deployment)
    if as_json:
        answer_one(served, "", as_json=True)
        return
    click.echo(f"development: {', '.join(f'{name}={value}' for name, value in served.development.items())}")
    answer_all(served.periods, ("period", "period_start", "period_end", "metrics", "difference"), as_json=False)


@command.command()
@click.argument("deployment")
@click.option("--time-column", default=None, help="Divide production rows by this column; by segment if left out.")
@click.option("--window", "window_s", type=click.IntRange(1), default=None, help="With it: so many seconds a period.")
@target_options
def drift(deployment: str, home: str | None, url: str | None, as_json: bool, **given: Any) -> None:
    """Show how the scores of the detectors of DEPLOYMENT drift from those that training held out."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        found = client.score_drift(deployment, **given)
    if as_json:
        answer_one(found, "", as_json=True)
        return
    for detector in found.detectors:
        held_out = detector.held_out
        known = "" if held_out is None else f", mean {held_out.mean:.4g} of {held_out.rows} held-out rows"
        click.echo(f"{detector.detector}: threshold {detector.threshold:.4g}{known}")
        answer_all(detector.periods, ("period", "period_start", "period_end", "scores", "distance"), as_json=False)
    for reason in found.partial_reasons:
        click.echo(reason, err=True)
