"""Rows that were parsed a moment ago are not read back; and set-ups that are said back are not guessed again."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import IntegrityError, InvalidInput
from arangovis.domain.graph import Caller
from arangovis.services.frames.frames import Frame, ParseRequest, said_back
from arangovis.tabular.frame_columns import read_frame
from arangovis.tabular.frames import guess
from arangovis.tabular.frames.recent import Collected, RecentTables
from arangovis.tabular.frames.types import GuessHints
from arangovis.wiring import Arangovis
from tests.api.detecting import benign

ADA = Caller("ada", "request-7")


def parsed(service: Arangovis, data: bytes, name: str) -> Frame:
    upload = service.frames.upload(io.BytesIO(data), name, ADA).node
    run = service.frames.parse_now(ParseRequest(upload, service.frames.guess(upload), name), ADA)
    return service.frames.made_by(run.id)


def digests(service: Arangovis, frame: Frame) -> list[str]:
    return [segment.digest for segment in service.datasets.segments(frame.dataset)]


def test_what_lies_in_memory_is_what_was_stored(service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"a,b,c,t,f\n1,x,1.5,2020-01-02,true\n2,,NA,2021-03-04,false\n3,x,2.5,,true\n4,y,0.5,2020-01-02,\n"
    for data in (benign(), text):
        frame = parsed(service, data, "rows.csv")
        stored = read_frame(service.frames.segments(frame.dataset), frame.types)
        with monkeypatch.context() as patched:
            patched.setattr(service.artifacts, "read", lambda _digest: pytest.fail("it was read"))
            found = service.frames.plain(frame)
        assert [(column.name, column.kind, column.levels) for column in found] == [
            (column.name, column.kind, column.levels) for column in stored
        ]
        for one, other in zip(found, stored, strict=True):
            if one.values is None or other.values is None:
                assert one.codes is not None
                assert other.codes is not None
                assert one.codes.tolist() == other.codes.tolist()
            else:
                assert np.array_equal(one.values, other.values, equal_nan=True)


def test_rows_whose_bytes_are_gone_are_not_given_from_memory(service: Arangovis) -> None:
    frame = parsed(service, benign(), "rows.csv")
    for digest in digests(service, frame):
        service.artifacts.remove(digest)
    with pytest.raises(IntegrityError):
        service.frames.plain(frame)


def test_no_more_is_remembered_than_the_limit(service: Arangovis) -> None:
    from arangovis.tabular.frames.parsing import Segment, parse

    segments: list[Segment] = []
    parse(io.BytesIO(benign()), guess(benign()), segments.append)
    (table,) = [segment.table for segment in segments]
    recent = RecentTables(2 * table.nbytes)
    for name in "abc":
        collected = Collected(table.nbytes)
        collected.add(table)
        recent.keep([name], collected)
    assert [recent.find([name]) is None for name in "abc"] == [True, False, False]
    recent.forget(["c"])
    assert recent.find(["c"]) is None
    collected = Collected(table.nbytes)
    collected.add(table)
    collected.add(table)
    recent.keep(["large"], collected)
    assert recent.find(["large"]) is None
    assert recent.find(["b"]) is not None


CELLS = st.one_of(st.sampled_from(["a", "b", "1", "2.5", "", "2020-01-02", "true"]), st.text("ab1.", max_size=3))
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


@given(ROWS, st.sampled_from([",", ";", "\t", " "]))
def test_a_setup_that_is_said_back_would_be_guessed_again(rows: list[list[str]], separator: str) -> None:
    data = "".join(separator.join(row) + "\n" for row in rows).encode()
    try:
        found = guess(data)
    except InvalidInput:
        return
    assert guess(data, said_back(found, GuessHints())) == found
