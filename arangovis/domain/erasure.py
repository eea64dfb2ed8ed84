"""Whose rows are erased: somebody who is known by a value of a column. The value itself is never kept."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

SALT_BYTES = 32
VALUE_LENGTH_MAX = 1000
COLUMN_LENGTH_MAX = 256
ERASED_TEXT = "[erased]"
"""What stands in a text in place of what was erased."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person by a keyed hash of a value: `column` is where the value stands in rows.

    Values are compared as text, whole numbers without a decimal point, so that 42, 42.0 and "42" are one person.
    """

    column: str
    salt: str
    key: str

    @classmethod
    def of(cls, column: str, value: str) -> "Subject":
        """Return the subject of a value, with a new salt."""
        salt = secrets.token_hex(SALT_BYTES)
        return cls(column, salt, _hash(salt, value))

    def is_named_by(self, value: object) -> bool:
        """Say whether a value is that of the subject."""
        text = value_text(value)
        return text is not None and hmac.compare_digest(_hash(self.salt, text), self.key)


def value_text(value: object) -> str | None:
    """Return a value as the text that subjects are known by; None for no value."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _hash(salt: str, text: str) -> str:
    return hmac.new(bytes.fromhex(salt), text.encode("utf-8", "surrogatepass"), sha256).hexdigest()
