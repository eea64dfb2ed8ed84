"""A folder of TensorBoard's: each folder in it that holds event files is a run."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from arangovis.domain.errors import InvalidContent, NotFound
from arangovis.domain.json import Scalar
from arangovis.domain.runs import Reason, RunState
from arangovis.exchange.imported import History, ImportedRun
from arangovis.exchange.tensorboard.events import Event, read_event
from arangovis.exchange.tensorboard.frames import Damaged, read_frames
from arangovis.exchange.tensorboard.protobuf import Malformed

METHOD = "tensorboard"
MARK = "tfevents"
"""Stands in the name of every event file."""
PASSED_SHOWN_MAX = 20
_NAMES = uuid.UUID("5a7b1a36-9d0f-5c0a-8f3e-0c0f7a1b9e55")


class Place(NamedTuple):
    """A folder with event files, oldest first, and its path in the log directory; empty for that itself."""

    name: str
    files: tuple[Path, ...]

    @property
    def key(self) -> str:
        """The key of the run: made of its path and its first file, whose name says when and where it was begun."""
        return str(uuid.uuid5(_NAMES, f"{self.name}/{self.files[0].name}"))


@dataclass(slots=True)
class _Curve:
    steps: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    values: list[float | str] = field(default_factory=list)

    def add(self, event: Event, value: float | str) -> None:
        self.steps.append(event.step)
        self.times.append(event.time)
        self.values.append(value)


@dataclass(slots=True)
class _Collected:
    """What was read of a run so far; curves by tag, file, and whether they are texts."""

    curves: dict[tuple[str, str, bool], _Curve] = field(default_factory=dict)
    hparams: dict[str, Scalar] = field(default_factory=dict)
    status: str | None = None
    first: int | None = None
    last: int | None = None
    passed: dict[str, None] = field(default_factory=dict)

    def add(self, event: Event, file: str) -> None:
        for one in event.logged:
            place = one.tag, file, isinstance(one.value, str)
            self.curves.setdefault(place, _Curve()).add(event, one.value)
        for session in event.sessions:
            self.hparams |= session.hparams
            self.status = session.status or self.status
        if event.time:
            self.first = event.time if self.first is None else min(self.first, event.time)
            self.last = event.time if self.last is None else max(self.last, event.time)
        self.passed |= dict.fromkeys(event.passed)


class Logdir:
    """Reads a log directory; `skipped` names what could not be taken, and why."""

    def __init__(self, root: Path) -> None:
        """Look for event files.

        Raises:
            NotFound: there is no such folder.
            InvalidContent: there is no event file in it.

        """
        if not root.is_dir():
            raise NotFound(f"there is no folder {root.name}")
        self._root = root
        self.skipped: list[tuple[str, str]] = []
        self.places = self._found()
        if not self.places:
            raise InvalidContent(f"there is no event file of TensorBoard in {root.name}")

    def runs(self, project: str) -> Iterator[ImportedRun]:
        """Yield the runs, the folder that holds another before it."""
        keys = {place.name: place.key for place in self.places}
        for place in self.places:
            yield self._run(place, project, self._parent(place, keys))

    def _found(self) -> Sequence[Place]:
        files: dict[str, list[Path]] = {}
        for path in sorted(self._root.rglob(f"*{MARK}*")):
            if path.is_file():
                inside = path.parent.relative_to(self._root).as_posix()
                files.setdefault("" if inside == "." else inside, []).append(path)
        return [Place(name, tuple(found)) for name, found in sorted(files.items())]

    def _parent(self, place: Place, keys: dict[str, str]) -> str | None:
        above = (str(folder) for folder in PurePosixPath(place.name).parents)
        names = ("" if name == "." else name for name in above)
        return None if not place.name else next((keys[name] for name in names if name in keys), None)

    def _run(self, place: Place, project: str, parent: str | None) -> ImportedRun:
        found = _Collected()
        for path in place.files:
            self._read(path, found)
        if found.passed:
            tags = ", ".join(list(found.passed)[:PASSED_SHOWN_MAX])
            reason = f"{len(found.passed)} tags hold neither numbers nor texts: {tags}"
            self.skipped.append((place.name or self._root.name, reason))
        state, why = _ended(found.status)
        return ImportedRun(
            key=place.key,
            project=project,
            method=METHOD,
            state=state,
            reason=why,
            name=place.name or self._root.resolve().name,
            started=found.first,
            ended=None if state.is_open else found.last,
            parent=parent,
            params=found.hparams,
            attributes={"tensorboard_run": place.name or ".", "tensorboard_file": place.files[0].name},
            histories=[
                History(tag, curve.steps, curve.times, curve.values, origin=file, is_text=is_text)  # type: ignore[arg-type]
                for (tag, file, is_text), curve in found.curves.items()
            ],
        )

    def _read(self, path: Path, found: _Collected) -> None:
        """Read a file up to its end, or to where it is damaged, which is noted."""
        name = path.relative_to(self._root).as_posix()
        try:
            for number, frame in enumerate(read_frames(path)):
                try:
                    found.add(read_event(frame), path.name)
                except Malformed as error:
                    raise Damaged(f"event {number} is no event: {error}; what follows is not read") from error
        except Damaged as error:
            self.skipped.append((name, str(error)))
        except OSError as error:
            self.skipped.append((name, error.strerror or type(error).__name__))


def _ended(status: str | None) -> tuple[RunState, str | None]:
    if status == "FAILURE":
        return RunState.ERROR, Reason.FAILED.value
    return (RunState.STARTED if status == "RUNNING" else RunState.SUCCESS), None
