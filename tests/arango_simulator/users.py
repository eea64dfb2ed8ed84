"""Users, passwords, permissions and tokens (pages "HTTP interface for users", "HTTP authentication")."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.arango_simulator.clock import Clock
from tests.arango_simulator.errors import ArangoError, error

LEVELS = ("none", "ro", "rw")
ROOT = "root"


@dataclass
class User:
    """A user with what it may do; permissions are by `database` or `database/collection`, `*` for any."""

    name: str
    password_hash: bytes
    active: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """Return the user as it is sent."""
        return {"user": self.name, "active": self.active, "extra": self.extra}

    def level(self, database: str) -> str:
        """Return what the user may do in a database."""
        return self.grants.get(database, self.grants.get("*", "none"))

    def collection_level(self, database: str, collection: str) -> str:
        """Return what the user may do with a collection: by its own grant, any collection's, or the database's."""
        own = self.grants.get(f"{database}/{collection}", self.grants.get(f"{database}/*"))
        return self.level(database) if own is None else own


class Users:
    """All users, and the secret that their tokens are signed with."""

    def __init__(self, root_password: str, *, clock: Clock, token_lifetime_s: float) -> None:
        self._clock = clock
        self._lifetime_s = token_lifetime_s
        self._secret = os.urandom(32)
        self._users: dict[str, User] = {}
        self.create({"user": ROOT, "passwd": root_password})
        self.get(ROOT).grants["*"] = "rw"

    # --- users ----------------------------------------------------------------------------------------------------

    def get(self, name: str) -> User:
        """Return a user; 1703 if there is none."""
        try:
            return self._users[name]
        except KeyError:
            raise error(1703) from None

    def all(self) -> list[User]:
        """Return all users."""
        return list(self._users.values())

    def create(self, body: Mapping[str, Any]) -> User:
        """Create a user; 1702 if the name is taken."""
        name = body.get("user")
        if not isinstance(name, str) or not name:
            raise error(1700)
        if name in self._users:
            raise error(1702)
        self._users[name] = user = User(name, _hash(str(body.get("passwd", ""))))
        return self.change(name, body) and user

    def change(self, name: str, body: Mapping[str, Any], *, replace: bool = False) -> User:
        """Change what is given of password, `active` and `extra`; with `replace` the rest gets its default."""
        user = self.get(name)
        if "passwd" in body or replace:
            user.password_hash = _hash(str(body.get("passwd", "")))
        user.active = bool(body.get("active", True if replace else user.active))
        user.extra = body.get("extra") or ({} if replace else user.extra)
        return user

    def remove(self, name: str) -> None:
        """Remove a user; 1703 if there is none."""
        self.get(name)
        del self._users[name]

    # --- who asks -------------------------------------------------------------------------------------------------

    def by_header(self, authorization: str) -> User:
        """Return who sends a request; 401 with number 11 if that cannot be told."""
        scheme, _, credentials = authorization.partition(" ")
        try:
            name = _BY_SCHEME[scheme.lower()](self, credentials)
            user = self.get(name)
        except (KeyError, ValueError, ArangoError):
            raise unauthorized() from None
        if not user.active:
            raise unauthorized()
        return user

    def _by_password(self, credentials: str) -> str:
        name, _, password = base64.b64decode(credentials).decode().partition(":")
        return self.checked(name, password)

    def checked(self, name: str, password: str) -> str:
        """Return the user's name if the password is right; 401 otherwise."""
        user = self._users.get(name)
        if user is None or not hmac.compare_digest(user.password_hash, _hash(password)):
            raise unauthorized()
        return name

    def _by_token(self, token: str) -> str:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed), signature):
            raise unauthorized()
        claims = orjson.loads(_unpack(signed.split(".")[1]))
        if claims["exp"] <= self._clock.now_s():
            raise unauthorized()
        return str(claims["preferred_username"])

    def token(self, name: str) -> str:
        """Return a new token (JWT, HS256) for a user."""
        now_s = int(self._clock.now_s())
        claims = {"preferred_username": name, "iss": "arangodb", "iat": now_s, "exp": now_s + self._lifetime_s}
        signed = f"{_pack({'alg': 'HS256', 'typ': 'JWT'})}.{_pack(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def forget_tokens(self) -> None:
        """Make every token worthless, as a restart with a new random secret does."""
        self._secret = os.urandom(32)

    def _signature(self, signed: str) -> str:
        return _base64(hmac.digest(self._secret, signed.encode(), "sha256"))


_BY_SCHEME = {"basic": Users._by_password, "bearer": Users._by_token}


def unauthorized() -> ArangoError:
    """Return the answer to someone who is not known, or may not use the database."""
    return ArangoError(401, 11, "not authorized to execute this request")


def _hash(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()


def _pack(value: Mapping[str, Any]) -> str:
    return _base64(orjson.dumps(value))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
