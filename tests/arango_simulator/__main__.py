"""`python -m tests.arango_simulator --port P --root-password X`: run until SIGTERM."""

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from tests.arango_simulator.serve import HOST, serve
from tests.arango_simulator.server import LOCK_TIMEOUT_S, Options


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def stop_when_stdin_ends() -> None:
    """Stop when whoever started this process is gone, however it ended."""
    while os.read(sys.stdin.fileno(), 4096):  # not the buffered reader: the forked worker would inherit its lock
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.arango_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port, which is written to --port-file")
    parser.add_argument("--root-password", required=True)
    parser.add_argument("--token-lifetime", type=float, default=3600.0, metavar="SECONDS")
    parser.add_argument("--transaction-idle", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--lock-timeout", type=float, default=LOCK_TIMEOUT_S, metavar="SECONDS")
    parser.add_argument("--port-file", type=Path, help="the port is written here once it answers")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop at the end of standard input")
    given = parser.parse_args()
    port = given.port or free_port()

    def ready() -> None:
        if given.until_stdin_ends:
            threading.Thread(target=stop_when_stdin_ends, daemon=True).start()
        if given.port_file is not None:
            given.port_file.write_text(str(port))

    options = Options(given.root_password, given.token_lifetime, given.transaction_idle, given.lock_timeout)
    serve(port, options, ready)


if __name__ == "__main__":
    main()
