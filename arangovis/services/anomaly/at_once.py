"""Runs that the service computed while somebody waited: recorded with what they made, in the caller's action."""

from collections.abc import Sequence

from arangovis.domain.ids import time_ordered_id
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.domain.work import Outcome, RunRequest
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.runs import Runs, write_products
from arangovis.stores.transaction import Transaction


class Recorder:
    """Writes runs that have ended already."""

    def __init__(self, blobs: Blobs, runs: Runs) -> None:
        self._blobs = blobs
        self._runs = runs

    def record(
        self, transaction: Transaction, wanted: RunRequest, outcome: Outcome, blobs: Sequence[BlobReference] = ()
    ) -> Run:
        """Write a run that succeeded, its inputs and products; `blobs` are the staged bytes of each file it made.

        Raises:
            NotFound: an input does not exist.
            IntegrityError: bytes were never staged, or so long ago that they were swept.

        """
        self._blobs.keep(transaction, [*(blob.digest for blob in blobs), *outcome.staged])
        run = Run(
            id=time_ordered_id("run", transaction.now),
            project=wanted.project,
            method=wanted.method,
            state=RunState.SUCCESS,
            executor=Executor.EXTERNAL,
            run_key=wanted.run_key,
            question=wanted.question,
            seed=wanted.seed,
            params=wanted.params,
            options=wanted.options,
            metrics=outcome.metrics or {},
            environment=outcome.environment or {},
            name=wanted.name,
            ended=transaction.now,
        )
        self._runs.write_new(transaction, run, wanted.inputs)
        write_products(transaction, run, outcome, blobs)
        return run
