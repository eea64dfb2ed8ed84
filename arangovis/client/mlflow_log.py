"""A sweep logged to MLflow beside our own record, for those who look there. Its run ends however the sweep does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from arangovis.domain.errors import MissingExtra

_SPLITS = {"train": "training", "test": "testing"}
_SCORES = ("performance", "btc", "bec")


class MlflowLog:
    """An open run of MLflow. `succeeded` says how it is to end."""

    def __init__(self, mlflow: Any) -> None:
        self._mlflow = mlflow
        self.succeeded = False

    def log(self, step: int, lambda_c: float, dissonances: Sequence[str], metrics: Mapping[str, Any]) -> None:
        """Log the scores of a point; `step` counts the lambdas from 1."""
        values = {
            f"{kind}_{name}_{score}": metrics.get(f"{split}_{score}")
            for kind in dissonances
            for split, name in _SPLITS.items()
            for score in _SCORES
        }
        known = {name: value for name, value in values.items() if value is not None}
        self._mlflow.log_metrics({"lambda_c": lambda_c, **known}, step=step)


@contextmanager
def mlflow_log(name: str, params: Mapping[str, object]) -> Iterator[MlflowLog]:
    """Open a run of MLflow, inside one that is open already if there is one, and end it whatever happens.

    Raises:
        MissingExtra: MLflow is not installed.

    """
    try:
        import mlflow
    except ModuleNotFoundError as error:
        raise MissingExtra("MLflow is not installed; install mlflow, or leave use_ml_flow out") from error
    mlflow.start_run(run_name=name, nested=True)
    log = MlflowLog(mlflow)
    try:
        mlflow.log_params(dict(params))
        yield log
    finally:
        mlflow.end_run("FINISHED" if log.succeeded else "FAILED")
