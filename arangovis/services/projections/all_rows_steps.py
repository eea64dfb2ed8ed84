"""The steps of a projection of all rows: what workers compute. No step holds more vectors than a fixed amount of memory
takes: rows are streamed from the stored segments, and what is made of them goes into parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from arangovis.domain.catalogue import ModelVersion
from arangovis.domain.errors import NoData
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import integer, items, optional_text, text
from arangovis.domain.work import Made, Outcome
from arangovis.projections.as_given import suited
from arangovis.projections.base import Labels, Matrix, Neighbours, Progress, Projector
from arangovis.projections.classes import class_labels, classes_of
from arangovis.projections.metrics import MetricChoice, chosen_metric
from arangovis.projections.mixed import MixedChoice
from arangovis.projections.neighbours import NeighbourIndex
from arangovis.projections.progress import part as part_of
from arangovis.projections.quality import Layout, evaluate, with_default
from arangovis.projections.registry import ASSEMBLE, FIT, TRANSFORM, projector
from arangovis.projections.table_encoder import TableEncoder
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.embedding.vectors import Vectors
from arangovis.services.projections.all_rows_plan import (
    BLOCK_ROWS,
    FIT_ROWS_MIN,
    PART,
    QUALITY_BYTES,
    QUALITY_ROWS,
    SAMPLE,
    TABLE,
    TRANSFORMER,
    rows_in,
)
from arangovis.services.projections.all_rows_result import (
    Manifest,
    PartFile,
    manifest_artifact,
    part_artifact,
    part_columns,
    sound_bytes,
)
from arangovis.services.projections.all_rows_source import StepSource
from arangovis.services.projections.neighbour_stage import NeighbourStage, Searched
from arangovis.services.projections.placed import ADRIFT, placed_among, placed_apart
from arangovis.services.projections.run import environment_of
from arangovis.services.projections.tables import learnt_encoder, weight_of
from arangovis.services.snapshots import RowReading, Snapshots
from arangovis.services.stages import BUNDLE_MEDIA_TYPE, Stages
from arangovis.stores.base import GraphStore
from arangovis.tabular import EMBEDDING, ROW_ID, Rows, sample_positions
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.tabular.bloom import BloomFilter
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes
from arangovis.tabular.sampling import Positions
from arangovis.tabular.strata import stratified_positions
from arangovis.tabular.types import vector_length

_FITTED = "fitted_coordinates"


class AllRowsSteps:
    """The handler of the methods `projection.fit`, `projection.transform` and `projection.assemble`."""

    def __init__(
        self, store: GraphStore, blobs: Blobs, datasets: Datasets, snapshots: Snapshots, vectors: Vectors
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets
        self._snapshots = snapshots
        self._vectors = vectors

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Compute a step.

        Raises:
            NoData, NotSupported, ComputeFailed, IntegrityError: with a text for the person who asked.

        """
        compute = {FIT: self._fit, TRANSFORM: self._transform, ASSEMBLE: self._assemble}[run.method]
        return compute(run, progress)

    # --- fit --------------------------------------------------------------------------------------------------

    def _fit(self, run: Run, progress: Progress) -> Outcome:
        source = self._source(run, "fitted_on")
        ordinals = _sampled(run, source.reading)
        heeded = optional_text(run.options, "classes") if run.params.get("label_weight") else None
        rows = source.rows(ordinals, *([] if heeded is None else [heeded]))
        if TABLE in run.options:
            source = replace(source, encoder=self._learnt(source, rows))
        matrix = source.matrix(rows, ordinals)
        progress(0.1)
        whole = len(ordinals) == integer(run.options, "fitted_count")
        engine = suited(projector(text(run.options, "method")), run.params, matrix.shape[1])
        classes = classes_of(rows, heeded)
        fitted = _fitted(engine, source, (matrix, None if classes is None else class_labels(classes)), progress)
        facts: dict[str, Scalar] = {
            **fitted.facts,
            "fitted_on": source.dataset.digest,
            "fitted_rows": len(matrix),
            "fitted_all": whole,
        }
        encoding = {} if source.encoder is None else source.encoder.to_bundle().arrays
        arrays = {**fitted.arrays, **encoding}
        made = (
            *source.stages.made,
            _sample_artifact(run, ordinals, rows),
            Made(TRANSFORMER, to_bytes(ArrayBundle(arrays, facts)), BUNDLE_MEDIA_TYPE, run.run_key, _known(facts)),
        )
        return source.outcome(made, {"sample_rows": len(matrix)}, environment_of(engine, run.params))

    def _learnt(self, source: StepSource, rows: Rows) -> TableEncoder:
        """Return the encoder of a table as its fitted rows have it; it is a stage of its own as well."""
        version = ModelVersion.of(self._store.get(NodeId.parse(text(source.run.options, "model_version"))))
        digest = text(source.run.options, "sample_key")
        return learnt_encoder(source.stages, version.signature.inputs, rows, digest)[0]

    # --- transform --------------------------------------------------------------------------------------------

    def _transform(self, run: Run, progress: Progress) -> Outcome:
        source = self._source(run, "rows")
        start, stop = integer(run.options, "start"), integer(run.options, "stop")
        (transformer,) = self._bundles(run, TRANSFORMER)
        source = _encoding(source, transformer)
        ids: list[str] = []
        placed: list[Matrix] = []
        for ordinals in source.chunks(start, stop):
            begin, end = ((int(row) - start) / (stop - start) for row in (ordinals[0], ordinals[-1]))
            found, coordinates = self._placed(source, transformer, ordinals, part_of(progress, start=begin, end=end))
            ids += found
            placed.append(coordinates)
        whole = np.concatenate(placed)
        made = part_artifact(ids, whole, start=start, stage_key=run.run_key)
        environment = dict(environment_of(projector(text(run.options, "method")), run.params))
        environment["engine"] = transformer.facts.get("engine") or environment["engine"]  # the one that fitted
        return source.outcome((made,), {"rows": len(whole)}, environment)

    def _placed(
        self, source: StepSource, transformer: ArrayBundle, ordinals: Positions, progress: Progress
    ) -> tuple[list[str], Matrix]:
        """Return the ids and the coordinates of some rows; those that were fitted lie where the fit put them."""
        facts, run = transformer.facts, source.run
        if facts.get("fitted_all") and facts.get("fitted_on") == source.dataset.digest:
            fitted = np.asarray(transformer.arrays[_FITTED], dtype=np.float32)
            return source.reading.some(ordinals, (ROW_ID,)).ids, fitted[ordinals]
        rows, matrix = source.some(ordinals)
        engine = projector(text(run.options, "method"))
        mixed = source.metric if isinstance(source.metric, MixedChoice) else None
        placed = place(engine, transformer, matrix, seed=run.seed, progress=progress, mixed=mixed)
        return rows.ids, placed

    # --- assemble ---------------------------------------------------------------------------------------------

    def _assemble(self, run: Run, progress: Progress) -> Outcome:
        source = self._source(run, "rows")
        parts = sorted(map(PartFile.of, self._read_nodes(run, PART)), key=lambda item: item.start)
        manifest = Manifest(text(run.options, "method"), source.dataset.rows, tuple(parts), {})
        manifest.check()
        quality = self._quality(run, source, manifest, progress)
        made = manifest_artifact(replace(manifest, quality=quality), run.run_key)
        metrics = {name: value for name, value in quality.items() if not isinstance(value, str)}
        environment = environment_of(projector(text(run.options, "method")), run.params)
        return source.outcome((made,), metrics, environment)

    def _quality(
        self, run: Run, source: StepSource, manifest: Manifest, progress: Progress
    ) -> Mapping[str, float | str]:
        names = with_default(str(name) for name in items(run.options, "visualization_metrics"))
        if not names:
            return {}
        if TABLE in run.options:
            source = _encoding(source, *self._bundles(run, TRANSFORMER))
        size = min(QUALITY_ROWS, max(FIT_ROWS_MIN, rows_in(QUALITY_BYTES, source.dimension)))
        ordinals = sample_positions(manifest.rows, size, run.seed)
        classes = optional_text(run.options, "classes")
        rows, original = source.some(ordinals, *([] if classes is None else [classes]))
        found = []
        for number, file in enumerate(manifest.parts, start=1):
            low, high = np.searchsorted(ordinals, (file.start, file.stop))
            if high > low:
                _, points = part_columns(sound_bytes(self._blobs, file.digest))
                found.append(points[ordinals[low:high] - file.start])
            progress(0.8 * number / len(manifest.parts))
        return evaluate(names, Layout(original, np.concatenate(found), run.seed, classes_of(rows, classes)))

    # --- what a step reads ------------------------------------------------------------------------------------

    def _source(self, run: Run, option: str) -> StepSource:
        dataset = self._datasets.find(NodeId.parse(text(run.options, option)))
        if dataset is None:
            raise NoData("The rows that this run reads were deleted.")
        dimension = vector_length(str(self._snapshots.columns(dataset).get(EMBEDDING)))
        role = "production" if dataset.source is not None else "training"
        reading, stages = self._snapshots.reading(dataset), Stages(self._store, self._blobs, run.project)
        return StepSource(run, role, dataset, reading, dimension, stages, self._vectors)

    def _bundles(self, run: Run, role: str) -> Iterator[ArrayBundle]:
        for node in self._read_nodes(run, role):
            yield from_bytes(sound_bytes(self._blobs, text(node.attributes, "digest")))

    def _read_nodes(self, run: Run, role: str) -> Sequence[Node]:
        edges = self._store.edges_of((run.id,), Direction.UPSTREAM, ("input_to",))
        nodes = self._store.get_many([edge.id.source for edge in edges if edge.id.role == role])
        return tuple(nodes.values())


def place(
    engine: Projector,
    transformer: ArrayBundle,
    matrix: Matrix,
    *,
    seed: int,
    progress: Progress,
    mixed: MixedChoice | None = None,
) -> Matrix:
    """Return the coordinates of rows, float32 (rows, components), placed in blocks of BLOCK_ROWS from the first on.

    `mixed` is the distance of rows of numbers and categories, which a method does not know by itself.

    Raises:
        InvalidInput, NotSupported, ComputeFailed: as `Projector.transform`.

    """
    fitting, placed = suited(engine, transformer.facts, matrix.shape[1]), []
    metric = mixed or chosen_metric(transformer.facts)
    for start in range(0, len(matrix), BLOCK_ROWS):
        block = matrix[start : start + BLOCK_ROWS]
        within = part_of(progress, start=start / len(matrix), end=(start + len(block)) / len(matrix))
        nearest = None if mixed is None else _nearest(fitting, transformer, block, mixed)
        coordinates = fitting.transform(transformer, block, seed=seed, progress=within, nearest=nearest)
        placed.append(placed_among(metric, transformer, block, coordinates).coordinates)
    return np.concatenate(placed)


def _nearest(engine: Projector, transformer: ArrayBundle, block: Matrix, metric: MetricChoice) -> Neighbours | None:
    rows = transformer.arrays.get("rows")
    declared = {parameter.name for parameter in engine.parameters.parameters}
    stated = {name: value for name, value in transformer.facts.items() if name in declared - {"engine"}}
    known = {name: value for name, value in stated.items() if value is not None}
    count = 0 if rows is None else engine.placing_needed(known, len(rows))
    if rows is None or not count:
        return None
    return NeighbourIndex(np.asarray(rows, dtype=np.float32), metric=metric).query(block, count)


def _encoding(source: StepSource, transformer: ArrayBundle) -> StepSource:
    """Return a source that encodes its rows as those were that the method learnt from, if these were a table."""
    if TABLE not in source.run.options:
        return source
    return replace(source, encoder=TableEncoder.from_bundle(transformer))


def _sampled(run: Run, reading: RowReading) -> Positions:
    """Return which rows are fitted: of each class its share, where there are classes."""
    count, size = integer(run.options, "fitted_count"), integer(run.options, "sample_rows")
    column = optional_text(run.options, "classes")
    codes = None if column is None or size >= count else reading.classes(column)
    return sample_positions(count, size, run.seed) if codes is None else stratified_positions(codes, size, run.seed)


def _fitted(
    engine: Projector, source: StepSource, fitted: tuple[Matrix, Labels | None], progress: Progress
) -> ArrayBundle:
    """Return the transformer that a fit of rows and their classes left, and where it put them."""
    run, (matrix, labels) = source.run, fitted
    wanted = engine.neighbours_needed(run.params, len(matrix))
    neighbours = _neighbours(source, matrix, wanted) if wanted else None
    part = part_of(progress, start=0.3, end=0.95)
    found = engine.fit(matrix, run.params, neighbours=neighbours, seed=run.seed, progress=part, labels=labels)
    placed = placed_apart(source.metric, matrix, found.coordinates, neighbours)
    arrays = {**found.transformer.arrays, _FITTED: placed.coordinates, ADRIFT: placed.adrift}
    return ArrayBundle(arrays, found.transformer.facts)


def _neighbours(source: StepSource, matrix: Matrix, count: int) -> Neighbours:
    key = text(source.run.options, "sample_key")
    if source.encoder is not None:
        key = digest_of([key, "encoded", weight_of(source.run.params)])
    return NeighbourStage(source.stages).of(Searched("fit_neighbours", key, matrix), source.metric, count)


def _sample_artifact(run: Run, ordinals: Positions, rows: Rows) -> Made:
    data = to_arrow({"row": ordinals, "id": rows.ids})
    facts: dict[str, Scalar] = {
        "rows": rows.count,
        "seed": run.seed,
        "of": text(run.options, "fitted_on"),
        "classes": optional_text(run.options, "classes"),
    }
    key, held = text(run.options, "sample_key"), BloomFilter.of(rows.ids).document()
    return Made(SAMPLE, data, MEDIA_TYPE, stage_key=key, facts=_known(facts), row_filter=held)


def _known(facts: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    return {name: value for name, value in facts.items() if value is not None}
