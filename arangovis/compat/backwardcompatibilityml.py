"""The functions around BackwardCompatibilityML's widget, for scripts that built their own server.

No web framework is needed: `init_app_routes` takes any app with Flask's `route`, and gives it plain values to answer.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from arangovis.client import connect
from arangovis.client.compatibility import CompatibilitySweep
from arangovis.client.frames import frame_html
from arangovis.client.sweep_arguments import SweepArguments
from arangovis.client.sweep_training import LocalSweep, prepare, run_arguments
from arangovis.domain.errors import ArangovisError, NotFound
from arangovis.services.compatibility.instances import picture_from
from arangovis.tabular.pictures import blank

_NO_CACHE = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache", "Expires": "-1"}
_LOCAL = ("local", "unknown")


class App(Protocol):
    """An app with Flask's way of adding routes."""

    def route(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
        """Return what takes the function for a path."""
        ...


class SweepManager:
    """A sweep that runs in a thread of this process; the arguments are those of `SweepArguments`.

    Only one thread trains at a time; starting it again while it runs changes nothing.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        given = SweepArguments(*arguments, **named)
        self._arguments = given
        self._local = LocalSweep(prepare(given), given.client or connect(), workers=given.workers)
        self._thread: threading.Thread | None = None

    @property
    def sweep(self) -> CompatibilitySweep:
        """The sweep as it is recorded."""
        return self._local.sweep

    def start_sweep(self) -> None:
        """Begin, or go on with what is missing, and return at once."""
        if not self.is_running():
            self._thread = threading.Thread(target=self.start_sweep_synchronous, daemon=True, name="sweep")
            self._thread.start()

    def start_sweep_synchronous(self) -> None:
        """Train what is missing."""
        run_arguments(self._local, self._arguments)

    def is_running(self) -> bool:
        """Say whether it is being trained now."""
        return self._thread is not None and self._thread.is_alive()

    def get_sweep_status(self) -> float:
        """Return the fraction done."""
        return float(self.sweep.status()["progress"])

    def get_sweep_summary(self) -> Mapping[str, Any]:
        """Return the points that have succeeded."""
        return self.sweep.summary()

    def get_evaluation(self, evaluation_id: int) -> Mapping[str, Any]:
        """Return the evaluation record of a data point.

        Raises:
            NotFound: there is none of this number, or not yet.

        """
        return self.sweep.record(evaluation_id)

    def get_instance_image(self, instance_id: int) -> bytes:
        """Return the picture of a row: what the user's function gives, else a white PNG."""
        give = self._arguments.get_instance_image_by_id
        return blank().data if give is None else picture_from(give, instance_id).data


def init_app_routes(app: App, sweep_manager: Any) -> None:
    """Add the five paths to an app; what is not there is 404 with a JSON body.

    Args:
        app: has Flask's `route`.
        sweep_manager: a `SweepManager`, or an object with its methods.

    """

    def status() -> Mapping[str, Any]:
        return {"running": sweep_manager.is_running(), "percent_complete": sweep_manager.get_sweep_status()}

    def start() -> Mapping[str, Any]:
        sweep_manager.start_sweep()
        return status()

    def add(path: str, answer: Callable[..., Any], *methods: str) -> None:
        def respond(**given: int) -> tuple[Any, int, Mapping[str, str]]:
            try:
                return answer(**given), 200, _NO_CACHE
            except NotFound as error:
                return {"message": error.detail}, 404, _NO_CACHE
            except ArangovisError as error:
                return {"message": error.detail}, 500, _NO_CACHE

        respond.__name__ = path.partition("/<")[0].rpartition("/")[2]
        app.route(f"/api/v1/{path}", methods=list(methods or ("GET",)))(respond)

    add("start_sweep", start, "POST")
    add("sweep_status", status)
    add("sweep_summary", sweep_manager.get_sweep_summary)
    add("evaluation_data/<int:evaluation_id>", sweep_manager.get_evaluation)
    add("instance_data/<int:instance_id>", sweep_manager.get_instance_image)


def build_environment_params(flask_service_env: object) -> dict[str, str]:
    """Return where a service is reached from, by the class of its environment and its `base_url`, if it has one."""
    kinds = {"LocalIPythonEnvironment": "local", "AzureNBEnvironment": "azureml", "DatabricksEnvironment": "databricks"}
    kind = kinds.get(type(flask_service_env).__name__, "unknown")
    base_url = "" if kind in _LOCAL else str(getattr(flask_service_env, "base_url", ""))
    return {"environment_type": kind, "base_url": base_url}


def render_widget_html(api_service_environment: Mapping[str, Any]) -> str:
    """Return a frame of the page of a service: at its `base_url`, else at its `port` of this machine."""
    base_url = str(api_service_environment.get("base_url") or "").rstrip("/")
    port = api_service_environment.get("port")
    if urlsplit(base_url).scheme not in ("http", "https"):
        base_url = f"http://127.0.0.1:{int(port)}" if port is not None else ""
    sweep = api_service_environment.get("sweep")
    return frame_html(f"{base_url}/?view=compatibility" + (f"&sweep={sweep}" if sweep else ""))


def default_get_instance_metadata(instance_id: object) -> str:
    """Return the id as text."""
    return str(instance_id)
