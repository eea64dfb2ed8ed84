"""How rows of plain values are taken quickly: what there is to know of names and types is found out once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arangovis.client.columns.buffers import Buffer
from arangovis.client.columns.kinds import (
    FLOAT,
    INT,
    INT_MAX,
    INT_MIN,
    TEXT,
    checked_int,
    exact_float,
    plain_kind,
    refused,
)

STEP = "step"


@dataclass(frozen=True, slots=True)
class Form:
    """Rows of certain names and types of values, all plain. Positions count in the row as it is given.

    `whole` are positions of whole numbers, `promoted` those among them that go into a float field, `texts` those of
    texts; `order` brings a row into the order of the buffer's fields, and is None if it is in that order.
    """

    buffer: Buffer
    names: Sequence[str]
    whole: Sequence[int]
    promoted: Sequence[int]
    texts: Sequence[int]
    order: Sequence[int] | None

    @classmethod
    def of(cls, buffer: Buffer, names: Sequence[str], types: Sequence[type]) -> "Form":
        """Return the form of rows for a buffer that has fields of these names."""
        fields = dict(zip(buffer.fields, buffer.kinds, strict=True))
        kinds = [plain_kind(given) for given in types]
        whole = [i for i, kind in enumerate(kinds) if kind == INT]
        promoted = [i for i in whole if fields[names[i]] == FLOAT]
        texts = [i for i, kind in enumerate(kinds) if kind == TEXT]
        order = None if tuple(names) == buffer.fields else [list(names).index(field) for field in buffer.fields]
        return cls(buffer, tuple(names), [i for i in whole if i not in promoted], promoted, texts, order)

    def add(self, row: tuple[Any, ...]) -> int:
        """Put a row into the buffer and return how many bytes wait with it.

        Raises:
            InvalidInput: a whole number does not fit in 64 bits, or is no exact float.

        """
        for i in self.whole:
            if not INT_MIN <= row[i] <= INT_MAX:
                checked_int(self.names[i], row[i])
        if self.promoted:
            row = tuple(exact_float(self.names[i], v) if i in self.promoted else v for i, v in enumerate(row))
        size = self.buffer.row_bytes + sum(len(row[i]) for i in self.texts) if self.texts else self.buffer.row_bytes
        self.buffer.held += size
        self.buffer.rows.append(row if self.order is None else tuple(row[i] for i in self.order))
        return size


def flattened(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, names joined by dots.

    Raises:
        InvalidInput: a name is no text or empty, or there are two of one name.

    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(name, str) or not name:
            raise refused(f"{prefix}{name}"[:80], "is no name; a field's name is a text that is not empty")
        inner = flattened(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
        twice = flat.keys() & inner.keys()
        if twice:
            raise refused(min(twice), "is there twice")
        flat |= inner
    return flat
