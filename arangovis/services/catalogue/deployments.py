"""Deployments: made from a tagged run, checked by gates, scheduled, active, archived, rolled back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from arangovis.domain.errors import Conflict, Fault, GateRefused, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId, Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import EMPTY, Document, canonical
from arangovis.domain.search import PAGE_SIZE_MAX, AllOf, Comparison, Operator, Search
from arangovis.domain.views import optional_integer, optional_text, text
from arangovis.services.catalogue.gates import Decision, Gates, record_decision
from arangovis.services.catalogue.names import Registered, check_name, find_project, home_of
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

PARTS = frozenset({"model_version", "params", "featureset", "dataset"})
"""The kinds of node that a deployment is linked to, beside its run."""
_SLOTS = "active-deployment"
"""The namespace of tags that hold the one deployment of theirs that is active."""


class DeploymentState(StrEnum):
    """Where a deployment stands."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    ARCHIVED = "archived"


_ACTIVE = Comparison("state", Operator.EQUAL, DeploymentState.ACTIVE.value)
_NEXT: Mapping[DeploymentState, frozenset[DeploymentState]] = {
    DeploymentState.SCHEDULED: frozenset({DeploymentState.ACTIVE, DeploymentState.ARCHIVED}),
    DeploymentState.ACTIVE: frozenset({DeploymentState.ARCHIVED}),
    DeploymentState.ARCHIVED: frozenset({DeploymentState.ACTIVE}),
}


@dataclass(frozen=True, slots=True)
class Provision:
    """A deployment to make.

    Args:
        tag: the deployment tag of its run; of several runs that succeeded, the newest is taken.
        project: the name of the run's project, if the tag is used in several.
        state: `scheduled` or `active`.
        scheduled_for: when it is to begin, microseconds since 1970.
        name: what people call it; the tag if left out.
        override: why it is deployed though a gate refuses it.
        facts: description, tags, attributes.

    """

    tag: str
    project: str | None = None
    state: DeploymentState = DeploymentState.SCHEDULED
    scheduled_for: int | None = None
    name: str | None = None
    override: str | None = None
    facts: Document = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class DeployedPart:
    """Something that a deployment consists of."""

    node: NodeId
    role: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment as it stands, or stood; times are microseconds since 1970."""

    node: NodeId
    name: str
    project: str | None
    deployment_tag: str | None
    state: DeploymentState
    since: int
    actor: str
    reason: str | None
    scheduled_for: int | None
    run: NodeId | None
    replaces: NodeId | None
    parts: tuple[DeployedPart, ...]


@dataclass(frozen=True, slots=True)
class StateChange:
    """One change of a deployment; `until` is None for the last."""

    state: DeploymentState
    at: int
    until: int | None
    actor: str
    request_id: str
    reason: str | None


class Deployments:
    """What is deployed, and was."""

    def __init__(self, store: GraphStore, gates: Gates) -> None:
        self._store = store
        self._gates = gates

    def provision(self, wanted: Provision, caller: Caller) -> Registered:
        """Make a deployment from the newest run of a tag, linked to all that it consists of, in one action.

        The same run again is the same deployment. One that is active at once archives the active one of its tag.

        Raises:
            NotFound: no run that succeeded has the tag.
            GateRefused: a gate refuses it, and there is no override; the decision is stored.
            InvalidInput: the state is not one to begin with.

        """
        check_name("tag", wanted.tag)
        if wanted.state is DeploymentState.ARCHIVED:
            raise InvalidInput.of(Fault("state", "a deployment begins as scheduled or active"))
        run = self._tagged_run(wanted)
        node = named_id("deployment", run.project, f"{wanted.tag}/{run.id}")
        present = self._store.find(node)
        if present is not None and not present.version.deleted:
            return Registered(node, created=False)
        decisions = self._gates.decide(run, self._versions(run.id))
        refusals = [decision for decision in decisions if not decision.passed]
        if refusals and wanted.override is None:
            self._store.transact(lambda tx: _record(tx, run, decisions, wanted), caller)
            raise GateRefused(_refusal(refusals))
        rivals = self._rivals(run.project, wanted.tag)
        return self._store.transact(lambda tx: _write(tx, (node, run, rivals), decisions, wanted), caller)

    def change(self, node: NodeId, state: DeploymentState, caller: Caller, *, reason: str | None = None) -> Deployment:
        """Bring a deployment into a state; the one it is in changes nothing.

        A deployment that becomes active archives the active one of its tag, and replaces it.

        Raises:
            NotFound: it does not exist.
            Conflict: from the state it is in, there is no way there.

        """
        rivals = self._rivals_of(self._store.get(node)) if state is DeploymentState.ACTIVE else ()

        def action(transaction: Transaction) -> None:
            if _moved(transaction, node, state, reason) and state is DeploymentState.ACTIVE:
                _replace(transaction, node, rivals)

        self._store.transact(action, caller)
        return self.get(node)

    def roll_back(self, node: NodeId, caller: Caller, *, reason: str | None = None) -> Deployment:
        """Archive an active deployment and bring back the one that was active before it; return that one.

        Raises:
            NotFound: it does not exist.
            Conflict: it is not active, or replaced none.

        """
        told = reason or f"rolled back from {node}"
        rivals = self._rivals_of(self._store.get(node))

        def action(transaction: Transaction) -> NodeId:
            attributes = transaction.get(node).attributes
            replaced = optional_text(attributes, "replaces")
            if text(attributes, "state") != DeploymentState.ACTIVE or replaced is None:
                raise Conflict(f"{node} is not active, or replaced none: there is nothing to go back to")
            before = NodeId.parse(replaced)
            _moved(transaction, before, DeploymentState.ACTIVE, told)
            _take_slot(transaction, before, (node, *rivals), told)
            return before

        return self.get(self._store.transact(action, caller))

    def get(self, node: NodeId, *, at: int | None = None) -> Deployment:
        """Return a deployment, now or as of a time.

        Raises:
            NotFound: it does not exist, or not yet.

        """
        found = self._store.get(node, at=at)
        if found.version.deleted or node.kind != "deployment":
            raise NotFound(f"there is no deployment {node}")
        edges = self._store.all_edges(node, Direction.UPSTREAM, "deployed_as", at=at)
        return _deployment(found, _sorted_parts((edge.id.source, edge.id.role) for edge in edges))

    def views(self, nodes: Sequence[Node]) -> Sequence[Deployment]:
        """Return the deployments that these nodes are."""
        edges = self._store.all_edges_of([node.id for node in nodes], Direction.UPSTREAM, "deployed_as")
        parts: dict[NodeId, list[tuple[NodeId, str]]] = {node.id: [] for node in nodes}
        for edge in edges:
            parts[edge.id.target].append((edge.id.source, edge.id.role))
        return [_deployment(node, _sorted_parts(parts[node.id])) for node in nodes]

    def current(self, tag: str, *, project: str | None = None) -> Deployment:
        """Return the active deployment of a tag; if none is, the newest.

        Raises:
            NotFound: there is none, or no such project.

        """
        key = None if project is None else find_project(self._store, project).id.key
        tagged = Comparison("deployment_tag", Operator.EQUAL, tag)
        for where in (AllOf((tagged, _ACTIVE)), tagged):
            found = self._store.search(Search("deployment", where, key, limit=1)).items
            if found:
                return self.get(found[0].id)
        raise NotFound(f"there is no deployment of the tag {tag!r}")

    def history(self, node: NodeId) -> Sequence[StateChange]:
        """Return how a deployment came to stand where it does, oldest first.

        Raises:
            NotFound: it never existed.

        """
        versions = [version for version in self._store.history(node) if not version.version.deleted]
        if not versions:
            raise NotFound(f"there is no {node}")
        return [_change(version) for version in versions]

    def _rivals_of(self, deployment: Node) -> tuple[NodeId, ...]:
        tag = optional_text(deployment.attributes, "deployment_tag")
        return () if tag is None else self._rivals(deployment.project, tag)

    def _rivals(self, project: str | None, tag: str) -> tuple[NodeId, ...]:
        """Return the active deployments of a tag that come without a slot: imported ones, and those of before slots."""
        where = AllOf((Comparison("deployment_tag", Operator.EQUAL, tag), _ACTIVE, home_of(project)))
        return tuple(node.id for node in self._store.all_nodes(Search("deployment", where, limit=PAGE_SIZE_MAX)))

    def _tagged_run(self, wanted: Provision) -> Node:
        key = None if wanted.project is None else find_project(self._store, wanted.project).id.key
        equal = Operator.EQUAL
        where = AllOf((Comparison("deployment_tag", equal, wanted.tag), Comparison("state", equal, "SUCCESS")))
        found = self._store.search(Search("run", where, key, limit=1)).items
        if not found:
            raise NotFound(f"no run that succeeded has the deployment tag {wanted.tag!r}")
        return found[0]

    def _versions(self, run: NodeId) -> list[Node]:
        read = [edge.id.source for edge in self._store.all_edges(run, Direction.UPSTREAM, "input_to")]
        made = [edge.id.target for edge in self._store.all_edges(run, Direction.DOWNSTREAM, "generated")]
        wanted = [node for node in (*read, *made) if node.kind == "model_version"]
        return [node for node in self._store.get_many(wanted).values() if not node.version.deleted]


def _refusal(refusals: Sequence[Decision]) -> str:
    parts = [f"gate {one.gate.name!r} refuses it: {' and '.join(one.failed)} does not hold" for one in refusals]
    return "; ".join(parts)


def _record(transaction: Transaction, run: Node, decisions: Iterable[Decision], wanted: Provision) -> list[NodeId]:
    return [record_decision(transaction, run, decision, override=wanted.override) for decision in decisions]


def _write(
    transaction: Transaction,
    about: tuple[NodeId, Node, Sequence[NodeId]],
    decisions: Sequence[Decision],
    wanted: Provision,
) -> Registered:
    node, run, rivals = about
    if transaction.find(node) is not None:
        return Registered(node, created=False)
    transaction.get(run.id)
    told: Document = {} if wanted.scheduled_for is None else {"scheduled_for": wanted.scheduled_for}
    facts: Document = {
        **wanted.facts,
        "name": wanted.name or wanted.tag,
        "state": wanted.state.value,
        "deployment_tag": wanted.tag,
        "run": str(run.id),
        "since": transaction.now,
        **told,
    }
    transaction.create(node, run.project, facts)
    for part in _parts(transaction, run.id):
        transaction.link(EdgeId("deployed_as", part.node, node, part.role))
    for decision in _record(transaction, run, decisions, wanted):
        transaction.link(EdgeId("deployed_as", decision, node, "gate"))
    if wanted.state is DeploymentState.ACTIVE:
        _replace(transaction, node, rivals)
    return Registered(node, created=True)


def _replace(transaction: Transaction, node: NodeId, rivals: Iterable[NodeId]) -> None:
    """Let a deployment that has just become active take the place of the one that was, and remember which it was."""
    before = _take_slot(transaction, node, rivals, f"replaced by {node}")
    rest = {name: value for name, value in transaction.get(node).attributes.items() if name != "replaces"}
    told: Document = {} if before is None else {"replaces": str(before)}
    transaction.update(node, {**rest, **told})
    if before is not None:
        transaction.link(EdgeId("succeeded_by", before, node))


def _take_slot(transaction: Transaction, node: NodeId, rivals: Iterable[NodeId], reason: str) -> NodeId | None:
    """Make a deployment the only active one of its tag; return the one that was active, if one was.

    Who holds the slot is read and written inside the action, so of two that become active at once one is archived by
    the other.
    """
    tag = optional_text(transaction.get(node).attributes, "deployment_tag")
    if tag is None:
        return None
    slot = canonical([transaction.get(node).project, tag]).decode()
    holder = transaction.reserved(_SLOTS, slot)
    transaction.move_reservation(_SLOTS, slot, node)
    others = dict.fromkeys([*([] if holder is None else [holder]), *rivals])
    before = [other for other in others if other != node and _is_active(transaction, other)]
    for other in before:
        _moved(transaction, other, DeploymentState.ARCHIVED, reason)
    return before[0] if before else None


def _is_active(transaction: Transaction, deployment: NodeId) -> bool:
    found = transaction.find(deployment)
    return found is not None and text(found.attributes, "state") == DeploymentState.ACTIVE


def _parts(transaction: Transaction, run: NodeId) -> list[DeployedPart]:
    """Return what a run consists of: itself, what it read and made, and the data behind its feature sets."""
    read = [(e.id.source, e.id.role) for e in transaction.edges_of(run, Direction.UPSTREAM, ("input_to",))]
    made = [(e.id.target, e.id.role) for e in transaction.edges_of(run, Direction.DOWNSTREAM, ("generated",))]
    found = {(node, role or node.kind) for node, role in (*read, *made) if node.kind in PARTS}
    known = {node for node, _ in found}
    for featureset in [node for node in known if node.kind == "featureset"]:
        for edge in transaction.edges_of(featureset, Direction.UPSTREAM, ("derived_into",)):
            if edge.id.source not in known:
                found.add((edge.id.source, edge.id.source.kind))
    live = transaction.find_many(node for node, _ in found)
    kept = sorted((node, role) for node, role in found if node in live and not live[node].deleted)
    return [DeployedPart(run, "run"), *(DeployedPart(node, role) for node, role in kept)]


def _moved(transaction: Transaction, node: NodeId, state: DeploymentState, reason: str | None) -> bool:
    """Bring a deployment into a state; return whether it was in another one."""
    attributes = transaction.get(node).attributes
    before = DeploymentState(text(attributes, "state"))
    if before is state:
        return False
    if state not in _NEXT[before]:
        raise Conflict(f"{node} is {before.value}; from there it cannot become {state.value}")
    rest = {name: value for name, value in attributes.items() if name != "reason"}
    told: Document = {} if reason is None else {"reason": reason}
    transaction.update(node, {**rest, "state": state.value, "since": transaction.now, **told})
    return True


def _sorted_parts(parts: Iterable[tuple[NodeId, str]]) -> tuple[DeployedPart, ...]:
    return tuple(DeployedPart(*part) for part in sorted(parts, key=lambda part: (part[1], part[0])))


def _deployment(node: Node, parts: tuple[DeployedPart, ...]) -> Deployment:
    attributes = node.attributes
    run, replaces = optional_text(attributes, "run"), optional_text(attributes, "replaces")
    since = optional_integer(attributes, "since")
    return Deployment(
        node=node.id,
        name=text(attributes, "name"),
        project=node.project,
        deployment_tag=optional_text(attributes, "deployment_tag"),
        state=DeploymentState(text(attributes, "state")),
        since=node.version.valid_from if since is None else since,
        actor=node.version.actor,
        reason=optional_text(attributes, "reason"),
        scheduled_for=optional_integer(attributes, "scheduled_for"),
        run=None if run is None else NodeId.parse(run),
        replaces=None if replaces is None else NodeId.parse(replaces),
        parts=parts,
    )


def _change(node: Node) -> StateChange:
    version = node.version
    state = DeploymentState(text(node.attributes, "state"))
    reason = optional_text(node.attributes, "reason")
    return StateChange(state, version.valid_from, version.valid_to, version.actor, version.request_id, reason)
