"""Data sets that events speak of, as nodes: one for each version, the versions in a row."""

from collections.abc import Mapping
from dataclasses import dataclass

from arangovis.domain.catalogue import DatasetForm
from arangovis.domain.errors import ArangovisError
from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.views import integer, items, mapping, text
from arangovis.exchange.openlineage.accounts import KEPT, facets_document, facets_of, merged_facets, values_of
from arangovis.exchange.openlineage.events import DatasetSaid
from arangovis.exchange.openlineage.meaning import column_sources, dataset_attributes, renamed_from
from arangovis.stores.transaction import Draft, Transaction

NEWEST = "openlineage-dataset"
"""The namespace of the newest version of each data set."""
OWN_FACET = "arangovis"
"""A data set with this facet, `{"node": "dataset/..."}`, is the node of that id."""


@dataclass(frozen=True, slots=True)
class EventDatasets:
    """The data sets of one event, inside an action."""

    transaction: Transaction
    project: str | None
    at: int

    def node(self, said: DatasetSaid, known: NodeId | None = None) -> NodeId:
        """Return the node of a data set, written or brought up to date.

        Without a version it is `known`, if that is given, or else the newest version.
        """
        own = self._own(said)
        if own is not None:
            return own
        version, newest = said.version, self.transaction.reserved(NEWEST, self._name(said.namespace, said.name))
        if version is not None:
            node = self._id(said.namespace, said.name, version)
        else:
            node = known or newest or self._id(said.namespace, said.name, None)
        self._write(node, said)
        self._note_newest(node, said, newest)
        return node

    def note(self, said: DatasetSaid) -> NodeId:
        """Write what an event says of a data set, and what that one was made of or called before; return its node."""
        node = self.node(said)
        self.note_origins(node, said)
        return node

    def note_origins(self, node: NodeId, said: DatasetSaid, job: str = "") -> None:
        """Link a data set to those that its columns were made of, and to the one that it was before it was renamed."""
        for source in column_sources(said) if self._holds(node, "columnLineage", said) else ():
            origin = self.node(DatasetSaid(source.namespace, source.name))
            self.derive(origin, node, job, {"columns": list(source.columns)} if source.columns else {})
        before = renamed_from(said)
        if before is not None:
            origin = self.node(DatasetSaid(*before))
            if origin != node:
                self.transaction.link(EdgeId("succeeded_by", origin, node), {"reason": "renamed"})

    def derive(self, source: NodeId, target: NodeId, job: str, facts: Document) -> None:
        """Link a data set to another that a job made of it."""
        if source != target:
            told: Document = {"transformation": job} if job else {}
            self.transaction.link(EdgeId("derived_into", source, target, job), {**told, **facts})

    def _own(self, said: DatasetSaid) -> NodeId | None:
        """Return the node of ours that a data set names, if it is there."""
        facet = said.facets.get(OWN_FACET)
        try:
            node = NodeId.parse(text(facet, "node")) if isinstance(facet, Mapping) else None
        except ArangovisError:
            return None
        return node if node is not None and self.transaction.find(node) is not None else None

    def _id(self, namespace: str, name: str, version: str | None) -> NodeId:
        return named_id("dataset", self.project, self._name(namespace, name), version)

    def _name(self, namespace: str, name: str) -> str:
        return "\n".join((KEPT, self.project or "", namespace, name))

    def _write(self, node: NodeId, said: DatasetSaid) -> None:
        present = self.transaction.find(node)
        if present is None:
            self.transaction.create(node, self.project, self._facts(None, said))
        elif said.facets:
            self.transaction.update(node, self._facts(present, said))

    def _facts(self, present: Draft | None, said: DatasetSaid) -> Document:
        """Return the attributes of a data set: as they were, with what its facets mean now."""
        before = {} if present is None else dict(present.attributes)
        kept = mapping(mapping(before, "extra"), KEPT)
        facets = merged_facets(facets_of(mapping(kept, "facets")), said.facets, self.at, settled=True)
        now = DatasetSaid(said.namespace, said.name, values_of(facets))
        meant = dict(dataset_attributes(now))
        own = {**mapping(before, "attributes"), **mapping(meant, "attributes")}
        tags = list(dict.fromkeys([*items(before, "tags"), *items(meant, "tags")]))
        since = min(self.at, integer(kept, "since", self.at))
        return {
            **before,
            **meant,
            "name": said.name,
            "form": DatasetForm.EXTERNAL.value,
            "attributes": own,
            **({"tags": tags} if tags else {}),
            **({} if said.version is None else {"version": said.version}),
            "extra": {**mapping(before, "extra"), KEPT: {"since": since, "facets": facets_document(facets)}},
        }

    def _note_newest(self, node: NodeId, said: DatasetSaid, newest: NodeId | None) -> None:
        """Put a version into the row of versions; one that is told of late stands before the newest."""
        if node == newest or (said.version is None and newest is not None):
            return
        name = self._name(said.namespace, said.name)
        before = newest or self._id(said.namespace, said.name, None)
        present = self.transaction.find(before)
        if before == node or present is None:
            self.transaction.move_reservation(NEWEST, name, node)
        elif before == self._id(said.namespace, said.name, None) or self._since(before) <= self._since(node):
            self.transaction.link(EdgeId("succeeded_by", before, node))
            self.transaction.move_reservation(NEWEST, name, node)
        else:
            self.transaction.link(EdgeId("succeeded_by", node, before))

    def _since(self, node: NodeId) -> int:
        kept = mapping(mapping(self.transaction.get(node).attributes, "extra"), KEPT)
        return integer(kept, "since", self.at)

    def _holds(self, node: NodeId, facet: str, said: DatasetSaid) -> bool:
        """Say whether a facet of this event is the one in force: nothing later was said."""
        kept = mapping(mapping(self.transaction.get(node).attributes, "extra"), KEPT)
        held = facets_of(mapping(kept, "facets")).get(facet)
        return held is None or held.value == said.facets.get(facet)
