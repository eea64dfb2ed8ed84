"""Hypothesis profiles: `ci` is small and always the same, `full` is for `make test-all`, `soak` for hours."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("arangovis.testing")

# The tests' own processes are as many as the cores: more threads in each would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_UNHURRIED = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "ci",
    max_examples=25,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=_UNHURRIED,
)
settings.register_profile(
    "full", max_examples=400, stateful_step_count=60, deadline=None, suppress_health_check=_UNHURRIED
)
settings.register_profile(
    "soak", max_examples=20_000, stateful_step_count=100, deadline=None, suppress_health_check=_UNHURRIED
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep the garbage collector from going through ten thousand tests, and all modules, again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
