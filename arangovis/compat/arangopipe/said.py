"""What is said of a thing in arangopipe's document of it."""

from collections.abc import Mapping
from typing import Any

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.exchange.arangopipe import incoming
from arangovis.exchange.arangopipe.documents import encoded


def facts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said: everything as attributes, and description and tag where ours are looked for."""
    attributes = encoded({name: value for name, value in document.items() if name != "name"})
    return {**incoming.facts_of(document), **({"attributes": attributes} if attributes else {})}


def name_of(document: Mapping[str, Any]) -> str:
    """Return the name in a document.

    Raises:
        InvalidInput: there is none.

    """
    name = document.get("name") if isinstance(document, Mapping) else None
    if not isinstance(name, str) or not name:
        raise InvalidInput.of(Fault("name", "is required"))
    return name
