"""Progress of parts, and of native code that tells none: on real layouts and real waiting."""

import threading
import time

import numpy as np
import pytest
from sklearn.datasets import load_digits

from arangovis.domain.errors import Cancelled
from arangovis.projections import fastumap_library
from arangovis.projections.base import no_progress
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.progress import part, told_by_time
from arangovis.projections.start import principal_start
from arangovis.projections.umap_engines import Plan

DIGITS = load_digits().data.astype(np.float32)


def plan() -> Plan:
    near = nearest_neighbours(DIGITS, 14)
    return Plan(DIGITS, near, principal_start(DIGITS, 2, size=10.0, seed=0), min_dist=0.1, seed=3)


def test_a_part_is_told_as_a_part() -> None:
    told: list[float] = []
    of_part = part(told.append, start=0.2, end=0.6)
    for fraction in (-1.0, 0.0, 0.5, 1.0, 7.0):
        of_part(fraction)
    assert told == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])


def test_what_tells_nothing_is_told_by_time() -> None:
    told: list[float] = []
    assert told_by_time(lambda: time.sleep(0.5) or "done", told.append, expected_s=0.5) == "done"
    assert told == sorted(told)
    assert len(told) >= 3
    assert 0 < told[0] < told[-1] < 1


def test_what_it_raises_is_raised() -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    with pytest.raises(ZeroDivisionError):
        told_by_time(fail, no_progress, expected_s=1.0)


def test_a_cancelled_wait_ends_though_the_work_goes_on() -> None:
    may_end, ended = threading.Event(), threading.Event()

    def work() -> None:
        may_end.wait(30)
        ended.set()

    def cancel(_: float) -> None:
        raise Cancelled("the run was cancelled")

    with pytest.raises(Cancelled):
        told_by_time(work, cancel, expected_s=1.0)
    assert not ended.is_set(), "the wait ended before the work did"
    may_end.set()
    assert ended.wait(30)


def test_fastumap_tells_while_it_lays_out() -> None:
    told: list[float] = []
    fastumap_library.lay_out(plan(), told.append)
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert len([fraction for fraction in told if 0 < fraction < 1]) >= 3


def test_fastumap_stops_being_waited_for_when_the_run_is_cancelled() -> None:
    told: list[float] = []

    def cancel(fraction: float) -> None:
        told.append(fraction)
        if fraction > 0:
            raise Cancelled("the run was cancelled")

    with pytest.raises(Cancelled):
        fastumap_library.lay_out(plan(), cancel)
    assert told[-1] < 1
