"""What computes projections, put together over a store: the handlers of their runs and of their steps."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from arangovis.domain.runs import Run
from arangovis.domain.work import Outcome
from arangovis.projections.base import Progress
from arangovis.projections.registry import METHOD_PREFIX, STEP_METHODS, names
from arangovis.services.anomaly.detectors import Detectors
from arangovis.services.anomaly.monitoring import Monitoring
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.embedding.embedders import Embedders
from arangovis.services.embedding.vectors import Vectors
from arangovis.services.frames.frames import Frames
from arangovis.services.params import ParamsHistory
from arangovis.services.projections.all_rows_steps import AllRowsSteps
from arangovis.services.projections.run import ProjectionRun
from arangovis.services.runs import Runs
from arangovis.services.snapshots import Snapshots
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore

__all__ = ["projection_handlers"]

_Handler: TypeAlias = Callable[[Run, Progress], Outcome]


def projection_handlers(store: GraphStore, blobs: Blobs, *, runs: Runs, settings: Settings) -> Mapping[str, _Handler]:
    """Return what computes each method of projections. Nothing is read yet."""
    catalogue, datasets = Catalogue(store), Datasets(store, blobs)
    snapshots = Snapshots(store, blobs, datasets)
    frames = Frames(store, blobs, datasets=datasets, runs=runs)
    detectors = Detectors(store, blobs, catalogue=catalogue, frames=frames, runs=runs)
    embedders = Embedders(store, blobs, params=ParamsHistory(store), settings=settings)
    vectors = Vectors(store, blobs, embedders=embedders, runs=runs)
    projection = ProjectionRun(
        store,
        blobs,
        catalogue=catalogue,
        data=(datasets, snapshots),
        monitoring=Monitoring(catalogue, detectors),
        vectors=vectors,
    )
    steps = AllRowsSteps(store, blobs, datasets, snapshots, vectors)
    return dict.fromkeys((METHOD_PREFIX + name for name in names()), projection) | dict.fromkeys(STEP_METHODS, steps)
