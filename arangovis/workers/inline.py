"""Computing in this process what is due: for notebooks, for tests, and wherever no worker runs."""

import io

from arangovis.workers.compute import compute
from arangovis.workers.context import WorkerContext
from arangovis.workers.protocol import Job

OWNER = "inline"
LEASE_US = 3600 * 1_000_000


def drain(context: WorkerContext) -> int:
    """Claim and compute runs until none is due; return how many there were."""
    count = 0
    while (claim := context.runs.claim(tuple(context.handlers), OWNER, lease_us=LEASE_US)) is not None:
        compute(context, Job(str(claim.run.id), claim.owner, claim.attempt), io.BytesIO())
        count += 1
    return count
