"""The widgets of BackwardCompatibilityML under their names and with their arguments; any number in one notebook."""

import inspect
import threading
from dataclasses import dataclass, fields
from typing import Any

from arangovis.client import connect
from arangovis.client.client import Client
from arangovis.client.comparing import compare_models
from arangovis.client.compatibility import ComparedModels, CompatibilitySweep, sweep_html
from arangovis.client.frames import comparison_path, frame_html, page_path
from arangovis.client.local import LocalBackend
from arangovis.client.sweep_arguments import SweepArguments
from arangovis.client.sweep_training import LocalSweep, prepare, run_arguments
from arangovis.domain.errors import ArangovisError
from arangovis.domain.ids import NodeId
from arangovis.notebook.server import url_of
from arangovis.services.compatibility.instances import Attached

_ORDER = (
    "folder_name",
    "number_of_epochs",
    "h1",
    "h2",
    "training_set",
    "test_set",
    "batch_size_train",
    "batch_size_test",
    "lambda_c_stepsize",
    "OptimizerClass",
    "optimizer_kwargs",
    "NewErrorLossClass",
    "StrictImitationLossClass",
    "performance_metric",
    "port",
    "new_error_loss_kwargs",
    "strict_imitation_loss_kwargs",
    "get_instance_image_by_id",
    "get_instance_metadata",
    "device",
    "use_ml_flow",
    "ml_flow_run_name",
)
"""The order of the original's arguments; ours follow by name."""


@dataclass(frozen=True)
class _AnalysisArguments(SweepArguments):
    """With the port, which a sweep has no use for."""

    port: int | None = None


class CompatibilityAnalysis:
    """A sweep in this process, drawn inline. It begins with `start`, or from the page.

    The arguments are those of BackwardCompatibilityML's widget in its order, then by name those of
    `arangovis.client.sweep_arguments.SweepArguments`. The same arguments again show what was trained before.

    Raises:
        TypeError: an argument is unknown or missing.
        InvalidInput: an argument is out of its range.
        MissingExtra: PyTorch or the libraries of the server are not installed.

    """

    __signature__ = inspect.signature(_AnalysisArguments)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        given = _bound(arguments, named)
        self._port = given.pop("port", None)
        self._client: Client = given.get("client") or connect()
        self._arguments = SweepArguments(**{**given, "client": self._client})
        self._local = LocalSweep(prepare(self._arguments), self._client, workers=self._arguments.workers)
        self._thread: threading.Thread | None = None
        self._failure: str | None = None
        self._attach(self._local.sweep.run)

    def __repr__(self) -> str:
        return f"CompatibilityAnalysis({self.sweep!r})"

    @property
    def sweep(self) -> CompatibilitySweep:
        """The sweep as it is recorded."""
        return self._local.sweep

    @property
    def url(self) -> str:
        """Where a browser on this machine sees it; the server starts when this is first asked for."""
        return url_of(self._client, self._port) + page_path(self.sweep.run)

    @property
    def is_running(self) -> bool:
        """Whether it is being trained now."""
        return self._local.is_running

    def start(self) -> None:
        """Begin, or go on with what is missing, and return at once; while it runs this changes nothing."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._failure = None
        self._thread = threading.Thread(target=self._run_quietly, daemon=True, name="compatibility-sweep")
        self._thread.start()

    def run(self) -> CompatibilitySweep:
        """Train what is missing, and return the sweep when it has ended."""
        sweep = run_arguments(self._local, self._arguments)
        self._attach(sweep.run)
        return sweep

    def wait(self, timeout_s: float | None = None) -> CompatibilitySweep:
        """Wait for what `start` began, and return the sweep.

        Raises:
            ArangovisError: what stopped it.

        """
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self._failure is not None:
            raise ArangovisError(self._failure)
        return self.sweep

    def _run_quietly(self) -> None:
        try:
            self.run()
        except Exception as error:  # the thread has nobody to tell; `wait` does
            self._failure = getattr(error, "detail", None) or f"{type(error).__name__}: {error}"

    def _attach(self, run: NodeId) -> None:
        given = self._arguments
        attached = Attached(given.get_instance_image_by_id, given.get_instance_metadata, self.start)
        _attach(self._client, run, attached)

    def _repr_html_(self) -> str:
        return _html(lambda: self.url, sweep_html(self.sweep))


class ModelComparison:
    """Two models on one data set, drawn inline.

    Args:
        h1: the old model.
        h2: the new model.
        dataset: batches of (ids, inputs, targets).
        performance_metric: (model, batches, device) -> number; the accuracy if None.
        port: of the server, if it is free.
        given: `get_instance_image_by_id`, `get_instance_metadata`, `device`, `client`, `project`, `name`.

    """

    def __init__(
        self, h1: Any, h2: Any, dataset: Any, performance_metric: Any = None, port: int | None = None, **given: Any
    ) -> None:
        self._port = port
        self._client: Client = given.pop("client", None) or connect()
        image, note = given.pop("get_instance_image_by_id", None), given.get("get_instance_metadata")
        self.comparison: ComparedModels = compare_models(
            h1, h2, dataset, performance_metric, client=self._client, **given
        )
        _attach(self._client, self.comparison.run, Attached(image, note))

    def __repr__(self) -> str:
        return f"ModelComparison({self.comparison!r})"

    @property
    def url(self) -> str:
        """Where a browser on this machine sees it; the server starts when this is first asked for."""
        return url_of(self._client, self._port) + comparison_path(self.comparison.run)

    def _repr_html_(self) -> str:
        return _html(lambda: self.url, self.comparison._repr_html_())


def _bound(arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """Return arguments by name, the positional ones in the original's order."""
    if len(arguments) > len(_ORDER):
        raise TypeError(f"CompatibilityAnalysis takes {len(_ORDER)} positional arguments, {len(arguments)} were given")
    given = dict(zip(_ORDER, arguments, strict=False))
    if twice := sorted(given.keys() & named.keys()):
        raise TypeError(f"CompatibilityAnalysis got two values for {twice[0]!r}")
    given |= named
    known = {field.name for field in fields(_AnalysisArguments)}
    if unknown := sorted(given.keys() - known):
        raise TypeError(f"CompatibilityAnalysis has no argument {unknown[0]!r}")
    # what the original's defaults leave to us is None
    kept = {name: value for name, value in given.items() if value is not None or name == "folder_name"}
    return {"folder_name": None, **kept}


def _attach(client: Client, run: NodeId, attached: Attached) -> None:
    """Let this process's own server give pictures and texts; another's cannot call our functions."""
    if isinstance(client.backend, LocalBackend):
        client.backend.service.instances.attachments.attach(run, attached)


def _html(url: Any, fallback: str) -> str:
    try:
        return frame_html(url(), fallback=fallback)
    except (ArangovisError, OSError):
        return fallback
