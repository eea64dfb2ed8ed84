"""What a token and a cookie look like, and how little of them is kept.

Both are `<prefix>_<id>_<secret>`. The id finds the record and may be shown; of the secret, 256 random bits, only the
SHA-256 is kept: what is random needs no slow hash.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

TOKEN_PREFIX = "avt"  # noqa: S105  the beginning of every token, by which a leaked one is recognised
COOKIE_PREFIX = "avs"
SECRET_BYTES = 32
_FORM = re.compile(r"([a-z]{3})_([0-9a-f]{16})_([A-Za-z0-9_-]{43})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credential:
    """A token or a cookie, taken apart."""

    prefix: str
    key: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls, prefix: str) -> "Credential":
        """Make one that nobody has."""
        return cls(prefix, secrets.token_hex(8), secrets.token_urlsafe(SECRET_BYTES))

    @classmethod
    def read(cls, text: str, prefix: str) -> "Credential | None":
        """Read one, or return None if it is of another form."""
        found = _FORM.match(text)
        return cls(found[1], found[2], found[3]) if found is not None and found[1] == prefix else None

    @property
    def text(self) -> str:
        """The whole of it: shown once."""
        return f"{self.prefix}_{self.key}_{self.secret}"

    @property
    def hash(self) -> str:
        """What is kept of the secret."""
        return hash_of(self.secret)

    @property
    def csrf(self) -> str:
        """What a page must say beside this cookie: it follows from it, and leads nowhere back."""
        return hash_of(f"csrf {self.secret}")[:43]

    def matches(self, kept: str) -> bool:
        """Compare with what was kept, in a time that says nothing."""
        return equal(self.hash, kept)


def equal(left: str, right: str) -> bool:
    """Compare secrets in a time that says nothing of them."""
    return hmac.compare_digest(left.encode(), right.encode())


def hash_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
