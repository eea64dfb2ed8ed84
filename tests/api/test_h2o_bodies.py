"""Forms and JSON of H2O's clients: any bytes are fields or one refusal, and every field can be asked for."""

import contextlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import falcon
import orjson
import pytest
from falcon.testing import create_environ
from hypothesis import example, given
from hypothesis import strategies as st

from arangovis.domain.errors import ArangovisError, InvalidInput, TooLarge
from arangovis_api.resources.h2o.bodies import FIELDS_MAX, FORM, ITEMS_MAX, NESTING_MAX, Fields, fields_of
from tests.api.detecting import JSON

KNOWN = ("frame", "columns", "rows", "blocking")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.just("name"), inner, max_size=3),
    max_leaves=10,
)
LISTS = st.text('["a],\\ 1{}:null', max_size=30)
ASKED: tuple[Callable[[Fields], object], ...] = (
    *(lambda fields, name=name: fields.text(name) for name in KNOWN),
    *(lambda fields, name=name: fields.keys(name) for name in KNOWN),
    *(lambda fields, name=name: fields.lists(name) for name in KNOWN),
    *(lambda fields, name=name: fields.integer(name, 0) for name in KNOWN),
    *(lambda fields, name=name: fields.boolean(name) for name in KNOWN),
)


def sent(body: bytes, media: str, query: str = "") -> Fields:
    environ = create_environ(method="POST", body=body, query_string=query, headers={"Content-Type": media})
    return fields_of(falcon.Request(environ), KNOWN)


def ask_everything(body: bytes, media: str, query: str = "") -> None:
    with contextlib.suppress(ArangovisError):
        fields = sent(body, media, query)
        for ask in ASKED:
            with contextlib.suppress(ArangovisError):
                ask(fields)


@pytest.mark.parametrize("media", [JSON, FORM, "text/plain", ""])
@given(st.binary(max_size=100) | st.text('frame=&[]%+{}":,1', max_size=60).map(str.encode))
def test_any_bytes(media: str, body: bytes) -> None:
    ask_everything(body, media)


@given(st.dictionaries(st.sampled_from(KNOWN), VALUES, max_size=4))
def test_any_json(document: dict[str, Any]) -> None:
    ask_everything(orjson.dumps(document), JSON)


@given(st.lists(st.tuples(st.sampled_from(KNOWN), TEXTS | LISTS), max_size=5))
@example([("frame", "[" * 1000 + "]" * 1000)])
@example([("frame", "[" * 3000)])
def test_any_form_and_query(pairs: list[tuple[str, str]]) -> None:
    form = "&".join(f"{name}={quote(value)}" for name, value in pairs)
    ask_everything(form.encode(), FORM)
    ask_everything(b"", "", form)


@pytest.mark.parametrize("depth", [NESTING_MAX + 2, 900, 1000])
@pytest.mark.parametrize("media", [JSON, FORM])
def test_a_nesting_is_refused(depth: int, media: str) -> None:
    nested = b"[" * depth + b"]" * depth
    body = b'{"frame": ' + nested + b"}" if media == JSON else b"frame=" + nested
    with pytest.raises(InvalidInput, match="inside each other"):
        sent(body, media).keys("frame")


def test_too_many() -> None:
    with pytest.raises(InvalidInput, match="form"):
        sent(b"frame=1&" * (FIELDS_MAX + 1), FORM)
    with pytest.raises(TooLarge, match="at most"):
        sent(orjson.dumps({"columns": ["a"] * (ITEMS_MAX + 1)}), JSON).keys("columns")
