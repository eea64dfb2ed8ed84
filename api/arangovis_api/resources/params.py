"""Parameters of projections: those in force, and their audit."""

from typing import Any

import falcon

from arangovis.domain.graph import Page
from arangovis.services.params import Revision
from arangovis.wiring import Arangovis
from arangovis_api.arguments import version_number
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.schemas.answers import RevisionPage
from arangovis_api.schemas.projections import ParametersGiven, ParametersSchema
from arangovis_api.schemas.visualization import ProjectionParameters


class MethodParams:
    """The parameters in force of a model version and a method."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read the parameters in force of a method", answers={200: ProjectionParameters})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, number: str, method: str) -> None:
        """Answer those of the method, sample sizes, and measures of quality; defaults if none were set."""
        version = self._service.catalogue.version(version_number(number))
        params = self._service.projections.params(version, method)
        send(resp, {"parameters": dict(params.values), **params.options()})

    @operation("Put parameters in force", body=ParametersSchema, answers={200: ProjectionParameters})
    def on_put(
        self, req: falcon.Request, resp: falcon.Response, *, number: str, method: str, body: ParametersGiven
    ) -> None:
        """Store them all or, if anything is wrong with one, none; what is left out goes back to its default."""
        version = self._service.catalogue.version(version_number(number))
        self._service.projections.set_params(version, method, body.given(), caller_of(req))
        params = self._service.projections.params(version, method)
        send(resp, {"parameters": dict(params.values), **params.options()})


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
