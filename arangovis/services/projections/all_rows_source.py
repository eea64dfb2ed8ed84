"""The rows that a step of a projection of all rows reads, and how it comes to their vectors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from arangovis.domain.catalogue import Dataset
from arangovis.domain.json import Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.work import Made, Outcome
from arangovis.projections.base import Matrix
from arangovis.projections.metrics import MetricChoice
from arangovis.projections.table_encoder import TableEncoder
from arangovis.services.embedding.embedder import METHOD as EMBEDDER
from arangovis.services.embedding.vectors import RowsToEmbed, Vectors
from arangovis.services.projections.all_rows_plan import BLOCK_ROWS, CHUNK_BYTES, TABLE, rows_in
from arangovis.services.projections.tables import metric_of, weight_of
from arangovis.services.snapshots import RowReading
from arangovis.services.stages import Stages
from arangovis.tabular import EMBEDDING, ROW_ID, Rows
from arangovis.tabular.sampling import Positions

__all__ = ["StepSource"]


@dataclass(frozen=True, slots=True)
class StepSource:
    """Rows without errors, by their numbers from 0. `encoder` makes the vectors of rows of a model without any."""

    run: Run
    role: str
    dataset: Dataset
    reading: RowReading
    dimension: int | None
    stages: Stages
    vectors: Vectors
    encoder: TableEncoder | None = None

    def rows(self, ordinals: Positions, *more: str) -> Rows:
        """Return rows: their ids, what their vectors are made of, and the columns that are asked for."""
        whole = EMBEDDER in self.run.options or TABLE in self.run.options
        return self.reading.some(ordinals, None if whole else (ROW_ID, EMBEDDING, *more))

    def matrix(self, rows: Rows, ordinals: Positions) -> Matrix:
        """Return the vectors of rows, which are those of these numbers."""
        if self.encoder is not None:
            return self.encoder.encode(rows, categorical_weight=weight_of(self.run.params)).matrix
        part = digest_of([int(ordinals[0]), int(ordinals[-1]), digest_of(ordinals.tolist())])
        return self.vectors.of(RowsToEmbed(self.run, self.role, self.dataset, rows, part), self.stages).matrix

    def some(self, ordinals: Positions, *more: str) -> tuple[Rows, Matrix]:
        """Return rows and their vectors."""
        rows = self.rows(ordinals, *more)
        return rows, self.matrix(rows, ordinals)

    def chunks(self, start: int, stop: int) -> Iterator[Positions]:
        """Yield the rows `start` to `stop` in pieces that memory is kept for; they begin at the same rows always."""
        size = max(BLOCK_ROWS, rows_in(CHUNK_BYTES, self.dimension) // BLOCK_ROWS * BLOCK_ROWS)
        ends = [*range((start // size + 1) * size, stop, size), stop]
        for begin, end in zip([start, *ends], ends, strict=False):
            yield np.arange(begin, end, dtype=np.int64)

    @property
    def metric(self) -> MetricChoice:
        """The distance by which rows are neighbours: that of the parameters, of mixed rows for the numbers."""
        return metric_of(self.run.params, self.encoder)

    def outcome(
        self, made: tuple[Made, ...], metrics: Mapping[str, Scalar], environment: Mapping[str, Scalar]
    ) -> Outcome:
        """Return what the step gave; the vectors that it found or had made are among what it read."""
        return Outcome(made, tuple(self.stages.found), metrics=metrics, environment=environment)
