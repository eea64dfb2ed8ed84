"""`arangovis worker`."""

import logging
import signal
import sys
from types import FrameType

import click

from arangovis.cli.options import home_option
from arangovis.settings import Settings, read_settings


@click.command()
@home_option
@click.option("--slots", type=click.IntRange(1, 64), default=1, show_default=True, help="Runs computed at once.")
@click.option("--dies-with-parent", is_flag=True, hidden=True)
def command(home: str | None, slots: int, dies_with_parent: bool) -> None:
    """Add a worker to a store: it claims runs and computes them."""
    if dies_with_parent:
        from arangovis.workers.process import die_with_parent

        die_with_parent()
    run_worker(read_settings({"home": home}), slots=slots)


def run_worker(settings: Settings, *, slots: int) -> None:
    """Work until SIGTERM or SIGINT."""
    from arangovis.workers.place import declared_methods, place_of
    from arangovis.workers.supervisor import close_supervisors
    from arangovis.workers.worker import Worker

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    worker = Worker(place_of(settings, slots=slots), declared_methods(), slots=slots)

    def stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        worker.run()
    finally:
        close_supervisors()
