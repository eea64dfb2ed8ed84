"""The document that describes every route."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import falcon

from arangovis_api.conditional import is_unchanged
from arangovis_api.encode import json_bytes
from arangovis_api.operation import operation

if TYPE_CHECKING:
    from arangovis_api.routes import Route


class OpenApiResource:
    """Made from the table of routes when it is first asked for, and kept."""

    def __init__(self, table: "Sequence[Route]") -> None:
        self._table = table

    @operation("Read this document", answers={200: "application/json", 304: None}, tag="system", needs=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer OpenAPI 3.1."""
        data, tag = self._document
        if is_unchanged(req, resp, tag):
            return
        resp.content_type = falcon.MEDIA_JSON
        resp.data = data

    @cached_property
    def _document(self) -> tuple[bytes, str]:
        import hashlib

        from arangovis_api.openapi import openapi_document

        data = json_bytes(openapi_document(self._table))
        return data, hashlib.sha256(data).hexdigest()[:32]
