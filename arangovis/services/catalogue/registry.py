"""Registering and finding projects, models, model versions and metric specs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import MetricSpec, ModelVersion, Signature
from arangovis.domain.errors import AlreadyExists, Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId, Page
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import EMPTY, Document, canonical
from arangovis.domain.search import AllOf, Comparison, Operator, Search
from arangovis.services.catalogue.names import Registered, check_name, ensure_facts, free_project_id, project_id
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

_NUMBERS = "model-version"


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """What registering a model version answers."""

    node: NodeId
    number: int
    version: str
    created: bool


class Catalogue:
    """The named things of a team."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def register_project(self, name: str, caller: Caller, *, facts: Document | None = None) -> Registered:
        """Register a project.

        Raises:
            AlreadyExists: a project of this name has other facts.

        """
        return self._store.transact(lambda tx: self.add_project(tx, name, facts or EMPTY), caller)

    def add_project(self, transaction: Transaction, name: str, facts: Document) -> Registered:
        """Register a project inside an action."""
        check_name("name", name)
        node = free_project_id(transaction, name)
        return Registered(node, ensure_facts(transaction, node, node.key, {**facts, "name": name}))

    def register_model(self, project: str, name: str, caller: Caller, *, facts: Document | None = None) -> Registered:
        """Register a model in a project.

        Raises:
            NotFound: there is no such project.
            AlreadyExists: a model of this name has other facts.

        """
        return self._store.transact(lambda tx: self.add_model(tx, project, name, facts or EMPTY), caller)

    def add_model(self, transaction: Transaction, project: str, name: str, facts: Document) -> Registered:
        """Register a model inside an action."""
        check_name("name", name)
        home = project_id(transaction, project)
        node = named_id("model", home.key, name)
        created = ensure_facts(transaction, node, home.key, {**facts, "name": name})
        transaction.link(EdgeId("contains", home, node))
        return Registered(node, created)

    def register_version(
        self, project: str, model: str, signature: Signature, caller: Caller, *, version: str | None = None
    ) -> RegisteredVersion:
        """Register a model version.

        Without `version` it is the model's newest version if the signature is the same, else the next number.

        Raises:
            NotFound: there is no such project or model.
            AlreadyExists: the version has another signature.

        """
        if version is not None:
            check_name("version", version)
        return self._store.transact(lambda tx: _add_version(tx, (project, model, version), signature), caller)

    def add_version(
        self, transaction: Transaction, names: tuple[str, str, str | None], signature: Signature
    ) -> RegisteredVersion:
        """Register a version inside an action; `names` are those of project, model and version."""
        return _add_version(transaction, names, signature)

    def register_metric_spec(
        self,
        number: int,
        name: str,
        caller: Caller,
        *,
        threshold: float,
        operation: str,
        detector: NodeId | None = None,
    ) -> Registered:
        """Register a monitoring metric of a model version; values are a column of this name or a detector's scores.

        Raises:
            NotFound: there is no such model version.
            AlreadyExists: a metric of this name has another threshold or operation.

        """
        check_name("name", name)
        if not math.isfinite(threshold):
            raise InvalidInput.of(Fault("threshold", f"{threshold} is not a finite number"))
        version = self.version(number)
        node = named_id("metric_spec", version.project, f"{version.id}/{name}")
        facts: Document = {
            "name": name,
            "threshold": threshold,
            "operation": operation,
            "model_version": str(version.id),
        }
        if detector is not None:
            facts = {**facts, "attributes": {"detector": str(detector)}}

        def action(transaction: Transaction) -> Registered:
            created = ensure_facts(transaction, node, version.project, facts)
            transaction.link(EdgeId("contains", version.id, node, "metric"))
            return Registered(node, created)

        return self._store.transact(action, caller)

    def version(self, number: int) -> ModelVersion:
        """Return a model version by its integer id.

        Raises:
            NotFound: there is none.

        """
        node_id = self._store.reserved(_NUMBERS, str(number))
        node = None if node_id is None else self._store.find(node_id)
        if node is None or node.version.deleted:
            raise NotFound(f"there is no model version {number}")
        return ModelVersion.of(node)

    def version_named(self, model: str, version: str) -> ModelVersion:
        """Return a model version by the names of model and version, the newest of several.

        Raises:
            NotFound: there is none.

        """
        equal = Operator.EQUAL
        where = AllOf((Comparison("name", equal, model), Comparison("version", equal, version)))
        page = self._store.search(Search("model_version", where, limit=1))
        if not page.items:
            raise NotFound(f"there is no version {version!r} of a model {model!r}")
        return ModelVersion.of(page.items[0])

    def versions(self, *, limit: int = 100, cursor: str | None = None) -> Page[ModelVersion]:
        """Return model versions, newest first."""
        page = self._store.search(Search("model_version", limit=limit, cursor=cursor))
        return Page([ModelVersion.of(node) for node in page.items], page.next_cursor)

    def metric_specs(self, version: ModelVersion) -> Sequence[MetricSpec]:
        """Return the monitoring metrics of a model version, by name."""
        edges = self._store.all_edges(version.id, Direction.DOWNSTREAM, "contains")
        ids = [edge.id.target for edge in edges if edge.id.target.kind == "metric_spec"]
        nodes = self._store.get_many(ids).values()
        return sorted((MetricSpec.of(node) for node in nodes if not node.version.deleted), key=lambda spec: spec.name)


def _add_version(
    transaction: Transaction, names: tuple[str, str, str | None], signature: Signature
) -> RegisteredVersion:
    project, model_name, wanted = names
    home = project_id(transaction, project)
    model = named_id("model", home.key, model_name)
    if transaction.find(model) is None:
        raise NotFound(f"there is no model {model_name!r} in project {project!r}")
    version = wanted or _implied_version(transaction, (home.key, model_name), signature)
    node = version_id(home.key, model_name, version)
    present = transaction.find(node)
    if present is not None:
        if canonical(present.attributes["signature"]) != canonical(signature.document()):
            raise AlreadyExists(f"version {version!r} of model {model_name!r} exists already with another signature")
        return RegisteredVersion(node, int(str(present.attributes["number"])), version, created=False)
    number = create_version(transaction, model, node, {"version": version, "signature": signature.document()})
    succeed(transaction, model, node)
    return RegisteredVersion(node, number, version, created=True)


def create_version(transaction: Transaction, model: NodeId, node: NodeId, facts: Document) -> int:
    """Write a version of a model inside an action; return the integer id that it gets."""
    home = transaction.get(model)
    number = transaction.next_number(_NUMBERS)
    named: Document = {"name": home.attributes["name"], "number": number, "model": str(model)}
    transaction.create(node, home.project, {**facts, **named})
    transaction.reserve(_NUMBERS, str(number), node)
    transaction.link(EdgeId("contains", model, node))
    return number


def _implied_version(transaction: Transaction, names: tuple[str, str], signature: Signature) -> str:
    """Return the newest version if it has this signature, else the next number that is no version's name yet."""
    model = named_id("model", *names)
    newest = transaction.reserved("newest-version", str(model))
    present = None if newest is None else transaction.find(newest)
    if present is not None and canonical(present.attributes["signature"]) == canonical(signature.document()):
        return str(present.attributes["version"])
    return free_version(transaction, *names)


def free_version(transaction: Transaction, project: str | None, model: str) -> str:
    """Return the next number that is no version's name yet of a model; project is the key of one."""
    sequence = f"versions of {named_id('model', project, model)}"
    while True:
        version = str(transaction.next_number(sequence))
        if not transaction.find_many((version_id(project, model, version),)):
            return version


def version_id(project: str | None, model: str, version: str) -> NodeId:
    """Return the id of a version; project is the key of one."""
    return named_id("model_version", project, model, version)


def succeed(transaction: Transaction, model: NodeId, node: NodeId) -> None:
    """Note inside an action that a version is the newest of its model."""
    newest = transaction.reserved("newest-version", str(model))
    if newest is not None and transaction.find(newest) is not None:
        transaction.link(EdgeId("succeeded_by", newest, node))
    transaction.move_reservation("newest-version", str(model), node)
