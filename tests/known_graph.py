"""A small graph whose every answer is known, for questions of lineage on any store.

raw-1 ----------> features-1 --train--> [train-1] --> model 1, evaluation-1     raw-1 => raw-2
                  holdout    --test---> [train-1]                               model 1 => model 2 => model 3
raw-2 ----------> features-2 --train--> [train-2] --> model 2, evaluation-2     params-1 => params-2
                  holdout    --test---> [train-2]
features-2, copy of holdout --train---> [train-3] --> model 3, evaluation-3
stream (3 segments) --> sample (of 2 segments) --production--> [project-1] --> plot-1, result-1
model 1, params-1 ---------------------------------------------^
stream --> sample --production--> [project-2] <-- model 2, params-2;  [project-2] --> plot-2
plot-1 --> [report-1] --> report (deleted)
model 1, features-1, train-1 --> live (active) --> january, february;  model 1 --> old (archived)
raw-1 --> [broken] (failed)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.catalogue import Signature
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

ADA, BOB = Caller("ada", "request-ada"), Caller("bob", "request-bob")
PROJECT = "known"
COMMITS = {1: "a" * 40, 2: "b" * 40, 3: "b" * 40}
LEARNING_RATES = {1: 0.1, 2: 0.2, 3: 0.2}
ACCURACIES = {1: 0.90, 2: 0.94, 3: 0.99}
LIBRARIES = {1: "1.5.0", 2: "1.6.0", 3: "1.6.0"}
SECOND_US = 1_000_000
STARTED_US = 1_700_000_000_000_000


@dataclass
class KnownGraph:
    """The nodes by the names of the drawing (`train-1`, `plot-1`, ...), and times between the actions."""

    store: GraphStore
    nodes: dict[str, NodeId] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NodeId:
        return self.nodes[name]

    @property
    def project(self) -> str:
        return self["project"].key

    def names(self, ids: Sequence[NodeId]) -> list[str]:
        """Return the names of nodes, sorted."""
        known = {node: name for name, node in self.nodes.items()}
        return sorted(known[node] for node in ids)

    def act(self, what: str, action: "Actions", caller: Caller = ADA) -> None:
        """Do one action, and note the time right after it."""
        self.store.transact(action.apply, caller)
        self.nodes |= action.nodes
        self.times[what] = self.store.history(next(iter(action.nodes.values())))[-1].version.valid_from


@dataclass
class Actions:
    """What one action writes."""

    graph: KnownGraph
    nodes: dict[str, NodeId] = field(default_factory=dict)
    documents: dict[NodeId, Document] = field(default_factory=dict)
    edges: list[tuple[EdgeId, Document]] = field(default_factory=list)

    def node(self, name: str, kind: str, /, **attributes: object) -> NodeId:
        home = None if kind == "project" else self._home()
        node = named_id(kind, home, PROJECT if kind == "project" else name)
        self.nodes[name] = node
        self.documents[node] = attributes  # type: ignore[assignment]
        return node

    def _home(self) -> str:
        return (self.nodes | self.graph.nodes)["project"].key

    def edge(self, kind: str, source: str, target: str, role: str = "", /, **attributes: object) -> None:
        known = self.graph.nodes | self.nodes
        self.edges.append((EdgeId(kind, known[source], known[target], role), attributes))  # type: ignore[arg-type]

    def apply(self, transaction: Transaction) -> None:
        for node, attributes in self.documents.items():
            transaction.create(node, None if node.kind == "project" else self._home(), attributes)
        for edge_id, attributes in self.edges:
            transaction.link(edge_id, attributes)


def digest(name: str) -> str:
    """Return what stands for the digest of a content."""
    return named_id("artifact", None, name).key * 2


def build(store: GraphStore) -> KnownGraph:
    """Write the graph."""
    graph = KnownGraph(store)
    _register(graph)
    _train(graph, 1, ("train", "features-1"), ("test", "holdout"))
    _project(graph, 1)
    _deploy(graph)
    _correct_raw(graph)
    _train(graph, 2, ("train", "features-2"), ("test", "holdout"))
    _set_params(graph)
    _project(graph, 2)
    _train(graph, 3, ("train", "features-2"), ("train", "copy"))
    _report(graph)
    return graph


def _register(graph: KnownGraph) -> None:
    work = Actions(graph)
    work.node("project", "project", name=PROJECT)
    model = work.node("model", "model", name="classifier")
    work.edge("contains", "project", "model")
    work.node("raw-1", "dataset", name="raw", form="table", digest=digest("raw-1"), rows=100)
    work.node("features-1", "featureset", name="features", features={"x": {"dtype": "float64"}})
    work.edge("derived_into", "raw-1", "features-1", "scaled", transformation="scaled")
    work.node("holdout", "dataset", name="holdout", form="table", digest=digest("holdout"), rows=20, tags=["test"])
    work.node("copy", "dataset", name="more rows", form="table", digest=digest("holdout"), rows=20)
    work.node("stream", "dataset", name="traffic", form="stream", digest=digest("stream"), rows=300, segments=3)
    sample: dict[str, object] = {"name": "sample", "form": "snapshot", "digest": digest("sample"), "rows": 50}
    stream = str(work.nodes["stream"])
    work.node("sample", "dataset", **sample, segments=2, source=stream, seed=42, sample_size=50)
    work.edge("derived_into", "stream", "sample", "sample", transformation="sample")
    work.node("broken", "run", method="train", name="fit", state="ERROR", executor="external", message="out of memory")
    work.edge("input_to", "raw-1", "broken", "train")
    assert model.kind == "model"
    graph.act("registered", work)


def _train(graph: KnownGraph, number: int, *inputs: tuple[str, str]) -> None:
    work = Actions(graph)
    run = f"train-{number}"
    started = STARTED_US + number * 100 * SECOND_US
    work.node(
        run,
        "run",
        method="train",
        name="fit",
        state="SUCCESS",
        executor="external",
        seed=7,
        params={"lr": LEARNING_RATES[number], "epochs": 10},
        metrics={"accuracy": ACCURACIES[number], "loss": 1 - ACCURACIES[number]},
        environment={"python": "3.11.9", "scikit-learn": LIBRARIES[number], "git.commit": COMMITS[number]},
        started=started,
        ended=started + 30 * SECOND_US,
        tags=["nightly"],
    )
    for role, data in inputs:
        work.edge("input_to", data, run, role)
    version = _version(graph, work, number)
    work.edge("generated", run, version, "model")
    work.node(f"evaluation-{number}", "evaluation", metrics={"accuracy": ACCURACIES[number]})
    work.edge("generated", run, f"evaluation-{number}", "evaluation")
    graph.act(run, work, ADA if number == 1 else BOB)


def _version(graph: KnownGraph, work: Actions, number: int) -> str:
    name = f"model {number}"
    facts: Mapping[str, object] = {"name": "classifier", "version": str(number), "number": 700 + number}
    work.node(name, "model_version", **facts, model=str(graph["model"]), signature=Signature().document())
    work.edge("contains", "model", name)
    if number > 1:
        work.edge("succeeded_by", f"model {number - 1}", name)
    if number == 1:
        _params(graph, work, 1, {"n_neighbours": 15, "min_dist": 0.1})
    return name


def _params(graph: KnownGraph, work: Actions, revision: int, values: Document) -> None:
    owner = str((graph.nodes | work.nodes)["model 1"])
    name = f"params-{revision}"
    options: Document = {
        "production_data_sample_size": 50,
        "training_data_sample_size": 50,
        "visualization_metrics": [],
    }
    facts: dict[str, object] = {"method": "umap", "revision": revision, "owner": owner, "digest": digest(name)}
    work.node(name, "params", **facts, values=values, options=options)
    work.edge("contains", "model 1", name, "umap")


def _project(graph: KnownGraph, number: int) -> None:
    work = Actions(graph)
    run, started = f"project-{number}", STARTED_US + (500 + number * 100) * SECOND_US
    values = graph.store.get(graph[f"params-{number}"]).attributes["values"]
    facts: dict[str, object] = {"method": "projection.umap", "name": "umap of classifier", "state": "SUCCESS"}
    facts |= {"executor": "worker", "params": values, "seed": 42, "environment": {"numpy": "2.0.0"}}
    work.node(run, "run", **facts, started=started, ended=started + 12 * SECOND_US)
    work.edge("input_to", f"model {number}", run, "model")
    work.edge("input_to", f"params-{number}", run, "params")
    work.edge("input_to", "sample", run, "production")
    for role in ("plot", "result"):
        file: dict[str, object] = {"role": role, "digest": digest(f"{role}-{number}"), "bytes": 10}
        work.node(f"{role}-{number}", "artifact", **file, media_type="application/json", name="umap of classifier")
        work.edge("generated", run, f"{role}-{number}", role)
    graph.act(run, work)


def _deploy(graph: KnownGraph) -> None:
    work = Actions(graph)
    work.node("live", "deployment", name="live", state="active")
    work.node("old", "deployment", name="old", state="archived")
    for source, role in (("model 1", "model"), ("features-1", "features"), ("train-1", "run")):
        work.edge("deployed_as", source, "live", role)
    work.edge("deployed_as", "model 1", "old", "model")
    for number, month in enumerate(("january", "february")):
        start = STARTED_US + number * 3600 * SECOND_US
        period = {"period_start": start, "period_end": start + 3600 * SECOND_US}
        work.node(month, "serving_performance", **period, metrics={"accuracy": 0.88 - number / 10})
        work.edge("observed_as", "live", month, "", period=month)
    graph.act("deployed", work)


def _correct_raw(graph: KnownGraph) -> None:
    work = Actions(graph)
    work.node("raw-2", "dataset", name="raw", form="table", digest=digest("raw-2"), rows=101)
    work.node("features-2", "featureset", name="features", features={"x": {"dtype": "float64"}, "y": {}})
    work.edge("derived_into", "raw-2", "features-2", "scaled", transformation="scaled")
    work.edge("succeeded_by", "raw-1", "raw-2", "", reason="a column was shifted")
    graph.act("corrected", work, BOB)


def _set_params(graph: KnownGraph) -> None:
    work = Actions(graph)
    _params(graph, work, 2, {"n_neighbours": 30, "min_dist": 0.1})
    work.edge("succeeded_by", "params-1", "params-2")
    graph.act("params-2", work, BOB)


def _report(graph: KnownGraph) -> None:
    work = Actions(graph)
    work.node("report-1", "run", method="report", name="weekly", state="SUCCESS", executor="external")
    work.edge("input_to", "plot-1", "report-1", "plot")
    file: dict[str, object] = {"role": "report", "digest": digest("report"), "bytes": 5, "media_type": "text/html"}
    work.node("report", "artifact", **file)
    work.edge("generated", "report-1", "report", "report")
    graph.act("report-1", work)
    graph.store.transact(lambda transaction: transaction.delete(graph["report"]), BOB)
