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


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The settings, the store, the queue, and the handlers by method."""

    settings: Settings
    store: GraphStore
    runs: Runs
    handlers: Mapping[str, Handler]
