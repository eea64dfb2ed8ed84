"""The default store: SQLite from the standard library, in one file, for many threads and processes."""

from arangovis.stores.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore"]
