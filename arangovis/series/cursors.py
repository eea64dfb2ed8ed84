"""How far a reader has come in what one run logged: opaque text that the reader brings back."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from arangovis.domain.errors import Fault, InvalidInput

CURSOR_LENGTH_MAX = 32_768
"""Characters of a cursor."""
_PLAIN_BYTES_MAX = 1 << 20
_FORM = 1
_SEQUENCE_MAX = 2**62

Prefix = Mapping[str, int]
"""For each logger, the first sequence that was not read."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What was read of one run: its generation, and of each series data (by key) each logger's prefix.

    `question` is a digest of what was asked: rows of another question are no continuation of these.
    """

    generation: int = 0
    read: Mapping[str, Prefix] = field(default_factory=dict)
    question: str = ""

    def text(self) -> str:
        """Return the text to hand out; equal cursors have equal texts."""
        read = {key: dict(sorted(prefix.items())) for key, prefix in sorted(self.read.items())}
        packed = zlib.compress(orjson.dumps([_FORM, self.question, self.generation, read]), 6)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> "Cursor":
        """Read a cursor that was handed out.

        Raises:
            InvalidInput: it is damaged, or it never was one.

        """
        if len(text) > CURSOR_LENGTH_MAX:
            raise InvalidInput.of(Fault("since", f"a cursor has at most {CURSOR_LENGTH_MAX} characters"))
        try:
            question, generation, read = _unpacked(text)
            prefixes = {str(key): _prefix(prefix) for key, prefix in read.items()}
            return cls(_number(generation), prefixes, str(question))
        except (ValueError, TypeError, AttributeError, zlib.error) as error:
            raise InvalidInput.of(Fault("since", "is not a cursor that an answer ended with")) from error


def _unpacked(text: str) -> Any:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError from error
    inflate = zlib.decompressobj()
    plain = inflate.decompress(packed, _PLAIN_BYTES_MAX)
    if not inflate.eof or inflate.unused_data:
        raise ValueError
    form, *content = orjson.loads(plain)
    if form != _FORM:
        raise ValueError
    return content


def _prefix(prefix: Any) -> Prefix:
    return {str(logger): _number(sequence) for logger, sequence in prefix.items()}


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _SEQUENCE_MAX:
        raise ValueError
    return value
