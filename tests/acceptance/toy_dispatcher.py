"""`python -m tests.acceptance.toy_dispatcher`: has toy runs computed by the Dask cluster of its settings."""

import logging
import signal
import sys
from types import FrameType

from arangovis.settings import read_settings
from arangovis.workers.cluster import dispatcher
from arangovis.workers.supervisor import close_supervisors
from tests.acceptance.toy_methods import FACTORY, METHODS


def main() -> None:
    """Work until SIGTERM."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    with dispatcher(read_settings(), METHODS, factory=FACTORY) as worker:

        def stop(signum: int, frame: FrameType | None) -> None:
            worker.stop()

        signal.signal(signal.SIGTERM, stop)
        worker.run()
    close_supervisors()


if __name__ == "__main__":
    main()
