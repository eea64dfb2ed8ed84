"""Data sets and feature sets that are known by metadata."""

import falcon

from arangovis.wiring import Arangovis
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.projects import send_list, send_registered
from arangovis_api.schemas.answers import NodePage, Registered
from arangovis_api.schemas.catalogue import ListQuery, ListSchema
from arangovis_api.schemas.pipeline_data import (
    DatasetBody,
    DescribedDatasetSchema,
    DescribedFeaturesetSchema,
    FeaturesetBody,
)


class Datasets:
    """Tables, streams and snapshots that are kept here, and data sets that are kept elsewhere."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List data sets", query=ListSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page, newest first."""
        send_list(self._service, req, resp, kind="dataset", query=query)

    @operation(
        "Register a data set by metadata", body=DescribedDatasetSchema, answers={201: Registered, 200: Registered}
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: DatasetBody) -> None:
        """Answer 201 with its node; 200 if it was there with the same content."""
        data = self._service.pipeline.data
        send_registered(resp, data.register_dataset(body.project, body.dataset, caller_of(req)))


class Featuresets:
    """Features that models are trained on."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List feature sets", query=ListSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page, newest first."""
        send_list(self._service, req, resp, kind="featureset", query=query)

    @operation("Register a feature set", body=DescribedFeaturesetSchema, answers={201: Registered, 200: Registered})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: FeaturesetBody) -> None:
        """Answer 201 with its node; 200 if it was there with the same content."""
        data = self._service.pipeline.data
        send_registered(resp, data.register_featureset(body.project, body.featureset, caller_of(req)))
