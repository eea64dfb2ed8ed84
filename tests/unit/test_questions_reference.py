"""The page of questions names routes, calls and commands that exist, and leaves out none of them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from arangovis.cli import COMMANDS
from arangovis.cli.ask import QUESTIONS
from arangovis.client import Client
from arangovis.settings import Settings
from arangovis.wiring import build
from arangovis_api.resources.questions import TAG
from arangovis_api.routes import declared_operations, native_routes
from arangovis_api.telemetry import Telemetry

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "questions.md"
ROOT = "/api/v1"


def rows() -> Iterator[Sequence[str]]:
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if line.startswith("|") and "`" in line:
            yield cells


def named(pattern: str) -> set[str]:
    return {found for row in rows() for found in re.findall(pattern, " | ".join(row))}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Sequence[tuple[str, str, str]]:
    """Return method, path and tag of each route."""
    service = build(Settings(home=tmp_path_factory.mktemp("routes")))
    routes = [
        (method.upper(), route.path.removeprefix(ROOT), operation.tag)
        for route in native_routes(service, Telemetry())
        for method, operation in declared_operations(route)
    ]
    service.close()
    return routes


def test_the_routes_of_the_page_are_served(served: Sequence[tuple[str, str, str]]) -> None:
    listed = named(r"`((?:GET|POST) /[^`]*)`")
    assert listed <= {f"{method} {path}" for method, path, _ in served}
    assert {f"{method} {path}" for method, path, tag in served if tag == TAG} <= listed


def test_the_commands_of_the_page_exist() -> None:
    asked = named(r"`arangovis ask ([a-z-]+)`")
    assert asked == set(QUESTIONS)
    assert named(r"`arangovis ([a-z-]+)[ `]") <= COMMANDS.keys()


def test_the_calls_of_the_page_exist() -> None:
    listed = named(r"\| `([a-z_.]+)` \|") | {row[2].strip("`") for row in rows() if len(row) > 2}
    assert [name for name in listed if not callable(getattr(Client, name, None))] == []


def test_every_question_has_an_example_over_rest() -> None:
    examples = re.findall(r"curl ([^`]*?)\"localhost:8080/api/v1(/[^?\"]*)", PAGE.read_text("utf-8"))
    asked = [("POST" if "-X POST" in options else "GET", path) for options, path in examples]
    routes = {route for row in rows() for route in re.findall(r"`(GET|POST) (/[^`]*)`", row[1])}
    missing = [(method, path) for method, path in routes if not any(is_of(path, one, method) for one in asked)]
    assert missing == []
    unserved = [one for one in asked if not any(is_of(path, one, method) for method, path in routes)]
    assert unserved == []


def is_of(route: str, example: tuple[str, str], method: str) -> bool:
    """Say whether an example asks a route."""
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route))
    return example[0] == method and re.fullmatch(pattern, example[1]) is not None


def test_the_questions_without_a_time_are_named(tmp_path: Path) -> None:
    service = build(Settings(home=tmp_path))
    now = set()
    for route in native_routes(service, Telemetry()):
        for method, operation in declared_operations(route):
            fields = () if operation.query is None else operation.query().fields
            if "at" not in fields:
                now.add((method.upper(), route.path.removeprefix(ROOT)))
    service.close()
    asked = {found for row in rows() for found in re.findall(r"`(GET|POST) (/[^`]*)`", row[1])}
    (sentence,) = (line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("These do not take `at=`"))
    named_there = set(re.findall(r"`(GET|POST) (/[^`]*)`", sentence))
    assert named_there == (asked & now) - {("POST", "/search")}, "POST /search takes it in its body"


def test_every_question_has_a_call_and_a_command() -> None:
    without = {row[0] for row in rows() if len(row) < 4 or not row[3].strip("| ")}
    assert without == {"What is a kind searched by?"}
