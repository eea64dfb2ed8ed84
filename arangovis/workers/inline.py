"""Computing in this process what is due: for notebooks, for tests, and wherever no worker runs."""

import io
from contextlib import suppress

from arangovis.domain.errors import ArangovisError
from arangovis.domain.work import Claim
from arangovis.workers.compute import compute
from arangovis.workers.context import WorkerContext
from arangovis.workers.protocol import Job

OWNER = "inline"
LEASE_US = 3600 * 1_000_000


def drain(context: WorkerContext) -> int:
    """Claim and compute runs until none is due; return how many there were.

    Whoever interrupts it (Ctrl-C in a notebook) gives the run back at once, as if it had not been started.
    """
    count = 0
    while (claim := context.runs.claim(tuple(context.handlers), OWNER, lease_us=LEASE_US)) is not None:
        _compute(context, claim)
        count += 1
    return count


def _compute(context: WorkerContext, claim: Claim) -> None:
    try:
        compute(context, Job(str(claim.run.id), claim.owner, claim.attempt, claim.request_id), io.BytesIO())
    except BaseException:
        with suppress(ArangovisError):  # it was ended already, or is another's by now
            context.runs.release(claim, counted=False)
        raise
