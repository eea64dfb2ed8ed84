"""The audit of parameters."""

from typing import Any

import falcon

from arangovis.domain.graph import Page
from arangovis.services.params import Revision
from arangovis.wiring import Arangovis
from arangovis_api.arguments import version_number
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import page_document, send
from arangovis_api.operation import operation
from arangovis_api.schemas.answers import RevisionPage


class ParamsHistory:
    """Every parameter set of a model version and a method."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read every parameter set of a method", answers={200: RevisionPage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, number: str, method: str) -> None:
        """Answer all revisions, oldest first: what was set, when, by whom, and which runs used it."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        version = self._service.catalogue.version(version_number(number))
        send(resp, page_document(Page(self._service.params.history(version, method)), _revision_document))


def _revision_document(revision: Revision) -> dict[str, Any]:
    return {
        "node": str(revision.node),
        "revision": revision.number,
        "values": dict(revision.params.values),
        "options": dict(revision.params.options()),
        "actor": revision.actor,
        "request_id": revision.request_id,
        "at": revision.at,
        "runs": [str(run) for run in revision.runs],
        "current": revision.current,
    }
