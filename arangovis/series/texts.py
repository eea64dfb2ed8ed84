"""Columns of texts, changed text by text."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def changed_texts(column: "pa.ChunkedArray", change: Callable[[str], str]) -> "tuple[pa.Array, int]":
    """Return a column with each text changed, and how many are others then; equal texts are changed once."""
    import pyarrow as pa

    before = column.to_pylist()
    known = {text: change(text) for text in set(before) if text is not None}
    after = [None if text is None else known[text] for text in before]
    return pa.array(after, column.type), sum(old != new for old, new in zip(before, after, strict=True))
