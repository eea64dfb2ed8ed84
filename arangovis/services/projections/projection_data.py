"""What a projection computes on: the samples of its run as vectors, by whatever makes vectors of their rows.

Embeddings are taken as they are, or made by the model version's embedder. The inputs of a model without embeddings are
encoded by an encoder that is learnt from the training sample and is a stage of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from arangovis.domain.catalogue import Dataset, ModelVersion
from arangovis.domain.errors import NoData
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import optional_text, text
from arangovis.projections.base import Labels, Matrix, Neighbours, Progress
from arangovis.projections.classes import Classes, class_labels, classes_of
from arangovis.projections.metrics import MetricChoice
from arangovis.projections.mixed import MixedChoice
from arangovis.projections.neighbours import NeighbourIndex
from arangovis.projections.table_encoder import TableEncoder
from arangovis.services.datasets import Datasets
from arangovis.services.embedding.embedder import METHOD as EMBEDDER
from arangovis.services.embedding.vectors import RowsToEmbed, Vectors
from arangovis.services.projections.samples import SAMPLE_ROLES, period_nodes
from arangovis.services.projections.tables import learnt_encoder, metric_of, weight_of
from arangovis.services.snapshots import Snapshots
from arangovis.services.stages import Stages
from arangovis.stores.base import GraphStore
from arangovis.tabular import EMBEDDING, Rows

__all__ = ["DataReader", "Encoding", "Period", "ProjectionData"]

_Vectorise: TypeAlias = Callable[[str, Dataset, Rows], tuple[Dataset, Matrix]]


@dataclass(frozen=True, slots=True)
class Period:
    """Rows that are shown beside the traffic of now: what they are called, and their vectors, float32 (n, d).

    `role` is as what the run reads them.
    """

    role: str
    name: str
    rows: Rows
    dataset: Dataset
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a table became vectors, and what was adjusted for it: (sample, column, in words)."""

    encoder: TableEncoder
    key: str
    weight: float
    adjusted: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectionData:
    """The rows of a run and their vectors; the data sets carry digests that name these vectors.

    `fit_labels` are the classes of the fitted rows, if the run heeds them. `encoding` is None for embeddings.
    """

    production: Dataset
    production_rows: Rows
    production_matrix: Matrix
    training: Dataset | None
    training_matrix: Matrix | None
    fit_labels: Labels | None = None
    periods: tuple[Period, ...] = ()
    encoding: Encoding | None = None

    @property
    def fitted(self) -> tuple[Dataset, Matrix]:
        """The rows that the projection is learnt from: training data where there are any."""
        if self.training is not None and self.training_matrix is not None:
            return self.training, self.training_matrix
        return self.production, self.production_matrix

    def metric(self, parameters: Mapping[str, Scalar]) -> MetricChoice:
        """Return the distance by which rows are neighbours: that of the parameters, of mixed rows for the numbers."""
        return metric_of(parameters, None if self.encoding is None else self.encoding.encoder)

    def nearest_fitted(self, parameters: Mapping[str, Scalar], rows: Matrix, count: int) -> Neighbours | None:
        """Return the nearest fitted rows of new ones, or None where a method finds them itself by its parameters."""
        metric = self.metric(parameters)
        if not count or not isinstance(metric, MixedChoice):
            return None
        return NeighbourIndex(self.fitted[1], metric=metric).query(rows, count)


class DataReader:
    """Reads the data of runs."""

    def __init__(self, store: GraphStore, *, datasets: Datasets, snapshots: Snapshots, vectors: Vectors) -> None:
        self._store = store
        self._datasets = datasets
        self._snapshots = snapshots
        self._vectors = vectors

    def read(self, run: Run, stages: Stages, progress: Progress) -> ProjectionData:
        """Return the samples of a run with their vectors.

        Raises:
            NoData: a sample was deleted, or its rows have no vectors.
            InvalidInput, NotSupported: the rows cannot be encoded.
            IntegrityError: stored bytes are damaged or gone.

        """
        is_table = self._version(run).signature.embedding_dimension is None and EMBEDDER not in run.options
        data = self._encoded(run, stages) if is_table else self._embedded(run, stages, progress)
        return replace(data, fit_labels=self._fit_labels(run, data)) if run.params.get("label_weight") else data

    def classes(self, run: Run, rows: Rows) -> Classes | None:
        """Return the classes of rows by the first output that names any, or None."""
        names = self._version(run).signature.class_outputs
        return classes_of(rows, next((name for name in names if rows.has(name)), None))

    # --- embeddings -------------------------------------------------------------------------------------------

    def _embedded(self, run: Run, stages: Stages, progress: Progress) -> ProjectionData:
        def vectors(role: str, dataset: Dataset, rows: Rows) -> tuple[Dataset, Matrix]:
            found = self._vectors.of(RowsToEmbed(run, role, dataset, rows), stages, progress)
            return replace(dataset, digest=found.digest), found.matrix

        rows = self._production(run)
        production, matrix = vectors("production", *rows)
        data = ProjectionData(production, rows[1], matrix, None, None)
        training = self._sample(run, "training")
        if training is not None and (training[1].has(EMBEDDING) or EMBEDDER in run.options):
            dataset, known = vectors("training", *training)
            data = replace(data, training=dataset, training_matrix=known)
        return replace(data, periods=self._periods(run, vectors))

    # --- tables -----------------------------------------------------------------------------------------------

    def _encoded(self, run: Run, stages: Stages) -> ProjectionData:
        training = self._sample(run, "training")
        if training is None:
            raise NoData("A model without embeddings is projected by its training data, and there are none.")
        encoding, adjusted = self._encoding(run, stages, training), list[tuple[str, str, str]]()

        def encoded(sample: str, dataset: Dataset, rows: Rows) -> tuple[Dataset, Matrix]:
            found = encoding.encoder.encode(rows, categorical_weight=encoding.weight)
            adjusted.extend((sample, column, told) for column, told in found.adjusted)
            weight = encoding.weight if encoding.encoder.is_mixed else None
            return replace(dataset, digest=digest_of([dataset.digest, encoding.key, weight])), found.matrix

        rows = self._production(run)
        production, matrix = encoded("production", *rows)
        fitted, known = encoded("training", *training)
        periods = self._periods(run, encoded)
        encoding = replace(encoding, adjusted=tuple(adjusted))
        return ProjectionData(production, rows[1], matrix, fitted, known, periods=periods, encoding=encoding)

    def _encoding(self, run: Run, stages: Stages, training: tuple[Dataset, Rows]) -> Encoding:
        dataset, rows = training
        encoder, key = learnt_encoder(stages, self._version(run).signature.inputs, rows, dataset.digest)
        return Encoding(encoder, key, weight_of(run.params))

    # --- samples ----------------------------------------------------------------------------------------------

    def _version(self, run: Run) -> ModelVersion:
        return ModelVersion.of(self._store.get(NodeId.parse(text(run.options, "model_version"))))

    def _production(self, run: Run) -> tuple[Dataset, Rows]:
        return self._found(NodeId.parse(text(run.options, "production")))

    def _sample(self, run: Run, role: str) -> tuple[Dataset, Rows] | None:
        node = optional_text(run.options, role)
        return None if node is None else self._found(NodeId.parse(node))

    def _periods(self, run: Run, vectors: _Vectorise) -> tuple[Period, ...]:
        """Return the other periods; their names differ from each other's and from those of the samples."""
        found: dict[str, Period] = {}
        for role, node in period_nodes(run.options).items():
            dataset, rows = self._found(node)
            plain = dataset.name.removeprefix("sample of ")
            name = plain if plain not in (*found, *SAMPLE_ROLES) else f"{plain} ({len(found) + 1})"
            found[name] = Period(role, name, rows, *vectors(role, dataset, rows))
        return tuple(found.values())

    def _found(self, node: NodeId) -> tuple[Dataset, Rows]:
        found = self._datasets.find(node)
        if found is None:
            raise NoData("A sample that this run reads was deleted.")
        return found, self._snapshots.rows(found)

    def _fit_labels(self, run: Run, data: ProjectionData) -> Labels | None:
        """Return the classes of the rows that are fitted on, as numbers."""
        training = None if data.training is None else self._sample(run, "training")
        classes = self.classes(run, data.production_rows if training is None else training[1])
        return None if classes is None else class_labels(classes)
