import base64
import zlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis.series.cursors import CURSOR_LENGTH_MAX, Cursor

KEYS = st.text(st.characters(codec="utf-8"), max_size=20)
CURSORS = st.builds(
    Cursor,
    st.integers(0, 2**53),
    st.dictionaries(KEYS, st.dictionaries(KEYS, st.integers(0, 2**40), max_size=4), max_size=4),
    KEYS,
)


@given(cursor=CURSORS)
def test_there_and_back(cursor: Cursor) -> None:
    text = cursor.text()
    assert text.isascii()
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert Cursor.of(text) == cursor
    assert Cursor.of(text).text() == text


@given(cursor=CURSORS, place=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_!é"))
def test_damage_is_noticed(cursor: Cursor, place: int, letter: str) -> None:
    text = cursor.text()
    place %= len(text)
    damaged = text[:place] + letter + text[place + 1 :]
    assert read_or_refused(damaged) in (None, cursor)  # the same only if bits that mean nothing were changed


def read_or_refused(text: str) -> Cursor | None:
    try:
        return Cursor.of(text)
    except InvalidInput:
        return None


@given(text=st.text(max_size=60))
def test_any_text_is_refused_or_read(text: str) -> None:
    assert read_or_refused(text) is None or Cursor.of(Cursor.of(text).text()) == Cursor.of(text)


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(value))).decode().rstrip("=")


@pytest.mark.parametrize(
    "content",
    [
        [2, "", 0, {}],
        [1, "", -1, {}],
        [1, "", 0, {"a": {"b": -1}}],
        [1, "", 0, {"a": {"b": 1.5}}],
        [1, "", 0, {"a": {"b": True}}],
        [1, "", 0, {"a": 3}],
        [1, "", 0, []],
        [1, "", 0],
        {},
        None,
        "text",
    ],
)
def test_other_content_is_refused(content: object) -> None:
    with pytest.raises(InvalidInput, match="not a cursor"):
        Cursor.of(packed(content))


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(InvalidInput, match="not a cursor"):
        Cursor.of(packed([1, "", 0, {"a" * 5_000_000: {}}]))
    with pytest.raises(InvalidInput, match="at most"):
        Cursor.of("A" * (CURSOR_LENGTH_MAX + 1))
