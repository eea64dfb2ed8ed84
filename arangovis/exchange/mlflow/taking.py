"""A tracking store, taken over thing by thing: what was deleted there is left out and noted."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from arangovis.domain.json import JsonValue
from arangovis.exchange.imported import ImportedModel, ImportedRun, ImportedVersion
from arangovis.exchange.mlflow.records import ACTIVE, Skipped, TrackedRun, TrackingStore
from arangovis.exchange.mlflow.translating import (
    imported_experiment,
    imported_logged_model,
    imported_registered,
    imported_run,
    project_of,
    run_key,
)

FILES_LISTED_MAX = 1_000
"""Files of one run that are listed with it."""
DELETED = "deleted in MLflow"


class Taking:
    """Reads a store as values to import.

    Args:
        store: the store.
        project: the project that all of it goes to; None: each experiment is one.

    """

    def __init__(self, store: TrackingStore, project: str | None) -> None:
        self._store = store
        self._project = project
        self._folders: dict[str, Path] = {}

    def runs(self) -> Iterator[ImportedRun]:
        """Yield the runs, the oldest first."""
        for run in self._store.runs():
            if run.lifecycle != ACTIVE or run.experiment.lifecycle != ACTIVE:
                self._store.skipped.append(Skipped("run", run.id, DELETED))
                continue
            yield imported_run(run, self._project, self._listed(run))

    def models(self) -> tuple[Sequence[ImportedVersion], Sequence[ImportedModel]]:
        """Return the versions of all models, and what is said of models and projects."""
        logged = {model.id: model for model in self._store.logged_models() if model.experiment.lifecycle == ACTIVE}
        versions = [imported_logged_model(model, self._project) for model in logged.values()]
        models = list(self._experiments())
        for model in self._store.registered_models():
            more, told = imported_registered(model, logged, self._project)
            versions += more
            models.append(told)
        return versions, models

    def _experiments(self) -> Iterator[ImportedModel]:
        """Yield the projects that experiments become, each once; an empty one that nobody named is left out."""
        seen = set()
        for experiment in self._store.experiments():
            name = project_of(experiment, self._project)
            if experiment.lifecycle != ACTIVE:
                self._store.skipped.append(Skipped("experiment", experiment.name, DELETED))
            elif name not in seen and not (experiment.id == "0" and not experiment.tags):
                seen.add(name)
                yield imported_experiment(experiment, self._project)

    def files(self) -> Iterator[tuple[str, str, Path]]:
        """Yield the files of the runs that were taken: the key of the run, the name of the file, and where it is."""
        for run_id, folder in self._folders.items():
            for path in _files(folder):
                yield run_key(run_id), path.relative_to(folder).as_posix(), path

    def _listed(self, run: TrackedRun) -> JsonValue:
        """Return names and sizes of a run's files, if they lie on this machine."""
        folder = local_folder(run.artifact_uri)
        if folder is None:
            return None
        self._folders[run.id] = folder
        files = list(_files(folder))
        return [
            {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size}
            for path in files[:FILES_LISTED_MAX]
        ]


def local_folder(uri: str | None) -> Path | None:
    """Return the folder that a URI means, if it is one on this machine that has something in it."""
    if not uri:
        return None
    parts = urlsplit(uri)
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
        return None
    folder = Path(unquote(parts.path) if parts.scheme else uri)
    return folder if folder.is_absolute() and folder.is_dir() and any(folder.iterdir()) else None


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and the folders in it; links are not followed out of it."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path
