"""Which graph store a URL means. The implementation is imported when it is asked for."""

from pathlib import Path

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.stores.base import GraphStore


def open_store(url: str) -> GraphStore:
    """Open the graph store that a URL names.

    Raises:
        InvalidInput: the scheme is not known.

    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        from arangovis.stores.embedded import EmbeddedStore

        path = Path("/" + rest.lstrip("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return EmbeddedStore(path)
    raise InvalidInput.of(Fault("store", f"{scheme!r} is not a known store; use sqlite:///path"))
