"""From what is asked to the run that is to compute it."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import Dataset, MetricSpec, ModelVersion, ProjectionParams
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import integer
from arangovis.domain.work import Input, RunRequest
from arangovis.projections.base import Projector
from arangovis.services.embedding.embedder import METHOD as EMBEDDER
from arangovis.services.projections.aligning import REFERENCE
from arangovis.services.projections.answers import spec_ids
from arangovis.services.projections.parameters import METHOD_PREFIX
from arangovis.services.projections.samples import DEFAULT_SEED, Sample, sample_nodes


@dataclass(frozen=True, slots=True)
class Ask:
    """A plot that somebody asks for, and what it is built on.

    `params_node` is None if the defaults are in force, of which nothing was recorded yet. `basis` is an earlier run
    whose samples and, if intact, `transformer` are used again; `repairs` says that its files are damaged. A forced
    recomputation has a `generation` above 0. `reference` is an earlier layout that this one is turned to.
    `embedder` makes the vectors of rows that have none. `periods` are other data sets, shown in the same plot.
    """

    version: ModelVersion
    engine: Projector
    params: ProjectionParams
    caller: Caller
    question: str
    params_node: NodeId | None = None
    specs: Sequence[MetricSpec] = ()
    basis: Run | None = None
    transformer: NodeId | None = None
    reference: NodeId | None = None
    embedder: NodeId | None = None
    periods: tuple[NodeId, ...] = ()
    repairs: bool = False
    resample: bool = False
    refit: bool = False
    generation: int = 0

    @property
    def refit_generation(self) -> int:
        """What keeps a forced refit apart from the fits before it, though it has the same data and parameters."""
        if self.refit or self.basis is None:
            return self.generation if self.refit else 0
        return integer(self.basis.options, "refit_generation", 0)


def question_of(
    version: ModelVersion,
    engine: Projector,
    params: ProjectionParams,
    training: Dataset | None,
    embedder: NodeId | None = None,
    periods: Sequence[NodeId] = (),
) -> str:
    """Return the digest of what decides a layout, whatever traffic arrived: not the metrics that are measured on it."""
    sizes = [params.production_data_sample_size, params.training_data_sample_size]
    data = None if training is None else training.digest
    made_by: list[JsonValue] = [] if embedder is None else [str(embedder)]
    shown: list[JsonValue] = [["periods", *(str(node) for node in periods)]] if periods else []
    return digest_of([str(version.id), engine.name, dict(params.values), sizes, data, *made_by, *shown])


def run_request(ask: Ask, params: NodeId, samples: Sequence[Sample]) -> RunRequest:
    """Return the run that answers; equal requests have an equal run key."""
    inputs = _inputs(ask, params, samples)
    return RunRequest(
        method=METHOD_PREFIX + ask.engine.name,
        project=ask.version.project,
        inputs=inputs,
        params=ask.params.values,
        options=_options(ask, samples),
        seed=DEFAULT_SEED,
        run_key=_run_key(ask, inputs, samples),
        question=ask.question,
        generation=ask.generation,
        name=run_name(ask.engine, ask.version),
    )


def run_name(engine: Projector, version: ModelVersion) -> str:
    """Return what people call a projection of a model version."""
    return f"{engine.name} of {version.name} {version.version}"


def refused_request(ask: Ask) -> RunRequest:
    """Return the run that says why there is no plot."""
    return RunRequest(
        method=METHOD_PREFIX + ask.engine.name,
        project=ask.version.project,
        inputs=(Input(ask.version.id, "model"),),
        params={},
        question=ask.question,
    )


def _inputs(ask: Ask, params: NodeId, samples: Sequence[Sample]) -> tuple[Input, ...]:
    metrics = [Input(spec.id, "metric") for spec in ask.specs]
    detectors = dict.fromkeys(Input(spec.detector, "detector") for spec in ask.specs if spec.detector is not None)
    reused = [
        Input(node, role)
        for node, role in ((ask.transformer, "transformer"), (ask.reference, REFERENCE), (ask.embedder, EMBEDDER))
        if node
    ]
    data = [Input(sample.node, sample.role) for sample in samples]
    return (Input(ask.version.id, "model"), Input(params, "params"), *data, *metrics, *detectors, *reused)


def _options(ask: Ask, samples: Sequence[Sample]) -> Document:
    options: dict[str, JsonValue] = {
        **ask.params.options(),
        **sample_nodes(samples),
        "model_version": str(ask.version.id),
        "metric_specs": spec_ids(ask.specs),
        "refit_generation": ask.refit_generation,
    }
    if ask.transformer is not None:
        options["transformer"] = str(ask.transformer)
    if ask.reference is not None:
        options[REFERENCE] = str(ask.reference)
    if ask.embedder is not None:
        options[EMBEDDER] = str(ask.embedder)
    return options


def _run_key(ask: Ask, inputs: tuple[Input, ...], samples: Sequence[Sample]) -> str:
    content: list[JsonValue] = [
        ask.engine.name,
        ask.engine.engine(ask.params.values),
        ask.engine.algorithm_version,
        [[item.role, str(item.node)] for item in inputs if item.role != "params"],
        [sample.digest for sample in samples],
        dict(ask.params.values),
        ask.params.options(),
        DEFAULT_SEED,
        [ask.generation, ask.refit_generation],
        str(ask.basis.id) if ask.repairs and ask.basis else None,
    ]
    return digest_of(content)
