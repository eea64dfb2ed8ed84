"""A run to log as a user wrote it, made ready to be sent or stored."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from arangovis.client.values import node_id, plain_document, plain_scalars
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.work import Input
from arangovis.services.run_log import LoggedRun, Output


def sound(logged: LoggedRun) -> LoggedRun:
    """Return the run with ids for nodes that are given as text, and Python's numbers for numpy's.

    Raises:
        InvalidInput: something has another type than its name says.

    """
    if not isinstance(logged, LoggedRun):
        raise InvalidInput.of(Fault("logged", f"{type(logged).__name__} is no LoggedRun"))
    return replace(
        logged,
        params=plain_scalars("params", logged.params),
        metrics=plain_scalars("metrics", logged.metrics),
        tags=_tags(logged.tags),
        attributes=plain_document(logged.attributes),
        inputs=tuple(Input(node_id(item.node), item.role) for item in logged.inputs),
        outputs=tuple(_output(output) for output in logged.outputs),
        evaluation=plain_scalars("evaluation", logged.evaluation),
        extra=plain_document(logged.extra),
    )


def document(logged: LoggedRun) -> Mapping[str, Any]:
    """Return the run as the REST API takes it: what is not set is left out."""
    given: dict[str, Any] = {
        "method": logged.method,
        "project": logged.project,
        "key": logged.key,
        "name": logged.name,
        "state": logged.state.value,
        "params": dict(logged.params),
        "metrics": dict(logged.metrics),
        "tags": list(logged.tags),
        "attributes": dict(logged.attributes),
        "inputs": [{"node": str(item.node), "role": item.role} for item in logged.inputs],
        "outputs": [_output_document(output) for output in logged.outputs],
        "started": logged.started,
        "ended": logged.ended,
        "evaluation": dict(logged.evaluation) or None,
        "params_node": logged.params_node or None,
        "deployment_tag": logged.deployment_tag,
        "extra": dict(logged.extra) or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidInput.of(Fault("tags", "is not a tuple of texts"))
    return tuple(tags)


def _output(output: Output) -> Output:
    node = None if output.node is None else node_id(output.node)
    return replace(output, node=node, attributes=plain_document(output.attributes))


def _output_document(output: Output) -> Mapping[str, Any]:
    if output.node is not None:
        return {"role": output.role, "node": str(output.node)}
    return {"role": output.role, "kind": output.kind, "attributes": dict(output.attributes)}
