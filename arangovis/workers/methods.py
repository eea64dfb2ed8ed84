"""The methods that workers compute, by name."""

from arangovis.compatibility.methods import WORKER_METHODS
from arangovis.drift.methods import DETECT
from arangovis.projections.registry import METHOD_PREFIX, STEP_METHODS, names
from arangovis.services.methods import FRAME_METHODS, SCHEDULED, VERIFY


def declared_methods() -> tuple[str, ...]:
    """Return the methods that `arangovis.wiring.worker_context` has handlers for, without loading the handlers."""
    projections = (METHOD_PREFIX + name for name in names())
    return (*projections, *STEP_METHODS, *WORKER_METHODS, *FRAME_METHODS, *SCHEDULED, DETECT, VERIFY)
