"""The page's own checks: types, and the tests of its pure modules."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance
ROOT = Path(__file__).parents[2]


def test_the_sources_of_the_page_pass_their_checks() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/build_ui.py", "--test"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
