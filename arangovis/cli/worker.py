"""`arangovis worker`."""

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING

import click

from arangovis import tracing
from arangovis.cli.options import home_option
from arangovis.domain.errors import MissingExtra
from arangovis.logs import set_up
from arangovis.settings import Settings, read_settings

if TYPE_CHECKING:
    from arangovis.workers.worker import Worker

SLOTS_HELP = "Runs computed at once (default 1; on a cluster, as many as it has threads)."
SCHEDULER_HELP = "Have them computed on the Dask cluster of this scheduler, tcp://host:8786 (ARANGOVIS_SCHEDULER)."


@click.command()
@home_option
@click.option("--slots", type=click.IntRange(1, 1024), default=None, help=SLOTS_HELP)
@click.option("--scheduler", default=None, help=SCHEDULER_HELP)
@click.option("--dies-with-parent", is_flag=True, hidden=True)
def command(home: str | None, slots: int | None, scheduler: str | None, dies_with_parent: bool) -> None:
    """Add a worker to a store: it claims runs and computes them."""
    if dies_with_parent:
        from arangovis.workers.process import die_with_parent

        die_with_parent()
    run_worker(read_settings({"home": home, "scheduler": scheduler}), slots=slots)


def run_worker(settings: Settings, *, slots: int | None) -> None:
    """Work until SIGTERM or SIGINT."""
    set_up(settings.log_format)
    tracing.set_up(settings.otel_endpoint, "worker")
    try:
        with _worker(settings, slots) as worker:

            def stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
                worker.stop()

            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
            worker.run()
    finally:
        from arangovis.workers.supervisor import close_supervisors

        close_supervisors()


@contextmanager
def _local_worker(settings: Settings, slots: int) -> "Iterator[Worker]":
    """Give a worker of this machine. Its compute process loads what it needs while this one loads its own."""
    from arangovis.workers.place import place_of
    from arangovis.workers.pool import ComputePool

    place = place_of(settings, slots=slots)
    with closing(ComputePool(place, idle_s=settings.compute_idle_s)) as pool:
        pool.prepare()
        from arangovis.workers.methods import declared_methods
        from arangovis.workers.supervisor import supervisor_at
        from arangovis.workers.worker import Worker

        supervisor_at(place, pool)
        yield Worker(place, declared_methods(), slots=slots)


@contextmanager
def _worker(settings: Settings, slots: int | None) -> "Iterator[Worker]":
    if not settings.scheduler:
        with _local_worker(settings, slots or 1) as worker:
            yield worker
        return
    if find_spec("distributed") is None:
        raise MissingExtra("a cluster needs distributed, which is not installed; install arangovis[distributed]")
    from arangovis.workers.cluster import SLOTS_MAX, dispatcher
    from arangovis.workers.methods import declared_methods

    with dispatcher(settings, declared_methods(), slots=slots or SLOTS_MAX) as worker:
        yield worker
