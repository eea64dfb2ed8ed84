"""Patterns of `like` as regular expressions on the digits that texts are stored as: see `sortable.text_key`.

Three digits are one byte of UTF-8. An expression keeps to whole bytes, and `_` to whole characters, so it means the
same as `arangovis.domain.like` does on the text itself, under whatever collation the server has.
"""

from functools import lru_cache

from arangovis.domain.like import equals, fold, joined, pieces_of, segments_of
from arangovis.stores.arango.sortable import text_key

_BYTE = "(?:[0-9]{3})"
_FIRST_OF_ONE = "(?:0[0-9]{2}|1[01][0-9]|12[0-8])"
_NEXT = "(?:129|1[3-8][0-9]|19[0-2])"
_FIRST_OF_MORE = "(?:19[3-9]|2[0-9]{2})"
ONE = f"(?:{_FIRST_OF_ONE}|{_FIRST_OF_MORE}{_NEXT}+)"
"""One character: a byte below 0x80, or one from 0xC0 on with those from 0x80 to 0xBF that follow it."""


@lru_cache(maxsize=256)
def digits_expression(pattern: str, *, any_case: bool) -> str:
    """Return the expression of a whole text.

    Raises:
        UnicodeEncodeError: the pattern has half of a surrogate pair.

    """
    segments = [
        "".join(_sign(sign, any_case=any_case) for sign in segment) for segment in segments_of(pieces_of(pattern))
    ]
    return f"^{joined(segments, _BYTE)}$"


def _sign(sign: str | None, *, any_case: bool) -> str:
    if sign is None:
        return ONE
    if not any_case:
        return text_key(sign)
    folded = fold(sign)
    alike = equals().get(folded, folded)
    return f"(?:{'|'.join(map(text_key, alike))})"
