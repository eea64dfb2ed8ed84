"""arangopipe's two classes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from arangovis.client.client import Client
from arangovis.compat.arangopipe.administration import Administration
from arangovis.compat.arangopipe.config import ArangoPipeConfig, graph_name_of
from arangovis.compat.arangopipe.connecting import client_for, client_of
from arangovis.compat.arangopipe.entities import Entities
from arangovis.domain.errors import Fault, InvalidInput


class _Connected:
    """A client and the name of a graph."""

    def __init__(self, client: Client, graph_name: str) -> None:
        self._client = client
        self._graph_name = graph_name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client!r}, {self._graph_name!r})"

    @property
    def client(self) -> Client:
        """The client of arangovis behind it, for all that arangopipe cannot say."""
        return self._client

    @property
    def graph_name(self) -> str:
        """The name of the graph: the project of data sets and feature sets."""
        return self._graph_name


class ArangoPipe(_Connected, Entities, Administration):
    """Logs pipelines: `ArangoPipe(config)`, or `ArangoPipe(db, graph_name)` with an open connection.

    Args:
        db: a client of arangovis, the URL or the home folder of a service, or any other connection, which means the
            service of the settings.
        graph_name: the name of the graph.
        replication_factor: taken, and nothing here.
        config: an `ArangoPipeConfig`, in place of the other two.

    Raises:
        InvalidInput: neither a configuration nor both a connection and a name are given. It is a ValueError.

    """

    def __init__(
        self,
        db: Any = None,
        graph_name: str | None = None,
        replication_factor: int | None = None,
        *,
        config: ArangoPipeConfig | None = None,
    ) -> None:
        given = db if config is None and isinstance(db, ArangoPipeConfig) else config
        if given is not None:
            cfg = given.get_cfg()
            super().__init__(client_of(cfg), graph_name_of(cfg))
        else:
            missing = [name for name, value in (("db", db), ("graph_name", graph_name)) if value is None]
            if missing:
                raise InvalidInput.of(*(Fault(name, "is required") for name in missing))
            super().__init__(client_for(db), str(graph_name))
        self.replication_factor = replication_factor
        self.heart_beat()

    def heart_beat(self) -> None:
        """Ask the service something small.

        Raises:
            StoreUnavailable: it does not answer.

        """
        self.lookup_dataset("heart beat check")

    def init_graph(self) -> None:
        """Do nothing: the graph is there as soon as the service is."""


class ArangoPipeAdmin(_Connected, Administration):
    """Administers projects, deployments and collections.

    Args:
        reuse_connection: without a configuration, whether to take the one that was stored.
        config: an `ArangoPipeConfig`; the settings if left out.
        persist_conn: whether the configuration is stored, without passwords, when `reuse_connection` is false.
        client_url: taken, and nothing here.

    Raises:
        InvalidInput: a new connection is wanted and there is no configuration.

    """

    def __init__(
        self,
        reuse_connection: bool = True,
        config: ArangoPipeConfig | None = None,
        persist_conn: bool = True,
        client_url: str | None = None,  # noqa: ARG002
    ) -> None:
        if config is None and not reuse_connection:
            raise InvalidInput.of(Fault("config", "is required for a new connection"))
        self.config = config or ArangoPipeConfig()
        cfg = self.config.get_cfg()
        super().__init__(client_of(cfg), graph_name_of(cfg))
        if persist_conn and not reuse_connection:
            self.config.dump_data()

    def get_config(self) -> ArangoPipeConfig:
        """Return the configuration."""
        return self.config

    def set_connection_params(self, config: ArangoPipeConfig | Mapping[str, Any]) -> None:
        """Connect by another configuration, or by its sections."""
        given = config if isinstance(config, ArangoPipeConfig) else ArangoPipeConfig()
        if not isinstance(config, ArangoPipeConfig):
            given.set_cfg(config)
        self.config = given
        super().__init__(client_of(given.get_cfg()), graph_name_of(given.get_cfg()))

    def create_config(self) -> ArangoPipeConfig:
        """Return the configuration that is in use."""
        return self.config


@contextmanager
def arango_pipe_connections(
    conn_params: Mapping[str, Any],
    reuse_prev_connection: bool = True,
) -> Iterator[tuple[ArangoPipeAdmin, ArangoPipe]]:
    """Give an administrator and a logger; both share one client, which the process closes at its end."""
    config = ArangoPipeConfig().create_connection_config(conn_params)
    admin = ArangoPipeAdmin(reuse_connection=reuse_prev_connection, config=config)
    yield admin, ArangoPipe(config=admin.get_config())
