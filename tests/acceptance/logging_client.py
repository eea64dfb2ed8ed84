"""A training that logs, as a process: `python -m tests.acceptance.logging_client URL SPOOL DEED [RUN]`.

It prints its run, then `safe N` whenever rows 0 to N - 1 are out of its hands.
"""

import itertools
import os
import sys
import time
from pathlib import Path

from arangovis.client.data_logger import DataLogger
from arangovis.client.outbox import OutboxOptions

ROWS_A_STEP = 50
PAUSE_S = 0.01


def say(*words: object) -> None:
    print(*words, flush=True)


def log_rows(log: DataLogger, rows: int | None, *, rank: int = 0) -> None:
    for step in itertools.count() if rows is None else range(rows // ROWS_A_STEP):
        for n in range(step * ROWS_A_STEP, (step + 1) * ROWS_A_STEP):
            log.log({"n": n, "rank": rank, "loss": 1 / (n + 1)}, step=n)
        log.active_run.logger.spill()
        say("safe", (step + 1) * ROWS_A_STEP)
        time.sleep(PAUSE_S)


def main(url: str, spool: str, deed: str, run: str | None = None) -> None:
    offline, rank = deed == "offline", int(os.environ.get("RANK", "0"))
    options = OutboxOptions(Path(spool))
    log = DataLogger("demo", url=url, outbox=options, offline=offline, capture=False, flush_every=3600.0)
    if run is not None:
        log.join_run(run)
    log.start()
    say("run", log.run_handle)
    if deed in ("endless", "offline"):
        log_rows(log, None)
    elif deed == "rank":
        log_rows(log, 1000, rank=rank)
        log.stop()
    else:
        for n in range(1000):  # all of it waits in memory: only the end of the process moves it
            log.log({"n": n, "rank": rank, "loss": 0.5}, step=n)
        say("safe", 1000)
        if deed == "wait":
            time.sleep(60)
        elif deed == "raise":
            raise RuntimeError("of the training")


if __name__ == "__main__":
    main(*sys.argv[1:])
