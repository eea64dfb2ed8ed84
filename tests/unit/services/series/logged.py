"""A run that logs the training of a real model, on the memory store, with its clock in hand."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.domain.series import FieldKind
from arangovis.services.run_log import LoggedRun
from arangovis.services.series.aiming import Sent
from arangovis.services.series.appending import Append
from arangovis.services.series.series_data import LoggedSeries
from tests.unit.services.world import ADA, World

PROJECT = "digits"
KINDS = {"step": FieldKind.INT, "loss": FieldKind.FLOAT, "accuracy": FieldKind.FLOAT}


@cache
def curves(steps: int = 60) -> Mapping[str, np.ndarray[Any, Any]]:
    """Return step, loss and accuracy of a perceptron that learns scikit-learn's digits by gradient descent."""
    from sklearn.datasets import load_digits

    data = load_digits()
    inputs, wanted = data.data / 16, np.eye(10)[data.target]
    weights = np.zeros((64, 10))
    losses, right = [], []
    for _ in range(steps):
        scores = np.exp(inputs @ weights)
        chances = scores / scores.sum(axis=1, keepdims=True)
        losses.append(-np.log(chances[wanted == 1]).mean())
        right.append((chances.argmax(axis=1) == data.target).mean())
        weights += inputs.T @ (wanted - chances) / len(inputs)
    return {"step": np.arange(steps), "loss": np.array(losses, np.float32), "accuracy": np.array(right)}


def rows(start: int = 0, stop: int = 60) -> pa.Table:
    """Return some of the curves' rows."""
    return pa.table({name: values[start:stop] for name, values in curves().items()})


class LoggingWorld(World):
    """A world with a project and a run."""

    run: NodeId

    @classmethod
    def open(cls, folder: Path) -> "LoggingWorld":
        world = cls.at(folder)
        assert isinstance(world, LoggingWorld)
        world.service.catalogue.register_project(PROJECT, ADA)
        world.run = world.new_run()
        return world

    def new_run(self) -> NodeId:
        wanted = LoggedRun("script", project=PROJECT, state=RunState.STARTED)
        return self.service.run_log.log(wanted, ADA).node

    def send(self, sequence: int, table: pa.Table | None = None, **where: Any) -> Append:
        """Append a chunk, by default one row of the curves."""
        sent = Sent(**{"run": self.run, "logger": "rank-0", "sequence": sequence, **where})
        chunk = rows(sequence, sequence + 1) if table is None else table
        return self.service.series.appending.append(sent, chunk, ADA)

    def logged(self, run: NodeId | None = None) -> tuple[LoggedSeries, ...]:
        return self.service.series.data.of_run(run or self.run, 0)

    def read(self, since: Mapping[str, int] | None = None) -> Mapping[str, list[Any]]:
        """Return all rows that readers see of the one series that the run logged to, by the names of the fields."""
        (logged,) = self.logged()
        log = self.service.series.log
        found = log.rows(log.chunks(logged.data.node, since), [field.name for field in logged.series.fields])
        return {} if found is None else found.to_pydict()

    def keep_house(self) -> None:
        """Let the time pass after which chunks are merged, and a round be made."""
        self.clock.now += 600_000_000
        self.service.series.upkeep()
