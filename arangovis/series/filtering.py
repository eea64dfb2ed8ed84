"""The filter language over rows: a condition on the values of a row's fields, true or false for each row.

It means what it means for nodes (`arangovis.domain.search`): comparisons across types are false, NaN matches nothing,
a name that is no field here is missing. A time compares with a number as microseconds since 1970.
"""

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.search import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Not,
    Operator,
    Present,
    Property,
    PropertyType,
    matches,
    type_of,
)
from arangovis.series.columns import Array, values_of

if TYPE_CHECKING:
    import pyarrow as pa

Mask = npt.NDArray[np.bool_]


def filtered(table: "pa.Table", where: Filter) -> "pa.Table":
    """Return the rows that satisfy a condition, in their order."""
    if where == EVERYTHING:
        return table
    mask = mask_of(table, where)
    return table if mask.all() else table.filter(mask)


def mask_of(table: "pa.Table", where: Filter) -> Mask:
    """Say for each row whether it satisfies a condition."""
    match where:
        case AllOf(terms):
            return _folded(table, terms, np.logical_and, start=True)
        case AnyOf(terms):
            return _folded(table, terms, np.logical_or, start=False)
        case Not(term):
            return ~mask_of(table, term)
        case Present(name):
            return _present(table, name)
        case Comparison():
            return _compared(table, where)
    return _row_by_row(table, where)


def _folded(table: "pa.Table", terms: tuple[Filter, ...], join: np.ufunc, *, start: bool) -> Mask:
    mask = np.full(table.num_rows, start)
    for term in terms:
        join(mask, mask_of(table, term), out=mask)
    return mask


def _present(table: "pa.Table", name: str) -> Mask:
    if name not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.bool_)
    return cast("Mask", table.column(name).is_valid().combine_chunks().to_numpy(zero_copy_only=False))


def _compared(table: "pa.Table", wanted: Comparison) -> Mask:
    nothing = np.zeros(table.num_rows, dtype=np.bool_)
    if wanted.name not in table.column_names or property_type(table, wanted.name) is not type_of(wanted.value):
        return nothing
    present = _present(table, wanted.name)
    if not present.all():
        nothing[present] = _compared(table.filter(present), wanted)
        return nothing
    values = values_of(table, wanted.name)
    found = _COMPARE[wanted.operator](_comparable(values, wanted.value), wanted.value)
    # NaN is unequal to everything for numpy, but matches nothing here
    return np.asarray(found, dtype=np.bool_) & (values == values if values.dtype.kind == "f" else True)


def _comparable(values: Array, value: object) -> Array:
    """Return the values so that numpy compares them with the value as Python does, exactly.

    A whole number beyond the range of the column, or a float32 column beside a float64 value, would be compared
    after a rounding of one of them.
    """
    if values.dtype.kind == "i" and (isinstance(value, float) or not -(2**63) <= cast("int", value) < 2**63):
        return values.astype(object)
    if values.dtype.kind == "f" and isinstance(value, int) and abs(value) > 2**53:
        return values.astype(object)
    return values.astype(np.float64) if values.dtype.kind == "f" else values


def property_type(table: "pa.Table", name: str) -> PropertyType:
    """Return the type that the values of a column are compared within."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    if pa.types.is_boolean(kind):
        return PropertyType.BOOLEAN
    return PropertyType.TEXT if pa.types.is_string(kind) or pa.types.is_large_string(kind) else PropertyType.NUMBER


def _row_by_row(table: "pa.Table", where: Filter) -> Mask:
    """Ask the reference about each row: for terms that have no faster way here."""
    names = table.column_names
    types = [property_type(table, name) for name in names]
    columns = [values_of(table, name).tolist() for name in names]
    rows = zip(*columns, strict=True)
    answers = [matches(where, [Property(*found) for found in zip(names, types, row, strict=True)]) for row in rows]
    return np.array(answers, dtype=np.bool_)


_COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_EQUAL: operator.ge,
}
