"""Stores that the real mlflow package wrote, unpacked where a test wants them; see `tests/data/mlflow/make.py`."""

import sqlite3
import tarfile
from pathlib import Path

import orjson

PACKED = Path(__file__).parent / "data" / "mlflow" / "tracking.tar.gz"


def unpacked(folder: Path) -> Path:
    """Unpack both stores, `mlflow.db` and `mlruns`, so that the URIs in them lead to the files beside them."""
    with tarfile.open(PACKED) as archive:
        archive.extractall(folder, filter="data")
    with sqlite3.connect(folder / "mlflow.db") as database:
        (made_at,) = database.execute(
            "SELECT artifact_location FROM experiments WHERE name = 'wine quality'"
        ).fetchone()
        before, after = made_at.removesuffix("/artifacts"), f"file://{folder}"
        database.execute("UPDATE runs SET artifact_uri = replace(artifact_uri, ?, ?)", (before, after))
    database.close()
    for path in (folder / "mlruns").rglob("meta.yaml"):
        path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    return folder


def change(path: Path, *statements: str | tuple[str, object]) -> None:
    """Change a store as a server would while it goes on; a tuple is a statement and its values."""
    with sqlite3.connect(path) as database:
        for one in statements:
            statement, *values = (one,) if isinstance(one, str) else one
            database.execute(statement, *values)  # type: ignore[arg-type]  # tuples of values
    database.close()


def run_named(path: Path, name: str) -> str:
    """Return the id of a run of an MLflow store."""
    with sqlite3.connect(path) as database:
        (found,) = database.execute("SELECT run_uuid FROM runs WHERE name = ?", (name,)).fetchone()
    database.close()
    return str(found)


def json_of(text: str) -> object:
    """Read JSON that a command wrote."""
    return orjson.loads(text)
