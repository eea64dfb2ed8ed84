"""A run of another tracker becomes a run here: whole, in the action that is under way, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from arangovis.domain.errors import Conflict, Fault, InvalidInput
from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document, JsonValue, Scalar, digest_of
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.exchange.imported import History, ImportedRun, ReadData
from arangovis.services.importing.homes import Homes
from arangovis.services.importing.values import ImportedItem, Outcome
from arangovis.services.series.bulk import HistoryLog
from arangovis.stores.transaction import Draft, Transaction


class RunWriter:
    """Writes runs inside one action."""

    def __init__(self, transaction: Transaction, homes: Homes) -> None:
        self._transaction = transaction
        self._homes = homes
        self._log = HistoryLog(transaction)

    def write(self, wanted: ImportedRun) -> ImportedItem:
        """Write a run, or what is new of it; what was added to it here stays.

        Raises:
            Conflict: a run of its key is here that is not an imported one.
            InvalidInput: a fact or a history does not fit.

        """
        run_id, content = NodeId.of("run", wanted.key), content_digest(wanted)
        present = self._transaction.find_many((run_id,)).get(run_id)
        if present is None:
            return self._add(run_id, wanted, content)
        if present.deleted:
            raise Conflict(f"{run_id} was deleted here, and is not taken again")
        if present.attributes.get("run_key") == content:
            return ImportedItem("run", wanted.key, Outcome.UNCHANGED)
        return self._change(present, wanted, content)

    def _add(self, run_id: NodeId, wanted: ImportedRun, content: str) -> ImportedItem:
        run = _run(run_id, self._homes.key_of(wanted.project), wanted, content)
        self._transaction.create_new(run_id, run.project, run.document())
        rows = self._complete(run, wanted, is_new=True)
        return ImportedItem("run", wanted.key, Outcome.NEW, rows=rows)

    def _change(self, present: Draft, wanted: ImportedRun, content: str) -> ImportedItem:
        before = Run.of(present.id, present.project, present.attributes)
        if before.executor is not Executor.EXTERNAL or before.method != wanted.method:
            raise Conflict(f"{present.id} is here already, and is not of method {wanted.method}")
        if present.project != self._homes.key_of(wanted.project):
            raise Conflict(f"{present.id} is here already, in another project than {wanted.project!r}")
        run = _merged(before, _run(present.id, present.project, wanted, content))
        self._transaction.update(run.id, run.document())
        rows = self._complete(run, wanted, is_new=False)
        return ImportedItem("run", wanted.key, Outcome.CHANGED, rows=rows)

    def _complete(self, run: Run, wanted: ImportedRun, *, is_new: bool) -> int:
        """Link what the run read and came from, and append its histories; return how many entries are new."""
        for data in wanted.data:
            self._transaction.link(EdgeId("input_to", self._dataset(run.project, data), run.id, data.role))
        if wanted.parent is not None:
            parent = NodeId.of("run", wanted.parent)
            if parent != run.id and self._transaction.find(parent) is not None:
                self._transaction.link(EdgeId("spawned", parent, run.id, "child"))
        _check_each_once(wanted.histories)
        return sum(self._log.append(run, history, is_new=is_new) for history in wanted.histories)

    def _dataset(self, project: str | None, data: ReadData) -> NodeId:
        node = named_id("dataset", project, data.name, data.version)
        if self._transaction.find(node) is None:
            self._transaction.create(node, project, _dataset_facts(data))
            if project is not None:
                self._transaction.link(EdgeId("contains", NodeId("project", project), node))
        return node


def content_digest(wanted: ImportedRun) -> str:
    """Return the digest of what is taken over of a run; of histories, that of how far they go: they only grow."""
    facts: list[JsonValue] = [
        [wanted.project, wanted.method, wanted.state.value, wanted.reason, wanted.name, wanted.description],
        [wanted.started, wanted.ended, wanted.parent, list(wanted.tags), wanted.extra],
        [wanted.params, wanted.final_metrics, wanted.attributes, wanted.code, wanted.process],
        [[data.name, data.version, data.role] for data in wanted.data],
        [[history.name, history.origin, history.end] for history in wanted.histories],
    ]
    return digest_of(facts)


def _run(run_id: NodeId, project: str, wanted: ImportedRun, content: str) -> Run:
    if wanted.state is RunState.PENDING:
        raise InvalidInput.of(Fault("state", "an imported run cannot be PENDING: nobody would claim it"))
    rest: dict[str, object] = {
        "description": wanted.description,
        "tags": list(wanted.tags),
        "attributes": dict(wanted.attributes),
        "code": dict(wanted.code),
        "process": dict(wanted.process),
        "extra": dict(wanted.extra),
    }
    return Run(
        id=run_id,
        project=project,
        method=wanted.method,
        state=wanted.state,
        executor=Executor.EXTERNAL,
        run_key=content,
        params=wanted.params,
        metrics={**last_values(wanted.histories), **wanted.final_metrics},
        reason=wanted.reason,
        name=wanted.name,
        started=wanted.started,
        ended=wanted.ended,
        rest={name: value for name, value in rest.items() if value},  # type: ignore[misc]
    )


def last_values(histories: Sequence[History]) -> Mapping[str, Scalar]:
    """Return of each history of numbers the value of its last step, the latest of several."""
    last: dict[str, tuple[int, int]] = {}
    found: dict[str, Scalar] = {}
    for history in histories:
        if history.is_text or not history.values:
            continue
        number = max(range(len(history.steps)), key=lambda at: (history.steps[at], history.times[at], at))
        place = history.steps[number], history.times[number]
        if place >= last.get(history.name, place):
            last[history.name], found[history.name] = place, history.values[number]
    return found


def _merged(before: Run, after: Run) -> Run:
    """Return a run with what is known of it now; what was added here, and was not read, stays."""
    rest = {**before.rest, **after.rest}
    for name in ("attributes", "code", "process", "extra"):
        members = {**_mapping(before.rest, name), **_mapping(after.rest, name)}
        rest |= {name: members} if members else {}
    tags = dict.fromkeys([*_members(before.rest), *_members(after.rest)])
    rest |= {"tags": list(tags)} if tags else {}
    return replace(
        after,
        generation=before.generation,
        params={**before.params, **after.params},
        metrics={**before.metrics, **after.metrics},
        environment=before.environment,
        rest=rest,
    )


def _check_each_once(histories: Sequence[History]) -> None:
    places = [(history.name, history.origin) for history in histories]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise InvalidInput.of(Fault(f"histories.{number}", f"{place[0]!r} of {place[1]!r} is there twice"))


def _mapping(rest: Document, name: str) -> Document:
    value = rest.get(name)
    return value if isinstance(value, Mapping) else {}


def _members(rest: Document) -> list[str]:
    value = rest.get("tags")
    return [str(tag) for tag in value] if isinstance(value, list | tuple) else []


def _dataset_facts(data: ReadData) -> Document:
    given: dict[str, object] = {
        "version": data.version,
        "url": data.url,
        "rows": data.rows,
        "columns": dict(data.columns) or None,
        "attributes": dict(data.attributes) or None,
    }
    told = {name: value for name, value in given.items() if value is not None}
    return {"name": data.name, "form": "external", **told}  # type: ignore[dict-item]
