"""`arangovis gc`."""

import click

from arangovis.cli.options import target_options
from arangovis.cli.printing import print_answer


@click.command()
@click.option("--dry-run", is_flag=True, help="Only count.")
@target_options
def command(dry_run: bool, home: str | None, url: str | None, as_json: bool) -> None:
    """Let go of bytes that no node names any more; they are removed a day later.

    The service may go on working. What earlier rounds let go of is removed now.
    """
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        print_answer(client.collect_bytes(dry_run=dry_run), as_json=as_json)
