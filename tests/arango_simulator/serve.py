"""gunicorn, run from here: one process, threads, on the loopback interface only."""

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from tests.arango_simulator.server import Options
from tests.arango_simulator.web.app import create_app
from tests.arango_simulator.web.gate import Application

HOST = "127.0.0.1"
THREADS = 32
KEEP_ALIVE_S = 60


def serve(port: int, options: Options, when_ready: Callable[[], None]) -> None:
    """Serve until the process is told to stop; `when_ready` is called once the port is bound."""
    _Server(port, create_app(options), when_ready).run()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with these settings and no command line."""

    def __init__(self, port: int, app: Application, when_ready: Callable[[], None]) -> None:
        self._port = port
        self._app = app
        self._when_ready = when_ready
        super().__init__()

    def load_config(self) -> None:
        """Say how to serve."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def _options(self) -> dict[str, Any]:
        return {
            "bind": f"{HOST}:{self._port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "worker_connections": 1000,
            "keepalive": KEEP_ALIVE_S,
            "timeout": 600,
            "graceful_timeout": 2,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "preload_app": True,
            "when_ready": lambda server: self._when_ready(),  # gunicorn counts the arguments
        }

    def load(self) -> Application:
        """Return the app."""
        return self._app
