"""Whether the bytes of a node, and of everything upstream of it, are still what their digests say.

What fits the budget is read while the caller waits; more than that is a run for a worker. Nothing is removed or
repaired: a damaged file stays as it is, for whoever looks into it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Caller, Direction, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, encode
from arangovis.domain.runs import Run
from arangovis.domain.views import text
from arangovis.domain.wire import to_wire
from arangovis.domain.work import Input, Made, Outcome, RunRequest
from arangovis.services.anomaly.at_once import Recorder
from arangovis.services.blobs import Blobs
from arangovis.services.methods import VERIFY
from arangovis.services.runs import Runs
from arangovis.services.stewardship.stored import StoredBytes, StoredFiles
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis_schema import BUILT_IN, LINEAGE_EDGE_KINDS

REPORT = "report"
BUDGET_DEFAULT, BUDGET_MAX = 1 << 30, 1 << 40
"""Bytes."""
NODES_DEFAULT = 10_000
RUN_INPUTS = frozenset(kind for edge in BUILT_IN.edge_kinds if edge.name == "input_to" for kind in edge.sources)
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class DamagedBytes:
    """Bytes that are not what their digest says: `missing` or `damaged`."""

    node: NodeId
    digest: str
    problem: str


@dataclass(frozen=True, slots=True)
class ByteReport:
    """What was found. `external` files are kept elsewhere by those who logged them, so they were not read.

    `run` is the run that recorded it, if one did; `state` that of a run that a worker is still to compute, when the
    numbers are those of what it will read.
    """

    node: NodeId
    nodes: int
    checked: int
    bytes: int
    damaged: tuple[DamagedBytes, ...]
    external: int
    run: NodeId | None
    state: str
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByteQuestion:
    """What to verify: all upstream of a node, or its own bytes only.

    Args:
        node: the node.
        is_upstream: whether everything upstream is verified too.
        budget: bytes that are read while the caller waits; if there are more, a worker reads them.
        is_recorded: whether the report is stored as the product of a run, however small it is.

    """

    node: NodeId
    is_upstream: bool = True
    budget: int = BUDGET_DEFAULT
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    nodes: int
    files: Sequence[StoredBytes]
    cuts: tuple[str, ...]

    @property
    def kept(self) -> Sequence[StoredBytes]:
        return [file for file in self.files if file.is_kept]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.kept)


class ByteChecks:
    """Verifies bytes, or asks a worker to."""

    def __init__(self, store: GraphStore, blobs: Blobs, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._runs = runs
        self._files = StoredFiles(store)
        self._recorder = Recorder(blobs, runs)

    def verify(self, question: ByteQuestion, caller: Caller) -> ByteReport:
        """Verify bytes; more than the budget is left to a run, which is answered while it is pending.

        Raises:
            NotFound: the node never existed.
            InvalidInput: the budget is out of range, or a node of this kind cannot be verified by a run.

        """
        if not 0 <= question.budget <= BUDGET_MAX:
            raise InvalidInput.of(Fault("budget_bytes", f"{question.budget} is not between 0 and {BUDGET_MAX}"))
        self._store.get(question.node)
        found = self._found(question)
        if found.bytes > question.budget:
            return self._ask(question, found, caller)
        report = self._read(question.node, found)
        return self._recorded(question, report, caller) if question.is_recorded else report

    def compute(self, question: ByteQuestion, progress: Progress) -> ByteReport:
        """Verify bytes, however many there are."""
        return self._read(question.node, self._found(question), progress)

    def _found(self, question: ByteQuestion) -> _Found:
        depth = DEPTH_MAX if question.is_upstream else 0
        edges = frozenset(LINEAGE_EDGE_KINDS)
        limit = min(NODES_DEFAULT, NODE_LIMIT_MAX)
        found = self._store.walk(Walk((question.node,), Direction.UPSTREAM, edges, depth, limit))
        files = {file.digest: file for visit in found.visits for file in self._files.of(visit.node)}
        return _Found(len(found.visits), tuple(files.values()), tuple(sorted(found.cuts)) if depth else ())

    def _read(self, node: NodeId, found: _Found, progress: Progress | None = None) -> ByteReport:
        damaged = []
        for number, file in enumerate(found.kept, start=1):
            problem = self._problem(file.digest)
            if problem is not None:
                damaged.append(DamagedBytes(file.node, file.digest, problem))
            if progress is not None:
                progress(number / len(found.kept))
        return _report(node, found, tuple(damaged), state="SUCCESS")

    def _problem(self, digest: str) -> str | None:
        if self._blobs.is_intact(digest):
            return None
        return "damaged" if self._blobs.exists(digest) else "missing"

    # --- as a run ---------------------------------------------------------------------------------------------

    def _ask(self, question: ByteQuestion, found: _Found, caller: Caller) -> ByteReport:
        wanted = self._request(question)
        run = self._store.transact(lambda transaction: self._runs.request(transaction, wanted)[0], caller)
        return _report(question.node, found, (), state=run.state.value, run=run.id)

    def _recorded(self, question: ByteQuestion, report: ByteReport, caller: Caller) -> ByteReport:
        wanted, outcome = self._request(question), outcome_of(report)
        blobs = self._blobs.save_many([made.data for made in outcome.made], caller)
        run = self._store.transact(lambda tx: self._recorder.record(tx, wanted, outcome, blobs), caller)
        return replace(report, run=run.id)

    def _request(self, question: ByteQuestion) -> RunRequest:
        node = question.node
        if node.kind not in RUN_INPUTS:
            raise InvalidInput.of(Fault("kind", f"a run cannot read a {node.kind}; raise the budget, or do not record"))
        project = self._store.get(node).project
        options: Document = {"node": str(node), "upstream": question.is_upstream}
        return RunRequest(VERIFY, project, (Input(node, "verified"),), {}, options=options, name=f"verify {node}")


class VerifyRun:
    """The handler of `verify.bytes` runs."""

    def __init__(self, checks: ByteChecks) -> None:
        self._checks = checks

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Read the bytes that a run names."""
        node = NodeId.parse(text(run.options, "node"))
        return outcome_of(self._checks.compute(ByteQuestion(node, run.options.get("upstream") is True), progress))


def outcome_of(report: ByteReport) -> Outcome:
    """Return what a run that made a report made."""
    made = Made(REPORT, encode(to_wire(report)), "application/json", facts={"damaged": len(report.damaged)})
    metrics = {"checked": report.checked, "bytes": report.bytes, "damaged": len(report.damaged)}
    return Outcome((made,), metrics=metrics)


def _report(
    node: NodeId, found: _Found, damaged: tuple[DamagedBytes, ...], *, state: str, run: NodeId | None = None
) -> ByteReport:
    external = len(found.files) - len(found.kept)
    return ByteReport(node, found.nodes, len(found.kept), found.bytes, damaged, external, run, state, found.cuts)
