"""Detectors of anomalies: trained, looked at, asked for scores, exported."""

from collections.abc import Sequence
from typing import Any

import falcon
import orjson

from arangovis.anomaly.scoring import ScoringOptions
from arangovis.domain.access import Role
from arangovis.domain.catalogue import ModelVersion
from arangovis.domain.errors import Fault, InvalidContent, InvalidInput, TooLarge
from arangovis.domain.ids import NodeId
from arangovis.services.anomaly.detectors import LoadedDetector, TrainingRequest
from arangovis.services.anomaly.periods import PeriodAsked
from arangovis.services.anomaly.score_answers import (
    Scored,
    metrics_document,
    row_documents,
    table_columns,
    warnings_document,
)
from arangovis.services.anomaly.score_tables import rows_as_csv
from arangovis.services.anomaly.scoring import SentFile
from arangovis.tabular.arrow_stream import MEDIA_TYPE as ARROW
from arangovis.tabular.arrow_stream import to_arrow
from arangovis.tabular.frame_columns import PARQUET_MEDIA_TYPE, to_csv
from arangovis.wiring import Arangovis
from arangovis_api.arguments import version_number
from arangovis_api.conditional import is_unchanged
from arangovis_api.encode import json_bytes, page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.nesting import check_nesting
from arangovis_api.operation import JSON, JSON_BYTES_MAX, Body, check_media_type, operation
from arangovis_api.resources.frames import CSV, source_of
from arangovis_api.resources.projects import send_registered
from arangovis_api.resources.runs import run_document
from arangovis_api.schemas.anomaly import (
    AttachBody,
    AttachSchema,
    DetectorAnswer,
    DetectorPage,
    ScoredAnswer,
    ScoreQuery,
    ScorerAnswer,
    ScoreSchema,
    TrainingBody,
    TrainingSchema,
)
from arangovis_api.schemas.answers import Registered, RunAnswer
from arangovis_api.schemas.frames import DeleteQuery, DeleteSchema, PageQuery, PageSchema
from arangovis_api.schemas.runs import Nothing, NothingSchema

SCORED = (JSON, CSV, ARROW, PARQUET_MEDIA_TYPE)
SUMMARY_HEADER = "Arangovis-Summary"
SUMMARY_LENGTH_MAX = 4000
_ZIP = "application/zip"


class AnomalyModels:
    """Detectors."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List detectors", query=PageSchema, answers={200: DetectorPage})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: PageQuery) -> None:
        """Answer a page, newest first."""
        page = self._service.detectors.list(limit=query.limit, cursor=query.cursor)
        send(resp, page_document(page, _item))

    @operation("Train a detector on a frame", body=TrainingSchema, answers={202: RunAnswer, 200: RunAnswer})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: TrainingBody) -> None:
        """Answer its run: 202 while it is to be computed, 200 if it has ended already; it generates the detector."""
        wanted = TrainingRequest(
            frame=source_of("frame", body.frame),
            name=body.name,
            detector=body.detector,
            parameters=body.parameters,
            seed=body.seed,
            ignored=tuple(body.ignored),
            project=body.project,
        )
        run = self._service.detectors.train(wanted, caller_of(req))
        resp.location = f"/api/v1/runs/{run.id.key}"
        node, lease = self._service.lineage.node(run.id), self._service.runs.lease(run.id)
        send(resp, run_document(node, lease), 202 if run.state.is_open else 200)


class OneAnomalyModel:
    """A detector."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a detector", answers={200: DetectorAnswer})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer what it learnt from, its threshold, and the hidden layers whose features it can give."""
        send(resp, _document(self._load(number)))

    @operation("Delete a detector", query=DeleteSchema, answers={204: None})
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, number: str, query: DeleteQuery) -> None:
        """Leave a tombstone; a detector that scored something is deleted with `force` only."""
        detector = self._load(number)
        self._service.detectors.delete(detector.version, caller_of(req), force=query.force)
        resp.status = falcon.HTTP_204

    @operation(
        "Score rows",
        query=ScoreSchema,
        body=Body(media_types=SCORED),
        answers={200: (ScoredAnswer, CSV, ARROW)},
        needs=Role.READ,
    )
    def on_post_score(self, req: falcon.Request, resp: falcon.Response, *, number: str, query: ScoreQuery) -> None:
        """Answer a score for each row, in the form in which the rows came unless `Accept` asks for another.

        Nothing is stored unless `persist` is set. A table carries its figures and warnings in the header
        `Arangovis-Summary`, an Arrow stream in its metadata.
        """
        detector, media = self._load(number), check_media_type(req, SCORED)
        run, scored = self._scored(req, detector, media, query)
        _answer(req, resp, media, (detector, scored, run))

    def _scored(
        self, req: falcon.Request, detector: LoadedDetector, media: str, query: ScoreQuery
    ) -> tuple[NodeId | None, Scored]:
        scoring, options, data = self._service.scoring, _options(query), req.bounded_stream.read()
        rows, period = _rows(data) if media == JSON else None, _period(query)
        if query.persist:
            file = data if rows is None else rows_as_csv(rows)
            run, scored = scoring.record_file(SentFile(detector, file, query.name, period), options, caller_of(req))
            return run.id, scored
        if rows is not None:
            return None, scoring.rows(detector, rows, options)
        return None, (scoring.arrow if media == ARROW else scoring.file)(detector, data, options)

    @operation(
        "Make a detector a monitoring metric of a model version",
        body=AttachSchema,
        answers={201: Registered, 200: Registered},
    )
    def on_post_attach(self, req: falcon.Request, resp: falcon.Response, *, number: str, body: AttachBody) -> None:
        """Answer 201 with the metric; production rows that bring no column of its name get scores in projections."""
        monitoring, threshold = self._service.monitoring, body.threshold
        detector = self._load(number)
        made = monitoring.attach(detector, body.model_version, body.name, caller_of(req), threshold=threshold)
        send_registered(resp, made)

    @operation(
        "Export a detector as a scorer that needs no service",
        body=Body(NothingSchema, optional=True),
        answers={201: ScorerAnswer, 200: ScorerAnswer},
    )
    def on_post_export(self, req: falcon.Request, resp: falcon.Response, *, number: str, body: Nothing) -> None:
        """Answer 201 with the artifact; 200 if it was exported before."""
        scorer = self._service.exports.export(self._load(number), caller_of(req))
        resp.location = f"/api/v1/artifacts/{scorer.artifact.key}"
        document = {"artifact": str(scorer.artifact), "digest": scorer.digest, "run": str(scorer.run)}
        send(resp, document, 201 if scorer.created else 200)

    @operation("Read an exported scorer", answers={200: _ZIP, 304: None})
    def on_get_export(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer the zip; it must have been exported before."""
        detector = self._load(number)
        data = self._service.exports.content(detector)
        if is_unchanged(req, resp, f"scorer-{detector.digest}"):
            return
        resp.content_type = _ZIP
        resp.data = data

    def _load(self, number: str) -> LoadedDetector:
        return self._service.detectors.load(version_number(number))


def _options(query: ScoreQuery) -> ScoringOptions:
    return ScoringOptions(
        squared_errors=query.squared_errors,
        reconstruction=query.reconstruction,
        layers=query.layers,
        top=query.top,
        strict=query.strict,
    )


def _period(query: ScoreQuery) -> PeriodAsked:
    period = PeriodAsked(query.period_start, query.period_end, query.time_column)
    if period.is_given and not query.persist:
        raise InvalidInput.of(Fault("persist", "a period is kept with the scores; set persist=true"))
    return period


def _rows(data: bytes) -> Sequence[dict[str, Any]]:
    """Return the rows of a JSON body: a list of objects, or an object with such a list as `rows`."""
    if len(data) > JSON_BYTES_MAX:
        raise TooLarge(f"the body has {len(data)} bytes; at most {JSON_BYTES_MAX} of JSON are read; send CSV or Arrow")
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidInput.of(Fault("body", f"is not valid JSON: {error}")) from error
    check_nesting("body", found)
    rows = found.get("rows") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise InvalidInput.of(Fault("body", 'is neither a list of rows nor an object {"rows": [...]}'))
    wrong = next((place for place, row in enumerate(rows) if not isinstance(row, dict)), None)
    if wrong is not None:
        raise InvalidContent.of(Fault(f"rows.{wrong}", "is not a JSON object"))
    return rows


def _answer(
    req: falcon.Request,
    resp: falcon.Response,
    sent: str,
    found: tuple[LoadedDetector, Scored, NodeId | None],
) -> None:
    detector, scored, run = found
    first = CSV if sent == PARQUET_MEDIA_TYPE else sent
    media = req.client_prefers(list(dict.fromkeys((first, JSON, CSV, ARROW)))) or first
    summary = {
        "model": str(detector.version.id),
        "threshold": detector.model.threshold,
        "metrics": metrics_document(scored),
        "warnings": warnings_document(scored.warnings),
        "run": None if run is None else str(run),
    }
    if media == JSON:
        return send(resp, {**summary, "rows": row_documents(scored)})
    resp.content_type = media
    resp.set_header(SUMMARY_HEADER, _short(summary))
    columns = table_columns(scored)
    if media == CSV:
        resp.data = to_csv(columns)
    else:
        resp.data = to_arrow(columns, metadata={"arangovis": json_bytes(summary).decode()})
    return None


def _short(summary: dict[str, Any]) -> str:
    """Return a summary as a header: ASCII, and with as many warnings as fit."""
    warnings = summary["warnings"]
    while True:
        text = ascii_json({**summary, "warnings": warnings})
        if len(text) <= SUMMARY_LENGTH_MAX or not warnings:
            return text
        warnings = warnings[: len(warnings) // 2]


def ascii_json(document: dict[str, Any]) -> str:
    """Return a document as JSON that may stand in a header."""
    import json

    return json.dumps(orjson.loads(json_bytes(document)), ensure_ascii=True, separators=(",", ":"))


def _document(detector: LoadedDetector) -> dict[str, Any]:
    version, model = detector.version, detector.model
    columns = [
        {"name": spec.name, "kind": spec.kind, "levels": list(spec.levels[:100]), "mean": spec.mean}
        for spec in model.expansion.columns
    ]
    metrics = model.metrics
    return {
        **_item(version),
        "detector": model.origin.detector,
        "threshold": model.threshold,
        "columns": columns,
        "metrics": {
            "training_rows": metrics.training_rows,
            "held_out_rows": metrics.held_out_rows,
            "training_score": metrics.training_score,
            "held_out_score": metrics.held_out_score,
        },
        "layers": list(model.scorer.layers),
        "parameters": dict(model.origin.parameters),
        "history": model.state.arrays["history"].tolist() if "history" in model.state.arrays else [],
    }


def _item(version: ModelVersion) -> dict[str, Any]:
    return {
        "id": version.number,
        "node": str(version.id),
        "name": version.name,
        "version": version.version,
        "project": version.project,
    }
