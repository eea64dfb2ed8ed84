"""The page of series: every promise names tests, and they exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "series.md").read_text("utf-8")
WITH_THE_PAGE = {18, 20}
"""Promises that are tested with the web page."""


def promises() -> dict[int, list[tuple[str, str]]]:
    """Return the tests that each promise names, as file and function."""
    rows = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", PAGE, re.MULTILINE)
    return {int(number): re.findall(r"`(tests/\S+)::(test_\w+)`", tests) for number, tests in rows}


def has(file: str, test: str) -> bool:
    return f"def {test}(" in (ROOT / file).read_text("utf-8")


def test_every_promise_is_listed_with_tests() -> None:
    assert set(promises()) == set(range(1, 21)) - WITH_THE_PAGE
    assert all(promises().values())


def test_the_tests_that_are_named_exist() -> None:
    named = [test for tests in promises().values() for test in tests]
    assert [test for test in named if not has(*test)] == []


def test_every_promise_but_those_of_processes_and_readers_is_kept_on_every_store() -> None:
    text = (ROOT / "tests" / "api" / "test_series_checks.py").read_text("utf-8")
    kept = {int(number) for number in re.findall(r"^def test_(\d+)_", text, re.MULTILINE)}
    assert set(promises()) - kept == {13, 16}
