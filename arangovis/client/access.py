"""Tokens: the calls of those who run a service."""

from collections.abc import Sequence

from arangovis.client.asking import Asking, segment
from arangovis.client.values import AnyTime, microseconds
from arangovis.domain.access import Role
from arangovis.domain.wire import from_wire
from arangovis.services.access.tokens import NewToken, Token


class Access(Asking):
    """Makes, lists and revokes bearer tokens; on a server it takes the role `admin`."""

    def create_token(
        self,
        name: str,
        role: Role | str,
        *,
        projects: Sequence[str] | None = None,
        account: str | None = None,
        expires: AnyTime | None = None,
    ) -> NewToken:
        """Make a token and return it with its secret, which is never shown again.

        Args:
            name: what it is for.
            role: `read`, `write` or `admin`; each includes the ones before.
            projects: names of the projects that it is for; None for all. A token of role `admin` is for all.
            account: who acts with it, recorded on every change: a service account. Default its name.
            expires: when it ends; never if left out.

        Raises:
            InvalidInput: a value is not right.
            NotFound: there is no such project.
            Forbidden: the caller is no admin.

        """
        body = {
            "name": name,
            "role": str(role),
            "projects": None if projects is None else list(projects),
            "account": account,
            "expires": microseconds(expires),
        }
        return self._ask(NewToken, "POST", "/tokens", body)

    def tokens(self) -> Sequence[Token]:
        """Return every token that was ever made, the newest first, without their secrets.

        Raises:
            Forbidden: the caller is no admin.

        """
        return [from_wire(item, Token) for item in self._ask_document("GET", "/tokens")["items"]]

    def revoke_token(self, key: str) -> Token:
        """Revoke a token by its id; every server refuses it within seconds.

        Raises:
            NotFound: there is no token of this id.
            Forbidden: the caller is no admin.

        """
        return self._ask(Token, "DELETE", f"/tokens/{segment(key)}")
