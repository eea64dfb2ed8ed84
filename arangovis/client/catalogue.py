"""The catalogue through the client: data known by metadata, nodes of any kind, links, kinds of users' own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from arangovis.client.asking import Asking
from arangovis.client.values import node_id, plain_document
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.services.catalogue.data import Derivation, Feature
from arangovis.services.catalogue.entities import LINKED, NodeLink
from arangovis.services.catalogue.kinds import VERTEX, Kind, RemovedKind

AnyNode: TypeAlias = NodeId | str
AnySource: TypeAlias = NodeId | str | Derivation | Mapping[str, Any]
"""What a feature set was derived from: a node, or a derivation that says how."""


class Cataloguing(Asking):
    """Verbs of the catalogue. All raise the errors of `arangovis.domain.errors`."""

    # --- data -------------------------------------------------------------------------------------------------

    def register_dataset(self, project: str, name: str, **facts: Any) -> NodeId:
        """Register a data set by metadata, or find it; its rows stay where they are.

        Args:
            project: the name of its project.
            name: what people call it.
            facts: `version` (a new one succeeds the one before), `digest` (SHA-256, 64 hex digits), `url`, `rows`,
                `columns` (types by name), `description`, `tags`, `attributes`.

        Raises:
            AlreadyExists: it is there with other content.
            NotFound: there is no such project.

        """
        return self._register("/datasets", {"project": project, "name": name, **facts})

    def register_featureset(
        self,
        project: str,
        name: str,
        features: Mapping[str, str] | Sequence[Feature | Mapping[str, Any]],
        *,
        derived_from: AnySource | Sequence[AnySource] = (),
        **facts: Any,
    ) -> NodeId:
        """Register a feature set and what it was derived from, or find it.

        Args:
            project: the name of its project.
            name: what people call it.
            features: types by name, or `Feature`s, which also say what made them.
            derived_from: data sets or feature sets; a `Derivation` says the transformation, and column by column.
            facts: `version`, `description`, `tags`, `attributes`.

        Raises:
            AlreadyExists: it is there with other content.
            NotFound: the project or sources do not exist; all of them are named.
            InvalidInput: two features have one name, or a derivation names a column that is not there.

        """
        sources = [_source(source) for source in _several(derived_from)]
        body = {"project": project, "name": name, "features": _features(features), "derived_from": sources}
        return self._register("/featuresets", {**body, **facts})

    # --- looking up -------------------------------------------------------------------------------------------

    def find(
        self, kind: str, attribute: str | None = None, value: str | float | bool | None = None, **given: Any
    ) -> Iterator[Node]:
        """Yield the nodes of a kind, newest first.

        Args:
            kind: the kind of node.
            attribute: a searchable field, `params.x`, `metrics.x`, or an attribute of the user's own.
            value: what it equals; a number is never equal to a text.
            given: `name`, `tag`, `filter` (text of the filter language), `project` (its name).

        """
        written = None if value is None else orjson.dumps(plain_document(value)).decode()
        asked = {"attribute": attribute, "value": written, **given}
        return self._ask_pages(Node, f"/nodes/{_kind(kind)}", **asked)

    def lookup(self, kind: str, name: str | None = None, **given: Any) -> Node:
        """Return the newest node of a kind by its name, its `tag`, or what else `find` takes.

        Raises:
            NotFound: there is none.

        """
        found = next(self.find(kind, name=name, limit=1, **given), None)
        if found is None:
            wanted = {"name": name, **given}
            shown = ", ".join(f"{key} {value!r}" for key, value in wanted.items() if value is not None)
            raise NotFound(f"there is no {kind} with {shown or 'this description'}")
        return found

    # --- nodes and links --------------------------------------------------------------------------------------

    def create_node(self, kind: str, name: str | None = None, **given: Any) -> NodeId:
        """Make a node of a kind that a user declared, or find it by its name.

        Args:
            kind: the declared kind.
            name: under one name there is one node.
            given: `project` (its name), `key`, `attributes` (as the kind declares them, and more).

        Raises:
            AlreadyExists: it is there with other content.

        """
        return self._register(f"/nodes/{_kind(kind)}", {"name": name, **given})

    def update_node(self, node: AnyNode, **attributes: Any) -> Node:
        """Change attributes of a node, None removes one; where it has a verb of its own, only what people say of it.

        That is `description`, `tags` and `attributes`.
        """
        body = {"attributes": plain_document(attributes)}
        return self._ask(Node, "PATCH", f"/nodes/{node_id(node)}", body)

    def delete_node(self, node: AnyNode, *, force: bool = False) -> None:
        """Delete a node; a tombstone and its history stay.

        Raises:
            InUse: others depend on it, which the error lists, and `force` is false.

        """
        self._ask_document("DELETE", f"/nodes/{node_id(node)}", None, force=force)

    def link(
        self,
        source: AnyNode,
        target: AnyNode,
        label: str = "",
        *,
        kind: str = LINKED,
        attributes: Mapping[str, Any] | None = None,
    ) -> NodeLink:
        """Link two nodes; the same link again changes nothing.

        Raises:
            NotFound: an end does not exist.
            InvalidInput: it is a link to itself, or this kind of edge does not join these.
            Conflict: lineage would go in a circle.

        """
        ends = {"from": str(node_id(source)), "to": str(node_id(target))}
        given = {} if attributes is None else {"attributes": plain_document(attributes)}
        return self._ask(NodeLink, "POST", "/links", {**ends, "label": label, "kind": kind, **given})

    def unlink(self, source: AnyNode, target: AnyNode, label: str = "", *, kind: str = LINKED) -> None:
        """Take a link away; as of before it stays readable."""
        ends = {"from": str(node_id(source)), "to": str(node_id(target))}
        self._ask_document("DELETE", "/links", None, **ends, label=label or None, kind=kind)

    # --- kinds ------------------------------------------------------------------------------------------------

    def kinds(self) -> Sequence[Kind]:
        """Return the kinds in force, the built-in ones and the users'."""
        return list(self._ask_pages(Kind, "/kinds"))

    def declare_kind(self, name: str, fields: Sequence[Mapping[str, Any]] = (), **given: Any) -> Kind:
        """Declare a kind of vertex, or of edge; declared again, it may gain fields.

        Args:
            name: lower-case letters, digits and _.
            fields: each `name`, `type` (text, integer, number, boolean, texts, values, document), and if wanted
                `description`, `required`, `searchable`, `choices`.
            given: `description`; `of="edge"` for an edge, with `sources` and `targets` (kinds; `*` for any) and
                `lineage` (whether questions of lineage follow it).

        Raises:
            AlreadyExists: it is built in, or fields of it would change.

        """
        return self._ask(Kind, "POST", "/kinds", {"name": name, "fields": [dict(one) for one in fields], **given})

    def remove_kind(self, name: str, *, of: str = VERTEX, force: bool = False) -> RemovedKind:
        """Take back a kind that a user declared.

        Raises:
            InUse: nodes or edges are of it, and `force` is false.

        """
        return self._ask(RemovedKind, "DELETE", f"/kinds/{_kind(name)}", None, of=of, force=force)

    def _register(self, path: str, body: Mapping[str, Any]) -> NodeId:
        told = {name: plain_document(value) for name, value in body.items() if value is not None}
        return NodeId.parse(self._ask_document("POST", path, told)["node"])


def _kind(name: str) -> str:
    return NodeId.of(name, "x").kind


def _several(given: Any) -> Sequence[Any]:
    alone = isinstance(given, NodeId | str | Derivation | Mapping)
    return (given,) if alone else tuple(given)


def _features(given: Any) -> list[dict[str, Any]]:
    if isinstance(given, Mapping):
        return [{"name": str(name), "dtype": str(dtype)} for name, dtype in given.items()]
    if isinstance(given, str):
        raise InvalidInput.of(Fault("features", "is a text; give types by name, or Features"))
    return [_feature(one) for one in given]


def _feature(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    if not isinstance(given, Feature):
        raise InvalidInput.of(Fault("features", f"{type(given).__name__} is no Feature"))
    made = {} if given.transformation is None else {"transformation": given.transformation}
    return {"name": given.name, "dtype": given.dtype, **made}


def _source(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    derivation = given if isinstance(given, Derivation) else Derivation(node_id(given))
    return {"source": str(node_id(derivation.source)), **derivation.document()}
