"""Rows of model versions: training data replaced as a whole, production data appended to."""

import falcon

from arangovis.services.datasets import Stored
from arangovis.tabular import MEDIA_TYPES, Rows, read_rows
from arangovis.wiring import Arangovis
from arangovis_api.arguments import short_header, version_number
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.schemas.answers import Stored as StoredAnswer

_ANSWERS: dict[int, type[StoredAnswer] | str | None] = {201: StoredAnswer, 200: StoredAnswer}


class TrainingData:
    """The rows that a model version was trained on."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Set the training data of a model version", body=Body(media_types=MEDIA_TYPES), answers=_ANSWERS)
    def on_put(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer 201 with the data set; 200 if these rows were the training data already."""
        version = self._service.catalogue.version(version_number(number))
        rows = _rows(req, stable_ids=True)
        _send(resp, self._service.datasets.put_training(version, rows, caller_of(req)))


class ProductionData:
    """The rows that a model version met in production."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Append production data to a model version",
        body=Body(media_types=MEDIA_TYPES),
        answers=_ANSWERS,
        headers={"Idempotency-Key": "Rows sent again under the same key are appended once."},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer 201 with the data set; 200 if these rows were appended already."""
        key = short_header(req, "Idempotency-Key")
        version = self._service.catalogue.version(version_number(number))
        rows = _rows(req, stable_ids=False)
        caller = caller_of(req)
        _send(resp, self._service.datasets.append_production(version, rows, caller, idempotency_key=key))


def _rows(req: falcon.Request, *, stable_ids: bool) -> Rows:
    return read_rows(req.bounded_stream.read(), req.content_type or "", stable_ids=stable_ids)


def _send(resp: falcon.Response, stored: Stored) -> None:
    resp.location = f"/api/v1/nodes/{stored.node}"
    send(resp, {"node": str(stored.node), "rows": stored.rows}, 201 if stored.created else 200)
