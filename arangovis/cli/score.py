"""`arangovis score`."""

import argparse
import tempfile
import zipfile
from pathlib import Path

import click

from arangovis.domain.errors import InvalidInput

_READ = ("schema.json", "parameters.json")


@click.command()
@click.argument("scorer", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, dir_okay=False))
@click.option("--separator", default=",", show_default=True, help="Between the cells of the data.")
@click.option("--strict", is_flag=True, help="Refuse what the training data did not have.")
@click.option("--errors", is_flag=True, help="Write the squared error of each slot, too.")
def command(scorer: Path, data: str, separator: str, *, strict: bool, errors: bool) -> None:
    """Score the CSV file DATA with SCORER, a zip that was exported; no service is asked, no code in it is run."""
    from arangovis.anomaly.export import scorer as scoring
    from arangovis.anomaly.export.archive import read

    if len(separator) != 1:
        raise click.BadParameter(f"{separator!r} is not one character", param_hint="--separator")
    packed = scorer.read_bytes()
    read(packed)  # checks the digests on the model card
    with tempfile.TemporaryDirectory() as folder:
        _unpack(scorer, Path(folder))
        options = argparse.Namespace(data=data, separator=separator, strict=strict, errors=errors)
        try:
            scoring.score_file(scoring.Scorer(Path(folder)), options)
        except (scoring.Refused, UnicodeDecodeError) as error:
            raise InvalidInput(str(error)) from error


def _unpack(scorer: Path, folder: Path) -> None:
    """Write the files that scoring reads under their own names, whatever else is in the zip."""
    with zipfile.ZipFile(scorer) as archive:
        for name in _READ:
            (folder / name).write_bytes(archive.read(name))
