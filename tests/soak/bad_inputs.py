"""How many bad inputs the tests try: `python -m tests.soak.bad_inputs [--profile full] [WHAT ...]`.

Each test says itself how many requests it sent (`record_property("tried", ...)`), or Hypothesis counts its examples.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

GROUPS = {
    "requests by the OpenAPI document": ("tests/api/test_fuzz.py",),
    "nestings and cursors, at every route": ("tests/api/test_strange_requests.py",),
    "H2O's requests and their fields": ("tests/api/test_h2o_errors.py", "tests/api/test_h2o_bodies.py"),
    "cursors of every kind": ("tests/unit/services/test_cursors.py", "tests/unit/series/test_cursors.py"),
    "filters": ("tests/unit/domain/test_filter_grammar.py",),
    "bodies of rows: CSV, JSON, Parquet, Arrow": ("tests/unit/tabular/test_round_trips.py",),
    "files of frames: CSV, gzip, zstd, Parquet, Arrow": (
        "tests/unit/tabular/frames/test_properties.py",
        "tests/unit/tabular/frames/test_damage.py",
    ),
    "archives and dumps: zip, npy, gzip, JSON lines": (
        "tests/unit/tabular/test_bundle.py",
        "tests/unit/anomaly/test_export.py",
        "tests/unit/exchange/arangopipe/test_files.py",
    ),
    "bombs": ("tests/unit/test_bombs.py",),
}
_EXAMPLES = re.compile(r"(\d+) passing(?: examples)?, (\d+) failing")


@dataclass
class Tried:
    """Counts what the tests of a run tried; a plugin of pytest."""

    tests: int = 0
    inputs: int = 0
    failed: int = 0

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Add what a test tried: what it said, or its examples, or its one case."""
        said = [int(str(value)) for name, value in item.user_properties if name == "tried"]
        found = _EXAMPLES.findall(getattr(item, "hypothesis_statistics", ""))
        self.tests += 1
        self.inputs += sum(said) or sum(int(count) for counts in found for count in counts) or 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count failures."""
        self.failed += report.failed


def main(arguments: Sequence[str]) -> int:
    """Run the tests and print a line of the table for each group; return how many failed, or could not be run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=("ci", "full", "soak"), default="ci", help="of Hypothesis")
    parser.add_argument("what", nargs="*", help="parts of the names of groups; all if none is named")
    asked = parser.parse_args(arguments)
    os.environ["HYPOTHESIS_PROFILE"] = asked.profile
    if unknown := [part for part in asked.what if not any(part in name for name in GROUPS)]:
        parser.error(f"no group has {unknown[0]!r} in its name")
    failed = 0
    for name, files in GROUPS.items():
        if asked.what and not any(part in name for part in asked.what):
            continue
        tried, begun = Tried(), time.monotonic()
        code = pytest.main(["-q", "--no-header", "--timeout=0", "-p", "no:cacheprovider", *files], plugins=[tried])
        failed += tried.failed or int(code != pytest.ExitCode.OK)  # such as files that are not there
        row = f"| {name} | {tried.inputs:,} | {tried.failed} | {time.monotonic() - begun:.0f} s |\n"
        sys.stderr.write(row)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
