"""`python -m tests.acceptance.toy_worker`: a worker of the toy methods, on the home of its environment."""

import signal
from types import FrameType

from arangovis.settings import read_settings
from arangovis.workers.place import place_of
from arangovis.workers.supervisor import close_supervisors
from arangovis.workers.worker import Worker
from tests.acceptance.toy_methods import FACTORY, METHODS


def main() -> None:
    """Work until SIGTERM."""
    worker = Worker(place_of(read_settings(), slots=1, factory=FACTORY), METHODS)

    def stop(signum: int, frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    try:
        worker.run()
    finally:
        close_supervisors()


if __name__ == "__main__":
    main()
