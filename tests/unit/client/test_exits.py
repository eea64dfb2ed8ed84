"""SIGTERM ends a process that logs, wherever it strikes: in a finalizer too, where Python loses exceptions."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BEGIN = """
import signal, sys, threading, time, weakref
from arangovis.client.exits import closing_at_exit

undo = closing_at_exit(lambda: print("closed", flush=True))

def busy(*_):
    print("busy", flush=True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass

class Thing:
    pass
"""
REST = """
print("went on", flush=True)
threading.Event().wait(60)
"""
IN_FINALIZER = f"{BEGIN}\nThing.__del__ = busy\nThing(){REST}"
IN_WEAK_CALL = f"{BEGIN}\nthing = Thing()\nseen = weakref.ref(thing, busy)\ndel thing{REST}"
IN_COLLECTION = (
    f"{BEGIN}\nimport gc\nThing.__del__ = busy\nthing = Thing()\nthing.own = thing\ndel thing\ngc.collect(){REST}"
)
IN_TWO = f"{BEGIN}\nThing.__del__ = busy\nthings = [Thing(), Thing()]\ndel things{REST}"


def started(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("code", "busy"),
    [(IN_FINALIZER, 1), (IN_WEAK_CALL, 1), (IN_COLLECTION, 1), (IN_TWO, 2)],
    ids=["finalizer", "weak", "collection", "two"],
)
def test_sigterm_that_strikes_where_exceptions_are_lost_ends_the_process(code: str, busy: int) -> None:
    with started(code) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "busy\n"
            process.send_signal(signal.SIGTERM)
            told, fault = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert told.split("\n")[: busy - 1] == ["busy"] * (busy - 1)
    assert told.endswith("closed\n")
    assert fault == ""


def test_sigterm_that_was_lost_is_not_forgotten_where_logging_stops_at_once() -> None:
    with started(f"{BEGIN}\nThing.__del__ = busy\nThing()\nundo(){REST}") as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "busy\n"
            process.send_signal(signal.SIGTERM)
            _, fault = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, fault) == (-signal.SIGTERM, "")


def fault_of(code: str) -> str:
    """Run it to its end; return what it says of faults."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_what_else_is_lost_is_told_as_before() -> None:
    fault = fault_of(f"{BEGIN}\nThing.__del__ = lambda self: 1 // 0\nThing()\nundo()\nThing()\n")
    assert fault.count("ZeroDivisionError") == 2


def test_the_hook_is_there_as_long_as_somebody_needs_it() -> None:
    last = "undo_more()\nassert sys.unraisablehook is sys.__unraisablehook__\n"
    assert not fault_of(
        f"{BEGIN}\nundo_more = closing_at_exit(print)\nundo()\n"
        f"assert sys.unraisablehook is not sys.__unraisablehook__\n{last}"
        "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
    )
