"""Reads logged runs and batches by hand: marshmallow takes 0.3 ms a run, more than writing it takes.

It accepts and refuses what the schemas in `runs.py` say; a test holds the two together.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from arangovis.domain.errors import ArangovisError, Fault, InvalidInput
from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.domain.work import Input
from arangovis.services.batch import ACTIONS_MAX, Action, AddLink, AddModel, AddProject
from arangovis.services.catalogue import NAME_LENGTH_MAX
from arangovis.services.run_log import LoggedRun, Output
from arangovis_api.faults import with_values
from arangovis_api.schemas.base import moment_of

TAGS_MAX = 100
LINKS_MAX = 10_000
LOGGED_STATES = tuple(state.value for state in RunState if state is not RunState.PENDING)

Json = Mapping[str, Any]


class Reader:
    """Takes the fields of a JSON object one by one, and remembers everything that is wrong. Null is absent."""

    def __init__(self, document: Json, where: str = "") -> None:
        self._document = document
        self._left = {name: value for name, value in document.items() if value is not None}
        self._where = where
        self.faults: list[Fault] = []

    def text(self, name: str, *, required: bool = False, length_min: int = 1) -> str | None:
        """Take a short text; None if it is absent."""
        if name not in self._left:
            if required:
                self.refuse(name, "Missing data for required field.")
            return None
        value = self._left.pop(name)
        if not isinstance(value, str):
            self.refuse(name, "Not a valid string.")
        elif not length_min <= len(value) <= NAME_LENGTH_MAX:
            self.refuse(name, f"Length must be between {length_min} and {NAME_LENGTH_MAX}.")
        else:
            return value
        return None

    def needed(self, name: str) -> str:
        """Take a short text that must be there."""
        return self.text(name, required=True) or ""

    def long_text(self, name: str) -> str | None:
        """Take a text of any length; None if it is absent or empty."""
        value = self._left.pop(name, None)
        if value is None or isinstance(value, str):
            return value or None
        self.refuse(name, "Not a valid string.")
        return None

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """Take one of some texts; None if it is absent."""
        value = self.text(name)
        if value is None or value in choices:
            return value
        self.refuse(name, f"Must be one of: {', '.join(choices)}.")
        return None

    def whole(self, name: str) -> int | None:
        """Take a whole number from 0 on; None if it is absent."""
        value = self._left.pop(name, None)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63):
            return value
        self.refuse(name, "Not a whole number from 0 on.")
        return None

    def column(self, name: str) -> list[Any]:
        """Take a list of any length, whatever is in it; empty if it is absent."""
        value = self._left.pop(name, [])
        if isinstance(value, list):
            return value
        self.refuse(name, "Not a valid list.")
        return []

    def node(self, name: str, *, required: bool = False) -> NodeId | None:
        """Take a node id; None if it is absent."""
        value = self.text(name, required=required)
        if value is None:
            return None
        try:
            return NodeId.parse(value)
        except InvalidInput as error:
            self.refuse(name, error.detail)
            return None

    def mapping(self, name: str) -> Document:
        """Take a JSON object; empty if it is absent."""
        value = self._left.pop(name, {})
        if isinstance(value, dict):
            return value
        self.refuse(name, "Not a valid mapping type.")
        return {}

    def texts(self, name: str, count_max: int) -> tuple[str, ...]:
        """Take a list of short texts; empty if it is absent."""
        values = self._list(name, count_max)
        if all(isinstance(value, str) and 1 <= len(value) <= NAME_LENGTH_MAX for value in values):
            return tuple(values)
        self.refuse(name, f"Not a list of texts of 1 to {NAME_LENGTH_MAX} characters.")
        return ()

    def flag(self, name: str) -> bool:
        """Take a boolean; false if it is absent."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            self.refuse(name, "Not a valid boolean.")
            return False
        return value

    def moment(self, name: str) -> int | None:
        """Take a time; None if it is absent."""
        if name not in self._left:
            return None
        value = moment_of(self._left.pop(name))
        if value is None:
            self.refuse(name, "Not a time: microseconds since 1970, or ISO 8601.")
        return value

    def objects(self, name: str, read: "Callable[[Reader], Any]") -> tuple[Any, ...]:
        """Take a list of JSON objects, each read by `read`; empty if it is absent."""
        found = []
        for number, value in enumerate(self._list(name, LINKS_MAX)):
            if isinstance(value, dict):
                inner = Reader(value, f"{self._where}{name}.{number}.")
                found.append(read(inner))
                inner.finish()
                self.faults += inner.faults
            else:
                self.refuse(f"{name}.{number}", "Not a JSON object.")
        return tuple(found)

    def _list(self, name: str, count_max: int) -> Sequence[Any]:
        value = self._left.pop(name, [])
        if not isinstance(value, list):
            self.refuse(name, "Not a valid list.")
            return ()
        if len(value) > count_max:
            self.refuse(name, f"Longer than maximum length {count_max}.")
            return ()
        return value

    def refuse(self, name: str, problem: str) -> None:
        """Remember what is wrong with a field."""
        self.faults.append(Fault(f"{self._where}{name}", problem))

    def finish(self) -> None:
        """Refuse what nobody took."""
        for name in self._left:
            self.refuse(str(name)[:NAME_LENGTH_MAX], "Unknown field.")

    def check(self) -> None:
        """Raise everything that is wrong.

        Raises:
            InvalidInput: something is.

        """
        self.finish()
        if self.faults:
            raise InvalidInput.of(*with_values(self.faults, self._document))


def read_logged_run(document: Json) -> LoggedRun:
    """Read a run to log.

    Raises:
        InvalidInput: it names every field at fault.

    """
    reader = Reader(document)
    run = _logged_run(reader)
    reader.check()
    return run


def read_actions(document: Json) -> Sequence[Action]:
    """Read a batch; an action that cannot be read is the error that says why.

    Raises:
        InvalidInput: there is no list of actions, or it is too long.

    """
    unknown = [Fault(str(name)[:NAME_LENGTH_MAX], "Unknown field.") for name in document if name != "actions"]
    actions = document.get("actions")
    if not isinstance(actions, list):
        unknown.append(Fault("actions", "Not a list." if "actions" in document else "Missing data for required field."))
    elif not 1 <= len(actions) <= ACTIONS_MAX:
        unknown.append(Fault("actions", f"{len(actions)} is not between 1 and {ACTIONS_MAX}"))
    if unknown or not isinstance(actions, list):
        raise InvalidInput.of(*with_values(unknown, document))
    return [_action(action) for action in actions]


def _action(document: object) -> Action:
    if not isinstance(document, dict):
        return InvalidInput.of(Fault("action", "Not a JSON object."))
    kind = document.get("action")
    read = _ACTIONS.get(kind) if isinstance(kind, str) else None
    if read is None:
        faults = [Fault("action", f"Must be one of: {', '.join(_ACTIONS)}.")]
        return InvalidInput.of(*with_values(faults, document))
    reader = Reader(document)
    reader.needed("action")
    try:
        action = read(reader)
        reader.check()
    except ArangovisError as error:
        return error
    return action


def _logged_run(reader: Reader) -> LoggedRun:
    state = reader.text("state") or RunState.SUCCESS.value
    if state not in LOGGED_STATES:
        reader.refuse("state", f"Must be one of: {', '.join(LOGGED_STATES)}.")
        state = RunState.SUCCESS.value
    return LoggedRun(
        method=reader.needed("method"),
        project=reader.text("project"),
        key=_key(reader),
        name=reader.text("name"),
        state=RunState(state),
        params=reader.mapping("params"),  # type: ignore[arg-type]  # the store checks the values
        metrics=reader.mapping("metrics"),  # type: ignore[arg-type]
        tags=reader.texts("tags", TAGS_MAX),
        attributes=reader.mapping("attributes"),
        inputs=reader.objects("inputs", _input),
        outputs=reader.objects("outputs", _output),
        started=reader.moment("started"),
        ended=reader.moment("ended"),
        evaluation=reader.mapping("evaluation"),  # type: ignore[arg-type]
        params_node=reader.flag("params_node"),
        deployment_tag=reader.text("deployment_tag"),
        extra=reader.mapping("extra"),
    )


def _key(reader: Reader) -> str | None:
    key = reader.text("key")
    if key is not None:
        try:
            NodeId.of("run", key)
        except InvalidInput as error:
            reader.refuse("key", error.detail)
    return key


def _input(reader: Reader) -> Input:
    node = reader.node("node", required=True)
    return Input(node or NodeId("", ""), reader.text("role", length_min=0) or "")


def _output(reader: Reader) -> Output:
    role, node = reader.needed("role"), reader.node("node")
    kind, attributes = reader.text("kind"), reader.mapping("attributes")
    if node is not None and (kind is not None or attributes):
        reader.refuse("node", "Give either a node, or the kind and attributes of a new one.")
    return Output(role, node, kind or "artifact", attributes)


def _project(reader: Reader) -> AddProject:
    return AddProject(reader.needed("name"))


def _model(reader: Reader) -> AddModel:
    return AddModel(reader.needed("project"), reader.needed("name"))


def _link(reader: Reader) -> AddLink:
    kind = reader.text("kind") or "linked"
    source, target = reader.node("from", required=True), reader.node("to", required=True)
    role = reader.text("role", length_min=0) or ""
    attributes = reader.mapping("attributes")
    edge = EdgeId(kind, source or NodeId("", ""), target or NodeId("", ""), role)
    return AddLink(edge, attributes)


_ACTIONS: Mapping[str, Callable[[Reader], Action]] = {
    "project": _project,
    "model": _model,
    "link": _link,
    "run": _logged_run,
}
