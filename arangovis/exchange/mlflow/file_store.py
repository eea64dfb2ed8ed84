"""The `mlruns` folder of MLflow: a folder an experiment, in it a folder a run, in it a file a parameter or metric."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from arangovis.domain.errors import InvalidContent, MissingExtra
from arangovis.exchange.mlflow.records import (
    STATUSES,
    DatasetUse,
    Experiment,
    LoggedModel,
    Measured,
    RegisteredModel,
    RegisteredVersion,
    Skipped,
    TrackedRun,
    model_id_of,
)

META = "meta.yaml"
REGISTRY = "models"
FILE_BYTES_MAX = 256 << 20
"""Of one file that is read whole."""
_SOURCE = ("source_type", "source_name", "entry_point_name", "source_version")


class FileStore:
    """Reads the folder; a run may be logged at the same time."""

    def __init__(self, root: Path) -> None:
        """Look at it.

        Raises:
            InvalidContent: there is no experiment in it.

        """
        self.root = root
        self.skipped: list[Skipped] = []
        self._experiments = list(self._read_experiments())
        if not self._experiments:
            raise InvalidContent(f"{root.name} is no store of MLflow: it has no folder with a {META} of an experiment")

    def close(self) -> None:
        """Nothing is held open."""

    def experiments(self) -> Sequence[Experiment]:
        """Return the experiments."""
        return [experiment for _, experiment in self._experiments]

    def count(self) -> int:
        """Return how many runs there are."""
        return len(self._run_folders)

    def _read_experiments(self) -> Iterator[tuple[Path, Experiment]]:
        for folder in _folders(self.root):
            meta = self._meta(folder, "experiment")
            if meta is None or folder.name == REGISTRY or "artifact_location" not in meta:
                continue
            workspace = meta.get("workspace") or "default"
            name = str(meta.get("name") or folder.name)
            yield (
                folder,
                Experiment(
                    id=str(meta.get("experiment_id", folder.name)),
                    name=name if workspace == "default" else f"{workspace}/{name}",
                    lifecycle=str(meta.get("lifecycle_stage", "active")),
                    artifact_location=_text(meta, "artifact_location"),
                    tags=_values(folder / "tags"),
                ),
            )

    @cached_property
    def _run_folders(self) -> Sequence[tuple[Path, Experiment, Mapping[str, Any]]]:
        """The folders of the runs with what their `meta.yaml` says, the oldest first."""
        found = []
        for place, experiment in self._experiments:
            for folder in _folders(place):
                meta = self._meta(folder, "run") if (folder / META).exists() else None
                if meta is not None and ("run_id" in meta or "run_uuid" in meta):
                    found.append((folder, experiment, meta))
        return sorted(found, key=lambda one: (_whole(one[2], "start_time") or 0, one[0].name))

    def runs(self) -> Iterator[TrackedRun]:
        """Yield the runs, the oldest first."""
        for folder, experiment, meta in self._run_folders:
            try:
                yield self._run(folder, experiment, meta)
            except (OSError, ValueError, InvalidContent) as error:
                self.skipped.append(Skipped("run", folder.name, f"cannot be read: {_problem(error)}"))

    def _run(self, folder: Path, experiment: Experiment, meta: Mapping[str, Any]) -> TrackedRun:
        tags = _values(folder / "tags")
        return TrackedRun(
            id=str(meta.get("run_id") or meta["run_uuid"]),
            experiment=experiment,
            name=_text(meta, "run_name"),
            status=STATUSES[int(meta.get("status", 3)) - 1],
            lifecycle=str(meta.get("lifecycle_stage", "active")),
            start=_whole(meta, "start_time"),
            end=_whole(meta, "end_time"),
            user=_text(meta, "user_id"),
            artifact_uri=_text(meta, "artifact_uri"),
            source={name: str(meta[name]) for name in _SOURCE if meta.get(name)},
            params=_values(folder / "params"),
            tags=tags,
            metrics={name: _measured(path, name) for name, path in _files(folder / "metrics")},
            data=[use for link in _folders(folder / "inputs") if (use := self._data_use(folder, link)) is not None],
        )

    def _data_use(self, run: Path, link: Path) -> DatasetUse | None:
        said = self._meta(link, "input")
        if said is None or said.get("source_type") != "DATASET":
            return None
        meta = self._meta(run.parent / "datasets" / str(said.get("source_id")), "data set")
        if meta is None:
            return None
        return DatasetUse(
            name=str(meta.get("name")),
            digest=str(meta.get("digest")),
            source_type=str(meta.get("source_type")),
            source=str(meta.get("source")),
            schema=_text(meta, "schema"),
            profile=_text(meta, "profile"),
            context=str((said.get("tags") or {}).get("mlflow.data.context", "")),
        )

    def logged_models(self) -> Iterator[LoggedModel]:
        """Yield the models that runs logged."""
        readers = self._model_readers()
        for place, experiment in self._experiments:
            for folder in _folders(place / "models"):
                meta = self._meta(folder, "logged model")
                if meta is None or meta.get("lifecycle_stage", "active") != "active":
                    continue
                model_id = str(meta.get("model_id", folder.name))
                histories = [(name, _measured(path, name)) for name, path in _files(folder / "metrics")]
                yield LoggedModel(
                    id=model_id,
                    experiment=experiment,
                    name=str(meta.get("name") or model_id),
                    model_type=_text(meta, "model_type"),
                    source_run=_text(meta, "source_run_id"),
                    artifact_location=_text(meta, "artifact_location"),
                    params=_values(folder / "params"),
                    tags=_values(folder / "tags"),
                    metrics={name: history[-1].value for name, history in histories if history},
                    read_by=readers.get(model_id, ()),
                )

    def _model_readers(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for folder, _, meta in self._run_folders:
            for link in _folders(folder / "inputs"):
                said = self._meta(link, "input") or {}
                if said.get("destination_type") == "MODEL_INPUT" or said.get("source_type") == "MODEL":
                    model = said.get("destination_id" if said.get("destination_type") == "MODEL_INPUT" else "source_id")
                    found.setdefault(str(model), []).append(str(meta.get("run_id") or meta.get("run_uuid")))
        return found

    def registered_models(self) -> Iterator[RegisteredModel]:
        """Yield the registered models."""
        for folder in _folders(self.root / REGISTRY):
            meta = self._meta(folder, "registered model")
            if meta is None:
                continue
            versions = [self._version(place) for place in _folders(folder) if place.name.startswith("version-")]
            known = [version for version in versions if version is not None]
            yield RegisteredModel(
                name=str(meta.get("name", folder.name)),
                description=_text(meta, "description"),
                tags=_values(folder / "tags"),
                aliases={name: value.strip() for name, value in _values(folder / "aliases").items()},
                versions=sorted(known, key=lambda version: int(version.version)),
            )

    def _version(self, folder: Path) -> RegisteredVersion | None:
        meta = self._meta(folder, "model version")
        number = folder.name.removeprefix("version-")
        if meta is None or not number.isdecimal():
            return None
        return RegisteredVersion(
            version=number,
            run=_text(meta, "run_id"),
            model_id=_text(meta, "model_id") or model_id_of(_text(meta, "source")),
            stage=_text(meta, "current_stage"),
            status=_text(meta, "status"),
            source=_text(meta, "source"),
            description=_text(meta, "description"),
            user=_text(meta, "user_id"),
            tags=_values(folder / "tags"),
        )

    def _meta(self, folder: Path, what: str) -> Mapping[str, Any] | None:
        """Return what a `meta.yaml` says; None if there is none, or it cannot be read, which is noted."""
        yaml = _yaml()
        path = folder / META
        try:
            if not path.is_file():
                return None
            meta = yaml.load(_content(path), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            if isinstance(meta, dict):
                return meta
            problem = "is no mapping"
        except (OSError, ValueError, InvalidContent, yaml.YAMLError) as error:
            problem = _problem(error)
        self.skipped.append(Skipped(what, folder.name, f"{META} cannot be read: {problem}"))
        return None


def _yaml() -> Any:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise MissingExtra("reading a folder of MLflow needs PyYAML; install arangovis[mlflow]") from error
    return yaml


def _folders(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    return sorted(path for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))


def _files(place: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder with their paths in it: the names of metrics may have slashes."""
    for path in sorted(place.rglob("*")):
        if path.is_file():
            yield path.relative_to(place).as_posix(), path


def _values(place: Path) -> Mapping[str, str]:
    return {name: _content(path) for name, path in _files(place)}


def _content(path: Path) -> str:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise InvalidContent(f"{path.name} has more than {FILE_BYTES_MAX:,} bytes")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidContent(f"{path.name} is not UTF-8") from error


def _measured(path: Path, name: str) -> list[Measured]:
    """Read a metric's file: lines of `timestamp value step`; a last line that is being written is left for later."""
    text = _content(path)
    lines = text.splitlines()
    if lines and not text.endswith("\n"):
        lines.pop()
    found = []
    for number, line in enumerate(lines, 1):
        parts = line.split(" ")
        try:
            found.append(Measured(int(parts[0]), _number(parts[1]), int(parts[2]) if len(parts) > 2 else 0))
        except (ValueError, IndexError) as error:
            raise InvalidContent(f"line {number} of metric {name!r} is {line[:80]!r}") from error
    return found


def _number(text: str) -> float:
    value = float(text)
    return math.copysign(math.inf, value) if abs(value) >= 1.7976931348623157e308 else value


def _text(meta: Mapping[str, Any], name: str) -> str | None:
    value = meta.get(name)
    return None if value in (None, "") else str(value)


def _whole(meta: Mapping[str, Any], name: str) -> int | None:
    value = meta.get(name)
    return value if isinstance(value, int) else None


def _problem(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error).splitlines()[0]
