"""`arangovis token`."""

import time

import click

from arangovis.cli.answers import answer_all, answer_one
from arangovis.cli.options import target_options
from arangovis.domain.access import Role

_SHOWN = ("id", "name", "account", "role", "projects", "state", "expires", "last_used", "created_by")
_DAY_US = 24 * 3600 * 1_000_000


@click.group()
def command() -> None:
    """Make, list and revoke the bearer tokens that a service asks for."""


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What it may do.")
@click.option("--project", "projects", multiple=True, help="A project that it is for (repeatable; default all).")
@click.option("--account", default=None, help="Who acts with it: a service account (default NAME).")
@click.option("--days", type=click.IntRange(1, 3650), default=None, help="Days until it ends (default never).")
@target_options
def create(
    name: str,
    role: str,
    projects: tuple[str, ...],
    account: str | None,
    days: int | None,
    home: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Make a token called NAME, and show it: once, and never again."""
    from arangovis.cli.target import open_client

    expires = None if days is None else time.time_ns() // 1000 + days * _DAY_US
    with open_client(home, url) as client:
        made = client.create_token(name, role, projects=projects or None, account=account, expires=expires)
    answer_one(made, made.secret, as_json=as_json)


@command.command("list")
@target_options
def list_(home: str | None, url: str | None, as_json: bool) -> None:
    """List every token that was ever made, without their secrets."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        answer_all(client.tokens(), _SHOWN, as_json=as_json)


@command.command()
@click.argument("id")
@target_options
def revoke(id: str, home: str | None, url: str | None, as_json: bool) -> None:  # noqa: A002  its name in the help
    """Revoke the token of the id ID; servers refuse it within seconds."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        revoked = client.revoke_token(id)
    answer_one(revoked, f"{revoked.name} is revoked", as_json=as_json)
