"""Predictions: a frame scored by a detector, while the client waits."""

import secrets
from typing import Any

import falcon

from arangovis.anomaly.scoring import ScoringOptions
from arangovis.services.anomaly.detectors import LoadedDetector
from arangovis.services.anomaly.score_answers import warnings_document
from arangovis.services.anomaly.scoring import FrameScoring
from arangovis.services.frames.frames import Frame
from arangovis.services.frames.h2o_names import check_h2o_name
from arangovis.wiring import Arangovis
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.h2o.bodies import MEDIA_TYPES, Fields, fields_of
from arangovis_api.resources.h2o.frames import frame_page
from arangovis_api.resources.h2o.models import metrics_document, model_name
from arangovis_api.resources.h2o.path import unquoted
from arangovis_api.resources.h2o.shapes import answer, key, meta
from arangovis_api.resources.h2o.tags import ANSWER, TAG

ROWS_SHOWN = 100
COLUMNS_SHOWN = 1000
_FIELDS = (
    *("predictions_frame", "reconstruction_error", "reconstruction_error_per_feature", "deep_features_hidden_layer"),
    *("model", "frame", "deep_features_hidden_layer_name", "leaf_node_assignment", "predict_contributions"),
    *("exemplar_index", "reconstruct_train", "project_archetypes", "reverse_transform", "predict_staged_proba"),
    *("custom_metric_func", "auc_type", "row_to_tree_assignment", "top_n", "bottom_n", "compare_abs"),
    *("deviances", "deviances_frame", "feature_frequencies", "leaf_node_assignment_type"),
    *("predict_contributions_output_format", "background_frame", "output_space", "output_per_reference"),
)


class Predictions:
    """Scores of frames."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Score a frame", body=Body(media_types=MEDIA_TYPES, optional=True), answers=ANSWER, tag=TAG)
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, model: str, frame: str) -> None:
        """Answer the name of the scores' frame and the figures; errors and deep features may be asked for at once."""
        fields = fields_of(req, _FIELDS)
        wanted = _wanted(self._service, fields, (unquoted(model), unquoted(frame)))
        names, service = self._service.h2o_names, self._service
        run, scored = service.scoring.record(wanted, caller_of(req), names.giving(wanted.name))
        made = service.frames.made_by(run.id)
        measured = metrics_document(wanted.detector, unquoted(frame), scored.scores.metrics, run.ended or 0)
        document = {
            "model": key(model_name(wanted.detector), "Model", "Models"),
            "frame": key(unquoted(frame), "Frame", "Frames"),
            "predictions_frame": key(wanted.name, "Frame", "Frames"),
            "model_metrics": [{**measured, "predictions": _predictions(service, wanted.name, made)}],
            "warnings": warnings_document(scored.warnings),
        }
        answer(req, resp, ("ModelMetricsListSchemaV3", "ModelMetricsList"), document)


def _wanted(service: Arangovis, fields: Fields, names: tuple[str, str]) -> FrameScoring:
    model, frame = names
    detector = find_model(service, model)
    error, each = fields.boolean("reconstruction_error"), fields.boolean("reconstruction_error_per_feature")
    layer = fields.integer("deep_features_hidden_layer", -1)
    layers = () if layer == -1 else (layer,)
    plain = not (error or each or layers)
    kind = "predictions" if plain else "reconstruction_error" if error or each else "deep_features"
    name = fields.text("predictions_frame") or f"{kind}_{secrets.token_hex(2)}_{model}_on_{frame}"
    check_h2o_name(name)
    return FrameScoring(
        detector,
        service.h2o_names.frame(frame).id,
        name,
        ScoringOptions(squared_errors=each, reconstruction=plain, layers=layers),
        score=error and not each,
        flags=False,
    )


def find_model(service: Arangovis, name: str) -> LoadedDetector:
    """Return the detector of a name: its integer id, its node, or the name of its model.

    Raises:
        NotFound: there is none.

    """
    return service.detectors.load_named(name)


def _predictions(service: Arangovis, name: str, made: Frame) -> dict[str, Any]:
    columns = frame_page(service, made, (0, ROWS_SHOWN), (0, COLUMNS_SHOWN))
    return {
        "__meta": meta("FrameV3", "Frame"),
        "frame_id": key(name, "Frame", "Frames"),
        "rows": made.dataset.rows,
        "num_columns": len(made.content.columns),
        "columns": columns,
    }
