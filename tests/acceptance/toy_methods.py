"""Methods that misbehave on purpose, for the tests of supervisors and workers.

`context` is the factory that a compute process is started with.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from arangovis.domain.errors import NoData, NotSupported
from arangovis.domain.runs import Run
from arangovis.domain.work import Made, Outcome
from arangovis.projections.base import Progress
from arangovis.settings import read_settings
from arangovis.workers.context import WorkerContext
from arangovis.workers.queue import open_queue

FACTORY = "tests.acceptance.toy_methods:context"
METHODS = (
    "toy.done",
    "toy.wait",
    "toy.crash",
    "toy.raise",
    "toy.no_data",
    "toy.not_supported",
    "toy.eat_memory",
    "toy.noise",
    "toy.child",
)
SECRET = "a path like /home/ada/secret.csv"


def context() -> WorkerContext:
    """Return the toy methods over the stores of the environment."""
    queue = open_queue(read_settings())
    handlers = {name: globals()[name.removeprefix("toy.")] for name in METHODS if name != "toy.raise"}
    warm = queue.settings.home / "warm"

    def warm_up() -> None:
        warm.write_text(str(os.getpid()))

    return WorkerContext(queue.settings, queue.store, queue.runs, {**handlers, "toy.raise": fail}, warm_up)


def done(run: Run, progress: Progress) -> Outcome:
    """Make two small files, and say which process it was."""
    progress(1.0)
    made = tuple(Made(role, f"{role} of {run.id}".encode(), "text/plain") for role in ("plot", "result"))
    return Outcome(made, metrics={"pid": os.getpid()})


def wait(run: Run, progress: Progress) -> Outcome:
    """Say that it began by making the file `began`, and one for the attempt; go on once the file `gate` is there."""
    progress(0.5)
    for name in (run.params["began"], f"{run.params['began']}.{run.attempt}"):
        Path(str(name)).write_text(str(os.getpid()))
    while not Path(str(run.params["gate"])).exists():
        time.sleep(0.01)
    return done(run, progress)


def crash(run: Run, progress: Progress) -> Outcome:
    """Die as the kernel's out-of-memory killer would have it, as often as the parameter says."""
    if run.attempt <= int(str(run.params.get("times", 99))):
        os.kill(os.getpid(), signal.SIGKILL)
    return done(run, progress)


def fail(run: Run, progress: Progress) -> Outcome:
    """Raise what a library would."""
    raise ValueError(SECRET)


def no_data(run: Run, progress: Progress) -> Outcome:
    """Find nothing."""
    raise NoData("There are no rows.")


def not_supported(run: Run, progress: Progress) -> Outcome:
    """Decline."""
    raise NotSupported("This model has no embeddings.")


def eat_memory(run: Run, progress: Progress) -> Outcome:
    """Take memory until it is stopped."""
    eaten = []
    while True:
        eaten.append(bytearray(os.urandom(1) * (8 << 20)))
        time.sleep(0.005)


def noise(run: Run, progress: Progress) -> Outcome:
    """Print where the reports go, say odd things of the progress, and read where the jobs come from."""
    print('{"written": true, "state": "SUCCESS"}', flush=True)
    os.write(1, b"half a line")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    progress(float("nan"))
    progress(7)
    assert sys.stdin.read() == ""
    return done(run, progress)


def child(run: Run, progress: Progress) -> Outcome:
    """Fork a process that would outlive this one and that holds its pipes, and go on as `wait`."""
    forked = os.fork()
    if forked == 0:
        time.sleep(600)
        os._exit(0)
    Path(str(run.params["child"])).write_text(str(forked))
    if run.params.get("leave"):
        os._exit(1)
    return wait(run, progress)
