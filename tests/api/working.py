"""A worker in small: it takes a run and ends it, without computing."""

from collections.abc import Mapping

from arangovis.domain.graph import Caller
from arangovis.domain.json import Scalar
from arangovis.domain.runs import Run
from arangovis.domain.work import Claim, Input, Made, Outcome, RunRequest
from arangovis.wiring import Arangovis

METHOD = "projection.umap"
LEASE_US = 60_000_000


def ask(service: Arangovis, caller: Caller, *inputs: Input, params: Mapping[str, Scalar] | None = None) -> Run:
    """Ask for a run."""
    wanted = RunRequest(METHOD, None, inputs, params or {})
    return service.store.transact(lambda transaction: service.runs.request(transaction, wanted)[0], caller)


def take(service: Arangovis, owner: str = "worker-1") -> Claim:
    """Claim the run that is due."""
    claim = service.runs.claim([METHOD], owner, lease_us=LEASE_US)
    assert claim is not None
    return claim


def finish(service: Arangovis, claim: Claim, *made: Made) -> Run:
    """End a claimed run with what it made."""
    return service.runs.succeed(claim, Outcome(made=made, metrics={"global_score": 0.9}), Caller(claim.owner))
