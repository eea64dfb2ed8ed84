"""What a worker is given: the queue, and what computes each method. Wiring makes it, since it knows the services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from arangovis.domain.runs import Run
from arangovis.domain.work import Outcome
from arangovis.projections.base import Progress
from arangovis.services.runs import Runs
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore

Handler: TypeAlias = Callable[[Run, Progress], Outcome]


def _nothing() -> None:
    """Need no warming up."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The settings, the store, the queue, and the handlers by method."""

    settings: Settings
    store: GraphStore
    runs: Runs
    handlers: Mapping[str, Handler]
    warm_up: Callable[[], None] = _nothing
    """What a compute process may do while it waits for its first job, so that this need not wait for it."""
