"""Logging a run that the user's own process made: one atomic, idempotent action."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arangovis.domain.errors import AlreadyExists, Fault, InvalidInput
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id, time_ordered_id
from arangovis.domain.json import Document, Scalar, digest_of
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.domain.work import Input
from arangovis.services.catalogue import Registered, project_id
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Output:
    """A thing that a logged run made: a node that exists, or a new node of a kind with attributes."""

    role: str
    node: NodeId | None = None
    kind: str = "artifact"
    attributes: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run to log. Without `key` (a UUID or other key of its own) every call is a new run."""

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


class RunLog:
    """Runs that no worker executes."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def log(self, logged: LoggedRun, caller: Caller) -> Registered:
        """Write a run with its inputs, parameters, metrics and outputs in one action.

        Raises:
            AlreadyExists: a run of this key has other content.
            NotFound: an input, an output or the project does not exist.
            InvalidInput: an attribute does not fit.

        """
        return self._store.transact(lambda tx: self.write(tx, logged), caller)

    def write(self, transaction: Transaction, logged: LoggedRun) -> Registered:
        """Log a run inside an action."""
        content = _content_digest(logged)
        run_id = time_ordered_id("run", transaction.now) if logged.key is None else NodeId.of("run", logged.key)
        transaction.expect(nodes=_read_nodes(run_id, logged))
        present = None if logged.key is None else transaction.find(run_id)
        if present is not None:
            if present.attributes.get("run_key") != content:
                raise AlreadyExists(f"{run_id} exists already with other content")
            return Registered(run_id, created=False)
        run = _run(transaction, run_id, logged, content)
        if logged.key is None:
            transaction.create_new(run.id, run.project, run.document())
        else:
            transaction.create(run.id, run.project, run.document())
        for item in logged.inputs:
            transaction.link(EdgeId("input_to", item.node, run.id, item.role))
        for number, output in enumerate(logged.outputs):
            self._write_output(transaction, run, output, number)
        return Registered(run.id, created=True)

    def _write_output(self, transaction: Transaction, run: Run, output: Output, number: int) -> None:
        node = output.node
        if node is None:
            node = named_id(output.kind, run.project, f"{run.id}/{output.role}", str(number))
            attributes = {"role": output.role, **output.attributes} if output.kind == "artifact" else output.attributes
            transaction.create_new(node, run.project, attributes)
        transaction.link(EdgeId("generated", run.id, node, output.role))


def _read_nodes(run_id: NodeId, logged: LoggedRun) -> list[NodeId]:
    """Return the nodes that logging a run looks at."""
    inputs = [item.node for item in logged.inputs]
    outputs = [output.node for output in logged.outputs if output.node is not None]
    own = [] if logged.key is None else [run_id]
    return [*own, *inputs, *outputs, *([] if logged.project is None else [named_id("project", None, logged.project)])]


def _run(transaction: Transaction, run_id: NodeId, logged: LoggedRun, content: str) -> Run:
    if logged.state is RunState.PENDING:
        raise InvalidInput.of(Fault("state", "a logged run cannot be PENDING: nobody would claim it"))
    project = None
    if logged.project is not None:
        project = project_id(transaction, logged.project).key
    rest: dict[str, object] = {"tags": list(logged.tags), "attributes": dict(logged.attributes)}
    ended = None if logged.state.is_open else logged.ended or transaction.now
    return Run(
        id=run_id,
        project=project,
        method=logged.method,
        state=logged.state,
        executor=Executor.EXTERNAL,
        run_key=content,
        params=logged.params,
        metrics=logged.metrics,
        name=logged.name,
        started=logged.started,
        ended=ended,
        rest={key: value for key, value in rest.items() if value},  # type: ignore[misc]
    )


def _content_digest(logged: LoggedRun) -> str:
    return digest_of(
        [
            [logged.method, logged.project, logged.name, logged.state.value, logged.started, logged.ended],
            [dict(logged.params), dict(logged.metrics), list(logged.tags), dict(logged.attributes)],
            [[str(item.node), item.role] for item in logged.inputs],
            [[o.role, str(o.node) if o.node else o.kind, dict(o.attributes)] for o in logged.outputs],
        ]
    )
