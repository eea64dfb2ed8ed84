"""A sweep that this process trains: prepared, recorded point by point, and resumed by asking for it again."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson

from arangovis.client.compatibility import CompatibilitySweep, plain_list
from arangovis.client.connection import connect
from arangovis.client.forked import TrainedPoint, train_all
from arangovis.client.mlflow_log import MlflowLog, mlflow_log
from arangovis.client.sweep_arguments import SweepArguments
from arangovis.compatibility.evaluation import Split
from arangovis.compatibility.sweep import Point, Progress, SweepOptions, Trainer, options_document, points, run_point
from arangovis.domain.errors import Cancelled, Conflict, InvalidInput, MissingExtra
from arangovis.domain.json import JsonValue, digest_of

if TYPE_CHECKING:
    from arangovis.client.client import Client

LOOK_EVERY_S = 0.5
"""How often at most it is asked whether the sweep was cancelled."""
FAILURE_LENGTH_MAX = 1000
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Prepared:
    """All that a sweep needs: how to train a point, the data sets, and what the record says of the rest.

    Args:
        trainer: trains a point.
        splits: both data sets with the old model's predictions.
        options: what the sweep tries.
        body: the request that records it, without the data sets' rows and the models' weights.
        weights: role of the model -> its weights, where it has such.

    """

    trainer: Trainer
    splits: Mapping[str, Split]
    options: SweepOptions
    body: Json
    weights: Mapping[str, bytes]


class LocalSweep:
    """A sweep in this process."""

    def __init__(self, prepared: Prepared, client: "Client", *, workers: int = 1) -> None:
        self._prepared = prepared
        self._calls = client.compatibility.calls
        self._workers = workers
        self._told: dict[int, float] = {}
        self._looked_at = 0.0
        self._running = Lock()
        self.sweep = client.compatibility.get(self._open(started=False)["id"])

    @property
    def is_running(self) -> bool:
        """Whether this process trains it now."""
        return self._running.locked()

    def run(
        self, *, progress: Callable[[float], None] | None = None, mlflow: tuple[str, Mapping[str, object]] | None = None
    ) -> CompatibilitySweep:
        """Train what is missing and return the sweep; while it is being trained, only return it.

        A point that fails leaves the others. Whoever interrupts it may call it again.

        Args:
            progress: called with the fraction done.
            mlflow: name and parameters of a run of MLflow to log to.

        """
        if not self._running.acquire(blocking=False):
            return self.sweep
        try:
            with ExitStack() as stack:
                log = None if mlflow is None else stack.enter_context(mlflow_log(*mlflow))
                self._run(progress or _quiet, log)
        finally:
            self._running.release()
        return self.sweep

    def _run(self, progress: Callable[[float], None], log: MlflowLog | None) -> None:
        self.sweep = self.sweep.at(self._open(started=True)["id"])
        states = {point["point"]: point["state"] for point in self.sweep.points}
        all_points = points(self._prepared.options)
        missing = [point for point in all_points if states[point.index] != "SUCCESS"]
        self._told = {p.index: 0.0 if p in missing else 1.0 for p in all_points}

        def told(point: Point, fraction: float) -> None:
            self._check_cancelled()
            if fraction > self._told[point.index]:
                self._told[point.index] = fraction
                progress(sum(self._told.values()) / len(self._told))

        progress(sum(self._told.values()) / len(self._told))
        try:
            for trained in train_all(missing, self._train, workers=self._workers, told=told):
                recorded = self._record(trained)
                told(trained.point, 1.0)
                if log is not None:
                    step = self._prepared.options.lambdas.index(trained.point.lambda_c) + 1
                    log.log(step, trained.point.lambda_c, recorded["dissonances"], recorded["metrics"])
        except (Cancelled, Conflict):
            if self.sweep.state != "CANCELLED":
                raise
            return
        if self.sweep.state == "STARTED":
            ended = self._calls.post(f"/sweeps/{self.sweep.run.key}/end")
        else:
            ended = self.sweep.status()
        if log is not None:
            log.succeeded = ended["state"] == "SUCCESS"

    def _open(self, *, started: bool) -> Json:
        body: dict[str, Any] = {**self._prepared.body, "started": started}
        for role, weights in self._prepared.weights.items():
            body[role] = {**body[role], **self._calls.stage(weights)}
        answer: Json = self._calls.post("/recorded-sweeps", body)
        return answer

    def _check_cancelled(self) -> None:
        if time.monotonic() < self._looked_at + LOOK_EVERY_S:
            return
        self._looked_at = time.monotonic()
        if self.sweep.state == "CANCELLED":
            raise Cancelled(f"{self.sweep.run} was cancelled")

    def _train(self, point: Point, progress: Progress) -> TrainedPoint:
        try:
            result = run_point(self._prepared.trainer, point, self._prepared.splits, progress)
        except Cancelled:
            raise
        except Exception as error:  # a failure of the user's model or metric is that of its point alone
            text = getattr(error, "detail", None) or f"{type(error).__name__}: {error}"
            return TrainedPoint(point, {"failure": str(text)[:FAILURE_LENGTH_MAX]})
        document = {
            "predictions": {name: plain_list(labels) for name, labels in result.predictions.items()},
            "performance": {name: float(e.h2_performance) for name, e in result.evaluations.items()},
            "losses": list(result.losses),
        }
        return TrainedPoint(point, document, result.weights)

    def _record(self, trained: TrainedPoint) -> Json:
        named = {} if trained.weights is None else self._calls.stage(trained.weights)
        path = f"/sweeps/{self.sweep.run.key}/points/{trained.point.index}"
        try:
            answer: Json = self._calls.put(path, {**trained.document, **named})
        except InvalidInput as error:  # what the user's model predicts is no label, or its metric no number
            answer = self._calls.put(path, {"failure": error.detail[:FAILURE_LENGTH_MAX]})
        return answer


def compatibility_sweep(*arguments: Any, **named: Any) -> CompatibilitySweep:
    """Sweep the new model over lambda_c in this process, recorded as a run; return it when it has ended.

    The arguments are those of `arangovis.client.sweep_arguments.SweepArguments`. The same sweep again trains only what
    is missing.

    Raises:
        InvalidInput: an argument is out of its range.
        MissingExtra: PyTorch is not installed.

    """
    given = SweepArguments(*arguments, **named)
    local = LocalSweep(prepare(given), given.client or connect(), workers=given.workers)
    return run_arguments(local, given)


def run_arguments(local: LocalSweep, given: SweepArguments) -> CompatibilitySweep:
    """Run a prepared sweep as its arguments say."""
    queue = given.percent_complete_queue
    params = {
        "lambda_c_stepsize": given.lambda_c_stepsize,
        "batch_size_train": given.batch_size_train,
        "batch_size_test": given.batch_size_test,
    }
    mlflow = (given.ml_flow_run_name, params) if given.use_ml_flow else None
    sweep = local.run(progress=None if queue is None else queue.put, mlflow=mlflow)
    if given.folder_name is not None:
        write_folder(sweep, Path(given.folder_name))
    return sweep


def sweep_function(
    trainer: Trainer, splits: Mapping[str, Split], options: SweepOptions, client: "Client", **given: Any
) -> CompatibilitySweep:
    """Sweep with a training function of the user's own, of any framework; see `arangovis.compatibility.sweep.Trainer`.

    Args:
        trainer: trains a point and predicts both splits.
        splits: "train" and "test": right answers and the old model's predictions.
        options: what the sweep tries.
        client: where it is recorded.
        given: `h1` and `h2` (names that stand for the models' content), `project`, `name`, `workers`.

    """
    names = {"reference": str(given.get("h1", "h1")), "base": str(given.get("h2", "h2"))}
    models = {role: {"name": name, "digest": digest_of(["model", name])} for role, name in names.items()}
    data = {name: split_body(name, split) for name, split in splits.items()}
    own = {"project": given.get("project", "compatibility"), "name": given.get("name")}
    body = {**models, **data, **own, "options": options_document(options), "environment": {"numpy": version("numpy")}}
    prepared = Prepared(trainer, splits, options, body, {})
    return LocalSweep(prepared, client, workers=given.get("workers", 1)).run()


def prepare(given: SweepArguments) -> Prepared:
    """Ask the old model once, and gather what the record needs.

    Raises:
        InvalidInput: an argument is out of its range.
        MissingExtra: PyTorch is not installed.

    """
    try:
        from arangovis.compatibility.pytorch.trainer import Models, TorchTrainer, optimizers
        from arangovis.compatibility.pytorch.weights import weights_of
    except ModuleNotFoundError as error:
        raise MissingExtra("PyTorch is not installed; install arangovis[compatibility]") from error
    options = given.options
    own = given.OptimizerClass if options.optimizer not in optimizers() else None
    models = Models(given.h1, given.h2, given.device, optimizer=own)
    data = {"train": list(given.training_set), "test": list(given.test_set)}
    trainer = TorchTrainer(options, models, data, metric=given.performance_metric)
    splits = trainer.splits(by_batch=given.by_batch)
    weights = {"reference": weights_of(given.h1), "base": weights_of(given.h2)}
    digests = {name: trainer.digest(name) for name in data}
    note = given.get_instance_metadata
    notes = {name: None if note is None else [note(key) for key in split.ids or ()] for name, split in splits.items()}
    body = {
        **{role: _model_body(model, weights[role]) for role, model in (("reference", given.h1), ("base", given.h2))},
        **{
            name: split_body(f"{name} data", split, digest=digests[name], notes=notes[name])
            for name, split in splits.items()
        },
        "options": options_document(options),
        "project": given.project,
        "name": given.name,
        "metric": "accuracy" if given.performance_metric is None else given.performance_metric.__name__,
        "environment": {name: version(name) for name in ("torch", "numpy")},
    }
    return Prepared(trainer, splits, options, body, weights)


def split_body(name: str, split: Split, *, digest: str | None = None, notes: Sequence[str] | None = None) -> Json:
    """Return a data set as the REST API takes it; without a digest, that of what is sent."""
    ids = range(len(split.truth)) if split.ids is None else split.ids
    rows = {"ids": plain_list(list(ids)), "truth": plain_list(split.truth), "h1": plain_list(split.h1)}
    content: JsonValue = [rows["ids"], rows["truth"], rows["h1"]]
    more = {
        "h1_performance": split.h1_performance,
        "classes": None if split.classes is None else list(split.classes),
        "batch_ends": None if split.batch_ends is None else list(split.batch_ends),
        "notes": None if notes is None else [str(text) for text in notes],
    }
    known = {key: value for key, value in more.items() if value is not None}
    return {"name": name, "digest": digest or digest_of(content), **rows, **known}


def write_folder(sweep: CompatibilitySweep, folder: Path) -> None:
    """Write models, records and summary as files, as BackwardCompatibilityML does; models in the safetensors format."""
    folder.mkdir(parents=True, exist_ok=True)
    summary = sweep.summary()
    for item in summary["data"]:
        number = item["datapoint_index"]
        (folder / f"{number}-evaluation-data.json").write_bytes(orjson.dumps(sweep.record(number)))
    for point in sweep.points:
        if point["model"] is not None:
            for kind in point["dissonances"]:
                name = f"{point['lambda_c']}-model-{kind.replace('_', '-')}.safetensors"
                (folder / name).write_bytes(sweep.weights(point["point"]))
    (folder / "sweep_summary.json").write_bytes(orjson.dumps(summary))


def _model_body(model: Any, weights: bytes) -> Json:
    kind = f"{type(model).__module__}.{type(model).__qualname__}\n{model!r}"
    return {"name": type(model).__name__, "digest": hashlib.sha256(kind.encode() + weights).hexdigest()}


def _quiet(fraction: float) -> None:
    """Tell nobody."""
