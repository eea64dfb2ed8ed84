"""Node ids: made, parsed and printed here only."""

import os
import re
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import digest_of

KEY_LENGTH_MAX = 128
_KIND = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+=-]{0,127}\Z")
_NAMED_KEY_LENGTH = 32


class NodeId(NamedTuple):
    """The id of a vertex, written `kind/key`. It is a value: equal ids are equal, and it sorts."""

    kind: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "NodeId":
        """Read `kind/key`.

        Raises:
            InvalidInput: the text has another form.

        """
        kind, slash, key = text.partition("/")
        if not slash:
            raise InvalidInput.of(Fault("id", f"{text[:80]!r} is not of the form kind/key"))
        return cls.of(kind, key)

    @classmethod
    def of(cls, kind: str, key: str) -> "NodeId":
        """Build an id from parts that a client sent.

        Raises:
            InvalidInput: a part has characters that no id has.

        """
        if not _KIND.match(kind):
            raise InvalidInput.of(Fault("kind", f"{kind[:80]!r} is not a kind: lower-case letters, digits and _"))
        if not _KEY.match(key) or ".." in key:
            raise InvalidInput.of(
                Fault("key", f"{key[:80]!r} is not a key: 1 to {KEY_LENGTH_MAX} of A-Z a-z 0-9 _.@+=-")
            )
        return cls(kind, key)

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


def named_id(kind: str, project: str | None, name: str, version: str | None = None) -> NodeId:
    """Return the id of a named thing: 32 hex digits of SHA-256 over canonical [kind, project, name, version]."""
    return NodeId(kind, digest_of([kind, project, name, version])[:_NAMED_KEY_LENGTH])


def time_ordered_id(kind: str, now_us: int) -> NodeId:
    """Return a fresh id whose key is a UUID of version 7 (RFC 9562): sorted by time, unique by 74 random bits."""
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (now_us // 1000) << 80 | 0x7 << 76 | (random_bits >> 68) << 64 | 0b10 << 62 | random_bits & ((1 << 62) - 1)
    text = f"{value:032x}"
    return NodeId(kind, f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
