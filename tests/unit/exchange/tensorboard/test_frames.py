"""Frames and messages of event files: what is whole is read, what is torn waits, what is damaged is named."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboardX.crc32c import crc32c
from tensorboardX.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboardX.record_writer import masked_crc32c

from arangovis.exchange.tensorboard.crc32c import masked_crcs
from arangovis.exchange.tensorboard.events import Logged, Session, read_event
from arangovis.exchange.tensorboard.frames import Damaged, read_frames
from arangovis.exchange.tensorboard.protobuf import Malformed, fields

KNOWN = {b"123456789": 0xE3069283, b"\0" * 32: 0x8A9136AA, b"\xff" * 32: 0x62A8AB43, bytes(range(32)): 0x46DD794E}
"""The checksums that RFC 3720 gives, and that of the usual test text."""


def framed(content: bytes) -> bytes:
    head = struct.pack("<Q", len(content))
    return head + struct.pack("<I", masked_crc32c(head)) + content + struct.pack("<I", masked_crc32c(content))


def read(tmp_path: Path, data: bytes) -> list[bytes]:
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(data)
    return list(read_frames(path))


def test_checksums_are_those_of_the_standard() -> None:
    found = masked_crcs(list(KNOWN))
    for crc, masked in zip(KNOWN.values(), found.tolist(), strict=True):
        assert masked == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_checksums_of_many_are_those_of_each(pieces: list[bytes]) -> None:
    assert [int(crc) for crc in masked_crcs(pieces)] == [masked_crc32c(piece) for piece in pieces]
    assert all(crc32c(piece) >= 0 for piece in pieces)


CONTENTS = [b"first", b"", b"x" * 5000, b"last"]


def test_whole_frames_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"".join(map(framed, CONTENTS))) == CONTENTS


@pytest.mark.parametrize("cut", range(1, len(framed(CONTENTS[-1])) + 1))
def test_a_torn_end_waits(tmp_path: Path, cut: int) -> None:
    assert read(tmp_path, b"".join(map(framed, CONTENTS))[:-cut]) == CONTENTS[:-1]


@pytest.mark.parametrize("place", range(len(framed(CONTENTS[0]))))
def test_a_damaged_byte_is_found_wherever_it_is(tmp_path: Path, place: int) -> None:
    data = bytearray(framed(b"before") + b"".join(map(framed, CONTENTS)))
    start = len(framed(b"before"))
    data[start + place] ^= 0x40
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(data)
    found: list[bytes] = []
    with pytest.raises(Damaged, match=f"the frame at byte {start} is damaged"):
        found.extend(read_frames(path))
    assert found == [b"before"]


def test_many_frames_are_read_in_several_goes(tmp_path: Path) -> None:
    contents = [str(number).encode() for number in range(10_000)]
    assert read(tmp_path, b"".join(map(framed, contents))) == contents


# --- events -------------------------------------------------------------------------------------------------------

TENSORS = {
    "float": (1, {"float_val": [0.5]}),
    "double": (2, {"double_val": [0.5]}),
    "int": (3, {"int_val": [-7]}),
    "int64": (9, {"int64_val": [-(2**40)]}),
    "content": (2, {"tensor_content": struct.pack("<d", 0.25)}),
    "float content": (1, {"tensor_content": struct.pack("<f", 0.25)}),
    "bool": (10, {"bool_val": [True]}),
    "half": (19, {"half_val": [0x3800]}),
    "bfloat16": (14, {"half_val": [0x3F00]}),
}
EXPECTED = [0.5, 0.5, -7.0, -(2.0**40), 0.25, 0.25, 1.0, 0.5, 0.5]


def event(value: summary_pb2.Summary.Value, step: int = 3, time: float = 1_767_225_600.5) -> bytes:
    made = event_pb2.Event(wall_time=time, step=step, summary=summary_pb2.Summary(value=[value]))
    return bytes(made.SerializeToString())


@pytest.mark.parametrize(("name", "expected"), list(zip(TENSORS, EXPECTED, strict=True)))
def test_a_number_is_read_however_it_is_written(name: str, expected: float) -> None:
    dtype, given_as = TENSORS[name]
    tensor = tensor_pb2.TensorProto(dtype=dtype, **given_as)
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars")
    metadata = summary_pb2.SummaryMetadata(plugin_data=plugin)
    found = read_event(event(summary_pb2.Summary.Value(tag="a", tensor=tensor, metadata=metadata)))
    assert found.logged == (Logged("a", expected),)
    assert (found.step, found.time) == (3, 1_767_225_600_500_000)


def test_a_tensor_of_several_numbers_is_passed_over() -> None:
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=2)])
    tensor = tensor_pb2.TensorProto(dtype=1, tensor_shape=shape, float_val=[1, 2])
    found = read_event(event(summary_pb2.Summary.Value(tag="two", tensor=tensor)))
    assert (found.logged, found.passed) == ((), ("two",))


def test_negative_steps_and_strange_numbers_are_kept() -> None:
    found = read_event(event(summary_pb2.Summary.Value(tag="a", simple_value=float("nan")), step=-5))
    assert found.step == -5
    assert np.isnan(float(found.logged[0].value))


def test_a_session_without_content_says_nothing() -> None:
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="hparams", content=b"")
    value = summary_pb2.Summary.Value(tag="_hparams_/x", metadata=summary_pb2.SummaryMetadata(plugin_data=plugin))
    assert read_event(event(value)).sessions == (Session(),)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_refused(data: bytes) -> None:
    try:
        found = read_event(data)
    except Malformed:
        return
    assert isinstance(found.time, int)


@given(st.floats(width=32), st.text(max_size=30), st.integers(-(2**63), 2**63 - 1), st.floats(0, 4e9))
def test_what_protobuf_writes_is_read(value: float, tag: str, step: int, time: float) -> None:
    found = read_event(event(summary_pb2.Summary.Value(tag=tag, simple_value=value), step, time))
    (logged,) = found.logged
    assert (logged.tag, found.step, found.time) == (tag, step, round(time * 1_000_000))
    assert logged.value == value or np.isnan(value)


def test_a_field_of_an_old_group_is_refused() -> None:
    with pytest.raises(Malformed, match="wire type 3"):
        list(fields(b"\x0b"))
