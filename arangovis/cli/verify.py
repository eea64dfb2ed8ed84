"""`arangovis verify`."""

from dataclasses import asdict

import click

from arangovis.cli.options import home_option, json_option, print_json
from arangovis.settings import read_settings


@click.command()
@click.option("--deep", is_flag=True, help="Read all bytes and compare them with their digests.")
@home_option
@json_option
def command(deep: bool, home: str | None, as_json: bool) -> None:
    """Check that the stores hold together: edges, bytes, manifests, runs, queue and names.

    The exit code is 1 if something is wrong.
    """
    from arangovis.cli.transfer import opened, print_problems
    from arangovis.services.verification import check_store

    with opened(read_settings({"home": home}), create=False) as place:
        problems = check_store(place.store, place.artifacts, read_blobs=deep)
    if as_json:
        print_json({"problems": [asdict(problem) for problem in problems]})
    elif problems:
        print_problems(problems)
    else:
        click.echo("All is well." if deep else "All is well; --deep reads the bytes too.")
    if problems:
        raise SystemExit(1)
