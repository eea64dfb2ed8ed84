"""fastumap, and nothing of ours: the only module that imports it."""

from typing import TYPE_CHECKING

import numpy as np

from arangovis.domain.errors import ArangovisError, ComputeFailed, MissingExtra
from arangovis.projections.base import Progress
from arangovis.projections.progress import told_by_time
from arangovis.projections.umap_engines import Plan, Sketch

if TYPE_CHECKING:
    from fastumap.projection import UMAPModel

__all__ = ["lay_out"]

_SEED_MAX = 2**63
_MESSAGE_LENGTH_MAX = 300
_FEW_ROWS, _EPOCHS_FEW_ROWS, _EPOCHS = 10_000, 500, 200
"""How often it goes over the edges: as it would by itself, said here since progress is estimated by it."""
_STEP_S = 1.3e-7
"""What one neighbour of one row takes, once over, on the machine where it was measured."""


def lay_out(plan: Plan, progress: Progress) -> Sketch:
    """Lay out the rows. The library tells no progress of its own: it is estimated by the time that passes.

    Raises:
        MissingExtra: it is not installed.
        ComputeFailed: it raised.

    """
    try:
        from fastumap.projection import fit
    except ModuleNotFoundError as error:
        raise MissingExtra("fastumap is not installed; install arangovis[projections]") from error
    progress(0.0)
    epochs = _EPOCHS_FEW_ROWS if len(plan.rows) <= _FEW_ROWS else _EPOCHS
    # With neighbours and a start given, it reads the rows for densities only.
    dense = plan.density_weight > 0

    def compute() -> "UMAPModel":
        return fit(
            plan.rows.astype(np.float64) if dense else plan.start,
            plan.start.shape[1],
            n_neighbors=plan.neighbours.indices.shape[1] + 1,
            min_dist=plan.min_dist,
            n_epochs=epochs,
            random_state=plan.seed % _SEED_MAX,
            precomputed_knn=plan.with_themselves,  # type: ignore[arg-type]  # it makes them float64 itself
            init=plan.start,
            y=plan.labels,
            target_weight=plan.label_weight,
            densmap=dense,
            dens_lambda=plan.density_weight,
        )

    try:
        model = told_by_time(compute, progress, expected_s=plan.neighbours.indices.size * epochs * _STEP_S)
    except ArangovisError:
        raise
    except Exception as error:
        raise ComputeFailed(f"fastumap: {str(error)[:_MESSAGE_LENGTH_MAX]}") from error
    progress(1.0)
    return Sketch(model.embedding.astype(np.float32), model.a, model.b)
