"""Documents of arangopipe as what the graph keeps of them."""

import json
from collections.abc import Mapping
from typing import Any

from arangovis.domain.json import Document
from arangovis.exchange.arangopipe.documents import (
    digest_of_text,
    features_of,
    measured,
    moment_of,
    period_of,
)
from arangovis.exchange.arangopipe.outgoing import DIGEST, EDGES, KEY, REV

FILE_ROLE = "parameter"
"""The role of a file that is a long text among a run's parameters."""
METHOD = "training"
"""The method of every run of arangopipe's."""
_BEGUN = ("start_time", "start", "timestamp")
_ENDED = ("end_time", "end", "timestamp")


def origin(document: Mapping[str, Any], edges: tuple[tuple[str, Mapping[str, Any]], ...] = ()) -> dict[str, Any]:
    """Return where a document came from, as attributes."""
    written = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    kept = [json.dumps([collection, edge], ensure_ascii=False) for collection, edge in edges]
    known = {KEY: str(document["_key"]), REV: str(document.get("_rev", "")), DIGEST: digest_of_text(written)}
    return {**known, **({EDGES: kept} if kept else {})}


def facts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return description and tag where ours are looked for."""
    told: dict[str, Any] = {}
    if isinstance(document.get("description"), str):
        told["description"] = document["description"]
    if isinstance(document.get("tag"), str) and document["tag"]:
        told["tags"] = [document["tag"]]
    return told


def features(document: Mapping[str, Any]) -> Document:
    """Return the features of a feature set."""
    columns = features_of(document)
    return {
        "features": [{"name": name, "dtype": dtype} for name, dtype in columns.items()],
        "feature_names": list(columns),
    }


def run_facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the times and the tags of a run."""
    tag = document.get("deployment_tag")
    found = {
        "started": moment_in(document, _BEGUN),
        "ended": moment_in(document, _ENDED),
        "deployment_tag": None if tag in (None, "") else str(tag),
        **facts_of(document),
    }
    return {name: value for name, value in found.items() if value is not None}


def serving_facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers and the period of serving performance."""
    start, end = period_of(document)
    metrics = {name: value for name, value in measured(document).items() if name not in ("from_date", "to_date")}
    found = {"metrics": metrics, "period_start": start, "period_end": end, "period": document.get("period")}
    if found["period"] is not None:
        found["period"] = str(found["period"])
    return {name: value for name, value in found.items() if value is not None}


def moment_in(document: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Return the first of these times that can be read."""
    found = (moment_of(document[name]) for name in names if name in document)
    return next((moment for moment in found if moment is not None), None)
