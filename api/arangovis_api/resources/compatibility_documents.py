"""Sweeps, points, comparisons and rows as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from arangovis.compatibility.evaluation import Evaluation, Instance
from arangovis.compatibility.sweep import SPLITS
from arangovis.compatibility.venn import venn
from arangovis.domain.views import mapping, optional_text
from arangovis.services.compatibility.comparisons import Comparison
from arangovis.services.compatibility.instances import Attached, note_of
from arangovis.services.compatibility.sweep_files import StoredSplit
from arangovis.services.compatibility.sweeps import Sweep, SweepPoint, Sweeps, pareto
from arangovis_api.schemas.compatibility import InstancesQuery

POLL_AFTER_MS = 500


def sweep_document(sweep: Sweep) -> dict[str, Any]:
    """Return a sweep as it stands."""
    run = sweep.run
    return {
        "id": str(run.id),
        "name": run.name,
        "project": run.project,
        "state": run.state.value,
        "message": run.message,
        "executor": run.executor.value,
        "retry_of": optional_text(run.rest, "retry_of"),
        "progress": sweep.progress,
        "points": len(sweep.points),
        "done": sweep.done,
        "failed": sweep.failed,
        "options": mapping(run.options, "sweep"),
        "metric": metric_of(sweep),
        "h1_performance": {split: sweep.h1_performance(split) for split in SPLITS},
        "poll_after_ms": POLL_AFTER_MS if run.state.is_open else None,
    }


def metric_of(sweep: Sweep) -> str:
    """Return the name of the performance metric."""
    return optional_text(sweep.run.options, "metric") or "accuracy"


def points_document(sweep: Sweep) -> dict[str, Any]:
    """Return all points of a sweep."""
    fronts = {split: {score: pareto(sweep, split, score) for score in ("btc", "bec")} for split in SPLITS}
    return {"items": [point_document(point) for point in sweep.points], "next_cursor": None, "pareto": fronts}


def point_document(item: SweepPoint) -> dict[str, Any]:
    """Return a point without its comparisons."""
    run = item.run
    return {
        "point": item.point.index,
        "lambda_c": item.point.lambda_c,
        "dissonances": [kind.value for kind in item.point.dissonances],
        "state": item.state.value,
        "message": None if run is None else run.message,
        "progress": item.progress if item.state.is_open else 1.0,
        "run": None if run is None else str(run.id),
        "model": None if item.model is None else str(item.model),
        "metrics": dict(item.metrics),
    }


def whole_point_document(sweeps: Sweeps, sweep: Sweep, number: int) -> dict[str, Any]:
    """Return a point with its comparisons."""
    item = sweep.point(number)
    found = {split: sweeps.evaluation(sweep, number, split) for split in item.files}
    evaluations = {split: evaluation_document(evaluation) for split, evaluation in found.items()}
    return {**point_document(item), "losses": list(sweeps.losses(sweep, number)), "evaluations": evaluations}


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison."""
    run = comparison.run
    own = {"id": str(run.id), "name": run.name, "project": run.project}
    return {**own, **evaluation_document(comparison.evaluation)}


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """Return two models on a data set, without the rows."""
    found = evaluation.scores
    circles = venn(found.h1_errors, found.h2_errors, found.common)
    return {
        "scores": {
            "rows": found.rows,
            "h1_errors": found.h1_errors,
            "h2_errors": found.h2_errors,
            "common": found.common,
            "regress": found.regress,
            "progress": found.progress,
            "btc": found.btc,
            "bec": found.bec,
            "bec_h2": found.bec_h2,
            "reasons": dict(found.reasons),
        },
        "h1_performance": evaluation.h1_performance,
        "h2_performance": evaluation.h2_performance,
        "classes": _classes(evaluation),
        "venn": {"h1_radius": circles.h1_radius, "h2_radius": circles.h2_radius, "distance": circles.distance},
    }


def _classes(evaluation: Evaluation) -> Sequence[Mapping[str, Any]]:
    incompatible = evaluation.incompatible
    return [
        {
            "class": first.label,
            "rows": first.rows,
            "h1_accuracy": first.accuracy,
            "h2_accuracy": second.accuracy,
            "h1_errors": len(first.errors),
            "h2_errors": len(second.errors),
            "incompatible": len(incompatible.get(first.label, ())),
        }
        for first, second in zip(evaluation.h1_classes, evaluation.h2_classes, strict=True)
    ]


def instance_page(
    instances: Sequence[Instance], stored: StoredSplit, attached: Attached, query: InstancesQuery
) -> dict[str, Any]:
    """Return a page of the rows that fit a question."""
    fitting = [instance for instance in instances if _fits(instance, query)]
    shown, behind = fitting[query.cursor : query.cursor + query.limit], query.cursor + query.limit
    wanted = {instance.id for instance in shown}
    positions = {key: position for position, key in enumerate(stored.ids) if key in wanted}
    items = [_instance(item, note_of(attached, stored, positions[item.id])) for item in shown]
    return {"items": items, "next_cursor": str(behind) if behind < len(fitting) else None, "total": len(fitting)}


def _fits(instance: Instance, query: InstancesQuery) -> bool:
    if query.region is not None and instance.region != query.region:
        return False
    if query.label is not None and str(instance.truth) != query.label:
        return False
    said = {"h1": instance.h1, "h2": instance.h2}
    return query.model is None or said[query.model] != instance.truth


def _instance(instance: Instance, note: str) -> dict[str, Any]:
    return {
        "id": instance.id,
        "region": instance.region,
        "h1": instance.h1,
        "h2": instance.h2,
        "truth": instance.truth,
        "metadata": note,
    }
