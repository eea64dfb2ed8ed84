"""Training a detector on a frame: the handler of `anomaly.train` runs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from arangovis.domain.catalogue import Profile, Signature, SignatureField
from arangovis.domain.errors import NoData, NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.runs import Run
from arangovis.domain.views import items, text
from arangovis.domain.work import Made, MadeDetector, Outcome
from arangovis.services.anomaly.products import DETECTOR
from arangovis.services.anomaly.score_tables import training_table
from arangovis.services.frames.frames import Frames
from arangovis.tabular.frame_columns import NUMERIC, PlainColumn
from arangovis.tabular.frames.types import Progress

if TYPE_CHECKING:
    from arangovis.anomaly.expansion import ColumnSpec
    from arangovis.anomaly.model import TrainingMetrics

SCORE_OUTPUT = "anomaly_score"
MEDIA_TYPE = "application/x-npz"


class TrainRun:
    """Trains a detector."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Train the detector that a run asks for.

        Raises:
            NoData, InvalidInput, NotSupported, ComputeFailed: with a text for the person who asked.

        """
        from arangovis.anomaly.model import to_bundle
        from arangovis.anomaly.training import TrainingOptions, train
        from arangovis.tabular.bundle import to_bytes

        detector = text(run.options, "detector")
        parameters = {name: value for name, value in run.params.items() if name != DETECTOR}
        table = training_table(self._columns(run), frozenset(map(str, items(run.options, "ignored"))))
        model = train(table, TrainingOptions(detector, parameters, seed=run.seed), progress)
        facts: dict[str, Scalar] = {"detector": detector, "threshold": model.threshold, "seed": run.seed}
        made = MadeDetector(text(run.options, "name"), _signature(model.expansion.columns).document(), DETECTOR, facts)
        file = Made(DETECTOR, to_bytes(to_bundle(model)), MEDIA_TYPE, facts=facts)
        metrics = {"rows": table.rows, "threshold": model.threshold, **_metrics(model.metrics)}
        environment: dict[str, Scalar] = {
            "engine": model.origin.engine,
            "algorithm_version": model.origin.algorithm_version,
        }
        return Outcome((file,), metrics=metrics, environment=environment, detectors=(made,))

    def _columns(self, run: Run) -> tuple[PlainColumn, ...]:
        try:
            return self._frames.plain(self._frames.get(NodeId.parse(text(run.options, "frame"))))
        except NotFound as error:
            raise NoData("The frame that this run reads was deleted.") from error


def _signature(specs: "Sequence[ColumnSpec]") -> Signature:
    score = SignatureField(SCORE_OUTPUT, (), "float64", Profile.NUMERICAL)
    return Signature(tuple(map(_input, specs)), (score,))


def _input(spec: "ColumnSpec") -> SignatureField:
    if spec.kind == NUMERIC:
        return SignatureField(spec.name, (), "float64", Profile.NUMERICAL)
    return SignatureField(spec.name, (), "string", Profile.CATEGORICAL)


def _metrics(found: "TrainingMetrics") -> Mapping[str, Scalar]:
    return {name: value for name, value in asdict(found).items() if isinstance(value, int | float)}
