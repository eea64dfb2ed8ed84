"""Our router against falcon's own, which it takes the place of."""

import re
from typing import Any

import pytest
from falcon.routing import CompiledRouter
from hypothesis import given
from hypothesis import strategies as st

from arangovis.wiring import Arangovis
from arangovis_api.router import Router
from arangovis_api.routes import METHODS, Route, all_routes
from arangovis_api.telemetry import Telemetry


class Thing:
    """Answers GET, and GET and PUT of its part."""

    def on_get(self) -> None:
        """Answer."""

    def on_get_part(self) -> None:
        """Answer."""

    def on_put_part(self) -> None:
        """Answer."""


THING = Thing()


def both(table: list[Route]) -> tuple[Router, CompiledRouter]:
    """Return our router and falcon's with the same routes."""
    routers = Router(), CompiledRouter()
    for route in table:
        for router in routers:
            router.add_route(route.path, route.resource, suffix=route.suffix)
    return routers


def outcome(router: Any, path: str) -> object:
    """Return what a router finds, in a form that can be compared."""
    found = router.find(path)
    if found is None:
        return None
    resource, responders, values, template = found
    return (
        resource,
        [responders.get(method.upper()) for method in METHODS if answers(responders, method)],
        (
            values,
            template,
        ),
    )


def answers(responders: dict[str, Any], method: str) -> bool:
    """Say whether a resource itself answers a method."""
    return hasattr(responders[method.upper()], "__self__")


def test_all_routes_are_found_as_falcon_finds_them(service: Arangovis) -> None:
    table = list(all_routes(service, Telemetry()))
    ours, theirs = both(table)
    segments = sorted({segment for route in table for segment in route.path.split("/")} | {"", "x", "a b", "é"})

    @given(
        st.one_of(st.sampled_from(table).map(lambda route: route.path.split("/")), st.lists(st.sampled_from(segments))),
        st.data(),
    )
    def compare(path: list[str], data: st.DataObject) -> None:
        changed = [data.draw(st.sampled_from((segment, segment, *segments))) for segment in path]
        for tried in (path, changed, [*path, ""], ["", *path]):
            assert outcome(ours, "/".join(tried)) == outcome(theirs, "/".join(tried))

    compare()
    for route in table:
        assert outcome(theirs, route.path) is not None
        assert outcome(ours, route.path) == outcome(theirs, route.path)


def test_a_literal_comes_before_a_field_and_the_field_is_tried_after_it() -> None:
    router, _ = both([Route("/a/{x}/c", THING), Route("/a/b", THING), Route("/a/b/d", THING, "part")])

    assert [
        None if found is None else found[2:] for found in map(router.find, ("/a/b", "/a/b/c", "/a/b/d", "/a/c"))
    ] == [
        ({}, "/a/b"),
        ({"x": "b"}, "/a/{x}/c"),
        ({}, "/a/b/d"),
        None,
    ]


def test_who_answers_get_answers_head_and_nobody_else_what_is_not_there() -> None:
    router, _ = both([Route("/a", THING), Route("/b", THING, "part")])
    found = router.find("/b")

    assert found is not None
    assert found[1]["HEAD"] == found[1]["GET"] == THING.on_get_part
    assert found[1]["PUT"] == THING.on_put_part
    assert found[1]["DELETE"] is found[1]["PATCH"] is not None


def test_the_later_of_two_routes_answers() -> None:
    ours, falcons = both([Route("/a", THING), Route("/a", THING, "part")])
    for router in (ours, falcons):
        found = router.find("/a")
        assert found is not None
        assert found[1]["GET"] == THING.on_get_part


@pytest.mark.parametrize(
    ("first", "second", "suffix", "said"),
    [
        ("/a/{x}/b", "/a/{y}", None, "/a/{y} calls a field 'y' that other routes call 'x'"),
        ("/a", "/b", "whole", "/b has no responder with the suffix 'whole'"),
    ],
)
def test_a_table_that_contradicts_itself(first: str, second: str, suffix: str | None, said: str) -> None:
    router = Router()
    router.add_route(first, THING)

    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        router.add_route(second, THING, suffix=suffix)
