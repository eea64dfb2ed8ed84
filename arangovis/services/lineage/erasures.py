"""What is to be said of a node as it was, when rows of a person were erased from it since."""

from arangovis.domain.graph import Node
from arangovis.domain.views import mapping, optional_text
from arangovis.services.erased import ERASED, is_gone
from arangovis.stores.base import GraphStore

_PLACES = {"dataset": "extra", "artifact": "facts"}
"""Where nodes of a kind say what else there is to know."""


def with_later_erasure(store: GraphStore, then: Node) -> Node:
    """Return a node as it was, with a note if its bytes do not have all the rows any more that they had.

    A data set says how many rows and when, in `extra`; a file says that it is so, in `facts`.
    """
    place = _PLACES.get(then.id.kind)
    if place is None or then.version.deleted:
        return then
    now = store.find(then.id)
    note = None if now is None else mapping(now.attributes, place).get(ERASED)
    digest = optional_text(then.attributes, "digest")
    if note is None and digest is not None and is_gone(store.record(ERASED, digest)):
        note = True
    if note is None or mapping(then.attributes, place).get(ERASED) == note:
        return then
    return then._replace(attributes={**then.attributes, place: {**mapping(then.attributes, place), ERASED: note}})
