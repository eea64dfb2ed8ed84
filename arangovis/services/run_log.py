"""Logging a run that the user's own process made: one atomic, idempotent action."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from arangovis.domain.errors import AlreadyExists, Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id, time_ordered_id
from arangovis.domain.json import Document, Scalar, digest_of
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.domain.views import mapping
from arangovis.domain.work import Input
from arangovis.services.catalogue import Registered, project_id
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

PARAMS, EVALUATION = "params", "evaluation"
"""The roles of the nodes that a run's own parameters and measured performance become."""
_WITH_VERBS = frozenset(("model_version", "series_data"))
"""Kinds that runs make too, and that are read as the verbs which make them leave them."""


@dataclass(frozen=True, slots=True)
class Output:
    """A thing that a logged run made: a node that exists, or a new node of a kind with attributes."""

    role: str
    node: NodeId | None = None
    kind: str = "artifact"
    attributes: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run to log. Without `key` (a UUID or other key of its own) every call is a new run.

    Args:
        evaluation: measured performance; it becomes an `evaluation` node that the run generated, and its values
            are metrics of the run too, where `metrics` has none of the name.
        params_node: whether the parameters become a node of their own too, which the run read.
        deployment_tag: what a deployment can be made by.
        extra: further facts of any shape, which are kept and not searched.

    """

    method: str
    project: str | None = None
    key: str | None = None
    name: str | None = None
    state: RunState = RunState.SUCCESS
    params: Mapping[str, Scalar] = field(default_factory=dict)
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    attributes: Document = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    started: int | None = None
    ended: int | None = None
    evaluation: Mapping[str, Scalar] = field(default_factory=dict)
    params_node: bool = False
    deployment_tag: str | None = None
    extra: Document = field(default_factory=dict)


class RunLog:
    """Runs that no worker executes."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def log(self, logged: LoggedRun, caller: Caller) -> Registered:
        """Write a run with its inputs, parameters, metrics and outputs in one action.

        Raises:
            AlreadyExists: a run of this key has other content.
            NotFound: inputs, outputs or the project do not exist; it names all of them.
            InvalidInput: an attribute does not fit, what it made has a verb of its own or says that a worker made it,
                or the run ended before it began.

        """
        return self._store.transact(lambda tx: self.write(tx, logged), caller)

    def write(self, transaction: Transaction, logged: LoggedRun) -> Registered:
        """Log a run inside an action."""
        _check_times(logged)
        for output in logged.outputs:
            _check_output(output)
        content = _content_digest(logged)
        run_id = time_ordered_id("run", transaction.now) if logged.key is None else NodeId.of("run", logged.key)
        transaction.expect(nodes=_read_nodes(run_id, logged))
        present = None if logged.key is None else transaction.find(run_id)
        if present is not None:
            if present.attributes.get("run_key") != content:
                raise AlreadyExists(f"{run_id} exists already with other content")
            return Registered(run_id, created=False)
        project = _home(transaction, logged)
        run = _run(logged, run_id, project, content, now=transaction.now)
        if logged.key is None:
            transaction.create_new(run.id, run.project, run.document())
        else:
            transaction.create(run.id, run.project, run.document())
        for item in logged.inputs:
            transaction.link(EdgeId("input_to", item.node, run.id, item.role))
        if logged.params_node:
            transaction.link(EdgeId("input_to", _write_params(transaction, run), run.id, PARAMS))
        for number, output in enumerate(_outputs(logged)):
            self._write_output(transaction, run, output, number)
        return Registered(run.id, created=True)

    def _write_output(self, transaction: Transaction, run: Run, output: Output, number: int) -> None:
        node = output.node
        if node is None:
            node = named_id(output.kind, run.project, f"{run.id}/{output.role}", str(number))
            attributes = {"role": output.role, **output.attributes} if output.kind == "artifact" else output.attributes
            transaction.create_new(node, run.project, attributes)
        transaction.link(EdgeId("generated", run.id, node, output.role))


def _check_times(logged: LoggedRun) -> None:
    if logged.started is not None and logged.ended is not None and logged.ended < logged.started:
        raise InvalidInput.of(Fault("ended", f"{logged.ended} is before the start {logged.started}; is a clock wrong?"))


def _check_output(output: Output) -> None:
    """Refuse what others rely on: one node that cannot be read spoils lists, and what has a stage key is used again."""
    if output.node is None and output.kind in _WITH_VERBS:
        raise InvalidInput.of(Fault("kind", f"a {output.kind} is made by a verb of its own: name its node"))
    if "stage_key" in output.attributes:
        raise InvalidInput.of(Fault("stage_key", "is what workers find their own products by; leave it out"))
    source = output.attributes.get("source")
    if output.kind == "dataset" and isinstance(source, str):
        NodeId.parse(source)


def _outputs(logged: LoggedRun) -> tuple[Output, ...]:
    if not logged.evaluation:
        return logged.outputs
    measured: Document = {"metrics": dict(logged.evaluation)}
    return (*logged.outputs, Output(EVALUATION, kind=EVALUATION, attributes=measured))


def _measured(logged: LoggedRun) -> Mapping[str, Scalar]:
    """Return the metrics that the run is found by: its own, and under them those of the evaluations it comes with."""
    found: dict[str, Scalar] = {}
    for output in _outputs(logged):
        if output.kind == EVALUATION:
            found |= cast("Mapping[str, Scalar]", mapping(output.attributes, "metrics"))  # it is checked when written
    return {**found, **logged.metrics}


def _write_params(transaction: Transaction, run: Run) -> NodeId:
    node = named_id("params", run.project, f"{run.id}/params")
    values = dict(run.params)
    facts: Document = {"method": run.method, "owner": str(run.id), "values": values, "digest": digest_of(values)}
    transaction.create_new(node, run.project, facts)
    return node


def _referred(logged: LoggedRun) -> list[NodeId]:
    """Return the nodes that must exist."""
    made = [output.node for output in logged.outputs if output.node is not None]
    return [*(item.node for item in logged.inputs), *made]


def _home(transaction: Transaction, logged: LoggedRun) -> str | None:
    """Return the key of the run's project; refuse references to nothing, all at once."""
    referred = dict.fromkeys(_referred(logged))
    found = transaction.find_many(referred)
    missing = [str(node) for node in referred if node not in found]
    home: NodeId | None = None
    try:
        home = None if logged.project is None else project_id(transaction, logged.project)
    except NotFound:
        missing.insert(0, f"project {logged.project!r}")
    if missing:
        raise NotFound(f"there is no {', '.join(missing)}")
    return None if home is None else home.key


def _read_nodes(run_id: NodeId, logged: LoggedRun) -> list[NodeId]:
    """Return the nodes that logging a run looks at."""
    own = [] if logged.key is None else [run_id]
    return [*own, *_referred(logged), *([] if logged.project is None else [named_id("project", None, logged.project)])]


def _run(logged: LoggedRun, run_id: NodeId, project: str | None, content: str, *, now: int) -> Run:
    if logged.state is RunState.PENDING:
        raise InvalidInput.of(Fault("state", "a logged run cannot be PENDING: nobody would claim it"))
    rest: dict[str, object] = {
        "tags": list(logged.tags),
        "attributes": dict(logged.attributes),
        "deployment_tag": logged.deployment_tag,
        "extra": dict(logged.extra),
    }
    ended = None if logged.state.is_open else logged.ended or now
    return Run(
        id=run_id,
        project=project,
        method=logged.method,
        state=logged.state,
        executor=Executor.EXTERNAL,
        run_key=content,
        params=logged.params,
        metrics=_measured(logged),
        name=logged.name,
        started=logged.started,
        ended=ended,
        rest={key: value for key, value in rest.items() if value},  # type: ignore[misc]
    )


def _content_digest(logged: LoggedRun) -> str:
    # what came later is left out where it is not given, so that runs logged before keep their digest
    later: Document = {"evaluation": dict(logged.evaluation), "params_node": logged.params_node}
    later = {**later, "deployment_tag": logged.deployment_tag, "extra": dict(logged.extra)}
    given = {name: value for name, value in later.items() if value}
    return digest_of(
        [
            [logged.method, logged.project, logged.name, logged.state.value, logged.started, logged.ended],
            [dict(logged.params), dict(logged.metrics), list(logged.tags), dict(logged.attributes)],
            [[str(item.node), item.role] for item in logged.inputs],
            [[o.role, str(o.node) if o.node else o.kind, dict(o.attributes)] for o in logged.outputs],
            *([given] if given else []),
        ]
    )
