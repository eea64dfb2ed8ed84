"""`arangovis compatibility`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from arangovis.cli.options import print_json, target_options
from arangovis.cli.show import console, printable
from arangovis.domain.errors import Fault, InvalidInput

if TYPE_CHECKING:
    from arangovis.client.compatibility import CompatibilitySweep

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.stream",
}
_SCORES = ("test_performance", "test_btc", "test_bec")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Say whether a new model breaks what the old one got right."""


@command.command()
@click.argument("file", type=_FILE)
@click.option("--h1", default="h1", show_default=True, help="Column of what the old model predicts.")
@click.option("--h2", default="h2", show_default=True, help="Column of what the new model predicts.")
@click.option("--truth", default="truth", show_default=True, help="Column of what is right.")
@target_options
def compare(file: Path, h1: str, h2: str, truth: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Compare two models by FILE, a table of their predictions (.csv, .json, .parquet, .arrow)."""
    from arangovis.cli.target import open_client
    from arangovis.tabular import read_rows

    if file.suffix not in MEDIA_TYPES:
        raise InvalidInput.of(Fault("file", f"{file.suffix!r} is not one of {', '.join(MEDIA_TYPES)}"))
    rows = read_rows(file.read_bytes(), MEDIA_TYPES[file.suffix])
    if missing := [name for name in (h1, h2, truth) if not rows.has(name)]:
        raise InvalidInput.of(*(Fault("file", f"has no column {name!r}") for name in missing))
    columns = [rows.values(name) for name in (h1, h2, truth)]
    with open_client(home, url) as client:
        found = client.compatibility.compare(*columns, ids=rows.ids, name=file.name)
    if as_json:
        return print_json(found.answer)
    click.echo(str(found.run))
    for name in ("rows", "btc", "bec", "bec_h2", "progress", "common", "regress"):
        click.echo(f"{name:<10} {_shown(found.scores[name])}")
    return None


@command.command()
@click.argument("file", type=_FILE)
@click.option("--wait", is_flag=True, help="Wait until it has ended; in a home, compute it here.")
@target_options
def sweep(file: Path, wait: bool, home: str | None, url: str | None, as_json: bool) -> None:
    """Have workers train the sweep that FILE (JSON) describes, as the body of POST /api/v1/compatibility/sweeps."""
    from arangovis.cli.target import open_client

    body = _described(file)
    with open_client(home, url) as client:
        found = client.compatibility.sweep(**body.pop("options", {}), **body)
        _show(found.wait() if wait else found, as_json=as_json)


@command.command()
@click.argument("run")
@target_options
def show(run: str, home: str | None, url: str | None, as_json: bool) -> None:
    """Show how the sweep RUN stands, and its points."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        _show(client.compatibility.get(run), as_json=as_json)


def _described(file: Path) -> dict[str, Any]:
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInput.of(Fault("file", f"is no JSON: {error}")) from error
    needed = ("reference", "base", "train", "test")
    if not isinstance(body, dict) or not isinstance(body.get("options", {}), dict):
        raise InvalidInput.of(Fault("file", "is no JSON object"))
    if missing := [name for name in needed if name not in body]:
        raise InvalidInput.of(*(Fault(name, "is missing") for name in missing))
    return body


def _show(found: "CompatibilitySweep", *, as_json: bool) -> None:
    status, points = found.status(), found.points
    if as_json:
        return print_json({**status, "items": points})
    click.echo(f"{found.run} {status['state']}, {status['done']} of {status['points']} points")
    console().print(_table(points))
    if status["message"]:
        click.echo(printable(status["message"]))
    return None


def _table(points: Any) -> Any:
    from rich.table import Table

    table = Table("point", "lambda", "dissonance", "state", *(name.replace("_", " ") for name in _SCORES))
    for point in points:
        metrics: Mapping[str, Any] = point["metrics"]
        kinds = ", ".join(point["dissonances"]).replace("_", " ")
        scores = (_shown(metrics.get(name)) for name in _SCORES)
        table.add_row(str(point["point"]), f"{point['lambda_c']:g}", kinds, point["state"], *scores)
    return table


def _shown(value: object) -> str:
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
