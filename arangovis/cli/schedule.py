"""`arangovis schedule`."""

from collections.abc import Mapping
from typing import Any

import click

from arangovis.cli.answers import answer_all, answer_one, read_pairs
from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer

COLUMNS = ("node", "name", "action", "cron", "every_s", "enabled", "next_at", "fired", "problem")


@click.group()
def command() -> None:
    """Have something done at set times: projections, scores, backups, checks, retention, recomputation, watching."""


@command.command("set")
@click.argument("name")
@click.argument("action")
@click.option("--cron", default=None, help="When: minute, hour, day of month, month, day of week.")
@click.option("--every", "every_s", type=int, default=None, help="Or every so many seconds.")
@click.option("--zone", default=None, help="Time zone of --cron; UTC if left out.")
@click.option("--project", default=None, help="Whose it is; of the whole service if left out.")
@click.option("--option", "options", multiple=True, help="name=value of an option of the action; may be repeated.")
@click.option("--description", default=None, help="What it is for.")
@click.option("--off", is_flag=True, help="Do not let it fire yet.")
@target_options
def set_(
    name: str,
    action: str,
    options: tuple[str, ...],
    off: bool,
    home: str | None,
    url: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Make or change the schedule NAME: what ACTION does, at its times."""
    from arangovis.cli.target import open_client

    said = {key: value for key, value in given.items() if value is not None}
    with open_client(home, url) as client:
        node = client.schedule(name, action, read_pairs(options, "--option"), enabled=not off, **said)
    answer_one({"node": str(node)}, str(node), as_json=as_json)


@command.command("list")
@click.option("--project", default=None, help="Only of this project.")
@target_options
def list_(project: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """List schedules: when each fires next, and how often it did."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.schedules(project=project), COLUMNS, as_json=as_json)


@command.command()
@click.argument("schedule")
@target_options
def runs(schedule: str, home: str | None, url: str | None, as_json: bool) -> None:
    """List the newest runs that SCHEDULE made."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        found = client.scheduled_runs(schedule)
    answer_all(found, ("run", "state", "created", "message"), as_json=as_json)


@command.command()
@click.argument("schedule")
@target_options
def fire(schedule: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Make the run of SCHEDULE now; when it fires next does not change."""
    _do("fire_schedule", schedule, home, url, as_json=as_json)


@command.command()
@click.argument("schedule")
@target_options
def on(schedule: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Let SCHEDULE fire again, from now on."""
    _do("switch_schedule", schedule, home, url, as_json=as_json, options={"enabled": True})


@command.command()
@click.argument("schedule")
@target_options
def off(schedule: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Stop SCHEDULE from firing."""
    _do("switch_schedule", schedule, home, url, as_json=as_json, options={"enabled": False})


@command.command()
@click.argument("schedule")
@target_options
def delete(schedule: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Remove SCHEDULE; its runs stay."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        client.delete_schedule(schedule)
    answer_one({"deleted": schedule}, f"Removed {schedule}.", as_json=as_json)


def _do(
    call: str,
    node: str,
    home: str | None,
    url: str | None,
    *,
    as_json: bool,
    options: Mapping[str, Any] | None = None,
) -> None:
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(getattr(client, call)(node, **(options or {})), as_json=as_json)
