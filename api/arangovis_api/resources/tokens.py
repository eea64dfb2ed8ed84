"""Bearer tokens, for admins."""

from collections.abc import Sequence
from dataclasses import dataclass

import falcon

from arangovis.domain.access import Role
from arangovis.domain.wire import to_wire
from arangovis.services.access.tokens import NewToken, Token, TokenWanted
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.session import routes as session_routes
from arangovis_api.routes import Route
from arangovis_api.schemas.access import TokenSchema
from arangovis_api.schemas.generated import answer_schema

TAG = "access"


@dataclass(frozen=True, slots=True)
class TokenList:
    """Every token that was ever made, the newest first."""

    items: tuple[Token, ...]


def routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the routes of tokens and sign-ins."""
    tokens = Tokens(service)
    return (
        Route(f"{root}/tokens", tokens),
        Route(f"{root}/tokens/{{key}}", tokens, "one"),
        *session_routes(service, root),
    )


class Tokens:
    """Tokens are made here, and shown once."""

    def __init__(self, service: Arangovis) -> None:
        self._access = service.access

    @operation("List tokens", answers={200: answer_schema(TokenList)}, tag=TAG, needs=Role.ADMIN)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer all but their secrets."""
        send(resp, to_wire(TokenList(tuple(self._access.tokens.all()))))

    @operation("Make a token", body=TokenSchema, answers={201: answer_schema(NewToken)}, tag=TAG, needs=Role.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: TokenWanted) -> None:
        """Answer it with its secret, which is never shown again."""
        send(resp, to_wire(self._access.tokens.create(body, caller_of(req))), 201)

    @operation("Revoke a token", answers={200: answer_schema(Token)}, tag=TAG, needs=Role.ADMIN)
    def on_delete_one(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer it as it is now; every server refuses it within seconds."""
        revoked = self._access.tokens.revoke(key, caller_of(req))
        self._access.gate.forget(key)
        send(resp, to_wire(revoked))
