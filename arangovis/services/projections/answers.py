"""Projection runs that exist: finding the one that answers a question, and what it made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import MetricSpec, ProjectionParams
from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.runs import Lease, Run, RunState
from arangovis.domain.search import AllOf, Comparison, Operator, Search
from arangovis.domain.views import items, optional_text, text
from arangovis.projections.registry import METHOD_PREFIX, names
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.projections.samples import SAMPLE_ROLES, period_nodes
from arangovis.services.runs import Runs, run_of
from arangovis.stores.base import GraphStore

ANSWERS_MAX = 100
"""How many runs on one layout are looked through for the metrics in force; one further back is computed again,
from stages that are found."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a run made: its node, and the digest of its bytes."""

    node: NodeId
    digest: str


@dataclass(frozen=True, slots=True)
class Job:
    """A projection run as a poll sees it; the files are there once it succeeded."""

    run: Run
    lease: Lease | None
    plot: StoredFile | None = None
    result: StoredFile | None = None
    stale: bool = False


class Answers:
    """The projections that were computed."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, datasets: Datasets, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets
        self._runs = runs

    def job(self, run_id: NodeId) -> Job:
        """Return what a poll shows.

        Raises:
            NotFound: there is no such projection run.

        """
        run = self._runs.get(run_id)
        if run.method.removeprefix(METHOD_PREFIX) not in names():
            raise NotFound(f"{run_id} is not a projection")
        if run.state is not RunState.SUCCESS:
            return Job(run, self._runs.lease(run_id))
        made = self.made(run)
        return Job(run, None, made.get("plot"), made.get("result"), self._is_stale(run))

    def content(self, file: StoredFile | None) -> bytes:
        """Return the verified bytes of a file.

        Raises:
            NotFound: there is none, or it was erased.
            IntegrityError: the stored bytes are damaged or gone.

        """
        if file is None:
            raise NotFound("the run made no such file, or it was erased with rows that it held")
        return self._blobs.read(file.digest)

    def made(self, run: Run) -> Mapping[str, StoredFile]:
        """Return the files that a run made, by role; not those that were erased with rows that they held."""
        edges = self._store.edges_of((run.id,), Direction.DOWNSTREAM, ("generated",))
        nodes = self._store.get_many([edge.id.target for edge in edges])
        return {edge.id.role: file for edge in edges if (file := _file(nodes[edge.id.target])) is not None}

    def file(self, run: Run, role: str) -> StoredFile | None:
        """Return what a run made or used as `role`, or None."""
        return self.made(run).get(role) or self._used(run, role)

    def successes(self, question: str) -> Sequence[Run]:
        """Return the runs that succeeded on a question, newest first."""
        equal = Operator.EQUAL
        where = AllOf((Comparison("question", equal, question), Comparison("state", equal, RunState.SUCCESS.value)))
        return [run_of(node) for node in self._store.search(Search("run", where, limit=ANSWERS_MAX)).items]

    def is_intact(self, run: Run) -> bool:
        """Say whether what a run shows can still be read."""
        made = self.made(run)
        return all(role in made and self._blobs.verify(made[role].digest) for role in ("plot", "result"))

    def transformer(self, run: Run) -> NodeId | None:
        """Return the transformer that a run made or used, or None if it is damaged."""
        file = self.file(run, "transformer")
        return file.node if file is not None and self._blobs.verify(file.digest) else None

    def layout(self, run: Run) -> NodeId | None:
        """Return where a run put the rows that it fitted, or None if that is damaged."""
        made = self.made(run)
        roles = ("layout", "transformer")
        file = next((found for role in roles if (found := made.get(role) or self._used(run, role))), None)
        return file.node if file is not None and self._blobs.verify(file.digest) else None

    def is_sound(self, artifact: NodeId) -> bool:
        """Say whether an artifact is there and undamaged."""
        node = self._store.find(artifact)
        file = None if node is None else _file(node)
        return file is not None and self._blobs.verify(file.digest)

    def newest(self, version: NodeId, name: str, method: str) -> Run | None:
        """Return the newest success of a method on a model version; `name` is that of the run."""
        equal = Operator.EQUAL
        called = (("method", method), ("name", name), ("state", RunState.SUCCESS.value))
        where = AllOf(tuple(Comparison(field, equal, value) for field, value in called))
        found = (run_of(node) for node in self._store.search(Search("run", where, limit=ANSWERS_MAX)).items)
        return next((run for run in found if run.options.get("model_version") == str(version)), None)

    def samples_exist(self, run: Run) -> bool:
        """Say whether the samples that a run read were not deleted since."""
        read = [optional_text(run.options, role) for role in SAMPLE_ROLES]
        nodes = [*(NodeId.parse(node) for node in read if node is not None), *period_nodes(run.options).values()]
        return all(self._datasets.find(node) is not None for node in nodes)

    def _used(self, run: Run, role: str) -> StoredFile | None:
        edges = self._store.edges_of((run.id,), Direction.UPSTREAM, ("input_to",))
        source = next((edge.id.source for edge in edges if edge.id.role == role), None)
        return None if source is None else _file(self._store.get(source))

    def _is_stale(self, run: Run) -> bool:
        """Say whether traffic arrived since the sample of this run was frozen."""
        sample = self._datasets.find(NodeId.parse(text(run.options, "production")))
        source = None if sample is None or sample.source is None else self._datasets.find(sample.source)
        return sample is not None and source is not None and source.segments > sample.segments


def shows_the_same(run: Run, params: ProjectionParams, specs: Sequence[MetricSpec]) -> bool:
    """Say whether a run measured the metrics in force, and coloured by the monitoring metrics that there are."""
    return items(run.options, "visualization_metrics") == params.visualization_metrics and items(
        run.options, "metric_specs"
    ) == tuple(spec_ids(specs))


def spec_ids(specs: Sequence[MetricSpec]) -> list[JsonValue]:
    """Return the node ids of monitoring metrics as a run records them."""
    return [str(spec.id) for spec in specs]


def _file(node: Node) -> StoredFile | None:
    return None if node.version.deleted else StoredFile(node.id, text(node.attributes, "digest"))
