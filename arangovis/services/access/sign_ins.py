"""Sign-ins of the page: what stands behind its cookie, until it ends."""

from dataclasses import dataclass, field

from arangovis.domain.access import Role, Scope
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.views import items, optional_text, text
from arangovis.services.access.credentials import COOKIE_PREFIX, Credential
from arangovis.stores.base import GraphStore

SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: who, what they may do, until when (microseconds since 1970), and what it rests on.

    One by a token ends with the token: `token` is its id, or `file` and a hash if it is that of the token file.
    """

    key: str
    account: str
    scope: Scope
    expires: int
    hash: str = field(default="", repr=False)
    token: str | None = None

    @classmethod
    def of(cls, record: Record) -> "SignIn":
        """Read it from its record."""
        data = record.data
        projects = None if data.get("projects") is None else frozenset(map(str, items(data, "projects")))
        scope = Scope(Role(text(data, "role")), projects)
        return cls(
            record.key, text(data, "account"), scope, record.due, text(data, "hash"), optional_text(data, "token")
        )

    def record(self) -> Record:
        """Return its record."""
        projects = self.scope.projects
        data: Document = {
            "account": self.account,
            "role": self.scope.role.value,
            "projects": None if projects is None else sorted(projects),
            "hash": self.hash,
            "token": self.token,
        }
        return Record(SIGN_IN, self.key, due=self.expires, data=data)


class SignIns:
    """The sign-ins of a store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def begin(
        self, account: str, scope: Scope, *, expires: int, token: str | None, request_id: str = ""
    ) -> tuple[SignIn, Credential]:
        """Sign somebody in, and return that with the cookie that says so."""
        made = Credential.new(COOKIE_PREFIX)
        sign_in = SignIn(made.key, account, scope, expires, made.hash, token)
        self._store.transact(lambda tx: tx.put_record(sign_in.record()), Caller(account, request_id))
        return sign_in, made

    def end(self, cookie: Credential, caller: Caller) -> None:
        """Sign out; a cookie that is none changes nothing."""
        found = self.find(cookie.key)
        if found is not None and cookie.matches(found.hash):
            self._store.transact(lambda tx: tx.remove_record(SIGN_IN, cookie.key), caller)

    def find(self, key: str) -> SignIn | None:
        """Return a sign-in by its id, whether it has ended or not."""
        record = self._store.record(SIGN_IN, key)
        return None if record is None else SignIn.of(record)
