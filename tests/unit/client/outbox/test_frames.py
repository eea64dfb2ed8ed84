"""Frames: what comes back is what was written, whatever a kill, a disk or a stranger did to the end of the file."""

import io

from hypothesis import given
from hypothesis import strategies as st

from arangovis.client.outbox.frames import Request, Role, encoded, read_frame, read_frames

texts = st.text(st.characters(codec="utf-8"), max_size=20)
requests = st.builds(
    Request,
    method=st.sampled_from(["PUT", "POST", "DELETE"]),
    path=texts,
    headers=st.dictionaries(texts, texts, max_size=3),
    body=st.binary(max_size=200),
    role=st.sampled_from(list(Role)),
    hollow=st.binary(max_size=20),
)


def read(data: bytes) -> list[Request]:
    return [frame.request for frame in read_frames(io.BytesIO(data))]


@given(st.lists(requests, max_size=5))
def test_requests_come_back_in_order(given_requests: list[Request]) -> None:
    assert read(b"".join(map(encoded, given_requests))) == given_requests


@given(st.lists(requests, min_size=1, max_size=5), st.data())
def test_a_file_that_was_cut_gives_what_is_whole(given_requests: list[Request], data: st.DataObject) -> None:
    frames = [encoded(request) for request in given_requests]
    cut = data.draw(st.integers(0, len(b"".join(frames))))
    ends = [sum(map(len, frames[: n + 1])) for n in range(len(frames))]
    assert read(b"".join(frames)[:cut]) == given_requests[: sum(end <= cut for end in ends)]


@given(st.lists(requests, min_size=1, max_size=5), st.data())
def test_a_flipped_bit_loses_no_frame_before_it(given_requests: list[Request], data: st.DataObject) -> None:
    frames = [encoded(request) for request in given_requests]
    whole = bytearray(b"".join(frames))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    before = sum(sum(map(len, frames[: n + 1])) <= at for n in range(len(frames)))
    assert read(bytes(whole)) == given_requests[:before]


@given(st.binary(max_size=100))
def test_bytes_of_something_else_are_no_frame(data: bytes) -> None:
    assert read_frame(io.BytesIO(data), 0) is None


def test_only_data_leaves_something_hollow_behind() -> None:
    assert Request("POST", "/x", body=b"rows").hollowed() is None
    left = Request("POST", "/x", {"a": "b"}, b"rows", Role.DATA, b"no rows").hollowed()
    assert left == Request("POST", "/x", {"a": "b"}, b"no rows", Role.HOLLOW)
