"""Bearer tokens: made, listed and revoked. Records of the store, so no lineage, search or export shows them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from arangovis.domain.access import Role, Scope
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.views import items, optional_integer, optional_text, text
from arangovis.services.access.credentials import TOKEN_PREFIX, Credential
from arangovis.services.catalogue.names import check_name, find_project, project_names
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

TOKEN = "token"  # noqa: S105  the kind of record
PROJECTS_MAX = 100
USE_NOTED_EVERY_US = 60 * 1_000_000
"""The last use of a token is written at most so often."""


@dataclass(frozen=True, slots=True)
class TokenWanted:
    """A token to be made. `account` is who acts with it, by default its name; `expires` is microseconds since 1970."""

    name: str
    role: Role
    account: str | None = None
    projects: tuple[str, ...] | None = None
    """Names of projects; None for all."""
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed: all but its secret. Times are microseconds since 1970.

    `projects` are names, None for all; `state` is active, expired or revoked.
    """

    id: str
    name: str
    account: str
    role: Role
    projects: tuple[str, ...] | None
    state: str
    created: int
    created_by: str
    expires: int | None
    last_used: int | None
    revoked: int | None
    revoked_by: str | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. `secret` is what is shown to the service: it is never shown again."""

    token: Token
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token as it is kept: a hash of its secret, and the keys of its projects."""

    key: str
    name: str
    account: str
    role: Role
    projects: tuple[str, ...] | None
    created: int
    created_by: str
    hash: str = field(repr=False)
    expires: int | None = None
    last_used: int | None = None
    revoked: int | None = None
    revoked_by: str | None = None

    @classmethod
    def of(cls, record: Record) -> "KeptToken":
        """Read it from its record."""
        data = record.data
        projects = None if data.get("projects") is None else tuple(map(str, items(data, "projects")))
        return cls(
            key=record.key,
            name=text(data, "name"),
            account=text(data, "account"),
            role=Role(text(data, "role")),
            projects=projects,
            created=optional_integer(data, "created") or 0,
            created_by=text(data, "created_by"),
            hash=text(data, "hash"),
            expires=optional_integer(data, "expires"),
            last_used=optional_integer(data, "last_used"),
            revoked=optional_integer(data, "revoked"),
            revoked_by=optional_text(data, "revoked_by"),
        )

    def record(self) -> Record:
        """Return its record."""
        data: Document = {
            "name": self.name,
            "account": self.account,
            "role": self.role.value,
            "projects": None if self.projects is None else list(self.projects),
            "created": self.created,
            "created_by": self.created_by,
            "hash": self.hash,
            "expires": self.expires,
            "last_used": self.last_used,
            "revoked": self.revoked,
            "revoked_by": self.revoked_by,
        }
        return Record(TOKEN, self.key, data=data)

    def state(self, now: int) -> str:
        """Say whether it is active, expired or revoked."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "active"

    @property
    def scope(self) -> Scope:
        """What it lets do."""
        return Scope(self.role, None if self.projects is None else frozenset(self.projects))


class Tokens:
    """The tokens of a store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self.were_made = False
        """Whether it is known that there was a token once."""

    def create(self, wanted: TokenWanted, caller: Caller) -> NewToken:
        """Make a token.

        Raises:
            InvalidInput: the name or the account is not right, it expires in the past, or an admin has projects.
            NotFound: there is no such project.

        """
        account = wanted.account or wanted.name
        self._check(wanted, account)
        keys = None if wanted.projects is None else tuple(find_project(self._store, n).id.key for n in wanted.projects)
        made, now = Credential.new(TOKEN_PREFIX), self._store.now()
        token = KeptToken(
            made.key, wanted.name, account, wanted.role, keys, now, caller.actor, made.hash, wanted.expires
        )
        self._store.transact(lambda transaction: transaction.put_record(token.record()), caller)
        self.were_made = True
        return NewToken(self._shown(token, project_names(self._store, keys or ()), now), made.text)

    def _check(self, wanted: TokenWanted, account: str) -> None:
        check_name("name", wanted.name)
        check_name("account", account)
        if wanted.projects is not None and wanted.role is Role.ADMIN:
            raise InvalidInput.of(Fault("projects", "a token of role admin is for all projects"))
        if wanted.projects is not None and not 0 < len(wanted.projects) <= PROJECTS_MAX:
            raise InvalidInput.of(Fault("projects", f"{len(wanted.projects)} are not 1 to {PROJECTS_MAX}"))
        if wanted.expires is not None and wanted.expires <= self._store.now():
            raise InvalidInput.of(Fault("expires", "is in the past"))

    def all(self) -> Sequence[Token]:
        """Return every token that was ever made, the newest first."""
        now, kept = self._store.now(), sorted(self._kept(), key=lambda token: (-token.created, token.key))
        names = project_names(self._store, (key for token in kept for key in token.projects or ()))
        return tuple(self._shown(token, names, now) for token in kept)

    def revoke(self, key: str, caller: Caller) -> Token:
        """Revoke a token; servers refuse it within seconds. Doing so again changes nothing.

        Raises:
            NotFound: there is no token of this id.

        """

        def revoked(token: KeptToken, now: int) -> KeptToken:
            return token if token.revoked is not None else replace(token, revoked=now, revoked_by=caller.actor)

        token = self._change(key, revoked, caller)
        if token is None:
            raise NotFound(f"there is no token of the id {key[:80]!r}")
        return self._shown(token, project_names(self._store, token.projects or ()), self._store.now())

    def find(self, key: str) -> KeptToken | None:
        """Return a token by its id."""
        record = self._store.record(TOKEN, key)
        return None if record is None else KeptToken.of(record)

    def are_there(self) -> bool:
        """Say whether there ever was a token: then the service asks for one, even after the last was revoked."""
        self.were_made = self.were_made or bool(self._store.records(TOKEN, limit=1))
        return self.were_made

    def project_names(self, scope: Scope) -> tuple[str, ...] | None:
        """Return the names of the projects of a scope, None for all."""
        if scope.projects is None:
            return None
        names = project_names(self._store, scope.projects)
        return tuple(sorted(names.get(key, key) for key in scope.projects))

    def note_use(self, key: str, caller: Caller) -> None:
        """Write down that a token was used just now, unless that was done lately."""

        def used(token: KeptToken, now: int) -> KeptToken:
            lately = token.last_used is not None and now - token.last_used < USE_NOTED_EVERY_US
            return token if lately else replace(token, last_used=now)

        self._change(key, used, caller)

    def _change(self, key: str, change: Callable[[KeptToken, int], KeptToken], caller: Caller) -> KeptToken | None:
        def action(transaction: Transaction) -> KeptToken | None:
            record = transaction.record(TOKEN, key)
            if record is None:
                return None
            token = KeptToken.of(record)
            changed = change(token, transaction.now)
            if changed != token:
                transaction.put_record(changed.record())
            return changed

        return self._store.transact(action, caller)

    def _kept(self) -> Sequence[KeptToken]:
        return [KeptToken.of(record) for record in self._store.all_records(TOKEN)]

    @staticmethod
    def _shown(token: KeptToken, names: Mapping[str, str], now: int) -> Token:
        projects = None if token.projects is None else tuple(names.get(key, key) for key in token.projects)
        return Token(
            id=token.key,
            name=token.name,
            account=token.account,
            role=token.role,
            projects=projects,
            state=token.state(now),
            created=token.created,
            created_by=token.created_by,
            expires=token.expires,
            last_used=token.last_used,
            revoked=token.revoked,
            revoked_by=token.revoked_by,
        )
