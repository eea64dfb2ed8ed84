"""A training that logs until it is stopped or killed: `python -m tests.soak.series_client URL SPOOL RUN WHO PAUSE_S`.

Its rows say who logged them and count from 0. It prints `safe N` when rows before N are out of its hands, and
`delivered N` when the service said that it has them.
"""

import itertools
import sys
import time
from pathlib import Path

import numpy as np

import arangovis as av
from arangovis.client.outbox import OutboxOptions

ROWS_A_STEP = 20
FLUSH_EVERY_STEPS = 25


def main(url: str, spool: str, run_key: str, who: str, pause_s: str) -> None:
    options = OutboxOptions(Path(spool))
    with av.run("soak", run=run_key, mode="join", url=url, outbox=options, capture=False, flush_every_s=0.2) as run:
        for step in itertools.count():
            log_step(run, int(who), step * ROWS_A_STEP)
            run.logger.spill()
            print("safe", (step + 1) * ROWS_A_STEP, flush=True)
            if step % FLUSH_EVERY_STEPS == 0 and run.flush(0.5):
                print("delivered", (step + 1) * ROWS_A_STEP, flush=True)
            time.sleep(float(pause_s))


def log_step(run: "av.client.active_run.ActiveRun", who: int, first: int) -> None:
    """Log rows one by one or as arrays, in turn."""
    if first // ROWS_A_STEP % 2:
        numbers = np.arange(first, first + ROWS_A_STEP)
        run.write(who=who, n=numbers, step=numbers, loss=1 / (numbers + 1.0))
        return
    for n in range(first, first + ROWS_A_STEP):
        run.log({"who": who, "n": n, "loss": 1 / (n + 1)}, step=n)


if __name__ == "__main__":
    main(*sys.argv[1:])
