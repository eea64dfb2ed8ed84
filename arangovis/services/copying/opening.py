"""Opening the graph store of a service."""

from arangovis.domain.errors import ArangovisError
from arangovis.services.copying.marks import check_usable
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.registry import open_store

__all__ = ["usable_store"]


def usable_store(settings: Settings) -> GraphStore:
    """Open the store that the settings name, creating or migrating it.

    Raises:
        Conflict: the store is newer than this code, or a copy that was not finished.
        StoreUnavailable: the store does not answer.

    """
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url, settings.store_secret())
    try:
        store.migrate()
        check_usable(store)
    except ArangovisError:
        store.close()
        raise
    return store
