"""How deployments perform, period by period, beside how their runs did in development."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Caller, Direction, EdgeId, Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import EMPTY, Document, Scalar
from arangovis.domain.views import optional_integer, optional_text, scalars
from arangovis.services.catalogue.names import Registered, ensure_facts
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Observed:
    """What was measured of a deployment in a period.

    Args:
        metrics: numbers by name.
        period_start: microseconds since 1970.
        period_end: likewise.
        period: the period as people call it.
        facts: description, tags, attributes.

    """

    metrics: Mapping[str, Scalar]
    period_start: int | None = None
    period_end: int | None = None
    period: str | None = None
    facts: Document = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class ObservedPeriod:
    """One period: what was measured, and how far that is from development, for what both measured."""

    node: NodeId
    period: str | None
    period_start: int | None
    period_end: int | None
    metrics: Mapping[str, Scalar]
    difference: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class ServedPerformance:
    """A deployment in service and in development; periods in order of time, those without one last."""

    deployment: NodeId
    run: NodeId | None
    development: Mapping[str, Scalar]
    periods: tuple[ObservedPeriod, ...]


class Performance:
    """Serving performance of deployments."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def log(self, deployment: NodeId, observed: Observed, caller: Caller) -> Registered:
        """Log what was measured in a period; the same again is the same node.

        Raises:
            NotFound: there is no such deployment; nothing is written.
            InvalidInput: there are no metrics, or the period ends before it begins.
            AlreadyExists: other numbers were logged for this period.

        """
        _check(observed)
        return self._store.transact(lambda tx: _write(tx, deployment, observed), caller)

    def compare(self, deployment: NodeId, *, at: int | None = None) -> ServedPerformance:
        """Return the periods of a deployment beside its development.

        Raises:
            NotFound: there is no such deployment.

        """
        node = self._store.get(deployment, at=at)
        named = optional_text(node.attributes, "run")
        run = None if named is None else NodeId.parse(named)
        development = {} if run is None else self.development(run, at=at)
        edges = self._store.all_edges(deployment, Direction.DOWNSTREAM, "observed_as", at=at)
        found = self._store.get_many([edge.id.target for edge in edges], at=at).values()
        live = sorted((one for one in found if not one.version.deleted), key=_place)
        return ServedPerformance(deployment, run, development, tuple(_period(one, development) for one in live))

    def development(self, run: NodeId, *, at: int | None = None) -> Mapping[str, Scalar]:
        """Return what a run measured: its own metrics, and over them those of its evaluations."""
        own = self._store.find(run, at=at)
        metrics = {} if own is None else dict(scalars(own.attributes, "metrics"))
        for evaluation in self.evaluations(run, at=at):
            metrics |= scalars(evaluation.attributes, "metrics")
        return metrics

    def evaluations(self, run: NodeId, *, at: int | None = None) -> Sequence[Node]:
        """Return the evaluations that a run generated, oldest first."""
        edges = self._store.all_edges(run, Direction.DOWNSTREAM, "generated", at=at)
        ids = [edge.id.target for edge in edges if edge.id.target.kind == "evaluation"]
        found = self._store.get_many(ids, at=at).values()
        return sorted((node for node in found if not node.version.deleted), key=lambda node: (node.created, node.id))


def _check(observed: Observed) -> None:
    faults = [] if observed.metrics else [Fault("metrics", "are empty; one or more is needed")]
    start, end = observed.period_start, observed.period_end
    if start is not None and end is not None and end < start:
        faults.append(Fault("period_end", f"{end} is before the period's start, {start}"))
    if faults:
        raise InvalidInput.of(*faults)


def _write(transaction: Transaction, deployment: NodeId, observed: Observed) -> Registered:
    home = transaction.get(deployment)
    when = f"{observed.period_start} {observed.period_end} {observed.period}"
    node = named_id("serving_performance", home.project, f"{deployment}/{when}")
    given: Document = {
        "period_start": observed.period_start,
        "period_end": observed.period_end,
        "period": observed.period,
    }
    told = {name: value for name, value in given.items() if value is not None}
    measured: Document = {**observed.facts, "deployment": str(deployment), "metrics": dict(observed.metrics)}
    created = ensure_facts(transaction, node, home.project, {**measured, **told})
    about: Document = {} if observed.period is None else {"period": observed.period}
    transaction.link(EdgeId("observed_as", deployment, node), about)
    return Registered(node, created)


def _place(node: Node) -> tuple[bool, int, int]:
    start = optional_integer(node.attributes, "period_start")
    return start is None, start or 0, node.created


def _period(node: Node, development: Mapping[str, Scalar]) -> ObservedPeriod:
    metrics = scalars(node.attributes, "metrics")
    return ObservedPeriod(
        node=node.id,
        period=optional_text(node.attributes, "period"),
        period_start=optional_integer(node.attributes, "period_start"),
        period_end=optional_integer(node.attributes, "period_end"),
        metrics=metrics,
        difference=_difference(metrics, development),
    )


def _difference(served: Mapping[str, Scalar], development: Mapping[str, Scalar]) -> dict[str, Scalar]:
    both = ((name, served[name], development[name]) for name in served if name in development)
    return {name: here - there for name, here, there in both if _is_number(here) and _is_number(there)}  # type: ignore[operator]


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
