"""Many actions in one request: each succeeds or fails by itself, and all are made durable by one commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from arangovis.domain.errors import ArangovisError, Fault, InvalidInput
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.json import EMPTY, Document
from arangovis.services.catalogue import Catalogue, Registered
from arangovis.services.run_log import LoggedRun, RunLog
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

ACTIONS_MAX = 1000


@dataclass(frozen=True, slots=True)
class AddModel:
    """Register a model."""

    project: str
    name: str


@dataclass(frozen=True, slots=True)
class AddProject:
    """Register a project."""

    name: str


@dataclass(frozen=True, slots=True)
class AddLink:
    """Link two nodes."""

    edge: EdgeId
    attributes: Document = field(default_factory=dict)


Action: TypeAlias = AddProject | AddModel | AddLink | LoggedRun | ArangovisError
"""An error stands for an action that could not be read; it fails alone, like any other."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one action went."""

    registered: Registered | None = None
    error: ArangovisError | None = None


class Batch:
    """The batch."""

    def __init__(self, store: GraphStore, catalogue: Catalogue, run_log: RunLog) -> None:
        self._store = store
        self._catalogue = catalogue
        self._run_log = run_log

    def run(self, actions: Sequence[Action], caller: Caller) -> Sequence[Answer]:
        """Do the actions in order; later ones see what earlier ones wrote.

        Raises:
            InvalidInput: there are too many or none.

        """
        if not 1 <= len(actions) <= ACTIONS_MAX:
            raise InvalidInput.of(Fault("actions", f"{len(actions)} is not between 1 and {ACTIONS_MAX}"))
        return self._store.transact(lambda tx: [self._attempt(tx, action) for action in actions], caller)

    def _attempt(self, transaction: Transaction, action: Action) -> Answer:
        try:
            return Answer(transaction.attempt(lambda: self._do(transaction, action)))
        except ArangovisError as error:
            return Answer(error=error)

    def _do(self, transaction: Transaction, action: Action) -> Registered:
        match action:
            case ArangovisError():
                raise action
            case AddProject(name):
                return self._catalogue.add_project(transaction, name, EMPTY)
            case AddModel(project, name):
                return self._catalogue.add_model(transaction, project, name, EMPTY)
            case AddLink(edge, attributes):
                return Registered(edge.source, transaction.link(edge, attributes))
            case LoggedRun():
                return self._run_log.write(transaction, action)
