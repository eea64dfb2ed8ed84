"""Options that several commands share."""

from collections.abc import Callable
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


def home_option(function: F) -> F:
    """Add `--home`."""
    text = "Folder of the embedded store and the artifacts (ARANGOVIS_HOME; default ~/.arangovis)."
    return click.option("--home", type=click.Path(file_okay=False), default=None, help=text)(function)


def target_options(function: F) -> F:
    """Add `--home`, `--url` and `--json`: where to ask, and how to answer."""
    url = click.option("--url", default=None, help="Ask this server instead of opening the home.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    return home_option(url(as_json(function)))
