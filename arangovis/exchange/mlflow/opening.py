"""Finding out what sort of tracking store a path is."""

from pathlib import Path

from arangovis.domain.errors import InvalidContent, NotFound
from arangovis.exchange.mlflow.records import TrackingStore

DATABASES = ("mlflow.db", "mlruns.db")
"""What a server calls its file, and where files lie beside it."""
FOLDER = "mlruns"


def open_store(path: Path) -> TrackingStore:
    """Open a tracking store: its SQLite file, its folder `mlruns`, or a folder that holds one of them.

    Raises:
        NotFound: there is no such path.
        InvalidContent: it is no store of MLflow.

    """
    from arangovis.exchange.mlflow.file_store import FileStore
    from arangovis.exchange.mlflow.sqlite_store import SqliteStore

    if not path.exists():
        raise NotFound(f"there is no {path.name}")
    if path.is_file():
        return SqliteStore(path)
    inner = [place for name in DATABASES if (place := path / name).is_file()]
    if inner:
        return SqliteStore(inner[0])
    try:
        return FileStore(path)
    except InvalidContent:
        if (path / FOLDER).is_dir():
            return FileStore(path / FOLDER)
        raise
