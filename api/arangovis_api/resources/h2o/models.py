"""Detectors as models, and the figures of their scorings."""

from typing import Any

import falcon

from arangovis.anomaly.scoring import Metrics
from arangovis.domain.catalogue import ModelVersion
from arangovis.domain.graph import Direction
from arangovis.domain.json import Document
from arangovis.domain.views import mapping
from arangovis.services.anomaly.detectors import LoadedDetector
from arangovis.services.methods import SCORE
from arangovis.wiring import Arangovis
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.h2o.path import unquoted
from arangovis_api.resources.h2o.shapes import answer, key, meta
from arangovis_api.resources.h2o.tags import ANSWER, TAG

CATEGORY = "AutoEncoder"
MODELS_SHOWN_MAX = 1000
_SCHEMA = ("ModelsV3", "Models")


class Models:
    """All detectors."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List models", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer the newest thousand."""
        page = self._service.detectors.list(limit=MODELS_SHOWN_MAX)
        answer(req, resp, _SCHEMA, {"models": [_brief(version) for version in page.items]})


class OneModel:
    """A detector."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a model", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer its columns, parameters and training figures."""
        detector = self._service.detectors.load_named(unquoted(name))
        answer(req, resp, _SCHEMA, {"models": [_document(detector)]})

    @operation("Delete a model", answers=ANSWER, tag=TAG)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Leave a tombstone; lineage still shows it."""
        detector = self._service.detectors.load_named(unquoted(name))
        self._service.detectors.delete(detector.version, caller_of(req), force=True)
        answer(req, resp, _SCHEMA, {"models": []})


class ModelMetrics:
    """The figures of a model on a frame."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read the figures of a model on a frame", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, model: str, frame: str) -> None:
        """Answer those of the newest scoring of this very pair; none if there was none."""
        detector = self._service.detectors.load_named(unquoted(model))
        found = self._service.h2o_names.frame(unquoted(frame))
        edges = self._service.store.all_edges(found.id, Direction.DOWNSTREAM, "input_to")
        runs = self._service.store.get_many([edge.id.target for edge in edges]).values()
        version = str(detector.version.id)
        pairs = [run for run in runs if run.attributes.get("method") == SCORE and _version(run.attributes) == version]
        newest = max(pairs, key=lambda run: run.id.key, default=None)
        measured = [] if newest is None else [_recorded(detector, unquoted(frame), newest.attributes)]
        answer(req, resp, ("ModelMetricsListSchemaV3", "ModelMetricsList"), {"model_metrics": measured})


def model_name(detector: LoadedDetector) -> str:
    """Return the name by which clients find a detector again, whatever is trained after it."""
    return str(detector.version.number)


def metrics_document(detector: LoadedDetector, frame: str, found: Metrics, moment: int) -> dict[str, Any]:
    """Return the figures of a scoring; `moment` in microseconds since 1970."""
    return _metrics(detector, frame, {"mse": found.mse, "rmse": found.rmse, "rows": found.rows}, moment)


def _recorded(detector: LoadedDetector, frame: str, attributes: Document) -> dict[str, Any]:
    ended = attributes.get("ended")
    return _metrics(detector, frame, mapping(attributes, "metrics"), ended if isinstance(ended, int) else 0)


def _metrics(detector: LoadedDetector, frame: str, figures: Document, moment: int) -> dict[str, Any]:
    return {
        "__meta": meta("ModelMetricsAutoEncoderV3", "ModelMetricsAutoEncoder"),
        "model": key(model_name(detector), "Model", "Models"),
        "model_checksum": int(detector.digest[:15], 16),
        "frame": {"name": frame},
        "model_category": CATEGORY,
        "description": None,
        "scoring_time": moment // 1000,
        "predictions": None,
        "MSE": figures.get("mse"),
        "RMSE": figures.get("rmse"),
        "nobs": figures.get("rows"),
        "custom_metric_name": None,
        "custom_metric_value": 0.0,
    }


def _version(attributes: Document) -> object:
    return mapping(attributes, "options").get("model_version")


def _brief(version: ModelVersion) -> dict[str, Any]:
    return {
        "__meta": meta("ModelSchemaV3", "Model"),
        "model_id": key(str(version.number), "Model", "Models"),
        "algo": "deeplearning",
        "algo_full_name": "Deep Learning",
        "response_column_name": None,
        "name": version.name,
        "version": version.version,
    }


def _document(detector: LoadedDetector) -> dict[str, Any]:
    model = detector.model
    columns = model.expansion.columns
    return {
        **_brief(detector.version),
        "parameters": [{"name": name, "actual_value": value} for name, value in model.origin.parameters.items()],
        "output": {
            "model_category": CATEGORY,
            "names": [spec.name for spec in columns],
            "column_types": ["Numeric" if spec.kind == "numeric" else "Enum" for spec in columns],
            "domains": [list(spec.levels) if spec.levels else None for spec in columns],
            "training_metrics": {"MSE": model.metrics.training_score},
            "validation_metrics": {"MSE": model.metrics.held_out_score},
            "threshold": model.threshold,
            "status": "DONE",
        },
    }
