"""How busy the machine is, logged beside a training, if psutil is installed."""

import importlib
import os
import threading
from typing import Any, Self

import numpy as np

from arangovis.client.series_logger import SeriesLogger
from arangovis.domain.errors import Fault, InvalidInput, MissingExtra

EVERY_S = 10.0
SERIES_PREFIX = "system"


class SystemMetrics:
    """Logs the load of processors and memory of the machine and of this process, while it is open.

    Args:
        logger: where to; the fields are `system.cpu_percent`, `system.memory_percent`, `system.process_cpu_percent`,
            `system.process_memory_bytes` and `system.at`.
        every_s: seconds between two rows.

    Raises:
        MissingExtra: psutil is not installed.
        InvalidInput: the time between two rows is not above 0.

    """

    def __init__(self, logger: SeriesLogger, *, every_s: float = EVERY_S) -> None:
        if not every_s > 0:
            raise InvalidInput.of(Fault("every_s", f"{every_s!r} is not above 0"))
        try:
            self._psutil: Any = importlib.import_module("psutil")
        except ModuleNotFoundError as error:
            raise MissingExtra("the metrics of the machine need psutil; install it") from error
        self._logger = logger
        self._every_s = every_s
        self._process = self._psutil.Process(os.getpid())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arangovis-system", daemon=True)

    def start(self) -> None:
        """Begin; the first row is logged at once."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """Log no more. Again: harmless."""
        self._stopped.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            self._look()

    def _look(self) -> None:
        """Log a row. What cannot be looked at, or logged, never ends the user's work."""
        try:
            self._logger.write_columns(None, {f"{SERIES_PREFIX}.{name}": value for name, value in self._row().items()})
        except Exception:  # the logger may be closed, the process may not be allowed to look
            self.stop()

    def _row(self) -> dict[str, Any]:
        return {
            "cpu_percent": float(self._psutil.cpu_percent()),
            "memory_percent": float(self._psutil.virtual_memory().percent),
            "process_cpu_percent": float(self._process.cpu_percent()),
            "process_memory_bytes": int(self._process.memory_info().rss),
            "at": np.datetime64("now", "us"),
        }
