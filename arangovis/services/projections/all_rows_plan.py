"""The plan of a projection of all rows: fit on a sample, place the partitions, assemble them.

Everything here is worked out from what is asked. Each step has a key over only what it depends on, so that a repeat
finds what was made before, and other partitions find the fit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import Dataset, ModelVersion, ProjectionParams
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, digest_of
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.domain.plans import Step
from arangovis.domain.work import Input, RunRequest
from arangovis.projections.base import Projector
from arangovis.projections.quality import with_default
from arangovis.projections.registry import ASSEMBLE, FIT, METHOD_PREFIX, TRANSFORM
from arangovis.services.embedding.embedder import METHOD as EMBEDDER
from arangovis.services.projections.samples import DEFAULT_SEED

METHOD = METHOD_PREFIX + "all-rows"
"""Of the plan. Nobody claims it: it stands for its steps."""
FIT_STEP, ASSEMBLE_STEP = "fit", "assemble"
SAMPLE, TRANSFORMER, PART, RESULT = "sample", "transformer", "part", "rows"
"""Roles of what the steps make."""
TABLE = "table"
"""Option of a step whose rows have no embeddings, and are encoded."""
BLOCK_ROWS = 1_000
"""Rows that are placed together. Where a row comes to lie may depend a little on the rows placed with it, so blocks,
unlike partitions, are fixed: the partitions decide how the work is shared, not how the picture looks."""
_FITTED = ((FIT_STEP, TRANSFORMER, TRANSFORMER),)
PARTITIONS_MAX = 500
QUALITY_ROWS = 5_000
"""Quality is measured on so many of the rows as they were placed, chosen by the seed; on fewer, if they are wide."""
FIT_ROWS, FIT_ROWS_MIN = 10_000, 1_000
FIT_BYTES = QUALITY_BYTES = 256 << 20
CHUNK_BYTES = 32 << 20
"""Of the vectors that a fit, a measurement of quality, or the placing of a partition hold at a time."""
UNKNOWN_DIMENSION = 1_024
"""What is reckoned with while nobody knows how long the vectors are: an embedder is yet to make them."""
FORM_VERSION = 3
"""Raised by hand when the same coordinates would be stored otherwise."""
OPTIONS = ParameterSet(
    (
        Parameter("fit_rows", int, FIT_ROWS, "Up to so many rows are fitted; above, a sample of so many.", 20, 50_000),
        Parameter("partition_rows", int, 20_000, "Rows that one step places.", BLOCK_ROWS, 1_000_000),
    )
)


@dataclass(frozen=True, slots=True)
class AllRowsOptions:
    """How the work is cut. `partition_rows` is a multiple of BLOCK_ROWS; None: as many as suit the number of rows.

    `fit_rows`: None: FIT_ROWS, or as many as take FIT_BYTES.
    """

    fit_rows: int | None = None
    partition_rows: int | None = None

    def __post_init__(self) -> None:
        sizes = {"fit_rows": self.fit_rows, "partition_rows": self.partition_rows}
        given = {name: size for name, size in sizes.items() if size is not None}
        _, faults = OPTIONS.check(given, where="")
        if not faults and self.partition_rows is not None and self.partition_rows % BLOCK_ROWS:
            faults = (Fault("partition_rows", f"{self.partition_rows} is not a multiple of {BLOCK_ROWS}"),)
        if faults:
            raise InvalidInput.of(*faults)


@dataclass(frozen=True, slots=True)
class AllRowsAsk:
    """A projection of all rows that somebody asks for, and what it is built on.

    `rows` is the snapshot to place; `fitted_on` holds what the method learns from: training data with embeddings where
    there are any, else the same snapshot, of which `fitted_count` rows can be used. `classes` is the column that tells
    their classes, `dimension` how long a vector is, `embedder` what makes the vectors; each may be unknown or none.
    """

    version: ModelVersion
    engine: Projector
    params: ProjectionParams
    rows: Dataset
    fitted_on: Dataset
    fitted_count: int
    options: AllRowsOptions
    classes: str | None = None
    dimension: int | None = None
    embedder: NodeId | None = None

    @property
    def sample_rows(self) -> int:
        """How many rows the method learns from."""
        affordable = max(FIT_ROWS_MIN, rows_in(FIT_BYTES, self.dimension))
        return min(self.options.fit_rows or min(FIT_ROWS, affordable), self.fitted_count)

    @property
    def is_table(self) -> bool:
        """Whether the vectors are the inputs of the model, encoded as the fitted rows have them."""
        return self.embedder is None and self.version.signature.embedding_dimension is None

    @property
    def own_options(self) -> dict[str, JsonValue]:
        """What every step is told."""
        told: dict[str, JsonValue] = {"method": self.engine.name, "model_version": str(self.version.id)}
        told |= {TABLE: True} if self.is_table else {}
        return told if self.embedder is None else {**told, EMBEDDER: str(self.embedder)}

    @property
    def makers(self) -> tuple[Input, ...]:
        """What every step reads that looks at vectors."""
        return () if self.embedder is None else (Input(self.embedder, EMBEDDER),)


@dataclass(frozen=True, slots=True)
class Part:
    """A partition: rows `start` to `stop` of the snapshot, the last one not included."""

    number: int
    start: int
    stop: int

    @property
    def step(self) -> str:
        """The name of the step that places it."""
        return f"transform-{self.number}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The run keys of the steps; that of the plan follows from them."""

    fit: str
    parts: tuple[str, ...]
    assemble: str

    @property
    def plan(self) -> str:
        """The run key of the plan."""
        return digest_of(["plan", self.fit, *self.parts, self.assemble])


def partitions(rows: int, partition_rows: int | None) -> Sequence[Part]:
    """Cut rows into partitions; without a size, of the default size or as many rows as keep PARTITIONS_MAX.

    Raises:
        InvalidInput: there would be too many.

    """
    needed = -(-rows // (PARTITIONS_MAX * BLOCK_ROWS)) * BLOCK_ROWS
    if partition_rows is not None and partition_rows < needed:
        count = -(-rows // partition_rows)
        problem = f"{partition_rows} would cut {rows} rows into {count}; at most {PARTITIONS_MAX} are made: {needed}"
        raise InvalidInput.of(Fault("partition_rows", f"{problem} or more will do"))
    size = partition_rows or max(int(str(OPTIONS.defaults()["partition_rows"])), needed)
    return [Part(number, start, min(start + size, rows)) for number, start in enumerate(range(0, rows, size), start=1)]


def rows_in(size: int, dimension: int | None) -> int:
    """Return how many vectors, float32 (dimension,), take so many bytes."""
    return size // (4 * (dimension or UNKNOWN_DIMENSION))


def sample_key(ask: AllRowsAsk) -> str:
    """Return the digest of the rows that the method learns from, and of what makes their vectors."""
    source = [str(ask.fitted_on.id), ask.fitted_on.digest]
    maker = None if ask.embedder is None else str(ask.embedder)
    return digest_of(["sample", FORM_VERSION, *source, ask.sample_rows, ask.classes, maker, DEFAULT_SEED])


def keys_of(ask: AllRowsAsk, cut: Sequence[Part], key_of: Callable[[str], str] = str) -> Keys:
    """Return the keys; `key_of` gives the key to use in place of one whose product is damaged."""
    fit = _fit_key(ask)
    placed: list[JsonValue] = ["part", FORM_VERSION, fit, ask.rows.digest, BLOCK_ROWS]
    parts = tuple(key_of(digest_of([*placed, part.start, part.stop])) for part in cut)
    metrics: JsonValue = list(with_default(ask.params.visualization_metrics))
    assemble = digest_of(["assemble", FORM_VERSION, QUALITY_ROWS, ask.rows.digest, metrics, ask.classes, *parts])
    return Keys(key_of(fit), parts, key_of(assemble))


def _fit_key(ask: AllRowsAsk) -> str:
    engine: list[JsonValue] = [ask.engine.name, ask.engine.engine(ask.params.values), ask.engine.algorithm_version]
    return digest_of(["fit of a sample", *engine, sample_key(ask), dict(ask.params.values), DEFAULT_SEED])


def plan_of(ask: AllRowsAsk, params: NodeId, cut: Sequence[Part], keys: Keys) -> tuple[RunRequest, Sequence[Step]]:
    """Return the plan and its steps. `params` is the node of the parameters, `cut` the partitions."""
    transforms = [_transform(ask, part, key) for part, key in zip(cut, keys.parts, strict=True)]
    wanted = RunRequest(
        method=METHOD,
        project=ask.version.project,
        inputs=(*_inputs(ask, params), Input(ask.rows.id, "production")),
        params=ask.params.values,
        options={"method": ask.engine.name, "rows": ask.rows.rows, "parts": len(cut), "sample_rows": ask.sample_rows},
        seed=DEFAULT_SEED,
        run_key=keys.plan,
        name=f"{ask.engine.name} of all rows of {ask.version.name} {ask.version.version}",
    )
    return wanted, (_fit(ask, params, keys.fit), *transforms, _assemble(ask, cut, keys.assemble))


def _inputs(ask: AllRowsAsk, params: NodeId) -> tuple[Input, ...]:
    return Input(ask.version.id, "model"), Input(params, "params"), *ask.makers


def _of_rows(ask: AllRowsAsk) -> tuple[tuple[NodeId, str], ...]:
    return ((ask.rows.id, "production"), *((item.node, item.role) for item in ask.makers))


def _fit(ask: AllRowsAsk, params: NodeId, key: str) -> Step:
    role = "production" if ask.fitted_on == ask.rows else "training"
    sample: dict[str, JsonValue] = {
        "fitted_on": str(ask.fitted_on.id),
        "sample_rows": ask.sample_rows,
        "sample_key": sample_key(ask),
        "fitted_count": ask.fitted_count,
        "classes": ask.classes,
    }
    inputs = tuple((item.node, item.role) for item in _inputs(ask, params))
    return Step(
        FIT_STEP,
        FIT,
        params=ask.params.values,
        options={**ask.own_options, **sample},
        seed=DEFAULT_SEED,
        inputs=(*inputs, (ask.fitted_on.id, role)),
        run_key=key,
    )


def _transform(ask: AllRowsAsk, part: Part, key: str) -> Step:
    return Step(
        part.step,
        TRANSFORM,
        params=ask.params.values,
        options={**ask.own_options, "rows": str(ask.rows.id), "start": part.start, "stop": part.stop},
        seed=DEFAULT_SEED,
        inputs=_of_rows(ask),
        takes=_FITTED,
        run_key=key,
    )


def _assemble(ask: AllRowsAsk, cut: Sequence[Part], key: str) -> Step:
    return Step(
        ASSEMBLE_STEP,
        ASSEMBLE,
        params=ask.params.values,
        options={
            **ask.own_options,
            "rows": str(ask.rows.id),
            "visualization_metrics": list(ask.params.visualization_metrics),
            "classes": ask.classes,
        },
        seed=DEFAULT_SEED,
        inputs=_of_rows(ask),
        takes=(*(_FITTED if ask.is_table else ()), *((part.step, PART, PART) for part in cut)),
        run_key=key,
    )
