"""The gate: whom a token or a cookie lets in. Every door of the service asks here, and nowhere else.

Tokens are asked of everybody as soon as there is one: a token file, or a first token that was made. Before that the
service answers this machine only (see `arangovis_api.access` and `check_bind`).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from arangovis.domain.access import OPEN, Identity
from arangovis.domain.errors import ArangovisError, Unauthorized
from arangovis.domain.graph import Caller
from arangovis.services.access.credentials import COOKIE_PREFIX, TOKEN_PREFIX, Credential, equal, hash_of
from arangovis.services.access.sign_ins import SignIn, SignIns
from arangovis.services.access.tokens import USE_NOTED_EVERY_US, KeptToken, Tokens
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore

KNOWN_FOR_S = 2.0
"""A token that was revoked elsewhere is refused here after so long at most."""
KNOWN_MAX = 1000
FILE_ACCOUNT = "token"
"""Who acts with the token of the token file."""
_FILE = "file"

T = TypeVar("T")
_log = logging.getLogger("arangovis.access")


class Gate:
    """Whom to let in, over one store."""

    def __init__(self, settings: Settings, store: GraphStore, tokens: Tokens, sign_ins: SignIns) -> None:
        self._settings = settings
        self._store = store
        self._tokens = tokens
        self._sign_ins = sign_ins
        self._known: _Lately[KeptToken] = _Lately(tokens.find)
        self._signed_in: _Lately[SignIn] = _Lately(sign_ins.find)
        self._looked = float("-inf")
        self._uses = _Uses(tokens)

    @cached_property
    def _file_token(self) -> str | None:
        return self._settings.token()

    def is_required(self) -> bool:
        """Say whether a token is asked for.

        Raises:
            InvalidInput: a token file is configured and cannot be read.

        """
        if self._file_token is not None or self._tokens.were_made:
            return True
        now = time.monotonic()
        if now - self._looked <= KNOWN_FOR_S:
            return False
        found = self._tokens.are_there()
        self._looked = now  # only now: a store that does not answer opens nothing
        return found

    def identify(self, token: str) -> Identity:
        """Return whom a token lets in.

        Raises:
            Unauthorized: nobody.

        """
        if self._is_file_token(token):
            return Identity(FILE_ACCOUNT, OPEN, "token-file", _FILE)
        given = Credential.read(token, TOKEN_PREFIX)
        kept = None if given is None else self._known.get(given.key)
        if given is None or kept is None or not given.matches(kept.hash):
            raise Unauthorized("the token is not known")
        self._check_state(kept)
        self._uses.note(kept)
        return Identity(kept.account, kept.scope, "token", kept.key)

    def _is_file_token(self, token: str) -> bool:
        expected = self._file_token
        return expected is not None and equal(token, expected)

    def _check_state(self, token: KeptToken) -> None:
        state = token.state(self._store.now() if token.expires is not None else 0)
        if state != "active":
            raise Unauthorized(f"the token {'has expired' if state == 'expired' else 'was revoked'}")

    def signed_in(self, cookie: str) -> tuple[Identity, Credential]:
        """Return whom a cookie of the page lets in, and the cookie taken apart.

        Raises:
            Unauthorized: nobody.

        """
        given = Credential.read(cookie, COOKIE_PREFIX)
        found = None if given is None else self._signed_in.get(given.key)
        if given is None or found is None or not given.matches(found.hash) or found.expires <= self._store.now():
            raise Unauthorized("the sign-in has ended; sign in again")
        self._check_ground(found)
        return Identity(found.account, found.scope, "session", found.key), given

    def _check_ground(self, sign_in: SignIn) -> None:
        """Refuse a sign-in whose token is no more."""
        if sign_in.token is None:
            return
        if sign_in.token.startswith(_FILE):
            if self._file_token is None or sign_in.token != self._file_mark():
                raise Unauthorized("the sign-in has ended; sign in again")
            return
        kept = self._known.get(sign_in.token)
        if kept is None:
            raise Unauthorized("the sign-in has ended; sign in again")
        self._check_state(kept)

    def _file_mark(self) -> str:
        return f"{_FILE} {hash_of(self._file_token or '')}"

    def sign_in(self, token: str, request_id: str = "") -> tuple[SignIn, Credential]:
        """Sign somebody in by a token: for as long as the settings say, and not longer than the token lives.

        Raises:
            Unauthorized: it lets nobody in.

        """
        identity = self.identify(token)
        kept = None if identity.key == _FILE else self._known.get(identity.key)
        ends = self.ends_at()
        if kept is not None and kept.expires is not None:
            ends = min(ends, kept.expires)
        ground = self._file_mark() if kept is None else kept.key
        return self._sign_ins.begin(identity.account, identity.scope, expires=ends, token=ground, request_id=request_id)

    def ends_at(self) -> int:
        """Return when a sign-in of now ends, microseconds since 1970."""
        return self._store.now() + self._settings.session_hours * 3600 * 1_000_000

    def sign_out(self, cookie: str, caller: Caller) -> None:
        """End a sign-in, here at once and on other servers within seconds."""
        given = Credential.read(cookie, COOKIE_PREFIX)
        if given is not None:
            self._sign_ins.end(given, caller)
            self._signed_in.forget(given.key)

    def forget(self, key: str) -> None:
        """Look a token up again when it is shown next."""
        self._known.forget(key)

    def expires(self, identity: Identity) -> int | None:
        """Return when a sign-in or a token ends, or None."""
        if identity.via == "session":
            found = self._signed_in.get(identity.key)
            return None if found is None else found.expires
        kept = self._known.get(identity.key) if identity.via == "token" else None
        return None if kept is None else kept.expires

    def close(self) -> None:
        """Wait for what is being written."""
        self._uses.close()


@dataclass(frozen=True, slots=True)
class _Seen(Generic[T]):
    value: T
    at: float


class _Lately(Generic[T]):
    """Remembers for a moment what was found; what was not found is looked for again."""

    def __init__(self, find: Callable[[str], T | None]) -> None:
        self._find = find
        self._seen: dict[str, _Seen[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        now = time.monotonic()
        seen = self._seen.get(key)
        if seen is not None and now - seen.at < KNOWN_FOR_S:
            return seen.value
        found = self._find(key)
        with self._lock:
            self._seen.pop(key, None)
            if found is not None:
                self._seen[key] = _Seen(found, now)
                while len(self._seen) > KNOWN_MAX:
                    del self._seen[next(iter(self._seen))]
        return found

    def forget(self, key: str) -> None:
        with self._lock:
            self._seen.pop(key, None)


class _Uses:
    """Writes down when tokens were used: seldom, and beside the request instead of within it."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._noted: dict[str, float] = {}
        self._writing: set[threading.Thread] = set()

    def note(self, token: KeptToken) -> None:
        now = time.monotonic()
        if now - self._noted.get(token.key, float("-inf")) < USE_NOTED_EVERY_US / 1_000_000:
            return
        self._noted[token.key] = now
        thread = threading.Thread(target=self._write, args=(token,), daemon=True, name="token-use")
        self._writing.add(thread)
        thread.start()

    def _write(self, token: KeptToken) -> None:
        try:
            self._tokens.note_use(token.key, Caller(token.account))
        except ArangovisError as error:
            _log.warning("the use of token %s was not written down: %s", token.key, error.code)
        finally:
            self._writing.discard(threading.current_thread())

    def close(self) -> None:
        for thread in tuple(self._writing):
            thread.join()


@dataclass(frozen=True, slots=True)
class AccessServices:
    """Tokens, sign-ins and the gate."""

    store: GraphStore
    tokens: Tokens
    sign_ins: SignIns
    gate: Gate

    @classmethod
    def over(cls, settings: Settings, store: GraphStore) -> "AccessServices":
        """Put them over a store that is not guarded: who is let in is asked before anybody acts."""
        tokens, sign_ins = Tokens(store), SignIns(store)
        return cls(store, tokens, sign_ins, Gate(settings, store, tokens, sign_ins))

    def close(self) -> None:
        """Wait for what is being written."""
        self.gate.close()
