"""A `SummaryWriter` for code that was written for TensorBoard: the same calls, logged to a run."""

import time
from collections.abc import Mapping
from typing import Any, Self, Unpack

import numpy as np

from arangovis.client.active_run import ActiveRun
from arangovis.client.begin_run import RunOptions, run
from arangovis.client.data_logger import set_attributes

WALLTIME = "walltime"


class SummaryWriter:
    """Logs scalars and texts, each tag as a series of its own with the fields `step` and `walltime`.

    Args:
        log_dir: the name of the run; nothing is written to such a folder.
        comment: appended to the name.
        project: the project's name.
        into: a run that is active already, and stays so when this is closed; by default one is begun.
        options: where to and how, as of `arangovis.run`.

    """

    def __init__(
        self,
        log_dir: str | None = None,
        comment: str = "",
        *,
        project: str = "tensorboard",
        into: ActiveRun | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        self._owns_run = into is None
        name = f"{log_dir or ''}{comment}" or None
        self.run = into or run(project, name=name, **options)
        self._next_steps: dict[str, int] = {}

    def add_scalar(
        self, tag: str, scalar_value: Any, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Log a number; without a step, one more than the tag's last. `walltime` is in seconds since 1970."""
        self._add({tag: _single(scalar_value)}, tag, global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log numbers that belong together, as `main_tag/name` of each."""
        values = {f"{main_tag}/{name}": _single(value) for name, value in tag_scalar_dict.items()}
        self._add(values, main_tag, global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Log a text."""
        self._add({tag: str(text_string)}, tag, global_step, walltime)

    def add_hparams(self, hparam_dict: Mapping[str, Any], metric_dict: Mapping[str, Any]) -> None:
        """Set parameters of the run, as attributes too, so that it is found by them; and figures of the whole run."""
        params = {name: _plain(value) for name, value in hparam_dict.items()}
        self.run.params.update(params)
        outbox, plan = self.run.connection.outbox, self.run.plan
        set_attributes(outbox, plan.key, params, generation=plan.generation)
        self.run.metrics({name: _plain(value) for name, value in metric_dict.items()})

    def flush(self) -> None:
        """Wait until all of it is delivered."""
        self.run.flush()

    def close(self) -> None:
        """Deliver what waits, and end the run if it was begun here. Again: harmless."""
        if self._owns_run:
            self.run.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._owns_run:
            self.run.finish(error=error)

    def _add(self, values: Mapping[str, Any], tag: str, step: int | None, walltime: float | None) -> None:
        number = self._next_steps.get(tag, 0) if step is None else int(step)
        self._next_steps[tag] = max(self._next_steps.get(tag, 0), number + 1)
        seconds = time.time() if walltime is None else walltime
        when = np.datetime64(round(seconds * 1_000_000), "us")
        self.run.logger.write_columns(None, {**values, "step": number, WALLTIME: when})


def _single(value: Any) -> Any:
    """Return a number as a float, as TensorBoard does; a tensor stays as it is until it is sent."""
    if isinstance(value, bool | int | np.integer | np.bool_):
        return float(value)
    return value


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    return value if isinstance(value, bool | int | float | str) else str(value)
