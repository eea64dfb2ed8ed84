"""What is small and becomes large is refused, and does not take the memory first; so is what is not what it says."""

import subprocess
import sys

import pytest

from tests.bombs import BOMBS, SMALL_BYTES

GROWN_BYTES_MAX = 384 << 20
"""A block and a sample of a frame, as text and typed. The bombs would take from half a gigabyte to terabytes."""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_takes_little(name: str) -> None:
    done = subprocess.run([sys.executable, "-m", "tests.bombs", name], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    size, grown, refusal = done.stdout.split()
    assert int(size) <= SMALL_BYTES
    assert refusal in ("too-large", "invalid-input", "integrity")
    assert int(grown) <= GROWN_BYTES_MAX
