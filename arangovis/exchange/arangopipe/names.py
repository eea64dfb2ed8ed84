"""What arangopipe's collections are here, and what joins them."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from arangovis_schema import BUILT_IN

GRAPH_NAME = "enterprise_ml_graph"
"""The name of its graph, if none is given; here, of the project that data sets and feature sets are in."""

COLLECTIONS: Mapping[str, str] = {
    "project": "project",
    "datasets": "dataset",
    "featuresets": "featureset",
    "models": "model",
    "run": "run",
    "modelparams": "params",
    "devperf": "evaluation",
    "deployment": "deployment",
    "servingperf": "serving_performance",
}
"""Vertex collection -> kind."""
_BY_KIND = {kind: collection for collection, kind in COLLECTIONS.items()}
_BY_KIND["model_version"] = "models"


class EdgeCollection(NamedTuple):
    """What the edges of a collection are here.

    `owner` is the end that was written last: `_from` or `_to`. `reversed` says that ours go from `_to` to `_from`.
    """

    source: str
    target: str
    kind: str
    role: str
    reversed: bool
    owner: str


EDGE_COLLECTIONS: Mapping[str, EdgeCollection] = {
    "project_models": EdgeCollection("project", "models", "contains", "", False, "_to"),
    "run_models": EdgeCollection("models", "run", "input_to", "model", False, "_to"),
    "run_modelparams": EdgeCollection("run", "modelparams", "input_to", "params", True, "_from"),
    "run_datasets": EdgeCollection("run", "datasets", "input_to", "dataset", True, "_from"),
    "run_featuresets": EdgeCollection("run", "featuresets", "input_to", "featureset", True, "_from"),
    "run_devperf": EdgeCollection("run", "devperf", "generated", "evaluation", False, "_from"),
    "featureset_dataset": EdgeCollection("featuresets", "datasets", "derived_into", "", True, "_from"),
    "deployment_model": EdgeCollection("deployment", "models", "deployed_as", "model", True, "_from"),
    "deployment_modelparams": EdgeCollection("deployment", "modelparams", "deployed_as", "params", True, "_from"),
    "deployment_featureset": EdgeCollection("deployment", "featuresets", "deployed_as", "featureset", True, "_from"),
    "deployment_servingperf": EdgeCollection("deployment", "servingperf", "observed_as", "", False, "_to"),
}
"""Edge collection -> what it is here."""

RELATED = "related"
"""The label of our links that were a list of ids, joined by commas, in an attribute `related_<collection>`."""

_PLAIN = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_OTHER = re.compile(r"[^a-z0-9_]+")
_TAKEN = BUILT_IN.vertices.keys() | BUILT_IN.edges.keys()


def kind_of(collection: str) -> str:
    """Return the kind that the vertices of a collection are; a collection of the user's own is a kind of its name."""
    return COLLECTIONS.get(collection) or own_kind(collection)


def own_kind(collection: str) -> str:
    """Return the name of a user's kind for a collection; kinds have lower-case letters, digits and `_` only.

    A name that is no kind's gets some digits behind it, so that two collections are never one kind.
    """
    if _PLAIN.match(collection) and collection not in _TAKEN:
        return collection
    name = _OTHER.sub("_", collection.lower()).strip("_")[:40]
    mark = sha256(collection.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{name}_{mark}" if name[:1].isalpha() else f"own_{name}_{mark}".replace("__", "_")


def collection_of(kind: str) -> str:
    """Return the collection of a kind."""
    return _BY_KIND.get(kind, kind)
