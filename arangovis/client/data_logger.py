"""Loggers with the verbs of a data logger: `start`, `write`, `stop`; a handle to replace, attributes, tags."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self, Unpack
from urllib.parse import urlencode

import numpy as np
import orjson

from arangovis.client.active_run import ActiveRun
from arangovis.client.begin_run import RunOptions, run
from arangovis.client.outbox import Outbox, Role
from arangovis.domain.errors import Conflict, Fault, InvalidInput

_JSON = {"Content-Type": "application/json"}


class DataLogger:
    """Logs rows of typed fields to one run. With `dry_run` every verb is checked for nothing and does nothing.

    Args:
        project: the project's name.
        flush_every: how long a row waits in memory at most, in seconds.
        dry_run: do nothing at all.
        options: where to and how, as of `arangovis.run`.

    Raises:
        InvalidInput: an option is not right; it names which.

    """

    def __init__(
        self,
        project: str | None = None,
        *,
        flush_every: float = 2.0,
        dry_run: bool = False,
        **options: Unpack[RunOptions],
    ) -> None:
        if not flush_every > 0:
            raise InvalidInput.of(Fault("flush_every", f"{flush_every!r} is not above 0"))
        self._project = project
        self._options: RunOptions = {**options, "flush_every_s": flush_every}
        self._dry_run = dry_run
        self._handle: str | None = None
        self._run: ActiveRun | None = None

    # --- which run --------------------------------------------------------------------------------------------

    def set_run_handle(self, handle: str) -> None:
        """Log to the run of this handle and replace what is in it; to be called before `start`."""
        self._choose(handle, mode="replace")

    def resume_run(self, handle: str) -> None:
        """Log to the run of this handle, behind what is in it; to be called before `start`."""
        self._choose(handle, mode="resume")

    def join_run(self, handle: str) -> None:
        """Log to the run of this handle together with other processes; to be called before `start`."""
        self._choose(handle, mode="join")

    def fork_run(self, handle: str) -> None:
        """Log to a new run that came from the run of this handle; to be called before `start`."""
        self._check_not_started()
        self._options = {**self._options, "parent": handle, "relation": "fork"}

    @property
    def run_handle(self) -> str | None:
        """The run's key: known from the start on, or as soon as it was chosen."""
        return self._handle if self._run is None else self._run.key

    @property
    def active_run(self) -> ActiveRun:
        """The run, with all that it can be told.

        Raises:
            Conflict: it is not started, or ended, or this is a dry run.

        """
        if self._run is None:
            raise Conflict("no run is started; call start() before")
        return self._run

    # --- logging ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin the run.

        Raises:
            Conflict: it is started already.
            InvalidInput: an option is not right; it names which.

        """
        self._check_not_started()
        if not self._dry_run:
            self._run = run(self._project, run=self._handle, **self._options)

    def write(self, series: str | None = None, /, **fields: Any) -> int:
        """Write values, which are broadcast to one shape, as rows; return how many. See `SeriesLogger.write`."""
        return 0 if self._dry_run else self.active_run.write(series, **fields)

    def log(self, values: Mapping[str, Any], step: int | None = None) -> int:
        """Log one row under a step; return the step. See `SeriesLogger.log`."""
        return step or 0 if self._dry_run else self.active_run.log(values, step)

    def set_run_attributes(self, **attributes: Any) -> None:
        """Set fields that have one value for the whole run; a field that is not there is made.

        Raises:
            InvalidInput: it names every value that is no number, text, truth value or time.

        """
        if not self._dry_run:
            plan = self.active_run.plan
            set_attributes(self.active_run.connection.outbox, plan.key, attributes, generation=plan.generation)

    def add_run_tags(self, *tags: str) -> None:
        """Add tags; one that is there is not added again."""
        if not self._dry_run:
            self.active_run.tag(*tags)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was written is delivered; say whether it was in time."""
        return True if self._dry_run else self.active_run.flush(timeout_s)

    def stop(self, error: BaseException | None = None) -> bool:
        """Deliver what waits, and end the run; False: something is left for `arangovis sync`. Again: harmless."""
        return True if self._run is None else self._run.finish(error=error)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.stop(error)

    def _choose(self, handle: str, *, mode: str) -> None:
        self._check_not_started()
        self._handle, self._options = handle, {**self._options, "mode": mode}

    def _check_not_started(self) -> None:
        if self._run is not None:
            raise Conflict("the run is started already")


class AsyncDataLogger:
    """A `DataLogger` for a coroutine: what may take time is awaited, so the loop goes on meanwhile.

    Its arguments are those of `DataLogger`, which it has as `logger`.
    """

    def __init__(self, project: str | None = None, **options: Any) -> None:
        self.logger = DataLogger(project, **options)

    async def write(self, series: str | None = None, /, **fields: Any) -> int:
        """Write rows, as `DataLogger.write`, and let others run."""
        count = self.write_sync(series, **fields)
        await self.yield_to_flush()
        return count

    def write_sync(self, series: str | None = None, /, **fields: Any) -> int:
        """Write rows where nothing can be awaited; `yield_to_flush` is to be awaited now and then."""
        return self.logger.write(series, **fields)

    async def yield_to_flush(self) -> None:
        """Let others run; if much waits in memory, until it is on disk."""
        active = self.logger._run  # noqa: SLF001 - its other half
        if active is not None and active.logger.is_full:
            await asyncio.to_thread(active.logger.spill)
        else:
            await asyncio.sleep(0)

    async def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was written is delivered; say whether it was in time."""
        return await asyncio.to_thread(self.logger.flush, timeout_s)

    async def start(self) -> None:
        """Begin the run."""
        await asyncio.to_thread(self.logger.start)

    async def stop(self, error: BaseException | None = None) -> bool:
        """Deliver what waits, and end the run."""
        return await asyncio.to_thread(self.logger.stop, error)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self.stop(error)


def set_attributes(outbox: Outbox, key: str, attributes: Mapping[str, Any], *, generation: int | None) -> None:
    """Tell the values that fields have for a whole run.

    Raises:
        InvalidInput: it names every value that is no number, text, truth value or time.

    """
    body = orjson.dumps(_plain(attributes))
    query = urlencode({"create": "true"} | ({} if generation is None else {"generation": generation}))
    outbox.put("PUT", f"/api/v1/runs/{key}/attributes?{query}", body=body, headers=_JSON, role=Role.KEPT)


def _plain(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    plain: dict[str, Any] = {}
    faults = []
    for name, value in attributes.items():
        single = value.item() if isinstance(value, np.generic) else value
        if isinstance(single, bool | int | float | str):
            plain[name] = single
        elif isinstance(single, datetime):
            plain[name] = single.astimezone().isoformat()
        else:
            faults.append(Fault(name, f"is a {type(single).__name__}, not a number, text, truth value or time"))
    if faults:
        raise InvalidInput.of(*faults)
    return plain
