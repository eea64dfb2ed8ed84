"""Answers as JSON. Tests check samples of these against the declared schemas."""

from collections.abc import Callable
from typing import Any, TypeVar

import falcon
import orjson

from arangovis.domain.graph import Page
from arangovis.domain.json import as_dict
from arangovis.domain.wire import edge_document, node_document, visit_document

__all__ = [
    "edge_document",
    "json_bytes",
    "node_document",
    "page_document",
    "send",
    "visit_document",
]

T = TypeVar("T")


def send(resp: falcon.Response, document: object, status: int = 200) -> None:
    """Answer with JSON; non-finite numbers become null, so that the answer is strict JSON."""
    resp.status = status
    resp.content_type = falcon.MEDIA_JSON
    resp.data = json_bytes(document)


def json_bytes(document: object) -> bytes:
    """Return a document as JSON."""
    return orjson.dumps(document, default=as_dict, option=orjson.OPT_NON_STR_KEYS)


def page_document(page: Page[T], item: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """Return a page as JSON, each of its items through `item`."""
    return {"items": [item(value) for value in page.items], "next_cursor": page.next_cursor}
