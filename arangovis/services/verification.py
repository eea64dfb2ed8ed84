"""Checking that a store holds together: what no crash may leave behind, and what bit rot would.

A store that others write to meanwhile can show a problem that is none a moment later; ask again then.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.catalogue import Dataset, DatasetForm, chained
from arangovis.domain.errors import Conflict, IntegrityError, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Edge, Node, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Executor, Lease, Run, RunState
from arangovis.domain.search import Search
from arangovis.domain.views import integer, text
from arangovis.projections.registry import ASSEMBLE, FIT, METHOD_PREFIX, TRANSFORM
from arangovis.services.copying.marks import check_usable
from arangovis.services.erasing.checking import erasure_problems
from arangovis.services.projections.all_rows_plan import PART, RESULT, SAMPLE, TRANSFORMER
from arangovis.services.series.checking import blobs_of, chunk_problems, series_data_of
from arangovis.stores.base import SCAN_LIMIT_MAX, GraphStore

PAGE = 500
ENDS_AT_ONCE = 5000
PLOT_ROLES = frozenset({"plot", "result"})
STEP_ROLES = {FIT: frozenset({SAMPLE, TRANSFORMER}), TRANSFORM: frozenset({PART}), ASSEMBLE: frozenset({RESULT})}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that should not be: a word for its sort, the node or record, and a sentence."""

    code: str
    subject: str
    text: str


def _required_roles(method: str) -> frozenset[str]:
    """Return what a success of a method must have made."""
    return STEP_ROLES.get(method) or (PLOT_ROLES if method.startswith(METHOD_PREFIX) else frozenset())


def check_store(store: GraphStore, artifacts: ArtifactStore, *, read_blobs: bool = True) -> list[Problem]:
    """Walk all live nodes, their edges and bytes, and the records of the queue; return what is wrong.

    Args:
        store: the graph.
        artifacts: its bytes.
        read_blobs: read every blob and compare its digest, instead of only looking whether it is there.

    """
    return list(_Check(store, artifacts, read_blobs=read_blobs).problems())


class _Check:
    def __init__(self, store: GraphStore, artifacts: ArtifactStore, *, read_blobs: bool) -> None:
        self._store = store
        self._artifacts = artifacts
        self._read_blobs = read_blobs
        self._blobs_seen: set[str] = set()
        self._roles: dict[NodeId, set[str]] = {}
        self._makers: dict[NodeId, set[NodeId]] = {}
        """In which roles the runs of a page made something, and which runs made the nodes of a page."""
        self._workers: frozenset[NodeId] = frozenset()

    def problems(self) -> Iterator[Problem]:
        for kind in self._store.schema().vertices:
            for page in self._pages(kind):
                yield from self._check_edges(page)
                yield from self._check_nodes(page)
        yield from self._check_leases()
        yield from self._check_reservations()
        yield from self._check_heads()
        yield from self._check_copy()
        for code, subject, sentence in erasure_problems(self._store, self._artifacts):
            yield Problem(code, subject, sentence)

    # --- nodes and edges ------------------------------------------------------------------------------------------

    def _check_edges(self, nodes: Sequence[Node]) -> Iterator[Problem]:
        kinds: dict[NodeId, str] = {}
        self._roles, self._makers = defaultdict(set), defaultdict(set)
        for edge in self._edges_at([node.id for node in nodes]):
            kinds[edge.id.source] = kinds[edge.id.target] = edge.id.kind
            if edge.id.kind == "generated":
                self._roles[edge.id.source].add(edge.id.role)
                self._makers[edge.id.target].add(edge.id.source)
            if len(kinds) >= ENDS_AT_ONCE:
                yield from self._check_ends(kinds)
                kinds = {}
        yield from self._check_ends(kinds)

    def _check_ends(self, kinds: Mapping[NodeId, str]) -> Iterator[Problem]:
        """Check that the ends of edges are there; each comes with the kind of one of its edges."""
        for end in kinds.keys() - self._store.get_many(tuple(kinds)).keys():
            yield Problem("dangling-edge", str(end), f"an edge {kinds[end]} ends at it, but it is not there")

    def _check_nodes(self, nodes: Sequence[Node]) -> Iterator[Problem]:
        self._workers = self._workers_behind(node.id for node in nodes if node.id.kind == "artifact")
        for node in nodes:
            try:
                yield from self._check_node(node)
            except (IntegrityError, InvalidInput) as error:
                yield Problem("unreadable-node", str(node.id), error.detail)

    def _check_node(self, node: Node) -> Iterator[Problem]:
        match node.id.kind:
            case "run":
                yield from self._check_run(Run.of(node.id, node.project, node.attributes))
            case "artifact" if self._is_ours(node):
                yield from self._check_blob(node.id, text(node.attributes, "digest"))
            case "dataset" if not node.attributes.keys().isdisjoint(("segments", "selection")):
                yield from self._check_dataset(Dataset.of(node.id, node.project, node.attributes))
            case "series_data":
                yield from self._check_series_data(node.id)

    def _check_run(self, run: Run) -> Iterator[Problem]:
        if run.executor is Executor.PLAN:
            yield from self._check_plan(run)
        if run.executor is not Executor.WORKER:
            return
        roles = self._roles[run.id]
        if run.state is RunState.SUCCESS:
            if missing := _required_roles(run.method) - roles:
                yield Problem("torn-run", str(run.id), f"it succeeded without {', '.join(sorted(missing))}")
        elif roles:
            yield Problem("torn-run", str(run.id), f"it is {run.state.value}, but made {', '.join(sorted(roles))}")
        if run.state.is_open == (run.ended is not None):
            yield Problem("torn-run", str(run.id), f"it is {run.state.value}, but its end says otherwise")
        if run.state.is_open and self._store.record("lease", run.id.key) is None:
            yield Problem("run-without-lease", str(run.id), "it is open, but in no queue")

    def _check_plan(self, plan: Run) -> Iterator[Problem]:
        if not plan.state.is_open:
            return
        spawned = self._store.all_edges(plan.id, Direction.DOWNSTREAM, "spawned")
        steps = self._store.get_many([edge.id.target for edge in spawned])
        if not any(
            RunState(text(step.attributes, "state")).is_open for step in steps.values() if not step.version.deleted
        ):
            yield Problem("stuck-plan", str(plan.id), "it is open, but none of its steps is")

    # --- bytes ----------------------------------------------------------------------------------------------------

    @cached_property
    def _blob_groups(self) -> Mapping[str, str]:
        """The groups of all records of blobs when they were first needed."""
        return {record.key: record.group for record in self._records("blob")}

    def _workers_behind(self, made: Iterable[NodeId]) -> frozenset[NodeId]:
        """Return the runs of workers among those that made some nodes."""
        runs = {run for node_id in made for run in self._makers[node_id]}
        found = self._store.get_many(tuple(runs)) if runs else {}
        return frozenset(run.id for run in found.values() if run.attributes.get("executor") == Executor.WORKER)

    def _is_ours(self, artifact: Node) -> bool:
        """Say whether its bytes must be here: those of a run that a user logged may be kept anywhere."""
        if text(artifact.attributes, "digest") in self._blob_groups:
            return True
        return not self._workers.isdisjoint(self._makers[artifact.id])

    def _check_dataset(self, dataset: Dataset) -> Iterator[Problem]:
        if dataset.selection is not None:
            yield from self._check_blob(dataset.id, dataset.selection)
        if dataset.form is DatasetForm.SNAPSHOT or not dataset.segments:
            return
        segments = self._segments(dataset)
        if [segment.due for segment in segments] != list(range(1, dataset.segments + 1)):
            yield Problem("broken-manifest", str(dataset.id), f"it has not the segments 1 to {dataset.segments}")
        if sum(integer(segment.data, "rows") for segment in segments) != dataset.rows:
            yield Problem("broken-manifest", str(dataset.id), "its segments have another number of rows")
        digests = [text(segment.data, "digest") for segment in segments]
        for digest in digests:
            yield from self._check_blob(dataset.id, digest)
        if chained(digests) != dataset.digest:
            yield Problem("broken-manifest", str(dataset.id), "its digest is not that of its segments")

    def _check_series_data(self, series_data: NodeId) -> Iterator[Problem]:
        for sentence in chunk_problems(self._store, series_data):
            yield Problem("broken-rows", str(series_data), sentence)
        for digest in blobs_of(self._store, series_data):
            yield from self._check_blob(series_data, digest)

    def _check_blob(self, owner: NodeId, digest: str) -> Iterator[Problem]:
        if digest in self._blobs_seen:
            return
        self._blobs_seen.add(digest)
        if self._blob_groups.get(digest) != "kept" and not self._is_kept(digest):
            yield Problem("loose-blob", str(owner), f"nothing keeps its blob {digest[:12]} from being swept")
        try:
            if self._read_blobs:
                self._artifacts.read(digest)
            elif not self._artifacts.exists(digest):
                yield Problem("missing-blob", str(owner), f"its blob {digest[:12]} is gone")
        except NotFound:
            yield Problem("missing-blob", str(owner), f"its blob {digest[:12]} is gone")
        except IntegrityError:
            yield Problem("damaged-blob", str(owner), f"the bytes of its blob {digest[:12]} changed")

    def _is_kept(self, digest: str) -> bool:
        record = self._store.record("blob", digest)
        return record is not None and record.group == "kept"

    # --- records --------------------------------------------------------------------------------------------------

    def _check_leases(self) -> Iterator[Problem]:
        for record in self._records("lease"):
            lease = Lease.of(record)
            node = self._store.find(lease.run)
            if node is None or node.version.deleted:
                yield Problem("lease-without-run", str(lease.run), "it is queued, but not there")
                continue
            run = Run.of(node.id, node.project, node.attributes)
            expected = RunState.STARTED if lease.owner else RunState.PENDING
            if run.state is not expected:
                yield Problem(
                    "lease-without-run", str(run.id), f"it is {run.state.value}, but queued as {expected.value}"
                )
            elif run.attempt != lease.attempt:
                yield Problem("lease-without-run", str(run.id), "run and lease are of different attempts")

    def _check_reservations(self) -> Iterator[Problem]:
        for page in self._record_pages("reservation"):
            nodes = [NodeId.parse(text(record.data, "node")) for record in page]
            there = self._store.get_many(tuple(dict.fromkeys(nodes)))
            for record, node in zip(page, nodes, strict=True):
                if node not in there:
                    name = f"{record.data['namespace']} {record.data['name']}"
                    yield Problem("dangling-name", name, f"it is reserved for {node}, which is not there")

    def _check_heads(self) -> Iterator[Problem]:
        for page in self._record_pages("series_head"):
            owners = tuple(dict.fromkeys(series_data_of(record) for record in page))
            for owner in set(owners) - self._store.get_many(owners).keys():
                yield Problem("rows-without-series", str(owner), "it has rows, but is not there")

    def _check_copy(self) -> Iterator[Problem]:
        try:
            check_usable(self._store)
        except Conflict as error:
            yield Problem("unfinished-copy", "store", error.detail)

    # --- reading in pages -----------------------------------------------------------------------------------------

    def _pages(self, kind: str) -> Iterator[Sequence[Node]]:
        return self._store.all_pages(Search(kind, limit=PAGE))

    def _edges_at(self, ids: Sequence[NodeId]) -> Iterator[Edge]:
        """Yield the edges of every kind at some nodes; one may come twice."""
        few = self._store.edges_of(ids, Direction.BOTH, limit=SCAN_LIMIT_MAX) if ids else ()
        if len(few) < SCAN_LIMIT_MAX:
            yield from few
        elif len(ids) > 1:
            yield from self._edges_at(ids[: len(ids) // 2])
            yield from self._edges_at(ids[len(ids) // 2 :])
        else:
            for kind in self._store.schema().edges:
                yield from self._store.all_edges(ids[0], Direction.DOWNSTREAM, kind)
                yield from self._store.all_edges(ids[0], Direction.UPSTREAM, kind)

    def _segments(self, dataset: Dataset) -> list[Record]:
        return list(self._records("segment", dataset.id.key))

    def _records(self, kind: str, group: str | None = None) -> Iterator[Record]:
        for page in self._record_pages(kind, group):
            yield from page

    def _record_pages(self, kind: str, group: str | None = None) -> Iterator[Sequence[Record]]:
        after: Record | None = None
        while page := self._store.records(kind, group, after=after, limit=PAGE):
            yield page
            after = page[-1]
