"""Attributes of a run: one value of a field for all of it, kept under the field's key, so that a rename keeps them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.runs import Run
from arangovis.domain.series import FieldKind, SeriesField
from arangovis.domain.views import scalars
from arangovis.series.sent import EXACT_MAX, time_of
from arangovis.services.catalogue import check_name
from arangovis.services.series.fields import Fields, add_field, field_named, mark_in_use, new_id
from arangovis.services.series.target import check_run, find_run
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

FIELD_VALUES = "field_values"
INTEGERS = range(-(2**63), 2**63)
TEXT_LENGTH_MAX = 10_000


@dataclass(frozen=True, slots=True)
class RunAttributes:
    """The values of fields for a whole run, by the fields' current names. Times are microseconds since 1970."""

    run: NodeId
    attributes: Mapping[str, Scalar]


class Attributes:
    """The attributes of runs."""

    def __init__(self, store: GraphStore, fields: Fields) -> None:
        self._store = store
        self._fields = fields

    def of(self, run_id: NodeId) -> RunAttributes:
        """Return the attributes of a run.

        Raises:
            NotFound: there is no such run.
            RunGone: it was deleted.

        """
        return self._named(find_run(self._store, run_id, None))

    def put(
        self,
        run_id: NodeId,
        values: Mapping[str, object],
        caller: Caller,
        *,
        generation: int | None = None,
        create: bool = False,
    ) -> RunAttributes:
        """Set attributes; those not named stay. With `create` unknown fields are made, of the kinds of the values.

        Raises:
            InvalidInput: fields are unknown, or values of another kind; all of them are listed and nothing is written.
            NotFound: there is no such run.
            RunGone, RunReplaced: it was deleted, or is of another generation.

        """
        run = self._store.transact(
            lambda tx: _put(tx, check_run(tx, run_id, generation), values, create=create), caller
        )
        return self._named(run)

    def _named(self, run: Run) -> RunAttributes:
        values = scalars(run.rest, FIELD_VALUES)
        fields = self._fields.get_many([NodeId("field", key) for key in values])
        return RunAttributes(run.id, {field.name: values[field.node.key] for field in fields})


def _put(transaction: Transaction, run: Run, values: Mapping[str, object], *, create: bool) -> Run:
    chosen: dict[str, Scalar] = {}
    fields, faults = [], []
    for name, value in values.items():
        try:
            field = _field(transaction, run, name, value, create=create)
            chosen[field.node.key] = _fitted(value, field.kind)
            fields.append(field)
        except InvalidInput as error:
            faults.append(Fault(name[:80], error.detail))
    if faults:
        raise InvalidInput.of(*faults)
    mark_in_use(transaction, fields)
    changed = replace(run, rest={**run.rest, FIELD_VALUES: {**scalars(run.rest, FIELD_VALUES), **chosen}})
    transaction.update(run.id, changed.document())
    return changed


def _field(transaction: Transaction, run: Run, name: str, value: object, *, create: bool) -> SeriesField:
    present = field_named(transaction, run.project, name)
    if present is not None:
        return present
    if not create:
        raise InvalidInput("is not a field of this project")
    check_name("name", name)
    node = new_id(transaction, "field", run.project, name)
    return add_field(transaction, SeriesField(node, run.project, name, _kind_of(value)))


def _kind_of(value: object) -> FieldKind:
    kinds = {bool: FieldKind.BOOL, int: FieldKind.INT, float: FieldKind.FLOAT, str: FieldKind.TEXT}
    if type(value) not in kinds:
        raise InvalidInput("is not a number, a text or a boolean")
    return kinds[type(value)]


def _fitted(value: object, kind: FieldKind) -> Scalar:
    """Return a value as its field keeps it.

    Raises:
        InvalidInput: it is of another kind.

    """
    match kind, value:
        case FieldKind.BOOL, bool():
            return value
        case _, bool():
            pass
        case FieldKind.INT | FieldKind.TIMESTAMP, int() if value in INTEGERS:
            return value
        case FieldKind.FLOAT, int() if abs(value) <= EXACT_MAX:
            return float(value)
        case FieldKind.FLOAT, float():
            return value
        case FieldKind.FLOAT, "NaN" | "Infinity" | "-Infinity":
            return math.nan if value == "NaN" else math.copysign(math.inf, -1 if value[0] == "-" else 1)
        case FieldKind.TIMESTAMP, str():
            return time_of(value)
        case FieldKind.TEXT, str() if len(value) <= TEXT_LENGTH_MAX:
            return value
    raise InvalidInput(f"{str(value)[:80]!r} is not a value of kind {kind.value}")
