"""The buffers of one logger, and what it knows of fields: their kinds, and the fields of named series."""

from collections.abc import Mapping, Sequence
from typing import Any

from arangovis.client.columns.buffers import Block, Buffer
from arangovis.client.columns.forms import Form
from arangovis.client.columns.kinds import FLOAT, INT, known_kind, mismatch, plain_kind, refused
from arangovis.client.columns.parts import Part, as_float, common_shape, part_of


class Table:
    """Takes rows and arrays, each wholly or not at all. Not to be used by two threads at once.

    Args:
        kinds: of fields that are known already; of the others the first value decides.
        series: fields of named series that are known already; of the others the first write decides.
        copy: keep copies of arrays.

    Raises:
        InvalidInput: there is no such kind.

    """

    def __init__(self, kinds: Mapping[str, str], series: Mapping[str, Sequence[str]], *, copy: bool) -> None:
        self._kinds = {field: known_kind(field, kind) for field, kind in kinds.items()}
        self._series = {name: frozenset(fields) for name, fields in series.items()}
        self._copy = copy
        self._buffers: dict[tuple[str | None, frozenset[str]], Buffer] = {}
        self._forms: dict[tuple[Any, ...], Form] = {}
        self.held = 0
        """Bytes that wait in memory, about."""

    def buffers(self) -> Sequence[Buffer]:
        """Return the buffers of all series."""
        return tuple(self._buffers.values())

    def declare(self, series: str, kinds: Mapping[str, str]) -> None:
        """Know the fields of a named series and their kinds before anything is written to it.

        Raises:
            InvalidInput: there is no such kind, or a field or the series is known with others.

        """
        self._check_fields(series, kinds)
        given = {field: known_kind(field, kind) for field, kind in kinds.items()}
        for field, kind in given.items():
            if self._kinds.get(field, kind) != kind:
                raise mismatch(field, self._kinds[field], kind)
        self._kinds |= given
        self._series[series] = frozenset(given)

    def forget(self) -> None:
        """Forget all that waits, and begin every series anew."""
        self._buffers, self._forms, self.held = {}, {}, 0

    def add_row(self, series: str | None, names: tuple[str, ...], row: tuple[Any, ...]) -> bool:
        """Take one row of plain values; False says that they are not all plain, and nothing was taken.

        Raises:
            InvalidInput: as `add`.

        """
        types = tuple(map(type, row))
        form = self._forms.get((series, names, types))
        if form is None:
            form = self._learn(series, names, types)
            if form is None:
                return False
        self.held += form.add(row)
        return True

    def add(self, series: str | None, values: Mapping[str, object]) -> int:
        """Take values of any shape that broadcast to one; return how many rows they are. None of them: nothing is done.

        Raises:
            InvalidInput: a value cannot be stored, is of another kind than its field, or they do not broadcast; or
                these are not the fields of the series.

        """
        parts = {name: part_of(name, value, copy=self._copy) for name, value in values.items()}
        shape = common_shape(parts)
        rows = 1
        for size in shape:
            rows *= size
        self._check_fields(series, parts)
        kinds = {name: self._kind(name, part.kind) for name, part in parts.items()}
        fitting = {name: as_float(name, part) if part.kind != kinds[name] else part for name, part in parts.items()}
        if rows:
            buffer = self._buffer(series, kinds)
            self.held += buffer.add(Block([fitting[field] for field in buffer.fields], shape))
        return rows

    def _learn(self, series: str | None, names: tuple[str, ...], types: tuple[type, ...]) -> Form | None:
        given = {name: plain_kind(kind) for name, kind in zip(names, types, strict=True)}
        if None in given.values():
            return None  # the slow way takes it, or says what is wrong
        self._check_fields(series, given)
        kinds = {name: self._kind(name, str(kind)) for name, kind in given.items()}
        form = Form.of(self._buffer(series, kinds), names, types)
        self._forms[series, names, types] = form
        return form

    def _kind(self, name: str, given: str) -> str:
        known = self._kinds.get(name, given)
        if known != given and (known, given) != (FLOAT, INT):
            raise mismatch(name, known, given)
        return known

    def _check_fields(self, series: str | None, given: Mapping[str, object | Part]) -> None:
        if not given:
            raise refused("fields", "there are none")
        for name in given:
            if not isinstance(name, str) or not name:
                raise refused(str(name)[:80], "is no name; a field's name is a text that is not empty")
        known = None if series is None else self._series.get(series)
        if known is None or known == given.keys():
            return
        faults = [f"lacks {', '.join(sorted(known - given.keys()))}"] if known - given.keys() else []
        faults += [f"has no field {', '.join(sorted(given.keys() - known))}"] if given.keys() - known else []
        raise refused(str(series), "; ".join(faults))

    def _buffer(self, series: str | None, kinds: Mapping[str, str]) -> Buffer:
        """Return the buffer of a series; from here on kinds and fields are known."""
        key = series, frozenset(kinds)
        if key not in self._buffers:
            self._kinds |= kinds
            if series is not None:
                self._series[series] = frozenset(kinds)
            self._buffers[key] = Buffer(series, kinds)
        return self._buffers[key]
