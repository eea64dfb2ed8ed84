"""Arrow columns as others wrote them, brought to the canonical types."""

from typing import TYPE_CHECKING, cast

import numpy as np

from arangovis.domain.errors import TooLarge
from arangovis.domain.json import JsonValue, canonical
from arangovis.tabular.limits import UNCOMPRESSED_BYTES_MAX, VALUES_MAX, refused, shown
from arangovis.tabular.types import list_of

if TYPE_CHECKING:
    import pyarrow as pa

SERVICE_PREFIX = "_hs_"
"""Columns that a serving system adds; an object there is kept as JSON text."""


def canonical_column(name: str, column: "pa.ChunkedArray") -> "pa.Array":
    """Return a column in its canonical type, in one chunk; NaN in a column of numbers is a missing value.

    Raises:
        InvalidInput: it has a type that rows do not have, or a value that its canonical type does not hold.
        TooLarge: written out in full it is over a limit.

    """
    import pyarrow as pa
    import pyarrow.types as kinds

    column = storage_of(column)
    if kinds.is_struct(column.type) and name.startswith(SERVICE_PREFIX):
        return json_texts(name, column.to_pylist())
    check_expanded_size(name, column)
    try:
        cast_column = _cast(column)
    except pa.ArrowException as error:
        raise refused(name, f"has a value that is not a {column.type}") from error
    if cast_column is None:
        raise refused(name, f"has the type {shown(str(column.type))[1:-1]}; a column is scalars or a flat list of them")
    whole = cast_column.combine_chunks()
    return _without_nan(whole) if kinds.is_floating(whole.type) else whole


def storage_of(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Return a column without its extension type, such as a fixed-shape tensor's list."""
    import pyarrow as pa

    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    return pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)


def json_texts(name: str, values: list[object]) -> "pa.Array":
    """Return objects as canonical JSON text, null for null.

    Raises:
        InvalidInput: a value is not JSON.

    """
    import pyarrow as pa

    try:
        texts = [None if value is None else canonical(cast("JsonValue", value)).decode() for value in values]
        return pa.array(texts, pa.string())
    except (TypeError, ValueError, RecursionError) as error:
        raise refused(name, "has a value that is not JSON") from error


def is_list(arrow_type: "pa.DataType") -> bool:
    """Say whether a type is one of the list types that are read."""
    import pyarrow.types as kinds

    return bool(kinds.is_list(arrow_type) or kinds.is_large_list(arrow_type) or kinds.is_fixed_size_list(arrow_type))


def check_expanded_size(name: str, column: "pa.ChunkedArray") -> None:
    """Check how large a column becomes: dictionaries, views and fixed-size lists can stand for much more than they are.

    Raises:
        TooLarge: it is over a limit.

    """
    for chunk in column.chunks:
        _check_chunk(name, chunk)


def _check_chunk(name: str, chunk: "pa.Array") -> None:
    import pyarrow.compute as pc

    if is_list(chunk.type):
        members = pc.sum(pc.list_value_length(chunk).cast("int64")).as_py() or 0
        if members > VALUES_MAX:
            raise TooLarge(f"{name}: its lists have {members:,} members in all; at most {VALUES_MAX:,} are read")
        _check_chunk(name, chunk.flatten())
    elif _text_bytes(chunk) > UNCOMPRESSED_BYTES_MAX:
        raise TooLarge(f"{name}: its texts have more than {UNCOMPRESSED_BYTES_MAX:,} bytes in all")


def _text_bytes(chunk: "pa.Array") -> int:
    """Return how many bytes the texts of an array have when each is written out."""
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if kinds.is_dictionary(chunk.type):
        lengths = _text_lengths(chunk.dictionary)
        used = chunk.indices.drop_null().to_numpy(zero_copy_only=False)
        return int(lengths[used.astype(np.int64)].sum()) if lengths.size else 0
    if kinds.is_string_view(chunk.type):
        return int(_text_lengths(chunk).sum())
    return int(pc.sum(pc.binary_length(chunk).cast("int64")).as_py() or 0) if _is_text(chunk.type) else 0


def _text_lengths(array: "pa.Array") -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the length in bytes of each text, int64 (length,); 0 for null and for what is no text."""
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if kinds.is_string_view(array.type):
        views = np.frombuffer(array.buffers()[1] or b"", dtype=np.int32)[: (array.offset + len(array)) * 4]
        lengths = views.reshape(-1, 4)[array.offset :, 0].astype(np.int64)
        return np.where(array.is_valid().to_numpy(zero_copy_only=False), lengths, 0)
    if not _is_text(array.type):
        return np.zeros(len(array), dtype=np.int64)
    return np.asarray(pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False), dtype=np.int64)


def _is_text(arrow_type: "pa.DataType") -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_string(arrow_type) or kinds.is_large_string(arrow_type))


def _cast(column: "pa.ChunkedArray") -> "pa.ChunkedArray | None":
    """Return the column in its canonical type, or None if it has none."""
    import pyarrow as pa

    target = _target(column.type)
    if target is None:
        return None
    try:
        return column.cast(target, safe=not _has_times(target))
    except pa.ArrowInvalid:
        unsigned = _unsigned(target)
        if unsigned is None:
            raise
        return column.cast(unsigned)


def _target(arrow_type: "pa.DataType") -> "pa.DataType | None":
    import pyarrow.types as kinds

    if not is_list(arrow_type):
        return _scalar_target(arrow_type)
    element = None if kinds.is_nested(arrow_type.value_type) else _scalar_target(arrow_type.value_type)
    return None if element is None else list_of(element)


def _scalar_target(arrow_type: "pa.DataType") -> "pa.DataType | None":
    import pyarrow as pa
    import pyarrow.types as kinds

    if kinds.is_dictionary(arrow_type):
        return _scalar_target(arrow_type.value_type)
    if kinds.is_timestamp(arrow_type):
        return pa.timestamp("us", None if arrow_type.tz is None else "UTC")
    for is_kind, target in (
        (kinds.is_null, pa.null()),
        (kinds.is_boolean, pa.bool_()),
        (kinds.is_integer, pa.int64()),
        (kinds.is_floating, pa.float64()),
        (_is_text, pa.string()),
        (kinds.is_string_view, pa.string()),
        (kinds.is_date, pa.date32()),
        (kinds.is_time, pa.time64("us")),
    ):
        if is_kind(arrow_type):
            return target
    return None


def _unsigned(target: "pa.DataType") -> "pa.DataType | None":
    import pyarrow as pa

    if target.equals(pa.int64()):
        return pa.uint64()
    return list_of(pa.uint64()) if target.equals(list_of(pa.int64())) else None


def _has_times(target: "pa.DataType") -> bool:
    """Say whether casting may cut what is finer than a microsecond."""
    import pyarrow.types as kinds

    return bool(kinds.is_temporal(target.value_type if is_list(target) else target))


def _without_nan(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
