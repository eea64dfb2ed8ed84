"""Aliases of model versions, such as champion and challenger: one version each, moved with history.

An alias is a node of its own, so who moved it, when, from where and to where is its history, and `at` is honoured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId, Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.views import integer, text
from arangovis.services.catalogue.kinds import OWN_FIELDS
from arangovis.services.catalogue.names import check_name, find_project
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import Field, FieldType, KeyRule, VertexKind

ALIAS = VertexKind(
    "alias",
    "A name of one version of a model at a time.",
    KeyRule.NAMED,
    (
        *OWN_FIELDS,
        Field("model", FieldType.TEXT, "Node id of the model.", required=True, searchable=True),
        Field("model_version", FieldType.TEXT, "Node id of the version.", required=True, searchable=True),
        Field("number", FieldType.INTEGER, "The integer id of the version.", required=True, searchable=True),
    ),
    custom=True,
)
"""Declared when it is first used, by the way that users' own kinds go."""


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias as it stands, or stood: `number` is the integer id of the version, `since` microseconds since 1970."""

    node: NodeId
    name: str
    model: NodeId
    version: NodeId
    number: int
    since: int
    actor: str


@dataclass(frozen=True, slots=True)
class AliasChange:
    """One move of an alias; None before the first one, and after it was taken away."""

    at: int
    actor: str
    request_id: str
    before: NodeId | None
    after: NodeId | None


class Aliases:
    """Names of versions, by the names of project and model."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def put(self, model: NodeId, name: str, version: NodeId, caller: Caller) -> Alias:
        """Give a version of the model an alias; another version that had it has it no more.

        Raises:
            NotFound: the model or the version does not exist.
            InvalidInput: it is a version of another model.

        """
        check_name("alias", name)
        self._store.transact(lambda tx: put_alias(tx, model, name, version), caller)
        return self.get(model, name)

    def remove(self, model: NodeId, name: str, caller: Caller) -> None:
        """Take an alias away; its history stays.

        Raises:
            NotFound: there is none.

        """
        node = self.get(model, name).node
        self._store.transact(lambda tx: tx.delete(node, force=True), caller)

    def get(self, model: NodeId, name: str, *, at: int | None = None) -> Alias:
        """Return what an alias stands for, now or as of a time.

        Raises:
            NotFound: the model has, or had, no such alias.

        """
        node = self._store.find(self._id(model, name), at=at)
        if node is None or node.version.deleted:
            raise NotFound(f"{model} has no alias {name!r}")
        return _alias(node)

    def of_model(self, model: NodeId, *, at: int | None = None) -> Sequence[Alias]:
        """Return the aliases of a model, by name."""
        edges = self._store.all_edges(model, Direction.DOWNSTREAM, "contains", at=at)
        ids = [edge.id.target for edge in edges if edge.id.target.kind == ALIAS.name]
        nodes = self._store.get_many(ids, at=at).values()
        return sorted((_alias(node) for node in nodes if not node.version.deleted), key=lambda alias: alias.name)

    def history(self, model: NodeId, name: str) -> Sequence[AliasChange]:
        """Return every move of an alias, oldest first.

        Raises:
            NotFound: the model never had it.

        """
        versions = self._store.history(self._id(model, name))
        if not versions:
            raise NotFound(f"{model} never had an alias {name!r}")
        held = [_target(node) for node in versions]
        return [
            AliasChange(node.version.valid_from, node.version.actor, node.version.request_id, before, after)
            for node, before, after in zip(versions, [None, *held[:-1]], held, strict=True)
        ]

    def model(self, project: str, name: str) -> NodeId:
        """Return the node of a model.

        Raises:
            NotFound: there is no such project or model.

        """
        node = self._store.find(named_id("model", find_project(self._store, project).id.key, name))
        if node is None or node.version.deleted:
            raise NotFound(f"there is no model {name!r} in project {project!r}")
        return node.id

    def _id(self, model: NodeId, name: str) -> NodeId:
        return alias_id(self._store.get(model).project, model, name)


def alias_id(project: str | None, model: NodeId, name: str) -> NodeId:
    """Return the id of an alias."""
    return named_id(ALIAS.name, project, f"{model}/{name}")


def put_alias(transaction: Transaction, model: NodeId, name: str, version: NodeId) -> None:
    """Give a version of a model an alias inside an action.

    Raises:
        as `Aliases.put`.

    """
    transaction.declare_vertex_kind(ALIAS)
    home, target = transaction.get(model), transaction.get(version)
    if target.attributes.get("model") != str(model):
        raise InvalidInput.of(Fault("version", f"{version} is no version of {model}"))
    node = alias_id(home.project, model, name)
    present = transaction.find(node)
    facts: Document = {"name": name, "model": str(model), "model_version": str(version)}
    facts = {**facts, "number": integer(target.attributes, "number")}
    if present is None:
        transaction.create(node, home.project, facts)
        transaction.link(EdgeId("contains", model, node))
    else:
        before = NodeId.parse(text(present.attributes, "model_version"))
        if before != version:
            transaction.unlink(EdgeId("linked", node, before, ALIAS.name))
        transaction.update(node, {**present.attributes, **facts})
    transaction.link(EdgeId("linked", node, version, ALIAS.name))


def _target(node: Node) -> NodeId | None:
    return None if node.version.deleted else NodeId.parse(text(node.attributes, "model_version"))


def _alias(node: Node) -> Alias:
    attributes, version = node.attributes, node.version
    return Alias(
        node=node.id,
        name=text(attributes, "name"),
        model=NodeId.parse(text(attributes, "model")),
        version=NodeId.parse(text(attributes, "model_version")),
        number=integer(attributes, "number"),
        since=version.valid_from,
        actor=version.actor,
    )
