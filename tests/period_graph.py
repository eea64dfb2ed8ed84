"""Two graphs with known answers: 22 periods of a model in service, and an experiment with features.

`periods`: in period i (1 to 22) the data set `sales-i` becomes the feature set `features-i`; run `fit-i` reads it and
the shared data set `holdout`, generates version i of a model (odd periods `lasso`, even periods `forest`) and
evaluation i (rmse 50 - i, and accuracy 0.5 + i / 100), and is deployed as `service-i`, which is observed once. Periods
21 and 22 are in service, the rest archived. Run i began on day i.

`experiment`: four feature sets of the data set `census`, with and without the feature `age`, with and without
logarithms; runs of one technique with seeds 0 to 6 on each: accuracy 0.70 + seed / 1000, + 0.05 with `age`, + 0.02
with logarithms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

ADA, BOB = Caller("ada", "request-ada"), Caller("bob", "request-bob")
PERIODS = 22
DAY_US = 24 * 3600 * 1_000_000
START_US = 1_700_000_000_000_000
SEEDS = 7
PROJECT, TASK = "shop", "forecast"


@dataclass
class PeriodGraph:
    """The nodes by their names."""

    store: GraphStore
    project: str
    nodes: dict[str, NodeId] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NodeId:
        return self.nodes[name]

    def write(self, transaction: Transaction, name: str, kind: str, attributes: Mapping[str, object]) -> NodeId:
        home = named_id("project", None, self.project)
        node = home if kind == "project" else named_id(kind, home.key, name)
        transaction.create(node, home.key, attributes)  # type: ignore[arg-type]
        self.nodes[name] = node
        return node

    def link(self, transaction: Transaction, kind: str, ends: tuple[str, str], role: str = "", **more: object) -> None:
        source, target = ends
        transaction.link(EdgeId(kind, self[source], self[target], role), more)  # type: ignore[arg-type]


def began(period: int) -> int:
    """Return when the run of a period began, microseconds since 1970."""
    return START_US + period * DAY_US


def build_periods(store: GraphStore) -> PeriodGraph:
    """Write the periods, an action each."""
    graph = PeriodGraph(store, PROJECT)

    def register(transaction: Transaction) -> None:
        graph.write(transaction, "project", "project", {"name": PROJECT})
        graph.write(transaction, "holdout", "dataset", {"name": "holdout", "form": "external", "digest": "0" * 64})
        for technique in ("lasso", "forest"):
            facts: Document = {"name": technique, "attributes": {"task": TASK, "type": technique}}
            graph.write(transaction, technique, "model", facts)
            graph.link(transaction, "contains", ("project", technique))

    store.transact(register, ADA)
    for period in range(1, PERIODS + 1):
        store.transact(lambda transaction, number=period: _period(graph, transaction, number), ADA)  # type: ignore[misc]
    return graph


def _period(graph: PeriodGraph, transaction: Transaction, number: int) -> None:
    model = "lasso" if number % 2 else "forest"
    columns: Document = {"price": "number", "day": "text"}
    data: Document = {"name": f"sales {number}", "form": "external", "digest": f"{number:064x}", "columns": columns}
    graph.write(transaction, f"sales-{number}", "dataset", data)
    features = [{"name": "log_price", "dtype": "float64", "transformation": "log"}, {"name": "day", "dtype": "int64"}]
    graph.write(transaction, f"features-{number}", "featureset", {"name": f"features {number}", "features": features})
    mapped = [{"to": "log_price", "from": ["price"], "transform": "log"}]
    ends = (f"sales-{number}", f"features-{number}")
    graph.link(transaction, "derived_into", ends, columns=mapped, transformation="weekly")
    _train(graph, transaction, number, model)
    state = "active" if number > PERIODS - 2 else "archived"
    service: Document = {"name": f"service {number}", "state": state, "run": str(graph[f"fit-{number}"])}
    graph.write(transaction, f"service-{number}", "deployment", service)
    for part in (f"fit-{number}", f"version-{number}", f"features-{number}", f"sales-{number}"):
        graph.link(transaction, "deployed_as", (part, f"service-{number}"))
    seen: Document = {
        "period_start": began(number),
        "period_end": began(number + 1),
        "metrics": {"rmse": 51.0 - number},
    }
    graph.write(transaction, f"seen-{number}", "serving_performance", seen)
    graph.link(transaction, "observed_as", (f"service-{number}", f"seen-{number}"))


def _train(graph: PeriodGraph, transaction: Transaction, number: int, model: str) -> None:
    version: Document = {
        "name": model,
        "version": str(number),
        "number": number,
        "model": str(graph[model]),
    }
    graph.write(transaction, f"version-{number}", "model_version", version)
    graph.link(transaction, "contains", (model, f"version-{number}"))
    run: Document = {
        "name": f"fit {number}",
        "method": "train",
        "state": "SUCCESS",
        "executor": "external",
        "params": {"alpha": number / 10},
        "metrics": {"seconds": 3.5},
        "environment": {"python": "3.11.9", "scikit-learn": "1.4.2" if number <= 10 else "1.5.0rc1"},
        "started": began(number),
        "ended": began(number) + 1,
    }
    graph.write(transaction, f"fit-{number}", "run", run)
    measured: Document = {"metrics": {"rmse": 50.0 - number, "accuracy": 0.5 + number / 100}}
    graph.write(transaction, f"evaluation-{number}", "evaluation", measured)
    graph.link(transaction, "input_to", (f"features-{number}", f"fit-{number}"), "features")
    graph.link(transaction, "input_to", ("holdout", f"fit-{number}"), "test")
    graph.link(transaction, "generated", (f"fit-{number}", f"version-{number}"), "model")
    graph.link(transaction, "generated", (f"fit-{number}", f"evaluation-{number}"), "evaluation")


def build_experiment(store: GraphStore) -> PeriodGraph:
    """Write the experiment in one action. Its runs read the model version that they measure."""
    graph = PeriodGraph(store, "experiment")
    store.transact(lambda transaction: _experiment(graph, transaction), BOB)
    return graph


def _experiment(graph: PeriodGraph, transaction: Transaction) -> None:
    graph.write(transaction, "project", "project", {"name": graph.project})
    graph.write(transaction, "census", "dataset", {"name": "census", "form": "external", "digest": "c" * 64})
    graph.write(transaction, "tree", "model", {"name": "tree", "tags": ["income"], "attributes": {"type": "tree"}})
    graph.link(transaction, "contains", ("project", "tree"))
    version: Document = {"name": "tree", "version": "1", "number": 1000, "model": str(graph["tree"])}
    graph.write(transaction, "version", "model_version", version)
    graph.link(transaction, "contains", ("tree", "version"))
    for has_age in (False, True):
        for has_log in (False, True):
            _featureset(graph, transaction, has_age=has_age, has_log=has_log)


def _featureset(graph: PeriodGraph, transaction: Transaction, *, has_age: bool, has_log: bool) -> None:
    name = f"features{'-age' if has_age else ''}{'-log' if has_log else ''}"
    income: dict[str, str] = {"name": "income", "dtype": "float64", **({"transformation": "log"} if has_log else {})}
    features = [income, *([{"name": "age", "dtype": "int64"}] if has_age else [])]
    graph.write(transaction, name, "featureset", {"name": name, "features": features})
    graph.link(transaction, "derived_into", ("census", name))
    for seed in range(SEEDS):
        run = f"run-{name}-{seed}"
        accuracy = 0.70 + seed / 1000 + 0.05 * has_age + 0.02 * has_log
        facts: Document = {
            "method": "train",
            "state": "SUCCESS",
            "executor": "external",
            "params": {"seed": seed, "log": has_log},
            "metrics": {"accuracy": accuracy},
            "started": START_US + seed,
        }
        graph.write(transaction, run, "run", facts)
        graph.link(transaction, "input_to", (name, run), "features")
        graph.link(transaction, "input_to", ("version", run), "model")
