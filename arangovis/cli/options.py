"""Options that several commands share, and how they answer."""

from collections.abc import Callable
from typing import TypeVar

import click
import orjson

from arangovis.domain.json import as_dict

F = TypeVar("F", bound=Callable[..., object])


def home_option(function: F) -> F:
    """Add `--home`."""
    text = "Folder of the embedded store and the artifacts (ARANGOVIS_HOME; default ~/.arangovis)."
    return click.option("--home", type=click.Path(file_okay=False), default=None, help=text)(function)


def json_option(function: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(function)


def target_options(function: F) -> F:
    """Add `--home`, `--url` and `--json`: where to ask, and how to answer."""
    text = "Ask this server instead of opening the home (ARANGOVIS_URL; its token is read from ARANGOVIS_TOKEN)."
    url = click.option("--url", default=None, help=text)
    return home_option(url(json_option(function)))


def print_json(document: object) -> None:
    """Answer with JSON."""
    click.echo(orjson.dumps(document, default=as_dict, option=orjson.OPT_INDENT_2))
