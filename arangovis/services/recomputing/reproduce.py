"""Whether a run can be reproduced: what is needed for it, and what came out when it was done again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import IntegrityError, NotFound, NotSupported
from arangovis.domain.graph import Caller, Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar, digest_of
from arangovis.domain.runs import Run, RunState
from arangovis.domain.search import Comparison, Operator
from arangovis.domain.views import optional_text, text
from arangovis.domain.work import Input, RunRequest
from arangovis.projections.registry import METHOD_PREFIX, projector
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.lineage.bulk import maker_of
from arangovis.services.lineage.reach import digest_of_node, some
from arangovis.services.methods import FRAME_METHODS
from arangovis.services.recomputing.again import PROJECTIONS
from arangovis.services.runs import Runs, run_of
from arangovis.services.stages import REPRODUCES
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

REPETITIONS_MAX = 100
"""So many runs that did it again are compared, the newest."""
_JSON = "application/json"
_NEVER_SAME = "provenance"
"""Part of an answer that names the run, which is another one."""


class Check(NamedTuple):
    """Something that reproducing a run needs: whether it is there, and if not, what is missing."""

    name: str
    ok: bool
    detail: str


class FileCheck(NamedTuple):
    """What a run made: whether the bytes are still those of the digest."""

    node: NodeId
    role: str
    digest: str
    intact: bool


class Compared(NamedTuple):
    """What both runs made in a role. A digest is null where one made nothing."""

    role: str
    first: str | None
    second: str | None
    same: bool


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A run that did it again: `same` says whether the same came out, null until it has succeeded."""

    run: NodeId
    state: str
    same: bool | None
    files: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Reproducibility:
    """Whether the run behind a node can be reproduced, whether what it made is intact, and who tried, newest first."""

    node: NodeId
    run: NodeId
    reproducible: bool
    checks: tuple[Check, ...]
    files: tuple[FileCheck, ...]
    reproductions: tuple[Reproduction, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reproducing:
    """Checks and repeats runs."""

    store: GraphStore
    blobs: Blobs
    datasets: Datasets
    runs: Runs

    def check(self, node_id: NodeId) -> Reproducibility:
        """Look at everything that a repetition needs, and read the bytes of what was made. Nothing is changed.

        Raises:
            NotFound: there is no such node, or no run made it.

        """
        run = self._run_of(node_id)
        inputs = self._edges(run.id, Direction.UPSTREAM, "input_to")
        nodes = self.store.get_many([edge.id.source for edge in inputs])
        checks = (
            _done_here(run),
            _inputs_there(inputs, nodes),
            self._rows_there(nodes.values()),
            _environment(run),
        )
        files = self._files(run.id)
        ok = all(check.ok for check in checks)
        again = some(
            self.store, ("run",), Comparison("question", Operator.EQUAL, _question(run.id)), limit=REPETITIONS_MAX
        )
        reproductions = self._reproductions(run, [run_of(node) for node in again.nodes])
        cut = ("repetitions",) if again.cut else ()
        return Reproducibility(node_id, run.id, ok, checks, files, reproductions, cut)

    def start(self, node_id: NodeId, caller: Caller) -> NodeId:
        """Have the run behind a node done again with the very same inputs, parameters and seed; return the new run.

        Raises:
            NotFound: there is no such node, or no run made it.
            Gone: an input was deleted.
            NotSupported: no worker here does such a run, or it did not succeed.

        """
        run = self._run_of(node_id)
        check = _done_here(run)
        if not check.ok:
            raise NotSupported(f"{run.id} cannot be done again: {check.detail}")
        inputs = self._edges(run.id, Direction.UPSTREAM, "input_to")
        nodes = self.store.get_many([edge.id.source for edge in inputs])
        asked = tuple(Input(e.id.source, e.id.role) for e in inputs if not _is_found(nodes[e.id.source], run))

        def action(transaction: Transaction) -> NodeId:
            number = transaction.next_number(f"reproductions of {run.id}")
            return self.runs.request(transaction, _request(run, asked, number))[0].id

        return self.store.transact(action, caller)

    # --- what there is ----------------------------------------------------------------------------------------

    def _run_of(self, node_id: NodeId) -> Run:
        node = self.store.get(node_id)
        if node.version.deleted:
            raise NotFound(f"{node_id} was deleted")
        if node_id.kind != "run":
            made_by = maker_of(self.store, node_id)
            if made_by is None:
                raise NotFound(f"no run made {node_id}")
            node = self.store.get(made_by)
        return run_of(node)

    def _edges(self, node: NodeId, direction: Direction, kind: str) -> Sequence[Edge]:
        return sorted(self.store.all_edges(node, direction, kind), key=lambda edge: edge.id)

    def _rows_there(self, nodes: Iterable[Node]) -> Check:
        missing = [str(node.id) for node in nodes if not self._has_rows(node)]
        return Check("rows", not missing, f"the rows of {', '.join(missing)} are not kept here" if missing else "")

    def _has_rows(self, node: Node) -> bool:
        if node.id.kind != "dataset" or node.version.deleted:
            return True
        dataset = Dataset.of(node.id, node.project, node.attributes)
        if dataset.selection is not None and not self.blobs.exists(dataset.selection):
            return False
        source = dataset if dataset.source is None else self.datasets.find(dataset.source)
        if source is None:
            return False
        return all(self.blobs.exists(part.digest) for part in self.datasets.segments(source)[: dataset.segments])

    def _files(self, run: NodeId) -> tuple[FileCheck, ...]:
        edges = self._edges(run, Direction.DOWNSTREAM, "generated")
        nodes = self.store.get_many([edge.id.target for edge in edges])
        return tuple(
            self._file(edge, node)
            for edge in edges
            if (node := nodes[edge.id.target]).id.kind == "artifact" and not node.version.deleted
        )

    def _file(self, edge: Edge, node: Node) -> FileCheck:
        digest = text(node.attributes, "digest")
        return FileCheck(edge.id.target, edge.id.role, digest, self.blobs.is_intact(digest))

    # --- what came out ----------------------------------------------------------------------------------------

    def _reproductions(self, run: Run, again: Sequence[Run]) -> tuple[Reproduction, ...]:
        if not again:
            return ()
        before = self._made(run)
        return tuple(self._compared(before, other) for other in again)

    def _compared(self, before: Mapping[str, Node], again: Run) -> Reproduction:
        if again.state is not RunState.SUCCESS:
            return Reproduction(again.id, again.state.value, None, ())
        after = self._made(again)
        files = tuple(
            Compared(role, _digest(one), _digest(two), self._is_same(one, two))
            for role in sorted(before.keys() | after.keys())
            for one, two in ((before.get(role), after.get(role)),)
        )
        return Reproduction(again.id, again.state.value, all(file.same for file in files), files)

    def _made(self, run: Run) -> Mapping[str, Node]:
        """Return what a run made, and the intermediate products that it found instead of making them, by role."""
        made = self._edges(run.id, Direction.DOWNSTREAM, "generated")
        read = self._edges(run.id, Direction.UPSTREAM, "input_to")
        nodes = self.store.get_many([*(edge.id.source for edge in read), *(edge.id.target for edge in made)])
        found = {e.id.role: nodes[e.id.source] for e in read if _is_found(nodes[e.id.source], run)}
        products = {edge.id.role: nodes[edge.id.target] for edge in made}
        return found | {role: node for role, node in products.items() if digest_of_node(node) is not None}

    def _is_same(self, one: Node | None, two: Node | None) -> bool:
        if one is None or two is None:
            return False
        if _digest(one) == _digest(two):
            return True
        if {one.attributes.get("media_type"), two.attributes.get("media_type")} != {_JSON}:
            return False
        first, second = (self._answer(node) for node in (one, two))
        return first is not None and first == second

    def _answer(self, node: Node) -> object:
        try:
            answer = orjson.loads(self.blobs.read(text(node.attributes, "digest")))
        except (IntegrityError, orjson.JSONDecodeError):
            return None
        return (
            {name: value for name, value in answer.items() if name != _NEVER_SAME}
            if isinstance(answer, dict)
            else answer
        )


def _done_here(run: Run) -> Check:
    if run.method not in (*PROJECTIONS, *FRAME_METHODS):
        return Check("method", False, f"no worker here does {run.method} on its own")
    if run.state is not RunState.SUCCESS:
        return Check("method", False, f"the run is {run.state.value}")
    return Check("method", True, "")


def _inputs_there(inputs: Sequence[Edge], nodes: Mapping[NodeId, Node]) -> Check:
    gone = [str(edge.id.source) for edge in inputs if nodes[edge.id.source].version.deleted]
    return Check("inputs", not gone, f"deleted: {', '.join(gone)}" if gone else "")


def _environment(run: Run) -> Check:
    """Compare the versions that the result depends on with those of this process."""
    now = _environment_here(run)
    other = [
        f"{name} was {run.environment.get(name)}, is {value}"
        for name, value in now.items()
        if run.environment.get(name) != value
    ]
    return Check("environment", not other, "; ".join(other))


def _environment_here(run: Run) -> Mapping[str, Scalar]:
    if run.method in PROJECTIONS:
        from arangovis.services.projections.run import environment_of

        return environment_of(projector(run.method.removeprefix(METHOD_PREFIX)), run.params)
    if "engine" in run.environment and "detector" in run.params:
        from arangovis.anomaly.registry import detector

        engine = detector(str(run.params["detector"]))
        return {"engine": engine.engine(), "algorithm_version": engine.algorithm_version}
    return {}


def _is_found(node: Node, run: Run) -> bool:
    """Say whether an input is an intermediate product that the run found, and was not asked to read."""
    asked = optional_text(run.options, "transformer")
    return node.id.kind == "artifact" and "stage_key" in node.attributes and str(node.id) != asked


def _request(run: Run, inputs: tuple[Input, ...], number: int) -> RunRequest:
    return RunRequest(
        method=run.method,
        project=run.project,
        inputs=inputs,
        params=run.params,
        options={**run.options, REPRODUCES: str(run.id)},
        seed=run.seed,
        run_key=digest_of([REPRODUCES, str(run.id), number]),
        question=_question(run.id),
        generation=number,
        name=run.name,
    )


def _question(run: NodeId) -> str:
    return digest_of([REPRODUCES, str(run)])


def _digest(node: Node | None) -> str | None:
    return None if node is None else digest_of_node(node)
