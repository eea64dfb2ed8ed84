"""A run of the user's own process, while it runs: `with av.run(project="digits") as run: ...`.

What is told of it goes through an outbox, so a service that is away, or `offline=True`, changes nothing for the caller.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar, Token
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from arangovis.client.capture import later_libraries
from arangovis.client.capture.guard import guarded
from arangovis.client.capture.output import OutputTail
from arangovis.client.contents import content_of, media_type_of
from arangovis.client.exits import closing_at_exit
from arangovis.client.heartbeat import Heartbeat
from arangovis.client.pictures import picture_bytes
from arangovis.client.run_connection import RunConnection
from arangovis.client.run_ending import Ending, ending_of, ending_of_process
from arangovis.client.run_plan import RunPlan
from arangovis.client.run_requests import RunRequests
from arangovis.client.run_values import flat_values
from arangovis.client.tables import Table, table_bytes
from arangovis.domain.errors import Conflict, Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.tabular.png import MEDIA_TYPE as PNG

if TYPE_CHECKING:
    from arangovis.client.series_logger import SeriesLogger

CLOSE_TIMEOUT_S = 30.0
_current: ContextVar["ActiveRun | None"] = ContextVar("arangovis-run", default=None)


def current_run() -> "ActiveRun | None":
    """Return the run whose `with` this code is in, or None."""
    return _current.get()


class RunParams(Mapping[str, JsonValue]):
    """The parameters that this process set; setting one more changes the run, and keeps what was before as history."""

    def __init__(self, requests: RunRequests, given: Mapping[str, JsonValue]) -> None:
        self._requests = requests
        self._values = dict(given)

    def __getitem__(self, name: str) -> JsonValue:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def update(self, values: Mapping[str, Any] | None = None, **named: Any) -> None:
        """Set parameters.

        Raises:
            InvalidInput: it names every value that is no text, number, boolean or list of such.

        """
        found = flat_values("params", {**(values or {}), **named})
        self._requests.change(params=found)
        self._values |= found


class ActiveRun:
    """A run of this process; made by `arangovis.run`. Use it in a `with`, or call `finish`.

    Any number of threads may log to it. Calls return at once; what the service refuses is a warning of a later call,
    or with `strict=True` an error. A child of a fork may log to it, and only its parent ends it.
    """

    def __init__(self, connection: RunConnection, plan: RunPlan) -> None:
        self._connection = connection
        self._plan = plan
        self._requests = RunRequests(connection.outbox, plan.key)
        self._logger: SeriesLogger | None = None
        self._tail: OutputTail | None = None
        self._token: Token[ActiveRun | None] | None = None
        self._is_finished = False
        self._process = os.getpid()
        self.params = RunParams(self._requests, plan.body.get("params", {}))
        self._requests.begin(plan.body)
        self._undo = closing_at_exit(self._finish_at_exit, order=20)
        self._heartbeat = self._started_heartbeat()
        if plan.capture.output:
            self._tail = OutputTail()
            self._tail.start()

    def __repr__(self) -> str:
        return f"ActiveRun({self.id}{', finished' if self._is_finished else ''})"

    @property
    def id(self) -> NodeId:
        """The run's node."""
        return NodeId("run", self._plan.key)

    @property
    def key(self) -> str:
        """The run's key; `run=` of another process takes it."""
        return self._plan.key

    @property
    def plan(self) -> RunPlan:
        """How it was begun."""
        return self._plan

    @property
    def connection(self) -> RunConnection:
        """Where it is logged to."""
        return self._connection

    # --- series -----------------------------------------------------------------------------------------------

    def log(self, values: Mapping[str, Any], step: int | None = None) -> int:
        """Log a row: a value for each name, and the step, which counts up by itself. Return the step."""
        return self.logger.log(values, step)

    def write(self, series: str | None = None, /, **columns: Any) -> int:
        """Log many rows at once: arrays that are broadcast together. Return how many rows."""
        return self.logger.write_columns(series, columns)

    def define(self, series: str, fields: Mapping[str, str]) -> None:
        """Define a named series by its fields and their kinds; those that exist and are the same are found.

        It works offline too; `write` is held to it at once.

        Args:
            series: its name in the run's project.
            fields: a kind for each: int, float, text, bool or timestamp.

        Raises:
            InvalidInput: there is no such kind, a field or the series is known with others, or the run was begun
                without the name of its project.

        """
        project = self._plan.body.get("project")
        if project is None:
            raise InvalidInput.of(Fault("project", "is needed to define a series: give it when the run begins"))
        self.logger.declare(series, fields)
        self._requests.define(project, series, fields)

    @property
    def logger(self) -> "SeriesLogger":
        """What logs rows of series.

        Raises:
            Conflict: the run is finished.

        """
        self._check_open()
        if self._logger is None:
            from arangovis.client.series_logger import SeriesLogger

            outbox, plan = self._connection.outbox, self._plan
            self._logger = SeriesLogger(outbox, plan.key, generation=plan.generation, options=plan.rows)
        return self._logger

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was logged is delivered, or offline on disk; say whether it was in time."""
        if self._logger is not None:
            return self._logger.flush(timeout_s)
        return self._connection.outbox.flush(timeout_s)

    # --- facts ------------------------------------------------------------------------------------------------

    def metric(self, name: str, value: Any) -> None:
        """Set a figure of the whole run, such as its final accuracy."""
        self.metrics({name: value})

    def metrics(self, values: Mapping[str, Any] | None = None, **named: Any) -> None:
        """Set figures of the whole run.

        Raises:
            InvalidInput: it names every value that is no number, text or boolean.

        """
        self._check_open()
        self._requests.change(metrics=flat_values("metrics", {**(values or {}), **named}))

    def tag(self, *tags: str) -> None:
        """Add tags; one that is there is not added again."""
        self._check_open()
        self._requests.tag(add=tags)

    def untag(self, *tags: str) -> None:
        """Remove tags."""
        self._check_open()
        self._requests.tag(remove=tags)

    def describe(self, text: str, *, name: str | None = None) -> None:
        """Set the description, and with `name` the name."""
        self._check_open()
        self._requests.change(description=text, name=name)

    # --- what it reads and makes ------------------------------------------------------------------------------

    def use(self, thing: Any, role: str = "input", *, name: str | None = None) -> Any:
        """Note that the run reads something, and return it.

        Args:
            thing: a node or its id; else its content is known by its SHA-256: a path of a file or folder, bytes, an
                array or tensor, a frame, an Arrow table, a mapping of columns. Nothing of it is sent.
            role: what it is to the run, such as `train`.
            name: what people call it.

        Raises:
            InvalidInput: it is none of these, or its path is not there.

        """
        self._check_open()
        self._requests.link("inputs", content_of(thing).document(role, name))
        return thing

    def made(self, thing: Any, role: str = "output", *, name: str | None = None) -> Any:
        """Note that the run made something, and return it. It is known as `use` knows it; nothing of it is sent."""
        self._check_open()
        self._requests.link("outputs", content_of(thing).document(role, name))
        return thing

    def log_artifact(self, content: str | Path | bytes, name: str | None = None, role: str = "file") -> None:
        """Send a file to be kept: its path, or its bytes and a name.

        Raises:
            InvalidInput: there is no such file, or bytes come without a name.

        """
        if isinstance(content, bytes | bytearray | memoryview):
            if name is None:
                raise InvalidInput.of(Fault("name", "is needed for bytes"))
            self._send(bytes(content), name=name, role=role)
            return
        path = Path(content)
        if not path.is_file():
            raise InvalidInput.of(Fault("content", f"{str(path)[:200]!r} is no file"))
        self._send(path.read_bytes(), name=name or path.name, role=role)

    def log_image(self, image: Any, name: str, *, step: int | None = None) -> None:
        """Send a picture to be kept as PNG: an array, a figure of matplotlib, or an image of Pillow.

        Raises:
            InvalidInput: it is nothing of the kind.

        """
        self._send(picture_bytes(image), name=name, role="image", media_type=PNG, step=step)

    def log_table(self, table: Table, name: str, *, step: int | None = None) -> None:
        """Send a table to be kept: a mapping of columns, a list of rows, or a frame with an Arrow interface.

        Raises:
            InvalidInput: it is nothing of the kind.

        """
        body, media_type = table_bytes(table)
        self._send(body, name=name, role="table", media_type=media_type, step=step)

    def note(self, text: str) -> None:
        """Add a note, in Markdown; notes are kept in the order they came."""
        name = f"note-{time.time_ns() // 1000}.md"
        self._send(text.encode(), name=name, role="note", media_type="text/markdown")

    # --- the end ----------------------------------------------------------------------------------------------

    def finish(self, *, error: BaseException | None = None, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """End the run: with success, or as an exception says. Again, it changes nothing.

        Returns:
            Whether all was delivered; if not, it waits on disk for `arangovis sync`.

        """
        return self._finish(ending_of(error), timeout_s)

    def __enter__(self) -> "ActiveRun":
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
            self._token = None
        if self._connection.outbox.options.strict:
            self._finish(ending_of(error), CLOSE_TIMEOUT_S)
        else:  # what is logged must not end the user's job, nor hide the exception that did
            guarded("the end of the run", lambda: self._finish(ending_of(error), CLOSE_TIMEOUT_S), False)

    def _finish(self, ending: Ending, timeout_s: float) -> bool:
        if self._is_finished:
            return True
        self._is_finished = True
        self._undo()
        if os.getpid() != self._process:
            return self._leave()
        if self._heartbeat is not None:
            self._heartbeat.stop()
        try:
            self._tell_the_rest()
        finally:
            self._requests.end(ending.document(self._plan.session, self._plan.capture))
            is_done = self._connection.close(timeout_s)
        return is_done

    def _tell_the_rest(self) -> None:
        if self._logger is not None:
            self._logger.close()
        if self._tail is not None:
            printed = self._tail.stop()
            self._requests.file(printed, name="output.txt", role="output", media_type="text/plain")
        libraries = later_libraries(self._plan.capture, self._plan.captured)
        if libraries:
            self._requests.change(environment=dict(libraries))

    def _leave(self) -> bool:
        """Let a child of a fork deliver what it logged, and leave the run to its parent."""
        if self._logger is not None:
            self._logger.close()
        return self._connection.outbox.close()

    def _finish_at_exit(self) -> None:
        guarded("the end of the run", lambda: self._finish(ending_of_process(), CLOSE_TIMEOUT_S), False)

    # --- inside -----------------------------------------------------------------------------------------------

    def _started_heartbeat(self) -> Heartbeat | None:
        transport, within_s = self._connection.transport, self._plan.within_s
        if transport is None or within_s is None:
            return None
        heartbeat = Heartbeat(transport, self._plan.key, self._plan.session, within_s=within_s)
        heartbeat.start()
        return heartbeat

    def _send(self, data: bytes, **about: Any) -> None:
        self._check_open()
        about.setdefault("media_type", media_type_of(about["name"]))
        self._requests.file(data, **about)

    def _check_open(self) -> None:
        if self._is_finished:
            raise Conflict(f"{self.id} is finished; resume it with run={self.key!r}")
