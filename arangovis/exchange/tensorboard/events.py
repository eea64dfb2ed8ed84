"""Events: when, at which step, and under which tags what was logged. Pictures, sounds, histograms are passed over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from arangovis.domain.json import Scalar
from arangovis.exchange.tensorboard.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    Malformed,
    double,
    fields,
    message,
    signed,
    single,
    text,
    varints,
    whole,
)

SCALARS, TEXTS, HPARAMS = "scalars", "text", "hparams"
"""The plug-ins of TensorBoard whose values are taken."""
_DTYPES = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "u1",
    5: "<i2",
    6: "i1",
    9: "<i8",
    10: "?",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
_STRING, _BFLOAT16 = 7, 14
_STATUSES = {1: "SUCCESS", 2: "FAILURE", 3: "RUNNING"}


@dataclass(frozen=True, slots=True)
class Logged:
    """A number or a text under a tag."""

    tag: str
    value: float | str


@dataclass(frozen=True, slots=True)
class Session:
    """What is said of a run: its hyperparameters when it began, how and when it ended."""

    hparams: Mapping[str, Scalar] = field(default_factory=dict)
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `time` is in microseconds since 1970."""

    time: int
    step: int
    logged: tuple[Logged, ...] = ()
    sessions: tuple[Session, ...] = ()
    passed: tuple[str, ...] = ()
    """The tags of values that are not taken."""


@dataclass(frozen=True, slots=True)
class _Metadata:
    plugin: str = ""
    content: bytes = b""


def read_event(data: bytes) -> Event:
    """Read an event.

    Raises:
        Malformed: it is none.

    """
    time, step = 0.0, 0
    found: list[Logged | Session | str] = []
    for number, _, value in fields(data):
        if number == 1:
            time = double(value)
        elif number == 2:
            step = signed(value)
        elif number == 5:
            found += [_value(message(inner)) for one, _, inner in fields(message(value)) if one == 1]
    if not abs(time) < 1e11:
        raise Malformed("its time is none")
    return Event(
        time=round(time * 1_000_000),
        step=step,
        logged=tuple(one for one in found if isinstance(one, Logged)),
        sessions=tuple(one for one in found if isinstance(one, Session)),
        passed=tuple(one for one in found if isinstance(one, str)),
    )


def _value(data: bytes) -> Logged | Session | str:
    """Read a value of a summary; one that is not taken is its tag."""
    tag, number, tensor, metadata = "", None, None, _Metadata()
    for field_number, kind, value in fields(data):
        if field_number == 1:
            tag = text(value)
        elif field_number == 2 and kind == FIXED32:
            number = single(value)
        elif field_number == 8:
            tensor = message(value)
        elif field_number == 9:
            metadata = _metadata(message(value))
    if metadata.plugin == HPARAMS:
        return _session(metadata.content) or Session()
    if number is not None:
        return Logged(tag, number)
    if tensor is None:
        return tag
    if metadata.plugin == TEXTS or tag.endswith("/text_summary"):
        return _text_of(tag.removesuffix("/text_summary"), tensor)
    scalar = _number_of(tensor) if metadata.plugin in (SCALARS, "") else None
    return tag if scalar is None else Logged(tag, scalar)


def _metadata(data: bytes) -> _Metadata:
    plugin, content = "", b""
    for number, _, value in fields(data):
        if number == 1:
            for inner, _, member in fields(message(value)):
                plugin = text(member) if inner == 1 else plugin
                content = message(member) if inner == 2 else content
    return _Metadata(plugin, content)


# --- tensors ------------------------------------------------------------------------------------------------------


def _text_of(tag: str, tensor: bytes) -> Logged | str:
    texts = [text(value) for number, _, value in fields(tensor) if number == 8]
    return Logged(tag, "\n".join(texts)) if texts else tag


def _number_of(tensor: bytes) -> float | None:
    """Return the number that a tensor of one element holds, or None if it is another."""
    found = list(fields(tensor))
    dtype = next((whole(value) for number, _, value in found if number == 1), 0)
    for number, kind, value in found:
        if number == 4 and dtype in _DTYPES:
            return _single(np.frombuffer(message(value), _DTYPES[dtype]).tolist()) if _fits(value, dtype) else None
        if number in (5, 6) and kind in (BYTES, FIXED32, FIXED64):
            return _single(np.frombuffer(message(value), "<f4" if number == 5 else "<f8").tolist())
        if number in (7, 10):
            return _single([signed(one) for one in varints(value)])
        if number in (11, 16, 17):
            return _single(list(varints(value)))
        if number == 13:
            return _half(list(varints(value)), dtype)
    return None


def _fits(value: int | bytes, dtype: int) -> bool:
    return len(message(value)) == np.dtype(_DTYPES[dtype]).itemsize


def _single(values: list[float]) -> float | None:
    return float(values[0]) if len(values) == 1 else None


def _half(bits: list[int], dtype: int) -> float | None:
    """Return the number whose 16 bits are given: of the usual half, or of the upper half of a float."""
    if len(bits) != 1 or bits[0] > 0xFFFF:
        return None
    if dtype == _BFLOAT16:
        return float(np.array([bits[0] << 16], "<u4").view("<f4")[0])
    return float(np.array(bits, "<u2").view("<f2")[0])


# --- hyperparameters ----------------------------------------------------------------------------------------------


def _session(content: bytes) -> Session | None:
    for number, _, value in fields(content):
        if number == 3:
            entries = (message(entry) for one, _, entry in fields(message(value)) if one == 1)
            return Session(hparams=dict(map(_hparam, entries)))
        if number == 4:
            status = next((whole(one) for at, _, one in fields(message(value)) if at == 1), 0)
            return Session(status=_STATUSES.get(status))
    return None


def _hparam(entry: bytes) -> tuple[str, Scalar]:
    name, value = "", b""
    for number, _, member in fields(entry):
        name = text(member) if number == 1 else name
        value = message(member) if number == 2 else value
    return name, next(_scalars(value), None)


def _scalars(data: bytes) -> Iterator[Scalar]:
    for number, _, value in fields(data):
        if number == 2:
            found = double(value)
            yield int(found) if found.is_integer() and abs(found) < 2**53 else found
        elif number == 3:
            yield text(value)
        elif number == 4:
            yield bool(whole(value))
