"""Registering, looking up and linking, under arangopipe's names."""

from collections.abc import Mapping
from typing import Any

from arangovis.client.client import Client
from arangovis.compat.arangopipe.answers import Seed, document_of, with_related
from arangovis.compat.arangopipe.finding import find_by_key, find_equal, get_by_id, parsed, part_of, tagged_run
from arangovis.compat.arangopipe.logging_runs import log_run_info
from arangovis.compat.arangopipe.performance import log_performance
from arangovis.compat.arangopipe.said import facts_of, name_of
from arangovis.domain.catalogue import Signature
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.exchange.arangopipe.documents import encoded, features_of
from arangovis.exchange.arangopipe.names import EDGE_COLLECTIONS, RELATED, kind_of
from arangovis.exchange.arangopipe.outgoing import identity_of
from arangovis.services.catalogue.data import Derivation

DEMO_PROJECT = "Wine-Quality-Regression-Modelling"
"""The project of a model that is registered without one, as ever."""


class Entities:
    """What scripts of data scientists call. `user_id` is taken and means nothing: the client's actor is recorded."""

    @property
    def client(self) -> Client:
        """The client that does it."""
        raise NotImplementedError

    @property
    def graph_name(self) -> str:
        """The name of the graph: the project of data sets and feature sets."""
        raise NotImplementedError

    # --- registering ------------------------------------------------------------------------------------------

    def register_dataset(self, ds_info: Mapping[str, Any], user_id: str = "authorized_user") -> Seed:  # noqa: ARG002
        """Register a data set, or find the same one.

        Raises:
            AlreadyExists: one of this name has other content.

        """
        name = name_of(ds_info)
        self.client.register_project(self.graph_name)
        return self._metadata(self.client.register_dataset(self.graph_name, name, **facts_of(ds_info)))

    def register_featureset(
        self,
        fs_info: Mapping[str, Any],
        dataset_id: str,
        user_id: str = "authorized_user",  # noqa: ARG002
    ) -> Seed:
        """Register a feature set and link it to its data set, given by key or id; or find the same one.

        Raises:
            NotFound: there is no such data set.
            AlreadyExists: one of this name has other content.

        """
        name = name_of(fs_info)
        dataset = find_by_key(self.client, "datasets", str(dataset_id).removeprefix("datasets/"))
        if dataset is None:
            raise NotFound(f"there is no datasets/{str(dataset_id)[:80]}")
        self.client.register_project(self.graph_name)
        how = fs_info.get("generated_by")
        source = Derivation(dataset.id, None if how is None else str(how))
        return self._metadata(
            self.client.register_featureset(
                self.graph_name, name, features_of(fs_info), derived_from=source, **facts_of(fs_info)
            )
        )

    def register_model(
        self,
        mi: Mapping[str, Any],
        user_id: str = "authorized_user",  # noqa: ARG002
        project: str = DEMO_PROJECT,
    ) -> Seed:
        """Register a model in a project, with the version that its runs train; or find the same one.

        Raises:
            NotFound: there is no such project; nothing is written.
            AlreadyExists: one of this name has other content.

        """
        name = name_of(mi)
        model = self.client.register_model(project, name, **facts_of(mi))
        self.client.register_model_version(project, name, Signature(), version="1")
        return self._metadata(model)

    def log_run(self, run_info: Mapping[str, Any]) -> None:
        """Log a run with its parameters and performance: all of it or nothing; the same again changes nothing.

        Raises:
            InvalidInput: keys are missing, which are all named.
            NotFound: what it refers to does not exist, all of which is named.
            AlreadyExists: the run is there with other content.

        """
        log_run_info(self.client, run_info)

    def log_serving_perf(self, sp: Mapping[str, Any], dep_tag: str, userid: str = "authorized_user") -> Seed:  # noqa: ARG002
        """Log how the deployment of a tag performed in a period.

        Raises:
            NotFound: there is no such deployment; nothing is written.

        """
        return self._metadata(log_performance(self.client, sp, dep_tag))

    # --- looking up -------------------------------------------------------------------------------------------

    def lookup_dataset(self, dataset_name: str) -> Seed | None:
        """Return the newest data set of a name, or None."""
        return self.lookup_entity(dataset_name, "datasets")

    def lookup_featureset(self, feature_set_name: str) -> Seed | None:
        """Return the newest feature set of a name, or None."""
        return self.lookup_entity(feature_set_name, "featuresets")

    def lookup_model(self, model_name: str) -> Seed | None:
        """Return the newest model of a name, or None."""
        return self.lookup_entity(model_name, "models")

    def lookup_entity(self, asset_name: str, asset_type: str) -> Seed | None:
        """Return the newest document of a name in a collection, or None."""
        node = next(find_equal(self.client, asset_type, "name", asset_name), None)
        return None if node is None else self._whole(node, asset_type)

    def lookup_entity_by_id(self, entity_id: str) -> Seed | None:
        """Return the document of an id, or None."""
        collection, key = parsed(entity_id)
        node = find_by_key(self.client, collection, key)
        return None if node is None else self._whole(node, collection)

    def find_entity(self, attrib_name: str, attrib_value: Any, asset_type: str) -> list[Seed]:
        """Return the documents of a collection that have an attribute of this value, newest first; maybe none."""
        found = find_equal(self.client, asset_type, attrib_name, attrib_value)
        return [document_of(self.client, node, asset_type) for node in found]

    def lookup_modelparams(self, tag_value: str) -> Seed | None:
        """Return the parameters of the newest run of a tag, or None."""
        return self._part(tag_value, "params")

    def lookup_modelperf(self, tag_value: str) -> Seed | None:
        """Return the performance of the newest run of a tag, or None."""
        return self._part(tag_value, "evaluation")

    # --- links and kinds of one's own -------------------------------------------------------------------------

    def link_entities(self, src_id: str, dest_id: str) -> None:
        """Link two nodes; the same again changes nothing.

        Raises:
            NotFound: an end does not exist.

        """
        self.client.link(get_by_id(self.client, src_id).id, get_by_id(self.client, dest_id).id, RELATED)

    def insert_into_vertex_type(self, vertex_type_name: str, document: Mapping[str, Any]) -> Seed:
        """Insert a document into a collection of the user's own; with a `_key`, once.

        Raises:
            InvalidInput: there is no such collection, or its documents are made by a verb of their own.

        """
        if vertex_type_name == "datasets":
            return self.register_dataset(document)
        if vertex_type_name == "project":
            return self._metadata(self.client.register_project(name_of(document), **facts_of(document)))
        attributes: dict[str, Any] = {"attributes": encoded(document)}
        if isinstance(document.get("name"), str):
            attributes["name"] = document["name"]
        kind, key = kind_of(vertex_type_name), document.get("_key")
        return self._metadata(self.client.create_node(kind, key=key, attributes=attributes), vertex_type_name)

    def insert_into_edge_type(
        self,
        edge_name: str,
        from_doc: Mapping[str, Any],
        to_doc: Mapping[str, Any],
        document: Mapping[str, Any] | None = None,
    ) -> Seed:
        """Link two documents in an edge collection, given by their `_id`; the same again changes nothing.

        Raises:
            NotFound: an end does not exist.
            InvalidInput: there is no such collection, or it does not join these.

        """
        ends = [get_by_id(self.client, _id_of(end)).id for end in (from_doc, to_doc)]
        known = EDGE_COLLECTIONS.get(edge_name)
        if known is not None:
            self._link_known(edge_name, ends)
        else:
            told = {name: value for name, value in (document or {}).items() if not str(name).startswith("_")}
            self.client.link(ends[0], ends[1], kind=kind_of(edge_name), attributes=told or None)
        key = "-".join(_id_of(end).partition("/")[2] for end in (from_doc, to_doc))
        return {"_id": f"{edge_name}/{key}", "_key": key, "_rev": ""}

    def get_collection_from_id(self, id_str: str) -> str:
        """Return the collection of an id."""
        return id_str.split("/", maxsplit=1)[0]

    def is_valid_id_str(self, id_str: str) -> bool:
        """Say whether a text has the form of an id."""
        return len(id_str.split("/")) == 2

    # --- inside -----------------------------------------------------------------------------------------------

    def _link_known(self, edge_name: str, ends: list[NodeId]) -> None:
        known = EDGE_COLLECTIONS[edge_name]
        if known.kind not in ("contains", "derived_into"):
            raise InvalidInput.of(Fault("edge_name", f"edges of {edge_name} are made by logging and deploying"))
        source, target = reversed(ends) if known.reversed else ends
        self.client.link(source, target, known.role, kind=known.kind)

    def _part(self, tag: str, kind: str) -> Seed | None:
        run = tagged_run(self.client, tag)
        node = None if run is None else part_of(self.client, run.id, kind)
        return None if node is None else document_of(self.client, node)

    def _whole(self, node: Node, collection: str) -> Seed:
        return with_related(self.client, node, document_of(self.client, node, collection))

    def _metadata(self, node: NodeId, collection: str | None = None) -> Seed:
        return identity_of(self.client.node(node), collection)


def _id_of(document: Mapping[str, Any]) -> str:
    if not isinstance(document, Mapping) or "_id" not in document:
        raise InvalidInput.of(Fault("_id", "is required of both ends"))
    return str(document["_id"])
