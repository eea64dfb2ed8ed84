"""What a compute process has: what computes a method is loaded when a run of it comes, so no plot waits for more."""

from collections.abc import Iterator, Mapping

from arangovis.artifacts.base import ArtifactStore
from arangovis.artifacts.registry import open_artifacts
from arangovis.projections.registry import METHOD_PREFIX, UMAP, projector
from arangovis.services.blobs import Blobs
from arangovis.services.copying.opening import usable_store
from arangovis.services.plans import Plans
from arangovis.services.projections.handlers import projection_handlers
from arangovis.settings import Settings, read_settings
from arangovis.stores.base import GraphStore
from arangovis.workers.context import Handler, WorkerContext
from arangovis.workers.methods import declared_methods

__all__ = ["context_from_environment", "context_over"]


class _Handlers(Mapping[str, Handler]):
    """The handlers of all methods, made as they are asked for: those of projections, or all others."""

    def __init__(self, settings: Settings, store: GraphStore, artifacts: ArtifactStore) -> None:
        self._settings = settings
        self._store = store
        self._artifacts = artifacts
        self._methods = declared_methods()
        self._made: dict[str, Handler] = {}

    def __getitem__(self, method: str) -> Handler:
        if method not in self._methods:
            raise KeyError(method)
        if method not in self._made:
            self._made.update(self._projections() if method.startswith(METHOD_PREFIX) else self._others())
        return self._made[method]

    def __iter__(self) -> Iterator[str]:
        return iter(self._methods)

    def __len__(self) -> int:
        return len(self._methods)

    def _projections(self) -> Mapping[str, Handler]:
        blobs = Blobs(self._store, self._artifacts, maps=True)
        return projection_handlers(self._store, blobs, runs=Plans(self._store, blobs).runs, settings=self._settings)

    def _others(self) -> Mapping[str, Handler]:
        from arangovis.wiring import compose, worker_context

        handlers = worker_context(compose(self._settings, self._store, self._artifacts)).handlers
        return {name: handler for name, handler in handlers.items() if not name.startswith(METHOD_PREFIX)}


def context_over(settings: Settings, store: GraphStore, artifacts: ArtifactStore) -> WorkerContext:
    """Return what a compute process needs, over given stores."""
    runs = Plans(store, Blobs(store, artifacts)).runs
    handlers = _Handlers(settings, store, artifacts)
    return WorkerContext(settings, store, runs, handlers, lambda: projector(UMAP).warm_up())


def context_from_environment() -> WorkerContext:
    """Return what a compute process needs, by the settings of its environment.

    Raises:
        Conflict: the store is newer than this code, or a copy that was not finished.
        StoreUnavailable: the store does not answer.

    """
    settings = read_settings()
    return context_over(settings, usable_store(settings), open_artifacts(settings.artifacts_url))
