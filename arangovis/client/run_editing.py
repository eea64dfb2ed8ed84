"""Changing runs from outside: what is known of them, their tags and links, their end, and deleting them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from arangovis.client.asking import Asking
from arangovis.client.contents import content_of
from arangovis.client.run_values import flat_values
from arangovis.client.values import node_id
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.external.values import Linked, Standing

AnyRun: TypeAlias = NodeId | str


class RunEditing(Asking):
    """Runs that users' own processes log; tags may be set on any run. What was before stays in their history."""

    def tag_run(self, run: AnyRun, *tags: str, remove: Sequence[str] = ()) -> Standing:
        """Add tags to a run, each once, and remove others."""
        body = {"add": list(tags), "remove": list(remove)}
        return self._ask(Standing, "POST", f"{_path(run)}/tags", body)

    def change_run(
        self,
        run: AnyRun,
        *,
        name: str | None = None,
        description: str | None = None,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> Standing:
        """Change what is known of a run: parameters and metrics that were known get the new value, others stay.

        Raises:
            Conflict: workers compute it.

        """
        given = {"params": params, "metrics": metrics}
        values = {field: flat_values(field, group) for field, group in given.items() if group is not None}
        texts = {"name": name, "description": description}
        body = {**{field: text for field, text in texts.items() if text is not None}, **values}
        return self._ask(Standing, "PATCH", _path(run), body)

    def link_run(
        self, run: AnyRun, *, inputs: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None
    ) -> tuple[NodeId, ...]:
        """Link what a run read and made, also long after its end; return the nodes, in order.

        Args:
            run: the run.
            inputs: by role, what it read: nodes, or what `ActiveRun.use` takes, known by its content.
            outputs: by role, what it made, likewise.

        """
        body = {
            "inputs": [content_of(thing).document(role) for role, thing in (inputs or {}).items()],
            "outputs": [content_of(thing).document(role) for role, thing in (outputs or {}).items()],
        }
        return self._ask(Linked, "POST", f"{_path(run)}/links", body).links

    def end_run(self, run: AnyRun, state: RunState = RunState.SUCCESS, *, message: str | None = None) -> Standing:
        """End a run whose process cannot: all its sessions at once.

        Raises:
            Conflict: it has ended in another state, or workers compute it.

        """
        body = {"state": RunState(state).value, **({} if message is None else {"message": message})}
        return self._ask(Standing, "POST", f"{_path(run)}/end", body)

    def delete_run(self, run: AnyRun, *, force: bool = False) -> None:
        """Leave a tombstone in place of a run; what it logged to series goes with it. Again, it changes nothing.

        Raises:
            InUse: something that it made is there, and `force` is false.

        """
        self._ask_document("DELETE", _path(run), force=force)


def _path(run: AnyRun) -> str:
    node = node_id(run) if not isinstance(run, str) or "/" in run else NodeId.of("run", run)
    if node.kind != "run":
        raise InvalidInput.of(Fault("run", f"{node} is no run"))
    return f"/runs/{node.key}"
