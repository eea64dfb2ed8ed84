"""The steps of a projection of all rows: what workers compute. No step holds more than a partition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import NoData
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.runs import Run
from arangovis.domain.views import integer, items, text
from arangovis.domain.work import Made, Outcome
from arangovis.projections.base import Fitted, Matrix, Neighbours, Progress, Projector
from arangovis.projections.metrics import chosen_metric
from arangovis.projections.progress import part as part_of
from arangovis.projections.quality import Layout, evaluate
from arangovis.projections.registry import ASSEMBLE, FIT, TRANSFORM, projector
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.projections.all_rows_plan import BLOCK_ROWS, PART, QUALITY_ROWS, SAMPLE, TRANSFORMER
from arangovis.services.projections.all_rows_result import (
    Manifest,
    PartFile,
    manifest_artifact,
    part_artifact,
    part_columns,
    sound_bytes,
)
from arangovis.services.projections.neighbour_stage import NeighbourStage, Searched
from arangovis.services.projections.run import environment_of
from arangovis.services.snapshots import Snapshots
from arangovis.services.stages import BUNDLE_MEDIA_TYPE, Stages
from arangovis.stores.base import GraphStore
from arangovis.tabular import EMBEDDING, ROW_ID, Rows, sample_positions
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.tabular.bloom import BloomFilter
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes
from arangovis.tabular.sampling import Positions

_FITTED = "fitted_coordinates"
_COLUMNS = (ROW_ID, EMBEDDING)


class AllRowsSteps:
    """The handler of the methods `projection.fit`, `projection.transform` and `projection.assemble`."""

    def __init__(self, store: GraphStore, blobs: Blobs, datasets: Datasets, snapshots: Snapshots) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets
        self._snapshots = snapshots

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Compute a step.

        Raises:
            NoData, NotSupported, ComputeFailed, IntegrityError: with a text for the person who asked.

        """
        compute = {FIT: self._fit, TRANSFORM: self._transform, ASSEMBLE: self._assemble}[run.method]
        outcome = compute(run, progress)
        environment = environment_of(projector(text(run.options, "method")), run.params)
        return Outcome(outcome.made, outcome.found, metrics=outcome.metrics, environment=environment)

    # --- fit --------------------------------------------------------------------------------------------------

    def _fit(self, run: Run, progress: Progress) -> Outcome:
        source = self._dataset(run, "fitted_on")
        count, size = integer(run.options, "fitted_count"), integer(run.options, "sample_rows")
        ordinals = sample_positions(count, size, run.seed)
        rows = self._snapshots.some(source, ordinals, _COLUMNS)
        matrix = _embedding(rows)
        progress(0.1)
        stages = Stages(self._store, self._blobs)
        fitted = _fitted(run, stages, matrix, progress)
        whole = size == count
        arrays = {**fitted.transformer.arrays, **({_FITTED: fitted.coordinates} if whole else {})}
        facts = {
            **fitted.transformer.facts,
            "fitted_on": source.digest,
            "fitted_rows": len(matrix),
            "fitted_all": whole,
        }
        made = (
            *stages.made,
            _sample_artifact(run, ordinals, rows),
            Made(TRANSFORMER, to_bytes(ArrayBundle(arrays, facts)), BUNDLE_MEDIA_TYPE, run.run_key, _known(facts)),
        )
        return Outcome(made, tuple(stages.found), metrics={"sample_rows": len(matrix)})

    # --- transform --------------------------------------------------------------------------------------------

    def _transform(self, run: Run, progress: Progress) -> Outcome:
        source = self._dataset(run, "rows")
        start, stop = integer(run.options, "start"), integer(run.options, "stop")
        (transformer,) = self._bundles(run, TRANSFORMER)
        rows = self._snapshots.some(source, np.arange(start, stop), _COLUMNS)
        progress(0.1)
        if transformer.facts.get("fitted_all") and transformer.facts.get("fitted_on") == source.digest:
            placed = np.asarray(transformer.arrays[_FITTED], dtype=np.float32)[start:stop]
        else:
            engine = projector(text(run.options, "method"))
            placed = place(engine, transformer, _embedding(rows), seed=run.seed, progress=progress)
        made = part_artifact(rows.ids, placed, start=start, stage_key=run.run_key)
        return Outcome((made,), metrics={"rows": len(placed)})

    # --- assemble ---------------------------------------------------------------------------------------------

    def _assemble(self, run: Run, progress: Progress) -> Outcome:
        source = self._dataset(run, "rows")
        parts = sorted(map(PartFile.of, self._read_nodes(run, PART)), key=lambda item: item.start)
        manifest = Manifest(text(run.options, "method"), source.rows, tuple(parts), {})
        manifest.check()
        quality = self._quality(run, source, manifest, progress)
        made = manifest_artifact(replace(manifest, quality=quality), run.run_key)
        metrics = {name: value for name, value in quality.items() if not isinstance(value, str)}
        return Outcome((made,), metrics=metrics)

    def _quality(self, run: Run, source: Dataset, manifest: Manifest, progress: Progress) -> Mapping[str, float | str]:
        names = [str(name) for name in items(run.options, "visualization_metrics")]
        if not names:
            return {}
        ordinals = sample_positions(source.rows, QUALITY_ROWS, run.seed)
        original = _embedding(self._snapshots.some(source, ordinals, (EMBEDDING,)))
        found = []
        for number, file in enumerate(manifest.parts, start=1):
            low, high = np.searchsorted(ordinals, (file.start, file.stop))
            if high > low:
                _, points = part_columns(sound_bytes(self._blobs, file.digest))
                found.append(points[ordinals[low:high] - file.start])
            progress(0.8 * number / len(manifest.parts))
        return evaluate(names, Layout(original, np.concatenate(found), run.seed))

    # --- what a step reads ------------------------------------------------------------------------------------

    def _dataset(self, run: Run, option: str) -> Dataset:
        found = self._datasets.find(NodeId.parse(text(run.options, option)))
        if found is None:
            raise NoData("The rows that this run reads were deleted.")
        return found

    def _bundles(self, run: Run, role: str) -> Iterator[ArrayBundle]:
        for node in self._read_nodes(run, role):
            yield from_bytes(sound_bytes(self._blobs, text(node.attributes, "digest")))

    def _read_nodes(self, run: Run, role: str) -> Sequence[Node]:
        edges = self._store.edges_of((run.id,), Direction.UPSTREAM, ("input_to",))
        nodes = self._store.get_many([edge.id.source for edge in edges if edge.id.role == role])
        return tuple(nodes.values())


def place(engine: Projector, transformer: ArrayBundle, matrix: Matrix, *, seed: int, progress: Progress) -> Matrix:
    """Return the coordinates of rows, float32 (rows, components), placed in blocks of BLOCK_ROWS from the first on.

    Raises:
        InvalidInput, NotSupported, ComputeFailed: as `Projector.transform`.

    """
    placed = []
    for start in range(0, len(matrix), BLOCK_ROWS):
        block = matrix[start : start + BLOCK_ROWS]
        within = part_of(progress, start=_share(start, matrix), end=_share(start + len(block), matrix))
        placed.append(engine.transform(transformer, block, seed=seed, progress=within))
    return np.concatenate(placed)


def _share(rows: int, matrix: Matrix) -> float:
    return 0.1 + 0.85 * rows / len(matrix)


def _fitted(run: Run, stages: Stages, matrix: Matrix, progress: Progress) -> Fitted:
    engine = projector(text(run.options, "method"))
    wanted = engine.neighbours_needed(run.params, len(matrix))
    neighbours = _neighbours(run, stages, matrix, wanted) if wanted else None
    part = part_of(progress, start=0.3, end=0.95)
    return engine.fit(matrix, run.params, neighbours=neighbours, seed=run.seed, progress=part)


def _neighbours(run: Run, stages: Stages, matrix: Matrix, count: int) -> Neighbours:
    searched = Searched("fit_neighbours", text(run.options, "sample_key"), matrix)
    return NeighbourStage(stages).of(searched, chosen_metric(run.params), count)


def _embedding(rows: Rows) -> Matrix:
    matrix = rows.embedding
    if matrix is None:
        raise NoData("The rows have no embeddings.")
    return matrix


def _sample_artifact(run: Run, ordinals: Positions, rows: Rows) -> Made:
    data = to_arrow({"row": ordinals, "id": rows.ids})
    facts: dict[str, Scalar] = {"rows": rows.count, "seed": run.seed, "of": text(run.options, "fitted_on")}
    key, held = text(run.options, "sample_key"), BloomFilter.of(rows.ids).document()
    return Made(SAMPLE, data, MEDIA_TYPE, stage_key=key, facts=facts, row_filter=held)


def _known(facts: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    return {name: value for name, value in facts.items() if value is not None}
