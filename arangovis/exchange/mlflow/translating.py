"""What MLflow calls a run, a model, a data set, as arangovis calls it. Ids of MLflow are kept as attributes."""

import math
import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from arangovis.domain.json import JsonValue, Scalar
from arangovis.domain.runs import Reason, RunState
from arangovis.exchange.imported import (
    History,
    ImportedModel,
    ImportedRun,
    ImportedVersion,
    ReadBy,
    ReadData,
)
from arangovis.exchange.mlflow.records import DatasetUse, Experiment, LoggedModel, RegisteredModel, TrackedRun

METHOD = "mlflow"
ORIGIN = "mlflow"
REGISTRY_PROJECT = "mlflow models"
"""The project of registered models, which belong to no experiment."""
ATTRIBUTE_LENGTH_MAX = 500
"""A longer tag is kept, and not searched."""
_STATES: Mapping[str, tuple[RunState, Reason | None]] = {
    "RUNNING": (RunState.STARTED, None),
    "SCHEDULED": (RunState.STARTED, None),
    "FINISHED": (RunState.SUCCESS, None),
    "FAILED": (RunState.ERROR, Reason.FAILED),
    "KILLED": (RunState.ERROR, Reason.KILLED),
}
_PLACES = {
    "mlflow.source.git.commit": ("code", "commit"),
    "mlflow.source.git.branch": ("code", "branch"),
    "mlflow.source.git.repoURL": ("code", "remote"),
    "mlflow.user": ("process", "user"),
    "mlflow.source.name": ("process", "command"),
    "mlflow.source.type": ("process", "source_type"),
    "mlflow.project.entryPoint": ("process", "entry_point"),
}
"""Where the tags that MLflow sets of itself go."""
_OWN = "mlflow."
_TAKEN = {"mlflow.runName", "mlflow.note.content", "mlflow.parentRunId", *_PLACES}


def run_key(run_id: str) -> str:
    """Return the key of a run: its id, written as a UUID; or made of it if it is none."""
    try:
        return str(uuid.UUID(hex=run_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"mlflow run {run_id}"))


def project_of(experiment: Experiment, project: str | None) -> str:
    """Return the name of the project that an experiment becomes: its own, or the one that is to take all."""
    return project or experiment.name


def imported_run(run: TrackedRun, project: str | None, artifacts: "JsonValue" = None) -> ImportedRun:
    """Return a run; `artifacts` is the list of its files, if it is known."""
    state, reason = _STATES.get(run.status, (RunState.ERROR, None))
    facts = _facts(run)
    parent = run.tags.get("mlflow.parentRunId")
    extra: dict[str, JsonValue] = {"artifact_uri": run.artifact_uri, "tags": _long_tags(run.tags)}
    extra |= {} if artifacts is None else {"artifacts": artifacts}
    return ImportedRun(
        key=run_key(run.id),
        project=project_of(run.experiment, project),
        method=METHOD,
        state=state,
        reason=None if reason is None else reason.value,
        name=run.tags.get("mlflow.runName") or run.name or None,
        description=run.tags.get("mlflow.note.content") or None,
        started=_microseconds(run.start),
        ended=_microseconds(run.end),
        parent=None if not parent else run_key(parent),
        params={name: plain(value) for name, value in run.params.items()},
        attributes={
            **_own_tags(run.tags),
            "mlflow_run_id": run.id,
            "mlflow_experiment_id": run.experiment.id,
            "mlflow_experiment": run.experiment.name,
        },
        code=facts["code"],
        process=facts["process"],
        extra={"mlflow": {name: value for name, value in extra.items() if value}},
        data=[_read_data(use) for use in run.data],
        histories=_histories(run),
    )


def imported_experiment(experiment: Experiment, project: str | None) -> ImportedModel:
    """Return what is said of an experiment's project; nothing but ids if one project takes all."""
    name = project_of(experiment, project)
    if project is not None:
        return ImportedModel(project=name)
    return ImportedModel(
        project=name,
        description=experiment.tags.get("mlflow.note.content"),
        attributes={**_own_tags(experiment.tags), "mlflow_experiment_id": experiment.id},
    )


def imported_logged_model(model: LoggedModel, project: str | None) -> ImportedVersion:
    """Return a logged model: a version, called by its id, of a model of its name."""
    told: dict[str, Scalar] = {f"params.{name}": plain(value) for name, value in model.params.items()}
    told |= {f"metrics.{name}": value for name, value in model.metrics.items() if math.isfinite(value)}
    ids = {
        "mlflow_model_id": model.id,
        "mlflow_model_type": model.model_type,
        "mlflow_artifact_uri": model.artifact_location,
        "mlflow_source_run_id": model.source_run,
    }
    return ImportedVersion(
        project=project_of(model.experiment, project),
        model=model.name,
        version=model.id,
        attributes={**_own_tags(model.tags), **told, **_given(ids)},
        made_by=None if model.source_run is None else run_key(model.source_run),
        read_by=[ReadBy(run_key(run)) for run in model.read_by],
    )


def imported_registered(
    model: RegisteredModel, logged: Mapping[str, LoggedModel], project: str | None
) -> tuple[list[ImportedVersion], ImportedModel]:
    """Return the versions of a registered model, and what is said of it; `logged` are the logged models by id."""
    home = project or REGISTRY_PROJECT
    versions = []
    for version in model.versions:
        source = logged.get(version.model_id or "")
        ids = {
            "mlflow_run_id": version.run,
            "mlflow_model_id": version.model_id,
            "mlflow_source": version.source,
            "mlflow_stage": None if version.stage in (None, "None") else version.stage,
            "mlflow_status": version.status,
            "mlflow_user": version.user,
        }
        made_from = () if source is None else (project_of(source.experiment, project), source.name, source.id)
        versions.append(
            ImportedVersion(
                project=home,
                model=model.name,
                version=version.version,
                description=version.description or None,
                attributes={**_own_tags(version.tags), **_given(ids)},
                made_by=None if version.run is None else run_key(version.run),
                made_from=made_from,
                succeeds=True,
            )
        )
    told = ImportedModel(
        project=home,
        model=model.name,
        description=model.description or None,
        attributes=_own_tags(model.tags),
        aliases={alias: version for alias, version in model.aliases.items()},  # noqa: C416 - a plain dict of it
    )
    return versions, told


def plain(text: str) -> Scalar:
    """Return a parameter as the value whose text it is: MLflow keeps all as texts.

    Only what Python writes in the very same way is taken for a number or a boolean, so that `007` and `1.10` stay.
    """
    if text in ("True", "False"):
        return text == "True"
    try:
        whole = int(text)
    except ValueError:
        pass
    else:
        return whole if str(whole) == text and abs(whole) < 2**63 else text
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) and repr(number) == text else text


def _histories(run: TrackedRun) -> list[History]:
    return [
        History(
            name=name,
            steps=[entry.step for entry in entries],
            times=[entry.timestamp * 1000 for entry in entries],
            values=[entry.value for entry in entries],
            origin=ORIGIN,
        )
        for name, entries in run.metrics.items()
        if entries
    ]


def _facts(run: TrackedRun) -> Mapping[str, dict[str, Scalar]]:
    """Return what is known of code and process; tags tell more than the fields, which are older."""
    found: dict[str, dict[str, Scalar]] = {"code": {}, "process": {}}
    if run.user and run.user != "unknown":
        found["process"]["user"] = run.user
    if run.source.get("source_version"):
        found["code"]["commit"] = run.source["source_version"]
    if run.source.get("source_name"):
        found["process"]["command"] = run.source["source_name"]
    for tag, (group, name) in _PLACES.items():
        if run.tags.get(tag):
            found[group][name] = run.tags[tag]
    return found


def _own_tags(tags: Mapping[str, str]) -> dict[str, Scalar]:
    """Return the tags that people set, and those of MLflow's that have no place of their own, if they are short."""
    return {
        name: value
        for name, value in tags.items()
        if name and name not in _TAKEN and len(value) <= ATTRIBUTE_LENGTH_MAX
    }


def _long_tags(tags: Mapping[str, str]) -> "JsonValue":
    return {name: value for name, value in tags.items() if name not in _TAKEN and len(value) > ATTRIBUTE_LENGTH_MAX}


def _read_data(use: DatasetUse) -> ReadData:
    profile, source = _json(use.profile), _json(use.source)
    rows = profile.get("num_rows")
    uri = next((source[name] for name in ("uri", "url", "path") if isinstance(source.get(name), str)), None)
    told = {"mlflow_digest": use.digest, "mlflow_source_type": use.source_type}
    return ReadData(
        name=use.name,
        version=use.digest,
        role=use.context,
        url=uri,
        rows=rows if isinstance(rows, int) and not isinstance(rows, bool) else None,
        columns=_columns(_json(use.schema)),
        attributes=_given(told),
    )


def _columns(schema: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the types of columns that a schema names; a schema of tensors names none."""
    columns = schema.get("mlflow_colspec")
    if not isinstance(columns, list):
        return {}
    named = (column for column in columns if isinstance(column, dict) and isinstance(column.get("name"), str))
    return {column["name"]: str(column.get("type", "")) for column in named}


def _json(text: str | None) -> Mapping[str, Any]:
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _given(values: Mapping[str, str | None]) -> dict[str, Scalar]:
    return {name: value for name, value in values.items() if value}


def _microseconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds * 1000
