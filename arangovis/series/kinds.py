"""The kinds of fields as Arrow columns: what a column that was sent becomes, or why it is refused.

A column's *type letter* says how it is stored: `i` int64, `f` float32, `d` float64, `b` bool, `s` text, `t` timestamp
in microseconds, UTC.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, cast

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.series import FieldKind

if TYPE_CHECKING:
    import pyarrow as pa

Batch: TypeAlias = "pa.RecordBatch"
Table: TypeAlias = "pa.Table"
Columns: TypeAlias = "pa.RecordBatch | pa.Table"
Schema: TypeAlias = "pa.Schema"

_LETTERS = {"int64": "i", "float": "f", "double": "d", "bool": "b", "string": "s", "timestamp[us, tz=UTC]": "t"}


@lru_cache(maxsize=1024)
def schema_of(names: tuple[str, ...], letters: str) -> Schema:
    """Return the schema of columns stored with these type letters."""
    import pyarrow as pa

    types = {
        "i": pa.int64(),
        "f": pa.float32(),
        "d": pa.float64(),
        "b": pa.bool_(),
        "s": pa.string(),
        "t": pa.timestamp("us", "UTC"),
    }
    return pa.schema([pa.field(name, types[letter]) for name, letter in zip(names, letters, strict=True)])


def letters_of(batch: Columns) -> str:
    """Return the type letters of columns that `conformed` made."""
    return "".join(_LETTERS[str(kind)] for kind in batch.schema.types)


def as_rows(batch: Batch) -> Table:
    """Return a batch as a table."""
    import pyarrow as pa

    return pa.Table.from_batches([batch])


def kinds_in(table: Table, names: Iterable[str]) -> Mapping[str, FieldKind]:
    """Return the kinds of some columns by their types.

    Raises:
        InvalidInput: it lists the columns that are of no kind.

    """
    found, faults = {}, []
    for field in map(table.schema.field, names):
        kind = _kind_of(_value_type(field.type))
        if kind is None:
            faults.append(Fault(field.name, f"{field.type} is not an integer, float, text, bool or timestamp"))
        else:
            found[field.name] = kind
    if faults:
        raise InvalidInput.of(*faults)
    return found


def conformed(table: Table, kinds: Sequence[tuple[str, FieldKind]]) -> Batch:
    """Return the columns of these names and kinds, in this order, as one batch of the types that are stored.

    Integers become int64, float16 becomes float32, other floats stay; integers are taken as floats if each of them is
    one; times become microseconds, UTC (one without a zone is in UTC), if none is finer. Nothing else is converted.

    Raises:
        InvalidInput: a column is of another kind, has nulls, or does not convert without loss; all such are listed.

    """
    import pyarrow as pa

    columns, faults = [], []
    for name, kind in kinds:
        try:
            columns.append(_conformed(table.column(name), kind))
        except InvalidInput as error:
            faults.append(Fault(name, error.detail))
    if faults:
        raise InvalidInput.of(*faults)
    letters = "".join(_LETTERS[str(column.type)] for column in columns)
    return pa.RecordBatch.from_arrays(columns, schema=schema_of(tuple(name for name, _ in kinds), letters))


def _conformed(column: "pa.ChunkedArray", kind: FieldKind) -> "pa.Array":
    import pyarrow as pa

    whole = (
        column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])
    )
    if pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_decode()
    if whole.null_count:
        row = whole.is_null().index(True).as_py()
        raise InvalidInput(f"row {row} has no value (a missing number is NaN)")
    sent = _kind_of(whole.type)
    if sent is not kind and not (sent is FieldKind.INT and kind is FieldKind.FLOAT):
        raise InvalidInput(f"is of kind {kind.value}, but {whole.type} was sent")
    wanted = _fitting_type(whole.type, kind)
    if whole.type == wanted:
        return whole
    try:
        return whole.cast(wanted, safe=True)
    except pa.ArrowInvalid as error:
        raise InvalidInput(f"has values of type {whole.type} that {wanted} cannot hold exactly") from error


def stored_type(kind: FieldKind) -> "pa.DataType":
    """Return the Arrow type of a kind; of floats, the wider one."""
    import pyarrow as pa

    return {
        FieldKind.INT: pa.int64(),
        FieldKind.FLOAT: pa.float64(),
        FieldKind.TEXT: pa.string(),
        FieldKind.BOOL: pa.bool_(),
        FieldKind.TIMESTAMP: pa.timestamp("us", "UTC"),
    }[kind]


def _fitting_type(sent: "pa.DataType", kind: FieldKind) -> "pa.DataType":
    import pyarrow as pa

    is_narrow = kind is FieldKind.FLOAT and (pa.types.is_float16(sent) or pa.types.is_float32(sent))
    return pa.float32() if is_narrow else stored_type(kind)


def _value_type(kind: "pa.DataType") -> "pa.DataType":
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _kind_of(kind: "pa.DataType") -> FieldKind | None:
    return next((found for found, fits in _tests() if fits(kind)), None)


@lru_cache(maxsize=1)
def _tests() -> Sequence[tuple[FieldKind, Callable[["pa.DataType"], bool]]]:
    import pyarrow as pa

    tests = (
        (FieldKind.INT, pa.types.is_integer),
        (FieldKind.FLOAT, pa.types.is_floating),
        (FieldKind.TEXT, lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind)),
        (FieldKind.BOOL, pa.types.is_boolean),
        (FieldKind.TIMESTAMP, pa.types.is_timestamp),
    )
    return cast("Sequence[tuple[FieldKind, Callable[[pa.DataType], bool]]]", tests)
