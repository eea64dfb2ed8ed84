"""Models of another registry: versions, what made and read them, aliases, and what is said of models and projects."""

from collections.abc import Mapping

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, canonical
from arangovis.exchange.imported import ImportedModel, ImportedVersion
from arangovis.services.catalogue import check_name
from arangovis.services.catalogue.aliases import alias_id, put_alias
from arangovis.services.catalogue.registry import create_version, succeed, version_id
from arangovis.services.importing.homes import Homes
from arangovis.services.importing.values import ImportedItem, Outcome
from arangovis.stores.transaction import Draft, Transaction

NO_SIGNATURE: Document = {"inputs": [], "outputs": []}


class ModelWriter:
    """Writes versions and models inside one action."""

    def __init__(self, transaction: Transaction, homes: Homes) -> None:
        self._transaction = transaction
        self._homes = homes

    def write_version(self, wanted: ImportedVersion) -> ImportedItem:
        """Write a version of a model, or what is said of it now; runs that are not here are left out of its links.

        Raises:
            InvalidInput: a name is no proper one.

        """
        check_name("version", wanted.version)
        model = self._homes.model(wanted.project, wanted.model)
        node = version_id(self._homes.key_of(wanted.project), wanted.model, wanted.version)
        told = _facts(wanted)
        present = self._transaction.find(node)
        if present is None:
            facts = {"version": wanted.version, "signature": NO_SIGNATURE, **told}
            create_version(self._transaction, model, node, facts)
            if wanted.succeeds:
                succeed(self._transaction, model, node)
        changed = present is not None and self._say(present, told)
        linked = self._link_version(node, wanted)
        return ImportedItem("model_version", f"{wanted.model} {wanted.version}", _outcome(present, changed or linked))

    def write_model(self, wanted: ImportedModel) -> ImportedItem:
        """Write what is said of a model or a project, and the aliases of its versions; one that is not named stays.

        Raises:
            InvalidInput: a name is no proper one, or an alias is of a version that is not here.

        """
        if wanted.model is None:
            node, name = self._homes.project(wanted.project), wanted.project
        else:
            node, name = self._homes.model(wanted.project, wanted.model), wanted.model
        present = self._transaction.get(node)
        is_new = node in self._homes.made
        changed = self._say(present, _facts(wanted))
        for alias, version in wanted.aliases.items():
            changed |= self._alias(node, alias, self._version(wanted, alias, version))
        return ImportedItem(node.kind, name, _outcome(None if is_new else present, changed))

    def _version(self, wanted: ImportedModel, alias: str, version: str) -> NodeId:
        node = version_id(self._homes.key_of(wanted.project), wanted.model or "", version)
        if self._transaction.find(node) is None:
            raise InvalidInput.of(Fault(f"aliases.{alias}", f"there is no version {version!r} of {wanted.model!r}"))
        return node

    def _alias(self, model: NodeId, name: str, version: NodeId) -> bool:
        """Give a version an alias; say whether another had it, or none."""
        check_name("alias", name)
        present = self._transaction.find(alias_id(self._transaction.get(model).project, model, name))
        if present is not None and present.attributes.get("model_version") == str(version):
            return False
        put_alias(self._transaction, model, name, version)
        return True

    def _say(self, present: Draft, told: Document) -> bool:
        """Add what is said of a node to what is said of it already; say whether that is anything new."""
        facts = {**present.attributes, **told}
        tags = [*_listed(present.attributes.get("tags")), *_listed(told.get("tags"))]
        attributes = {**_mapping(present.attributes.get("attributes")), **_mapping(told.get("attributes"))}
        facts |= {"tags": list(dict.fromkeys(tags))} if tags else {}
        facts |= {"attributes": attributes} if attributes else {}
        if canonical(facts) == canonical(present.attributes):
            return False
        self._transaction.update(present.id, facts)
        return True

    def _link_version(self, node: NodeId, wanted: ImportedVersion) -> bool:
        """Link a version to the runs that made and read it, and to what it is another name of; say if one is new."""
        edges = [EdgeId("input_to", node, NodeId.of("run", by.run), by.role) for by in wanted.read_by]
        if wanted.made_by is not None:
            edges.append(EdgeId("generated", NodeId.of("run", wanted.made_by), node, "model"))
        if wanted.made_from:
            edges.append(EdgeId("linked", self._source(wanted), node, "registered"))
        self._transaction.expect(nodes=[edge.source for edge in edges], edges=edges)
        links = [self._transaction.link(edge) for edge in edges if self._is_here(edge)]
        return any(links)

    def _source(self, wanted: ImportedVersion) -> NodeId:
        if len(wanted.made_from) != 3:
            raise InvalidInput.of(Fault("made_from", "is not a project, a model and a version"))
        project, model, version = wanted.made_from
        return version_id(self._homes.key_of(project), model, version)

    def _is_here(self, edge: EdgeId) -> bool:
        return all(self._transaction.find(end) is not None for end in (edge.source, edge.target))


def _facts(wanted: ImportedModel | ImportedVersion) -> Document:
    given: dict[str, object] = {
        "description": wanted.description,
        "tags": list(wanted.tags),
        "attributes": dict(wanted.attributes),
    }
    return {name: value for name, value in given.items() if value}  # type: ignore[misc]


def _outcome(present: Draft | None, changed: bool) -> Outcome:
    if present is None:
        return Outcome.NEW
    return Outcome.CHANGED if changed else Outcome.UNCHANGED


def _listed(value: object) -> list[str]:
    return [str(member) for member in value] if isinstance(value, list | tuple) else []


def _mapping(value: object) -> Document:
    return value if isinstance(value, Mapping) else {}
