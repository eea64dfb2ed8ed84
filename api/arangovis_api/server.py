"""gunicorn, run from here: one `gthread` process, since more gain nothing on the embedded store."""

import ctypes
import gc
import logging
import os
import select
import ssl
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from arangovis.settings import Settings, check_bind, check_tls
from arangovis.tabular.frames.plain_numbers import COMPILED
from arangovis.wiring import build
from arangovis_api.admission import SPARE_THREADS
from arangovis_api.app import App, create_app

TIMEOUT_S = 120
"""Without a sign of life from the process, which is not the time of a request, it is started again."""
GRACEFUL_TIMEOUT_S = 10
KEEPALIVE_S = 30
BACKLOG = 512
CONNECTIONS_MAX = 800
"""Beyond so many the kernel keeps further ones waiting, `BACKLOG` of them; a process may often open 1,024 files."""
REQUEST_LINE_BYTES_MAX = 8190
COLLECT_AFTER = 50_000
"""New objects before the collector looks: a large lineage has more than this, and none of them is garbage yet."""
ARENAS = 2
ARENAS_OPTION = -8
"""What glibc's `mallopt` knows the number of its arenas by."""

_log = logging.getLogger("arangovis.api")


def serve_api(settings: Settings, *, when_ready: Callable[[], None] | None = None) -> None:
    """Serve the API and the page until the process is told to stop.

    The store is opened and migrated before the address is bound, so what is wrong with the settings is raised here.

    Args:
        settings: where to listen, and over which stores.
        when_ready: called in this process once the address is bound.

    Raises:
        InvalidInput: the bind is not safe, or a setting cannot be used.

    """
    check_tls(settings)
    _Server(settings, when_ready).run()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings and no command line."""

    def __init__(self, settings: Settings, when_ready: Callable[[], None] | None) -> None:
        self._service = build(settings)
        check_bind(settings.host, guarded=settings.insecure or self._service.access.gate.is_required())
        self._when_ready = when_ready
        super().__init__()

    def load_config(self) -> None:
        """Say how to serve."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def _options(self) -> dict[str, Any]:
        settings = self._service.settings
        host = f"[{settings.host}]" if ":" in settings.host and "[" not in settings.host else settings.host
        return {
            "bind": f"{host}:{settings.port}",
            "workers": 1,
            "worker_class": _Worker,
            "threads": settings.requests_at_once + settings.requests_waiting + SPARE_THREADS,
            "worker_connections": CONNECTIONS_MAX,
            "timeout": TIMEOUT_S,
            "graceful_timeout": GRACEFUL_TIMEOUT_S,
            "keepalive": KEEPALIVE_S,
            "backlog": BACKLOG,
            "limit_request_line": REQUEST_LINE_BYTES_MAX,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "certfile": None if settings.tls_cert_file is None else str(settings.tls_cert_file),
            "keyfile": None if settings.tls_key_file is None else str(settings.tls_key_file),
            "ssl_context": _tls_context,
            # the app is made before the fork: what is wrong shows at once, and the processes share its memory
            "preload_app": True,
            "when_ready": lambda server: self._ready(),  # noqa: ARG005  # gunicorn counts the arguments
            "post_worker_init": lambda worker: self._begin(),  # noqa: ARG005
            "worker_exit": lambda _server, _worker: self._service.close(),
        }

    def _ready(self) -> None:
        _log.info("listening on %s:%s", self._service.settings.host, self._service.settings.port)
        if self._when_ready is not None:
            self._when_ready()

    def _begin(self) -> None:
        os.environ.setdefault(COMPILED, str(self._service.settings.home / "compiled"))
        _set_up_memory()

    def load(self) -> App:
        """Return the app."""
        return create_app(self._service)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """Takes requests, each in a thread, until it is told to stop; then answers those that it has."""

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or cease to accept; when it stops, close the door, so that who comes then goes elsewhere at once.

        Left open, the kernel would let them in to wait for nobody until this process ends.
        """
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while select.select([listener], [], [], 0)[0]:
                self.accept(listener)  # who stood in the door already
            listener.close()


def _tls_context(_config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Speak TLS 1.2 or later only."""
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _set_up_memory() -> None:
    """Collect less often, and have all threads share what one of them freed.

    Without what start-up made, and less often: that is a tenth of the time of a large answer. And glibc gives threads
    arenas of their own, of which each keeps the most it ever held: under load 150 MB more, that nobody uses.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none, and no arenas
    if mallopt is not None:
        mallopt(ARENAS_OPTION, ARENAS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 100)
