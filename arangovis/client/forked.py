"""Trainings side by side in forked children: each child trains one point, leaves files, and ends.

A child inherits models and rows as they are, so nothing is sent to it and nothing is pickled. It must touch no store.
What it writes to its pipe is how far it is, a byte a time; the end of the pipe is its end.
"""

import os
import selectors
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from arangovis.compatibility.sweep import Point, Progress
from arangovis.domain.errors import Cancelled
from arangovis.workers.process import die_with_parent

LOOK_EVERY_S = 0.2
_FULL = 255


@dataclass(frozen=True, slots=True)
class TrainedPoint:
    """What a training gave, as it is recorded, and its weights."""

    point: Point
    document: dict[str, Any]
    weights: bytes | None = None


Train = Callable[[Point, Progress], TrainedPoint]


@dataclass(slots=True)
class _Child:
    point: Point
    process: int
    pipe: int


def train_all(
    points: Sequence[Point], train: Train, *, workers: int, told: Callable[[Point, float], None]
) -> Iterator[TrainedPoint]:
    """Yield trained points as they come, `workers` of them under way at a time; with one, in this process.

    Args:
        points: what to train.
        train: trains one; what it raises but Cancelled is a failure of the point, which it says in the document.
        workers: how many at a time.
        told: called with a point and how far it is, now and then; raises Cancelled to stop all.

    Raises:
        Cancelled: `told` said so. Children are killed.

    """
    if workers <= 1:
        for point in points:
            told(point, 0.0)
            yield train(point, lambda fraction, point=point: told(point, fraction))  # type: ignore[misc]
        return
    with tempfile.TemporaryDirectory(prefix="arangovis-sweep-") as folder:
        yield from _Children(train, Path(folder), told).run(points, workers)


class _Children:
    def __init__(self, train: Train, folder: Path, told: Callable[[Point, float], None]) -> None:
        self._train = train
        self._folder = folder
        self._told = told
        self._selector = selectors.DefaultSelector()
        self._running: dict[int, _Child] = {}

    def run(self, points: Sequence[Point], workers: int) -> Iterator[TrainedPoint]:
        waiting = list(points)
        try:
            while waiting or self._running:
                while waiting and len(self._running) < workers:
                    self._start(waiting.pop(0))
                yield from self._look()
        finally:
            for child in list(self._running.values()):
                with suppress(ProcessLookupError):
                    os.kill(child.process, signal.SIGKILL)
                self._collect(child)
            self._selector.close()

    def _start(self, point: Point) -> None:
        self._told(point, 0.0)
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # other threads live; the child needs none of them
            process = os.fork()
        if process == 0:
            self._be_child(point, writing)
        os.close(writing)
        self._running[reading] = _Child(point, process, reading)
        self._selector.register(reading, selectors.EVENT_READ)

    def _be_child(self, point: Point, writing: int) -> None:
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends its children
            die_with_parent()
            trained = self._train(point, lambda fraction: _tell(writing, fraction))
            _leave(self._folder, trained)
            code = 0
        finally:
            os._exit(code)

    def _look(self) -> Iterator[TrainedPoint]:
        ready = self._selector.select(LOOK_EVERY_S)
        for child in self._running.values():
            self._told(child.point, -1.0)
        for key, _ in ready:
            child = self._running[key.fd]
            data = os.read(child.pipe, 4096)
            if data:
                self._told(child.point, data[-1] / _FULL)
            else:
                yield self._ended(child)

    def _ended(self, child: _Child) -> TrainedPoint:
        status = self._collect(child)
        found = _left(self._folder, child.point)
        if found is not None and status == 0:
            return found
        how = f"was killed by signal {-status}" if status < 0 else f"ended with code {status}"
        return TrainedPoint(child.point, {"failure": f"the process that trained it {how}"})

    def _collect(self, child: _Child) -> int:
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        del self._running[child.pipe]
        _, status = os.waitpid(child.process, 0)
        return os.waitstatus_to_exitcode(status)


def _tell(writing: int, fraction: float) -> None:
    try:
        os.write(writing, bytes((round(min(1.0, max(0.0, fraction)) * _FULL),)))
    except BrokenPipeError as error:
        raise Cancelled("nobody waits for this training any more") from error


def _leave(folder: Path, trained: TrainedPoint) -> None:
    """Write the weights first, so that a document means that all is there."""
    name = str(trained.point.index)
    if trained.weights is not None:
        (folder / f"{name}.safetensors").write_bytes(trained.weights)
    (folder / f"{name}.json").write_bytes(orjson.dumps(trained.document))


def _left(folder: Path, point: Point) -> TrainedPoint | None:
    document, weights = folder / f"{point.index}.json", folder / f"{point.index}.safetensors"
    if not document.exists():
        return None
    data = weights.read_bytes() if weights.exists() else None
    return TrainedPoint(point, orjson.loads(document.read_bytes()), data)
