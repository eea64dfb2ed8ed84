"""A `run_info`, with its hyphens, as one run: all of it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from arangovis.client.asking import API
from arangovis.client.client import Client
from arangovis.client.problems import json_of
from arangovis.compat.arangopipe.finding import find_by_key
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.work import Input
from arangovis.exchange.arangopipe.documents import encoded, encoded_with_files, measured
from arangovis.exchange.arangopipe.incoming import FILE_ROLE, METHOD, run_facts
from arangovis.services.run_log import EVALUATION, LoggedRun, Output

PARAMS, PERFORMANCE = "model-params", "model-perf"
_REFERENCES = {"dataset": "datasets", "featureset": "featuresets", "model": "models"}
_NEEDED = ("run_id", *_REFERENCES, PARAMS, PERFORMANCE)
_INSIDE = {PARAMS: ("run_id",), PERFORMANCE: ("run_id", "timestamp")}
_BYTES = {"Content-Type": "application/octet-stream"}
_ELSEWHERE = (*_REFERENCES, PARAMS, PERFORMANCE)
"""Keys that are no attributes of the run's document."""


@dataclass(frozen=True, slots=True)
class WrittenRun:
    """A run, and the long texts among its parameters, which are files."""

    run: LoggedRun
    files: Mapping[str, str]


def log_run_info(client: Client, info: Mapping[str, Any]) -> NodeId:
    """Log a run in one action, then deliver the long texts among its parameters; again, it changes nothing.

    Raises:
        InvalidInput: keys are missing, which are all named, or a value cannot be kept.
        NotFound: the data set, the feature set or the model does not exist; all of them are named.
        AlreadyExists: a run of this id has other content.

    """
    check(info)
    found = _referred(client, info)
    written = run_of(client, info, found)
    run = client.log_run(written.run)
    for name, text in written.files.items():
        _deliver(client, run, name, text)
    return run


def check(info: Mapping[str, Any]) -> None:
    """Refuse a `run_info` that lacks something.

    Raises:
        InvalidInput: it names all that is missing.

    """
    if not isinstance(info, Mapping):
        raise InvalidInput.of(Fault("run_info", f"{type(info).__name__} is no dictionary"))
    missing = [name for name in _NEEDED if info.get(name) is None]
    for name, inner in _INSIDE.items():
        part = info.get(name)
        if part is not None and not isinstance(part, Mapping):
            raise InvalidInput.of(Fault(name, f"{type(part).__name__} is no dictionary"))
        missing += [f"{name}.{key}" for key in inner if part is not None and part.get(key) is None]
    if missing:
        raise InvalidInput.of(*(Fault(name, "is required") for name in missing))


def run_of(client: Client, info: Mapping[str, Any], found: Mapping[str, Node]) -> WrittenRun:
    """Return the run that a checked `run_info` describes."""
    key, performance = str(info["run_id"]), info[PERFORMANCE]
    facts = {name: value for name, value in info.items() if name not in _ELSEWHERE}
    facts = {"timestamp": performance["timestamp"], **facts, "run_id": key}
    params = encoded_with_files(
        {name: value for name, value in info[PARAMS].items() if (name, value) != ("run_id", key)}
    )
    metrics, told = measured(performance), run_facts(facts)
    outcome: Document = {"metrics": metrics, "attributes": encoded(performance)}
    inputs = (
        Input(found["dataset"].id, "dataset"),
        Input(found["featureset"].id, "featureset"),
        Input(version_of(client, found["model"]), "model"),
    )
    run = LoggedRun(
        METHOD,
        key=key,
        project=_project_name(client, found["model"]),
        params=params.values,
        params_node=True,
        metrics=metrics,
        tags=tuple(told.get("tags", ())),
        deployment_tag=told.get("deployment_tag"),
        attributes=encoded(facts),
        inputs=inputs,
        outputs=(Output(EVALUATION, kind=EVALUATION, attributes=outcome),),
        started=told.get("started"),
        ended=told.get("ended"),
    )
    return WrittenRun(run, params.files)


def version_of(client: Client, model: Node) -> NodeId:
    """Return the version that stands for a model which was registered without versions: its first.

    Raises:
        NotFound: it has none.

    """
    first = next(client.find("model_version", "model", str(model.id), filter="version = '1'", limit=1), None)
    first = first or next(client.find("model_version", "model", str(model.id), limit=1), None)
    if first is None:
        raise NotFound(f"{model.id} has no version; register the model again")
    return first.id


def _referred(client: Client, info: Mapping[str, Any]) -> Mapping[str, Node]:
    found = {name: find_by_key(client, _REFERENCES[name], str(info[name])) for name in _REFERENCES}
    missing = [f"{_REFERENCES[name]}/{str(info[name])[:80]}" for name, node in found.items() if node is None]
    if missing:
        raise NotFound(f"there is no {', '.join(missing)}")
    return {name: node for name, node in found.items() if node is not None}


def _project_name(client: Client, model: Node) -> str | None:
    return None if model.project is None else str(client.node(NodeId("project", model.project)).attributes["name"])


def _deliver(client: Client, run: NodeId, name: str, text: str) -> None:
    query = urlencode({"name": name, "role": FILE_ROLE, "media_type": "text/plain"})
    body = text.encode("utf-8", "surrogatepass")
    json_of(client.backend.api().send("POST", f"{API}/runs/{run.key}/artifacts?{query}", body=body, headers=_BYTES))
