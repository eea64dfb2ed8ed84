"""The vectors of rows that have none: computed once for each embedder and rows, by a run of its own.

That run is recorded by whoever needs the vectors first; who needs them later finds what it made. So the lineage leads
from the embedder and its file over that run and the vectors to the projection.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import ComputeFailed, NoData
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import optional_text, text
from arangovis.domain.work import Input, Made, Outcome, RunRequest
from arangovis.embedders.base import Embed, Matrix
from arangovis.projections.base import Progress, no_progress
from arangovis.services.anomaly.at_once import Recorder
from arangovis.services.blobs import Blobs
from arangovis.services.embedding.embedder import METHOD, Embedder
from arangovis.services.embedding.embedders import FILE, Embedders
from arangovis.services.runs import Runs
from arangovis.services.stages import Stages
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular import Rows
from arangovis.tabular.bloom import BloomFilter
from arangovis.tabular.parquet_columns import PARQUET
from arangovis.tabular.vectors import input_columns, vectors_from, vectors_to

EMBED = "embedding.rows"
"""Method of the runs that make vectors."""
VECTORS = "embeddings"
"""Role of what they make."""
_VERSION = 1
"""Raised by hand when the same rows would become other vectors."""
_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class RowsToEmbed:
    """Rows of a data set that a run reads as `role`: all of them, or the part that `part` names."""

    run: Run
    role: str
    dataset: Dataset
    rows: Rows
    part: str = ""

    @property
    def digest(self) -> str:
        """What names exactly these rows, in this order."""
        return digest_of([self.dataset.digest, self.part]) if self.part else self.dataset.digest


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of rows, float32 (rows, dimensions), and a digest that names exactly these."""

    matrix: Matrix
    digest: str


class Vectors:
    """Finds or makes the vectors of rows."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, embedders: Embedders, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._embedders = embedders
        self._runs = runs
        self._recorder = Recorder(blobs, runs)

    def of(self, wanted: RowsToEmbed, stages: Stages, progress: Progress = no_progress) -> Embedded:
        """Return a vector for each row: its own, unless the run names an embedder.

        Raises:
            NoData: the rows have none, and there is no embedder.
            InvalidInput, NotSupported, MissingExtra: the embedder cannot be used, or not on these rows.
            ComputeFailed: it did not give a vector of each row.

        """
        node = optional_text(wanted.run.options, METHOD)
        if node is None:
            return Embedded(own_vectors(wanted.rows), wanted.digest)
        embedder = self._embedders.get(NodeId.parse(node)).embedder
        key = digest_of(["embeddings", _VERSION, self._embedders.digest(embedder), wanted.digest])
        role = f"{wanted.role} {VECTORS}"
        found = stages.file(role, key)
        if found is not None:
            return Embedded(vectors_from(found), key)
        made = _Making(wanted, embedder, key, NodeId.parse(node))
        outcome, matrix = made.computed(self._embedders.ready(embedder), progress)
        if not stages.fresh:
            stages.found.append(Input(self._recorded(made, outcome), role))
        return Embedded(matrix, key)

    def _recorded(self, made: "_Making", outcome: Outcome) -> NodeId:
        """Write the run that made the vectors, and return their artifact; what another wrote meanwhile is as good."""
        caller = Caller(f"run {made.wanted.run.id.key}")
        blobs = self._blobs.save_many([item.data for item in outcome.made], caller, begun=made.wanted.run.started)

        def action(transaction: Transaction) -> NodeId:
            present = self._runs.shared(transaction, made.key)
            artifact = None if present is None else self._sound(transaction, present.id)
            if present is None or artifact is None:
                present = self._recorder.record(transaction, made.request(), outcome, blobs)
                artifact = _product(transaction, present.id)
            transaction.link(EdgeId("spawned", made.wanted.run.id, present.id, f"embed {made.wanted.role}"))
            assert artifact is not None  # noqa: S101  # the run that was just written made it
            return artifact

        return self._store.transact(action, caller)

    def _sound(self, transaction: Transaction, run: NodeId) -> NodeId | None:
        artifact = _product(transaction, run)
        present = None if artifact is None else transaction.find(artifact)  # none if rows were erased from it
        if present is None or not self._blobs.exists(text(present.attributes, "digest")):
            return None
        return artifact


@dataclass(frozen=True, slots=True)
class _Making:
    """One embedding of rows."""

    wanted: RowsToEmbed
    embedder: Embedder
    key: str
    node: NodeId

    def computed(self, embed: Embed, progress: Progress) -> tuple[Outcome, Matrix]:
        """Return what the run made, and the vectors."""
        begun, rows = time.monotonic(), self.wanted.rows
        matrix = np.concatenate(list(self._batches(embed, progress)))
        _check_finite(rows, matrix)
        ids = rows.ids
        facts: dict[str, Scalar] = {
            "rows": len(matrix),
            "dimensions": matrix.shape[1],
            "of": str(self.wanted.dataset.id),
        }
        held = BloomFilter.of(ids).document()
        file = Made(VECTORS, vectors_to(ids, matrix), PARQUET, self.key, facts, row_filter=held)
        metrics: dict[str, Scalar] = {"rows": len(matrix), "seconds": round(time.monotonic() - begun, 3)}
        return Outcome((file,), metrics=metrics, environment=_environment(embed)), matrix

    def _batches(self, embed: Embed, progress: Progress) -> Iterator[Matrix]:
        count, size, width = self.wanted.rows.count, self.embedder.batch_rows, 0
        for start in range(0, count, size):
            stop = min(start + size, count)
            found = embed(input_columns(self.wanted.rows, self.embedder.columns, start, stop))
            width = width or found.shape[1]
            if found.shape[1] != width:
                raise ComputeFailed(f"the embedder gave vectors of {width} and of {found.shape[1]} dimensions")
            yield found
            progress(stop / count)

    def request(self) -> RunRequest:
        """Return the run as it is recorded."""
        run, wanted = self.wanted.run, self.wanted
        model = optional_text(run.options, "model_version")
        inputs = [Input(self.node, METHOD), Input(wanted.dataset.id, wanted.role)]
        inputs += [] if model is None else [Input(NodeId.parse(model), "model")]
        inputs += [] if self.embedder.artifact is None else [Input(self.embedder.artifact, FILE + "_file")]
        params: dict[str, Scalar] = {"kind": self.embedder.kind.value, "batch_rows": self.embedder.batch_rows}
        name = f"embeddings of {wanted.role} rows"
        return RunRequest(EMBED, run.project, tuple(inputs), params, seed=run.seed, run_key=self.key, name=name)


def own_vectors(rows: Rows) -> Matrix:
    """Return the embeddings that rows have themselves.

    Raises:
        NoData: they have none.

    """
    if rows.embedding is None:
        raise NoData("The rows have no embeddings, and their model version has no embedder.")
    return rows.embedding


def _check_finite(rows: Rows, matrix: Matrix) -> None:
    wrong = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if wrong.size:
        shown = ", ".join(repr(rows.ids[position]) for position in wrong[:_SHOWN_MAX].tolist())
        more = f" and {wrong.size - _SHOWN_MAX} more" if wrong.size > _SHOWN_MAX else ""
        raise ComputeFailed(f"the embedder gave vectors that are not finite, for the rows {shown}{more}")


def _environment(embed: Embed) -> dict[str, Scalar]:
    from arangovis.domain.version import VERSION

    return {"arangovis": VERSION, "engine": embed.engine, "numpy": np.__version__}


def _product(transaction: Transaction, run: NodeId) -> NodeId | None:
    edges = transaction.edges_of(run, Direction.DOWNSTREAM, ("generated",))
    return next((edge.id.target for edge in edges if edge.id.role == VECTORS), None)
