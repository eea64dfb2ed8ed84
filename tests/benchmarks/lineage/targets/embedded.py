"""arangovis on its embedded store, in this process, through the public contract."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from arangovis.domain.graph import Caller, Direction, EdgeId, Lineage, Node, Page, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.search import AllOf, Comparison, Operator, Search
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import LINEAGE_EDGE_KINDS
from tests.benchmarks.lineage.workload import PAGE, Query, Run

CALLER = Caller("benchmark", "round")
KINDS = frozenset(LINEAGE_EDGE_KINDS)
DIRECTIONS = {"up": Direction.UPSTREAM, "down": Direction.DOWNSTREAM}


class Target:
    def __init__(self, folder: Path) -> None:
        self.store = EmbeddedStore(folder / "graph.db")
        self.store.migrate()

    def add_artifacts(self, keys: Iterable[str]) -> None:
        self.store.transact(lambda transaction: [_add_artifact(transaction, key) for key in keys], CALLER)

    def commit(self, runs: list[Run]) -> None:
        self.store.transact(lambda transaction: _add_runs(transaction, runs), CALLER)

    def lineage(self, key: str, direction: str) -> Lineage:
        start = NodeId("artifact", key)
        return self.store.walk(Walk((start,), DIRECTIONS[direction], KINDS, depth_max=40, node_limit=100_000))

    def reached(self, answer: object) -> set[str]:
        assert isinstance(answer, Lineage)
        assert not answer.cuts
        artifacts = [visit.node.id for visit in answer.visits if visit.node.id.kind == "artifact"]
        return {node_id.key for node_id in artifacts[1:]}

    def search(self, query: Query) -> Page[Node]:
        where = AllOf(
            (
                Comparison(f"params.{query.param}", Operator.EQUAL, query.value),
                Comparison(f"metrics.{query.metric}", Operator.GREATER_EQUAL, query.low),
                Comparison(f"metrics.{query.metric}", Operator.LESS_EQUAL, query.high),
            )
        )
        return self.store.search(Search("run", where, limit=PAGE))

    def keys(self, answer: object) -> list[str]:
        assert isinstance(answer, Page)
        return [node.id.key for node in answer.items]

    def close(self) -> None:
        self.store.close()


def _add_artifact(transaction: Transaction, key: str) -> NodeId:
    digest = hashlib.sha256(key.encode()).hexdigest()
    facts: Document = {"role": "result", "digest": digest, "bytes": len(key), "media_type": "application/json"}
    return transaction.create_new(NodeId("artifact", key), None, facts).id


def _add_runs(transaction: Transaction, runs: list[Run]) -> None:
    for run in runs:
        _add_run(transaction, run)


def _add_run(transaction: Transaction, run: Run) -> None:
    facts: dict[str, JsonValue] = {
        "method": "training",
        "state": "SUCCESS",
        "executor": "external",
        "params": run.params,
    }
    if run.metrics:
        facts["metrics"] = run.metrics
    run_id = transaction.create_new(NodeId("run", run.key), None, facts).id
    output = _add_artifact(transaction, run.output)
    inputs = [NodeId("artifact", key) for key in run.inputs]
    transaction.find_many(inputs)
    for artifact in inputs:
        transaction.link(EdgeId("input_to", artifact, run_id))
    transaction.link(EdgeId("generated", run_id, output))
