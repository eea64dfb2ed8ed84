"""Taking over what other trackers recorded, part by part."""

from collections.abc import Callable, Iterator

from arangovis.domain.errors import ArangovisError, Fault, InvalidInput
from arangovis.domain.graph import Caller
from arangovis.exchange.imported import ImportedModel, ImportedRun, ImportedVersion, ImportPart
from arangovis.services.importing.homes import Homes
from arangovis.services.importing.models import ModelWriter
from arangovis.services.importing.runs import RunWriter
from arangovis.services.importing.values import ImportAnswer, ImportedItem, Outcome
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

PART_MAX = 1_000
"""Things in one part."""


class Importing:
    """The verb."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def take(self, part: ImportPart, caller: Caller) -> ImportAnswer:
        """Write a part in one action: each thing in it whole, or refused with the reason while the others are written.

        The same again changes nothing. A dry run answers the same, and writes nothing.

        Raises:
            InvalidInput: there are too many things in it, or none.

        """
        if not 1 <= part.size <= PART_MAX:
            raise InvalidInput.of(Fault("body", f"holds {part.size} things, which is not between 1 and {PART_MAX}"))
        try:
            return self._write(part, caller, _all_at_once)
        except ArangovisError:  # something is refused: the same again, one by one
            return self._write(part, caller, _one_by_one)

    def _write(self, part: ImportPart, caller: Caller, way: "_Way") -> ImportAnswer:
        def action(transaction: Transaction) -> ImportAnswer:
            answer = ImportAnswer(tuple(way(transaction, part)))
            if part.dry_run:
                raise _Dry(answer)
            return answer

        try:
            return self._store.transact(action, caller)
        except _Dry as dry:
            return dry.answer


class _Dry(Exception):
    """Ends the action of a dry run before anything is written."""

    def __init__(self, answer: ImportAnswer) -> None:
        super().__init__()
        self.answer = answer


_Way = Callable[[Transaction, ImportPart], Iterator[ImportedItem]]


def _all_at_once(transaction: Transaction, part: ImportPart) -> Iterator[ImportedItem]:
    write = _Writers(transaction).write
    return map(write, _things(part))


def _one_by_one(transaction: Transaction, part: ImportPart) -> Iterator[ImportedItem]:
    for thing in _things(part):
        try:
            # new writers each time: what one remembers of a thing that was refused is not there
            yield transaction.attempt(lambda thing=thing: _Writers(transaction).write(thing))  # type: ignore[misc]
        except ArangovisError as error:
            yield ImportedItem(*_called(thing), Outcome.REFUSED, error.detail)


class _Writers:
    def __init__(self, transaction: Transaction) -> None:
        homes = Homes(transaction)
        self._runs = RunWriter(transaction, homes)
        self._models = ModelWriter(transaction, homes)

    def write(self, thing: "_Thing") -> ImportedItem:
        match thing:
            case ImportedRun():
                return self._runs.write(thing)
            case ImportedVersion():
                return self._models.write_version(thing)
            case ImportedModel():
                return self._models.write_model(thing)


_Thing = ImportedRun | ImportedVersion | ImportedModel


def _things(part: ImportPart) -> Iterator[_Thing]:
    yield from part.runs
    yield from part.versions
    yield from part.models


def _called(thing: _Thing) -> tuple[str, str]:
    match thing:
        case ImportedRun():
            return "run", thing.key
        case ImportedVersion():
            return "model_version", f"{thing.model} {thing.version}"
        case ImportedModel(project, None):
            return "project", project
        case ImportedModel(_, name):
            return "model", str(name)
