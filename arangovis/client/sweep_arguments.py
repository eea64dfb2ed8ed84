"""The arguments of a sweep that the user's own process trains: those of BackwardCompatibilityML, then ours."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arangovis.compatibility.grid import lambda_grid
from arangovis.compatibility.losses import Normalize
from arangovis.compatibility.sweep import SweepOptions
from arangovis.domain.errors import Fault, InvalidInput

NEW_ERROR, STRICT_IMITATION = "BCNLLLoss", "StrictImitationNLLLoss"
_PIVOTS = ("discriminant_pivot", "discriminan_pivot")
WORKERS_MAX = 256


@dataclass(frozen=True)
class SweepArguments:
    """What to sweep.

    Args:
        folder_name: where models, records and summary are written as files too; None for nowhere.
        number_of_epochs: of each training.
        h1: the old model.
        h2: the new model as every training begins with it.
        training_set: batches of (ids, inputs, targets).
        test_set: likewise.
        batch_size_train: for the record only; batches are taken as they come.
        batch_size_test: likewise.
        OptimizerClass: of PyTorch; SGD if None.
        optimizer_kwargs: its arguments beside the parameters.
        NewErrorLossClass: one of the losses, or its name.
        StrictImitationLossClass: likewise.
        performance_metric: (model, batches, device) -> number; the accuracy if None.
        lambda_c_stepsize: of the grid from 0 to 1.
        percent_complete_queue: is given the fraction done with `put`.
        new_error_loss_kwargs: `discriminant_pivot` counts, the rest is known from the data.
        strict_imitation_loss_kwargs: likewise.
        get_instance_metadata: id -> text.
        device: of PyTorch.
        use_ml_flow: whether to log to MLflow too.
        ml_flow_run_name: under which name.
        get_instance_image_by_id: id -> picture, for what this process serves.
        workers: how many trainings at a time, each in a process of its own; the numbers do not depend on it.
        seed: of everything random.
        normalize: what dissonances are divided by; "reference" for BackwardCompatibilityML's numbers.
        by_batch: whether scores are means over batches, as BackwardCompatibilityML's are.
        lambdas: in place of the grid.
        project: of the record.
        name: of the record.
        client: where it is recorded; one made by `arangovis.connect()` if None.

    """

    folder_name: str | Path | None
    number_of_epochs: int
    h1: Any
    h2: Any
    training_set: Iterable[Any]
    test_set: Iterable[Any]
    batch_size_train: int | None = None
    batch_size_test: int | None = None
    OptimizerClass: Any = None
    optimizer_kwargs: Mapping[str, float | int | bool] | None = None
    NewErrorLossClass: Any = NEW_ERROR
    StrictImitationLossClass: Any = STRICT_IMITATION
    performance_metric: Callable[..., float] | None = None
    lambda_c_stepsize: float = 0.25
    percent_complete_queue: Any = None
    new_error_loss_kwargs: Mapping[str, Any] | None = None
    strict_imitation_loss_kwargs: Mapping[str, Any] | None = None
    get_instance_metadata: Callable[[Any], str] | None = None
    device: str = "cpu"
    use_ml_flow: bool = False
    ml_flow_run_name: str = "compatibility_sweep"
    get_instance_image_by_id: Callable[[Any], object] | None = None
    workers: int = 1
    seed: int = 0
    normalize: Normalize = "batch"
    by_batch: bool = False
    lambdas: tuple[float, ...] | None = None
    project: str = "compatibility"
    name: str | None = None
    client: Any = None

    def __post_init__(self) -> None:
        if not 1 <= self.workers <= WORKERS_MAX:
            raise InvalidInput.of(Fault("workers", f"{self.workers} is not 1 to {WORKERS_MAX}"))
        if self.workers > 1 and self.device != "cpu":
            problem = f"{self.workers} processes cannot share the device {self.device!r}; use 1"
            raise InvalidInput.of(Fault("workers", problem))

    @property
    def options(self) -> SweepOptions:
        """What the sweep tries.

        Raises:
            InvalidInput: the step is not above 0 and at most 1.

        """
        grid = lambda_grid(self.lambda_c_stepsize) if self.lambdas is None else tuple(map(float, self.lambdas))
        return SweepOptions(
            lambdas=grid,
            new_error=_name(self.NewErrorLossClass, NEW_ERROR),
            strict_imitation=_name(self.StrictImitationLossClass, STRICT_IMITATION),
            normalize=self.normalize,
            optimizer=_name(self.OptimizerClass, "SGD"),
            optimizer_arguments=dict(self.optimizer_kwargs or {}),
            epochs=self.number_of_epochs,
            seed=self.seed,
            pivot=self._pivot(),
        )

    def _pivot(self) -> float:
        given = [*(self.new_error_loss_kwargs or {}).items(), *(self.strict_imitation_loss_kwargs or {}).items()]
        return next((float(value) for name, value in given if name in _PIVOTS), 0.5)


def _name(given: Any, default: str) -> str:
    if given is None:
        return default
    return given if isinstance(given, str) else str(given.__name__)
