"""`arangovis webhook`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer

DELIVERY_COLUMNS = ("id", "event", "state", "created", "attempts", "status", "error")


@click.group()
def command() -> None:
    """Tell others what happens, by signed messages."""


@command.command("set")
@click.argument("name")
@click.argument("receiver")
@click.option("--event", "events", multiple=True, required=True, help="What it is told of; may be repeated.")
@click.option("--filter", "filter_", default=None, help="Only of runs that this holds for, in the filter language.")
@click.option("--project", default=None, help="Only of runs of this project; of all if left out.")
@click.option("--description", default=None, help="What it is for.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="File with the secret to sign with; one is made, and shown once, if left out.",
)
@target_options
def set_(
    name: str,
    receiver: str,
    events: tuple[str, ...],
    filter_: str | None,
    secret_file: Path | None,
    home: str | None,
    url: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Make or change the webhook NAME: messages are sent to RECEIVER, a URL whose host the service allows."""
    from arangovis.cli.target import open_client

    secret = None if secret_file is None else secret_file.read_text("utf-8").strip()
    said = {key: value for key, value in {**given, "filter": filter_, "secret": secret}.items() if value is not None}
    with open_client(home, url) as client:
        made = client.webhook(name, receiver, events, **said)
    shown = f"{made.node}\nsecret, shown this once: {made.secret}" if made.secret else str(made.node)
    answer_one(made, shown, as_json=as_json)


@command.command("list")
@click.option("--project", default=None, help="Only of this project.")
@target_options
def list_(project: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """List webhooks, without their secrets."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.webhooks(project=project), ("node", "name", "url", "events", "enabled"), as_json=as_json)


@command.command()
@click.argument("webhook")
@click.option("--state", type=click.Choice(["waiting", "delivered", "dead"]), default=None, help="Only in this state.")
@target_options
def deliveries(webhook: str, state: str | None, home: str | None, url: str | None, as_json: bool) -> None:
    """List the newest messages to WEBHOOK, and what became of them."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.deliveries(webhook, state=state), DELIVERY_COLUMNS, as_json=as_json)


@command.command()
@click.argument("webhook")
@target_options
def ping(webhook: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Put down a trial message to WEBHOOK, which a worker sends."""
    _do("ping_webhook", (webhook,), home, url, as_json=as_json)


@command.command()
@click.argument("webhook")
@click.argument("delivery")
@target_options
def retry(webhook: str, delivery: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Have DELIVERY, a message to WEBHOOK that was taken or given up, sent again."""
    _do("retry_delivery", (webhook, delivery), home, url, as_json=as_json)


@command.command()
@click.argument("webhook")
@target_options
def on(webhook: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Tell WEBHOOK again what happens, from now on."""
    _do("switch_webhook", (webhook,), home, url, as_json=as_json, options={"enabled": True})


@command.command()
@click.argument("webhook")
@target_options
def off(webhook: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Tell WEBHOOK nothing for a while."""
    _do("switch_webhook", (webhook,), home, url, as_json=as_json, options={"enabled": False})


@command.command()
@click.argument("webhook")
@target_options
def delete(webhook: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Remove WEBHOOK with its secret; messages that wait are given up."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        client.delete_webhook(webhook)
    answer_one({"deleted": webhook}, f"Removed {webhook}.", as_json=as_json)


def _do(
    call: str,
    arguments: tuple[str, ...],
    home: str | None,
    url: str | None,
    *,
    as_json: bool,
    options: Mapping[str, Any] | None = None,
) -> None:
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(getattr(client, call)(*arguments, **(options or {})), as_json=as_json)
