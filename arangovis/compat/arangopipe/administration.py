"""Projects, deployments and kinds of one's own, under the names of arangopipe's administrator."""

from collections.abc import Mapping, Sequence
from typing import Any

from arangovis.client.client import Client
from arangovis.compat.arangopipe.answers import Seed
from arangovis.compat.arangopipe.said import facts_of, name_of
from arangovis.domain.errors import Fault, InvalidInput, NotSupported
from arangovis.exchange.arangopipe.names import COLLECTIONS, EDGE_COLLECTIONS, kind_of, own_kind
from arangovis.exchange.arangopipe.outgoing import identity_of

_UNDONE = "no script drops a database through arangovis; its owner removes the home folder, or the database by hand"


class Administration:
    """What scripts of administrators call."""

    @property
    def client(self) -> Client:
        """The client that does it."""
        raise NotImplementedError

    def register_project(self, p: Mapping[str, Any]) -> Seed:
        """Register a project, or find the same one.

        Raises:
            AlreadyExists: one of this name has other content.

        """
        node = self.client.register_project(name_of(p), **facts_of(p))
        return identity_of(self.client.node(node))

    def register_deployment(self, dep_tag: str) -> Seed:
        """Make a deployment of the newest run of a deployment tag, in service from now; the same again is the same.

        Raises:
            NotFound: no run has the tag.
            GateRefused: a gate's condition does not hold.

        """
        made = self.client.provision(dep_tag, state="active")
        return identity_of(self.client.node(made.node))

    # --- vertex collections -----------------------------------------------------------------------------------

    def add_vertex_to_arangopipe(self, vertex_to_create: str) -> None:
        """Add a vertex collection; one that is there stays."""
        if vertex_to_create not in COLLECTIONS:
            self.client.declare_kind(own_kind(vertex_to_create), description=_described(vertex_to_create))

    def remove_vertex_from_arangopipe(self, vertex_to_remove: str, purge: bool | None = None) -> None:
        """Remove a vertex collection; with `purge=True` also one that has documents.

        Raises:
            InUse: it has documents, and `purge` is not given as true.
            NotSupported: it is one of the nine that are always there.

        """
        _check_own(vertex_to_remove, COLLECTIONS)
        self.client.remove_kind(own_kind(vertex_to_remove), of="vertex", force=bool(purge))

    def has_vertex(self, vertex_name: str) -> bool:
        """Say whether there is a vertex collection."""
        return vertex_name in COLLECTIONS or self._is_declared("vertex", vertex_name)

    # --- edge collections -------------------------------------------------------------------------------------

    def add_edge_definition_to_arangopipe(self, *names: Any, **named: Any) -> None:
        """Add an edge collection: its name, maybe once more, and the collections that it leads from and to."""
        given = (*names, *named.values())
        if len(given) not in (3, 4):
            raise InvalidInput.of(Fault("names", f"{len(given)} given; a name, where from and where to are needed"))
        self.add_edges_to_arangopipe(str(given[0]), _several(given[-2]), _several(given[-1]))

    def add_edges_to_arangopipe(
        self, edge_col_name: str, from_vertex_list: Sequence[str], to_vertex_list: Sequence[str]
    ) -> None:
        """Add an edge collection between some collections and others; one that is there stays.

        Raises:
            InvalidInput: a collection is not there; all of them are named.

        """
        if edge_col_name in EDGE_COLLECTIONS:
            return
        ends: dict[str, Any] = {
            "sources": [kind_of(name) for name in from_vertex_list],
            "targets": [kind_of(name) for name in to_vertex_list],
        }
        self.client.declare_kind(own_kind(edge_col_name), of="edge", description=_described(edge_col_name), **ends)

    def remove_edge_definition_from_arangopipe(self, edge_name: str, purge: bool | None = None) -> None:
        """Remove an edge collection; with `purge=True` also one that has edges.

        Raises:
            InUse: it has edges, and `purge` is not given as true.
            NotSupported: it is one of the eleven that are always there.

        """
        _check_own(edge_name, EDGE_COLLECTIONS)
        self.client.remove_kind(own_kind(edge_name), of="edge", force=bool(purge))

    def has_edge(self, edge_name: str) -> bool:
        """Say whether there is an edge collection."""
        return edge_name in EDGE_COLLECTIONS or self._is_declared("edge", edge_name)

    # --- databases --------------------------------------------------------------------------------------------

    def create_enterprise_ml_graph(self, replication_factor: int | None = None) -> None:
        """Do nothing: the graph is there as soon as the service is."""

    def create_db(self, *parameters: Any) -> None:
        """Do nothing: the store is there as soon as the service is."""

    def check_repeated_creation(self) -> bool:
        """Return false: nothing is created twice."""
        return False

    def delete_arangomldb(self) -> None:
        """Do nothing, as ever: it never deleted anything."""

    def delete_database(self, db_to_delete: str) -> None:  # noqa: ARG002
        """Refuse.

        Raises:
            NotSupported: always.

        """
        raise NotSupported(_UNDONE)

    def delete_all_databases(self, preserve: Sequence[str] = ()) -> None:  # noqa: ARG002
        """Refuse.

        Raises:
            NotSupported: always.

        """
        raise NotSupported(_UNDONE)

    def _is_declared(self, group: str, name: str) -> bool:
        kind = own_kind(name)
        return any(one.name == kind and one.of == group and not one.built_in for one in self.client.kinds())


def _check_own(name: str, fixed: Mapping[str, Any]) -> None:
    if name in fixed:
        raise NotSupported(f"{name} is part of the schema and stays")


def _several(names: Any) -> Sequence[str]:
    return [names] if isinstance(names, str) else [str(name) for name in names]


def _described(name: str) -> str:
    return f"{name}, a collection of arangopipe's."
