"""`arangovis anomaly`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from arangovis.cli.options import print_json, target_options
from arangovis.domain.json import JsonValue

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Train detectors of anomalies, score files with them, and export them."""


@command.command()
@click.argument("data", type=_FILE)
@click.option("--name", required=True, help="The name of the model; each training is a version of it.")
@click.option("--detector", default="autoencoder", show_default=True, help="autoencoder, pca, knn or isolation_forest.")
@click.option("--param", "params", multiple=True, help="A parameter, such as epochs=50; may be repeated.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of its random numbers.")
@click.option("--ignore", "ignored", multiple=True, help="A column that is not looked at; may be repeated.")
@target_options
def train(
    data: Path, name: str, detector: str, params: tuple[str, ...], seed: int, ignored: tuple[str, ...],
    home: str | None, url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Train a detector on the file DATA (CSV, Parquet or Arrow)."""
    from arangovis.cli.target import open_client

    parameters = dict(map(_parameter, params))
    with open_client(home, url) as client:
        frame = client.anomaly.frame(data)
        made = client.anomaly.train(frame, name, detector=detector, parameters=parameters, seed=seed, ignored=ignored)
    if as_json:
        print_json({"number": made.number, "node": str(made.node), "run": str(made.run), "frame": str(frame)})
    else:
        click.echo(f"detector {made.number} ({made.node}) of {frame}")


@command.command()
@click.argument("number", type=int)
@click.argument("data", type=_FILE)
@click.option("--strict", is_flag=True, help="Refuse what the training data did not have.")
@click.option("--persist", is_flag=True, help="Keep the rows and their scores, with their lineage.")
@target_options
def score(
    number: int, data: Path, strict: bool, persist: bool, home: str | None, url: str | None, as_json: bool
) -> None:
    """Score the rows of the file DATA with the detector of the integer id NUMBER."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        found = client.anomaly.score(number, data.read_bytes(), strict=strict, persist=persist, name=data.name)
    for warning in found.warnings:
        click.echo(f"{warning['kind']}: {warning['column']}", err=True)
    if as_json:
        print_json({"rows": found.rows, "metrics": found.metrics, "run": None if found.run is None else str(found.run)})
    else:
        click.echo(_csv(found.rows), nl=False)


@command.command()
@click.argument("number", type=int)
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@target_options
def export(number: int, target: Path, home: str | None, url: str | None, as_json: bool) -> None:
    """Write the detector of the integer id NUMBER as a scorer to the zip TARGET."""
    from arangovis.cli.target import open_client

    with open_client(home, url) as client:
        data = client.anomaly.export(number)
    target.write_bytes(data)
    if as_json:
        print_json({"file": str(target), "bytes": len(data)})
    else:
        click.echo(f"{len(data)} bytes written to {target}")


def _parameter(text: str) -> tuple[str, JsonValue]:
    """Read `name=value`: JSON where it is JSON, else text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not of the form name=value", param_hint="--param")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["score,is_anomaly,status"]
    for row in rows:
        score = "" if row["score"] is None else repr(row["score"])
        lines.append(f"{score},{str(row['is_anomaly']).lower()},{row['status']}")
    return "\n".join(lines) + "\n"
