"""The ArangoDB store: the same contract on a server, for many machines."""

from arangovis.stores.arango.store import ArangoStore

__all__ = ["ArangoStore"]
