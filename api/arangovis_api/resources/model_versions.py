"""Model versions and their monitoring metrics."""

from typing import Any

import falcon

from arangovis.domain.catalogue import MetricSpec, ModelVersion
from arangovis.domain.graph import Page
from arangovis.services.datasets import production_id
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis
from arangovis_api.arguments import version_number
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.projects import send_registered
from arangovis_api.schemas.answers import (
    MetricSpecPage,
    ModelVersionPage,
    ModelVersionRegistered,
    ModelVersionWithData,
    Registered,
)
from arangovis_api.schemas.catalogue import (
    ListQuery,
    ListSchema,
    MetricSpecBody,
    MetricSpecSchema,
    ModelVersionBody,
    ModelVersionSchema,
)


class ModelVersions:
    """Trained states of models."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List model versions", query=ListSchema, answers={200: ModelVersionPage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page, newest first."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        question = NodeQuestion(
            "model_version", query.filter, (), query.project, query.limit, query.cursor, query.order
        )
        page = self._service.search.find(question)
        versions = Page([ModelVersion.of(node) for node in page.items], page.next_cursor)
        send(resp, page_document(versions, _version_document))

    @operation(
        "Register a model version",
        body=ModelVersionSchema,
        answers={201: ModelVersionRegistered, 200: ModelVersionRegistered},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ModelVersionBody) -> None:
        """Answer its small integer id, its node and its version; 200 if it was there with the same signature."""
        made = self._service.catalogue.register_version(
            body.project, body.model, body.signature, caller_of(req), version=body.version
        )
        resp.location = f"/api/v1/model-versions/{made.number}"
        document = {"id": made.number, "node": str(made.node), "version": made.version}
        send(resp, document, 201 if made.created else 200)


class OneModelVersion:
    """A model version."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a model version", answers={200: ModelVersionWithData, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer it with the data sets that it has."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        version = self._service.catalogue.version(version_number(number))
        training, production = self._service.datasets.training(version), self._service.datasets.production(version)
        data = {
            "training_data": None if training is None else str(training.id),
            "production_data": None if production is None else str(production_id(version)),
        }
        send(resp, {**_version_document(version), **data})


class MetricSpecs:
    """Monitoring metrics of a model version."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List the monitoring metrics of a model version", answers={200: MetricSpecPage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer all of them, by name."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        catalogue = self._service.catalogue
        specs = catalogue.metric_specs(catalogue.version(version_number(number)))
        send(resp, page_document(Page(specs), _spec_document))

    @operation("Register a monitoring metric", body=MetricSpecSchema, answers={201: Registered, 200: Registered})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, number: str, body: MetricSpecBody) -> None:
        """Answer 201 with its node; 200 if it was there with the same threshold and operation."""
        registered = self._service.catalogue.register_metric_spec(
            version_number(number), body.name, caller_of(req), threshold=body.threshold, operation=body.operation
        )
        send_registered(resp, registered)


def _version_document(version: ModelVersion) -> dict[str, Any]:
    return {
        "id": version.number,
        "node": str(version.id),
        "version": version.version,
        "name": version.name,
        "model": str(version.model),
        "project": version.project,
        "signature": version.signature.document(),
    }


def _spec_document(spec: MetricSpec) -> dict[str, Any]:
    return {"node": str(spec.id), "name": spec.name, "threshold": spec.threshold, "operation": spec.operation}
