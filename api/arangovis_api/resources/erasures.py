"""Erasing a person's rows."""

from collections.abc import Sequence

import falcon

from arangovis.domain.access import Role
from arangovis.domain.graph import Page
from arangovis.domain.wire import to_wire
from arangovis.services.erasing.erasures import Erasure, LedgerEntry
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.routes import Route
from arangovis_api.schemas.erasures import ErasureAsked, ErasureSchema
from arangovis_api.schemas.generated import answer_schema, page_schema

TAG = "operations"


def routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the routes of these."""
    erasures, path = Erasures(service), f"{root}/erasures"
    return (
        Route(path, erasures),
        Route(f"{path}/resume", erasures, "resume"),
        Route(f"{path}/replay", erasures, "replay"),
    )


class Erasures:
    """Erasures."""

    def __init__(self, service: Arangovis) -> None:
        self._erasures = service.operations.erasures

    @operation("List erasures", answers={200: page_schema(LedgerEntry)}, tag=TAG, needs=Role.ADMIN)
    def on_get(self, _: falcon.Request, resp: falcon.Response) -> None:
        """Answer the ledger, oldest first; who was erased is not to be told from it."""
        send(resp, to_wire(Page(self._erasures.ledger())))

    @operation(
        "Erase a person's rows", body=ErasureSchema, answers={200: answer_schema(Erasure)}, tag=TAG, needs=Role.ADMIN
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ErasureAsked) -> None:
        """Remove rows by a value of a column from all that holds them, and answer what changed; a dry run counts."""
        act = self._erasures.plan if body.dry_run else self._erasures.erase
        send(resp, to_wire(act(body.wanted, caller_of(req))))

    @operation("Go on with erasures", answers={200: page_schema(Erasure)}, tag=TAG, needs=Role.ADMIN)
    def on_post_resume(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Go on with those that were begun and stopped, and answer what each did."""
        send(resp, to_wire(Page(self._erasures.resume(caller_of(req)))))

    @operation("Erase again", answers={200: page_schema(Erasure)}, tag=TAG, needs=Role.ADMIN)
    def on_post_replay(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Do every erasure of the ledger again, since rows may have come back, and answer what each did."""
        send(resp, to_wire(Page(self._erasures.replay((), caller_of(req)))))
